# cobench: `make bench` measures, `make test` tests, `make help` lists the rest.
# Variables: SAN=address,undefined or SAN=thread (own build folder), V=1
# (show commands), CC, CFLAGS, PREFIX, DESTDIR, WERROR=1.

.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

comma := ,
SAN   ?=
BUILD := build$(if $(SAN),-$(subst $(comma),-,$(SAN)))
Q     := $(if $(V),,@)
CC    := $(if $(filter default,$(origin CC)),gcc,$(CC))
AR    := $(if $(filter default,$(origin AR)),ar,$(AR))

# Missing packages: one line, or installed on the spot when we may.
ifeq ($(filter clean help lint-format setup,$(MAKECMDGOALS)),)
  ifneq ($(shell sh scripts/setup.sh 1>&2 || echo missing),)
    $(error packages are missing, see the line above)
  endif
endif

PACKAGES  := libuv libcurl jansson libmicrohttpd
PKG_FLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
UV        := $(shell pkg-config --libs libuv 2>/dev/null)
CURL      := $(shell pkg-config --libs libcurl 2>/dev/null)
JANSSON   := $(shell pkg-config --libs jansson 2>/dev/null)
MHD       := $(shell pkg-config --libs libmicrohttpd 2>/dev/null)
GNUTLS    := $(shell pkg-config --libs gnutls 2>/dev/null)

# What an initialiser leaves out is 0 on purpose.
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wvla -Wformat=2 \
    -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wconversion \
    -Wno-sign-conversion -Wno-missing-field-initializers $(if $(WERROR),-Werror)
# Functions begin at cache lines, so that the same loop lies alike in every
# program: one that crosses a line in one of them takes twice as long there.
COMMON   := -std=c11 -D_GNU_SOURCE -pthread -O2 -g \
    -falign-functions=64 -ffile-prefix-map=$(CURDIR)=. -Iruntime -Ibench \
    $(PKG_FLAGS) $(WARNINGS) \
    $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
# What can run on a coroutine stack keeps its frames small, and probes those
# that are not page by page, so that none steps over the guard.  That is one
# page; gcc for aarch64 would take it to be 64 KiB.
flag      = $(shell $(CC) -Werror $(1) -S -x c /dev/null -o /dev/null \
    2>/dev/null && echo '$(1)')
FRAME    := $(if $(SAN),,-Wframe-larger-than=4096 \
    $(call flag,-fstack-clash-protection) \
    $(call flag,--param=stack-clash-protection-guard-size=12))
LINK     := -pthread $(if $(SAN),-fsanitize=$(SAN))
ARCH     := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))

# How this folder is built, without what only warns: a change builds all again,
# and two builds that are compared must agree.
FLAGS := $(subst $(CURDIR),.,$(filter-out -W%,$(CC) $(COMMON) $(LINK) \
    $(CFLAGS) $(LDFLAGS)))

objects = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(1)))

# ---- runtimes: one archive each ----
RUNTIMES  := coro pool thread seq
# What tasks share is compiled for each way to wait, which is said by the sync.h
# of a folder, into objects that count as that folder's.
SYNC_DIRS := $(patsubst %/sync.h,%,$(wildcard $(addsuffix /sync.h, \
    runtime/* runtime/guest/*)))
sync_for   = $(if $(wildcard $(1)/sync.h),$(patsubst runtime/sync/%,$(1)/sync/%, \
    $(wildcard runtime/sync/*.c)))
OS_SRC    := $(wildcard runtime/os/*.c) $(call sync_for,runtime/os)
SHARED    := $(wildcard runtime/*.c)
coro_SRC  := $(wildcard runtime/coro/*.c runtime/coro/switch_$(ARCH).S) \
    $(call sync_for,runtime/coro) $(SHARED)
pool_SRC   := $(wildcard runtime/pool/*.c) $(OS_SRC) $(SHARED)
thread_SRC := $(wildcard runtime/thread/*.c) $(OS_SRC) $(SHARED)
seq_SRC    := $(wildcard runtime/seq/*.c) $(OS_SRC) $(SHARED)
# wslay comes without a .pc file.
WSLAY      := -lwslay
RT_LIBS    := $(CURL) $(WSLAY) $(UV)
# Trials load libcurl when they need it (bench/late_curl.h).
TRIAL_LIBS := $(WSLAY) $(UV)

# Somebody else's, by an adapter: runtime/guest/NAME/, or RUNTIME=folder/.  Its
# runtime.mk may say NAME_PACKAGES, for pkg-config (without them the guest is
# left out), and NAME_WITH, further folders of sources.
GUEST_DIRS := $(sort $(patsubst %/runtime.mk,%, \
    $(wildcard runtime/guest/*/runtime.mk)) \
    $(if $(findstring /,$(RUNTIME)),$(if $(wildcard $(RUNTIME)/*.c), \
    $(patsubst %/,%,$(RUNTIME)))))
-include $(GUEST_DIRS:%=%/runtime.mk)
# Sanitizers know nothing of a guest's stacks.
GUEST_DIRS := $(if $(SAN),,$(foreach d,$(GUEST_DIRS),$(if $(shell pkg-config \
    --exists libuv $($(notdir $(d))_PACKAGES) && echo yes),$(d))))
RUNTIMES   += $(notdir $(GUEST_DIRS))

# ---- bench: a library, the programs, the workloads ----
PROGRAM_SRC  := bench/main.c bench/trial.c
BENCH_SRC    := $(filter-out $(PROGRAM_SRC),$(wildcard bench/*.c bench/regress/*.c \
    bench/trace/*.c))
# Both sides of a WebSocket handshake compute the same hash.
ORIGIN_SRC   := $(wildcard bench/origin/*.c) runtime/ws_accept.c
WORKLOAD_SRC := $(wildcard bench/workloads/*.c)
# Hand-written counterparts of some workloads: bench/reference/NAME/*.c makes
# trial-NAME; rt.c in there says what it is in place of a runtime, the files
# beside the folders are shared, http_get.c by those that use libcurl.
REFERENCES   := $(notdir $(patsubst %/,%,$(wildcard bench/reference/*/)))
HTTP_REF     := bench/reference/http_get.c
REF_SRC      := $(filter-out $(HTTP_REF),$(wildcard bench/reference/*.c))
uv_SHARED    := $(HTTP_REF) \
    $(addprefix runtime/,address.c http_easy.c http_request.c)
epoll_SHARED := $(uv_SHARED)
uv_LIBS      := $(UV)

LIBRARIES := $(RUNTIMES:%=$(BUILD)/lib/librt-%.a)
TRIALS    := $(RUNTIMES:%=$(BUILD)/bin/trial-%)
REF_BINS  := $(REFERENCES:%=$(BUILD)/bin/trial-%)
PROGRAMS  := $(BUILD)/bin/cobench $(BUILD)/bin/origin $(TRIALS) $(REF_BINS) \
    $(if $(SAN),,$(BUILD)/bin/count.so)

# ---- tests ----
RT_TESTS    := $(notdir $(basename $(wildcard runtime/test/test_*.c)))
CORO_TESTS  := $(notdir $(basename $(wildcard runtime/test/coro/test_*.c)))
BENCH_TESTS := $(notdir $(basename $(wildcard bench/test/test_*.c)))
BENCH_HELP  := $(filter-out bench/test/test_% bench/test/cheat.c, \
    $(wildcard bench/test/*.c))
TESTS := $(foreach r,$(RUNTIMES),$(RT_TESTS:%=$(BUILD)/test/$(r)/%)) \
    $(CORO_TESTS:%=$(BUILD)/test/coro-only/%) $(BENCH_TESTS:%=$(BUILD)/test/bench/%)

# Examples of the task API: what has an output to compare with is a program.
EXAMPLES := $(notdir $(basename $(wildcard runtime/examples/*.out)))

.PHONY: all test tests test-runtime test-regress stress examples bench \
    bench-quick bench-full bench-scale plots regress regress-record lint \
    clean install uninstall setup help
all: $(PROGRAMS)

help:
	@sed -n '1,3s/^# //p' Makefile
	@echo 'targets: all test test-runtime examples bench bench-quick'
	@echo '    bench-full bench-scale plots regress regress-record'
	@echo '    test-regress stress lint install uninstall clean'
	@echo 'make regress BASE=<revision>: has this tree become slower?'

setup:
	sh scripts/setup.sh

# ---- rules ----
$(BUILD)/flags: always
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@
.PHONY: always

$(BUILD)/obj/runtime/%.o: runtime/%.c $(BUILD)/flags
	$(if $(Q),@echo "  cc   $<")
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(FRAME) -MMD -MP $(CFLAGS) -c $< -o $@

define sync_rules
$(BUILD)/obj/$(1)/sync/%.o: runtime/sync/%.c $(BUILD)/flags
	$(if $(Q),@echo "  cc   $$< for $(1)")
	@mkdir -p $$(@D)
	$(Q)$(CC) $(COMMON) -iquote $(1) $(FRAME) -MMD -MP $(CFLAGS) -c $$< -o $$@
endef
$(foreach d,$(SYNC_DIRS),$(eval $(call sync_rules,$(d))))

# In DWARF 5 clang's assembler leaves the folder unmapped, and no two builds of
# the same source are the same.
$(BUILD)/obj/runtime/%.o: runtime/%.S $(BUILD)/flags
	$(if $(Q),@echo "  as   $<")
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) -MMD -MP $(CFLAGS) -gdwarf-4 -c $< -o $@

$(BUILD)/obj/bench/workloads/%.o: COMMON += $(FRAME)
$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	$(if $(Q),@echo "  cc   $<")
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) -MMD -MP $(CFLAGS) -c $< -o $@

$(BUILD)/obj/%.o: $(BUILD)/obj/%.c
	$(Q)$(CC) $(COMMON) -MMD -MP $(CFLAGS) -c $< -o $@

define archive
	$(if $(Q),@echo "  ar   $@")
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^
endef
define link
	$(if $(Q),@echo "  ld   $@")
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINK) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(1)
endef
# A table of the workloads in $(1): their names are those of their files.  What
# has no body of its own is run by $(2).
define table
	@mkdir -p $(@D)
	@{ echo '#include "workload.h"'; \
	for n in $(1); do echo "extern const struct workload workload_$$n;"; done; \
	echo 'extern const struct workload *const workload_table[];'; \
	echo 'const struct workload *const workload_table[] = {'; \
	for n in $(1); do echo "    &workload_$$n,"; done; \
	echo '    0 };'; \
	echo 'extern int (*const workload_group)(struct work *work);'; \
	echo 'int (*const workload_group)(struct work *work) = $(2);'; } > $@
endef

define runtime_rules
$(if $($(1)_SRC),$(BUILD)/lib/librt-$(1).a: $(call objects,$($(1)_SRC))
	$$(archive))
$(BUILD)/bin/trial-$(1): $(call objects,bench/trial.c $(WORKLOAD_SRC)) \
    $(BUILD)/obj/workload_table.o $(BUILD)/lib/libbench.a $(BUILD)/lib/librt-$(1).a
	$$(call link,$(TRIAL_LIBS) $($(1)_LIBS) $(JANSSON) -lm)
$(BUILD)/test/$(1)/%: $(BUILD)/obj/runtime/test/%.o \
    $(BUILD)/obj/runtime/test/test.o $(BUILD)/lib/librt-$(1).a
	$$(call link,-lcmocka $(RT_LIBS) $($(1)_LIBS) $$(TEST_LIBS) -lm)
$(BUILD)/examples/$(1)/%: $(BUILD)/obj/runtime/examples/%.o \
    $(BUILD)/lib/librt-$(1).a
	$$(call link,$(RT_LIBS) $($(1)_LIBS) -lm)
$(BUILD)/test/$(1)/test_examples: | $(EXAMPLES:%=$(BUILD)/examples/$(1)/%)
endef
# One object, in which the adapter's own functions replace the weak ones of
# lack.c whatever the order.
define guest_rules
$(1)_LIBS := $(shell pkg-config --libs libuv $($(1)_PACKAGES) 2>/dev/null)
$(1)_OBJ  := $(patsubst $(2)/%.c,$(BUILD)/obj/guest/$(1)/%.o,$(wildcard $(2)/*.c)) \
    $(call objects,$(SHARED) runtime/guest/lack.c \
    $(foreach d,$($(1)_WITH),$(wildcard $(d)/*.c) $(call sync_for,$(d))))
$(BUILD)/obj/guest/$(1)/%.o: $(2)/%.c $(BUILD)/flags
	$(if $(Q),@echo "  cc   $$<")
	@mkdir -p $$(@D)
	$(Q)$(CC) $(COMMON) $(FRAME) -MMD -MP $(CFLAGS) -c $$< -o $$@
$(BUILD)/obj/guest/$(1).o: $$($(1)_OBJ)
	$(Q)$(CC) -r -nostdlib -o $$@ $$^
$(BUILD)/lib/librt-$(1).a: $(BUILD)/obj/guest/$(1).o
	$$(archive)
endef
$(foreach d,$(GUEST_DIRS),$(eval $(call guest_rules,$(notdir $(d)),$(d))))
$(foreach r,$(RUNTIMES),$(eval $(call runtime_rules,$(r))))

$(RUNTIMES:%=$(BUILD)/examples/%/websocket): \
    $(BUILD)/obj/runtime/examples/ws_server.o
$(RUNTIMES:%=$(BUILD)/test/%/test_cancel): $(BUILD)/obj/runtime/test/waits.o
WS_TESTS := $(filter test_ws%,$(RT_TESTS)) test_cancel
$(foreach t,$(WS_TESTS),$(RUNTIMES:%=$(BUILD)/test/%/$(t))): \
    $(BUILD)/obj/runtime/test/ws_peer.o

HTTP_TESTS := $(filter test_http%,$(RT_TESTS))
$(foreach r,$(RUNTIMES),$(HTTP_TESTS:%=$(BUILD)/test/$(r)/%)): \
    $(call objects,$(wildcard runtime/test/server*.c))
# The other side of TLS; libmicrohttpd-dev brings it.
$(RUNTIMES:%=$(BUILD)/test/%/test_http_tls): $(BUILD)/obj/runtime/test/tls.o
$(RUNTIMES:%=$(BUILD)/test/%/test_http_tls): TEST_LIBS := $(GNUTLS)

$(RUNTIMES:%=$(BUILD)/test/%/test_stress): \
    $(call objects,$(wildcard runtime/test/stress*.c) \
    $(wildcard runtime/test/server*.c))

# The runtime's calls that faults.c makes fail.
FAULTS := malloc calloc realloc aligned_alloc posix_memalign mmap \
    pthread_create read write recv send pread pwrite open fsync fstat socket \
    connect accept4 ppoll syscall
FAULT_TESTS := $(foreach t,$(filter test_fault%,$(RT_TESTS)), \
    $(RUNTIMES:%=$(BUILD)/test/%/$(t)))
$(FAULT_TESTS): $(call objects,$(wildcard runtime/test/fault*.c) \
    $(wildcard runtime/test/server*.c))
$(FAULT_TESTS): LDFLAGS += $(FAULTS:%=-Wl,--wrap=%)
$(RUNTIMES:%=$(BUILD)/test/%/test_bell): LDFLAGS += -Wl,--wrap=syscall
$(BUILD)/test/coro-only/test_threads: LDFLAGS += -Wl,--wrap=pthread_create
# A trial whose runtime cheats, for receipts to notice.
CHEATS := rt_sleep rt_offload rt_event_wait rt_sock_read
$(BUILD)/test/trial-cheat: $(call objects,bench/trial.c $(WORKLOAD_SRC) \
    bench/test/cheat.c) $(BUILD)/obj/workload_table.o \
    $(BUILD)/lib/libbench.a $(BUILD)/lib/librt-coro.a
	$(call link,$(CHEATS:%=-Wl$(comma)--wrap=%) $(TRIAL_LIBS) $(JANSSON) -lm)
	$(Q)ln -sf ../bin/origin $(@D)/origin
$(BUILD)/test/bench/test_workloads: | $(BUILD)/test/trial-cheat
# All commands in a test, and the tables of options that they give to getopt.
$(BUILD)/test/bench/test_help: $(BUILD)/obj/bench/test/main.o
$(BUILD)/test/bench/test_help: LDFLAGS += -Wl,--wrap=getopt_long
$(BUILD)/obj/bench/test/main.o: bench/main.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) -Wno-missing-prototypes -MMD -MP $(CFLAGS) \
	    -Dmain=cobench_main -c $< -o $@

$(BUILD)/test/coro-only/%: $(BUILD)/obj/runtime/test/coro/%.o \
    $(BUILD)/obj/runtime/test/test.o $(BUILD)/lib/librt-coro.a
	$(call link,-lcmocka $(RT_LIBS) -lm)

define reference_rules
$(1)_REF := $(wildcard bench/reference/$(1)/*.c)
$(BUILD)/obj/reference_$(1).c: $$($(1)_REF) Makefile
	$$(call table,$$(filter-out rt,$$(notdir $$(basename $$($(1)_REF)))),0)
$(BUILD)/bin/trial-$(1): $(BUILD)/obj/bench/trial.o $(BUILD)/obj/reference_$(1).o \
    $$(call objects,$$($(1)_REF) $(REF_SRC) $($(1)_SHARED)) $(BUILD)/lib/libbench.a
	$$(call link,$($(1)_LIBS) $(JANSSON) -lm)
endef
$(foreach r,$(REFERENCES),$(eval $(call reference_rules,$(r))))

$(BUILD)/obj/workload_table.c: $(WORKLOAD_SRC) Makefile
	$(call table,$(notdir $(basename $(WORKLOAD_SRC))),work_group)

$(BUILD)/lib/libbench.a: $(call objects,$(BENCH_SRC))
	$(archive)
$(BUILD)/bin/cobench: $(BUILD)/obj/bench/main.o $(BUILD)/lib/libbench.a
	$(call link,$(JANSSON) -lm)
# Preloaded by `cobench count`; a sanitizer wants to come first itself.
$(BUILD)/bin/count.so: bench/preload/count.c bench/preload/counts.h $(BUILD)/flags
	$(if $(Q),@echo "  ld   $@")
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) -fPIC -shared $(CFLAGS) $(LDFLAGS) -o $@ $<
$(BUILD)/bin/origin: $(call objects,$(ORIGIN_SRC))
	$(call link,$(MHD) $(WSLAY) $(UV))
$(BUILD)/test/bench/%: $(BUILD)/obj/bench/test/%.o \
    $(call objects,$(BENCH_HELP)) $(BUILD)/lib/libbench.a
	$(call link,-lcmocka $(JANSSON) -lm)

# ---- using it ----
bench: all
	$(BUILD)/bin/cobench run
bench-quick: all
	$(BUILD)/bin/cobench run --profile quick
bench-full: all
	$(BUILD)/bin/cobench run --profile full --resume
bench-scale: all
	$(BUILD)/bin/cobench run --profile scale --resume
# BASE is ours; the build of the base revision gets all other variables.
MAKEOVERRIDES := $(filter-out BASE=%,$(MAKEOVERRIDES))
regress: all
	$(BUILD)/bin/cobench regress $(if $(BASE),--base '$(BASE)')
# Whether the gate keeps its word here: minutes.
test-regress: all
	sh scripts/test-regress.sh $(BUILD)
regress-record: all
	$(BUILD)/bin/cobench regress --record
plots: all
	$(BUILD)/bin/cobench report results/local/latest

# The conformance suite alone, for one runtime: RUNTIME=folder/ or a name.
BROUGHT := $(notdir $(patsubst %/,%,$(RUNTIME)))
test-runtime: $(if $(filter $(BROUGHT),$(RUNTIMES)), \
    $(RT_TESTS:%=$(BUILD)/test/$(BROUGHT)/%),no-runtime)
	sh scripts/test.sh $(BUILD) $^

.PHONY: no-runtime
no-runtime:
	@echo "RUNTIME='$(RUNTIME)': give a folder of sources, with a / in its" \
	    'name, whose packages are there, or one of: $(RUNTIMES)' >&2; exit 2

examples: $(foreach r,$(RUNTIMES),$(EXAMPLES:%=$(BUILD)/examples/$(r)/%))

tests: $(TESTS)
test: all $(TESTS)
	sh scripts/test.sh $(BUILD) $(TESTS)

# Seed after seed, for STRESS_SECONDS.
stress: $(RUNTIMES:%=$(BUILD)/test/%/test_stress)
	sh scripts/stress.sh $^

lint:
	sh scripts/lint.sh

PREFIX ?= /usr/local
install uninstall: all
	sh scripts/install.sh $@ $(BUILD) "$(DESTDIR)" "$(PREFIX)" \
	    $(foreach r,$(RUNTIMES),'$(r) $($(r)_PACKAGES)')

clean:
	rm -rf build build-*

# Objects of tests are kept, not removed as by-products.
.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
