/* SPDX-License-Identifier: MIT */
/* Every workload on every runtime, and every way to ask for it wrongly. */
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "params.h"
#include "profile.h"
#include "program.h"

static const char *const runtimes[] = { "coro", "pool", "thread", "seq" };

enum {
    RUNTIMES = sizeof(runtimes) / sizeof(*runtimes)
};

/* Tiny sizes; those with more tasks waiting at once than a runtime can have
 * are skipped there: `skips` holds the initials. */
static const struct {
    const char *arguments, *skips;
} cases[] = {
    { "null", "" },
    { "cpu kernel=sumsq tasks=3", "" },
    { "cpu kernel=sha256 tasks=3", "" },
    { "cpu kernel=nqueens tasks=2", "" },
    { "cpu kernel=matmul tasks=30", "" },
    { "cpu kernel=sha256 tasks=9 offload=1", "" },
    { "spawn_join alive=0 tasks=50", "" },
    { "spawn_join alive=1 tasks=15", "s" },
    { "spawn_join alive=1 tasks=100", "sp" },
    { "skynet leaves=100 cut=1", "" },
    { "skynet leaves=10000 cut=1000", "" },
    { "submit tasks=1 rounds=50", "" },
    { "submit tasks=30 rounds=100 cpus=1", "" },
    { "switch_pair via=yield rounds=101", "s" },
    { "switch_pair via=chan rounds=100", "s" },
    { "switch_pair via=pipe rounds=101", "s" },
    { "switch_pair via=pipe rounds=600 cpus=1", "s" },
    { "chan_mpmc capacity=1 rounds=103", "s" },
    { "chan_mpmc capacity=1024 rounds=3000", "s" },
    { "sleepers tasks=100 sleep_s=2", "sp" },
    { "http_delay requests=6 scale=0.01", "" },
    { "http_get conns=3 requests=20 delay_ms=0", "" },
    { "http_get conns=30 requests=100 delay_ms=5 bytes=5000 cpus=1", "" },
    { "echo conns=1 rounds=30 bytes=1", "" },
    { "echo conns=70 rounds=300 cpus=1", "" },
    { "echo conns=5 rounds=3 bytes=1024", "" },
    { "echo conns=5 rounds=300 schedule=poisson rate=3000", "" },
    { "http_get conns=5 requests=50 schedule=fixed rate=500", "" },
    { "ws_echo conns=1 rounds=250", "" },
    { "ws_echo conns=30 rounds=3000 bytes=1000 cpus=1", "" },
    { "ws_echo conns=5 rounds=300 schedule=fixed rate=3000", "" },
    { "echo_server conns=7 rounds=300", "s" },
    { "echo_server conns=30 rounds=100 bytes=1000 cpus=1", "sp" },
    { "mixed tasks=30 cpu_us=20 delay_ms=2", "" },
    { "mixed tasks=30 cpu_us=20 delay_ms=2 offload=1", "" },
    { "sleepers_touch tasks=15 touch_kib=33 sleep_s=0.5", "s" },
    { "fanin_ready conns=15 frac=0 rounds=40", "s" },
    { "fanin_ready conns=100 frac=0.3 rounds=1001", "sp" },
    { "fanin_ready conns=10 frac=1 rounds=100 cpus=1", "s" },
    { "forkjoin kernel=fib n=15", "" },
    { "forkjoin kernel=fib n=24", "" },
    { "forkjoin kernel=nqueens", "" },
    { "ring tasks=7 rounds=30 bytes=0", "s" },
    { "ring tasks=30 rounds=3 bytes=4096 cpus=1", "sp" },
    { "brigade tasks=2 rounds=300", "" },
    { "brigade tasks=15 rounds=30", "" },
    { "mutex tasks=7 rounds=3000", "" },
    { "mutex tasks=3 rounds=300 cpu_ns=1000 cpus=1", "" },
    { "sem_crawl requests=30 permits=4 delay_ms=1", "" },
    { "broadcast tasks=15 via=event rounds=30", "s" },
    { "broadcast tasks=15 via=cond rounds=30", "s" },
    { "broadcast tasks=2 via=event rounds=3 cpus=1", "s" },
    { "gen delay_ms=0 rounds=1000", "s" },
    { "gen delay_ms=1 rounds=10", "s" },
    { "cancel tasks=15", "s" },
    { "cancel tasks=200", "sp" },
    { "timeout tasks=30 delay_ms=3", "" },
    { "lifecycle scale=0.02", "" },
    { "timers tasks=5", "" },
    { "mixed_lat rate=1000 requests=50 cpu_us=100", "s" },
    { "mixed_lat rate=200 requests=10 cpu_us=1000 offload=1", "s" },
    { "blocking tasks=12 rounds=1 via=sleep", "s" },
    { "blocking tasks=12 rounds=1 via=compute offload=1", "s" },
};

static void one_program_per_runtime(void **state)
{
    (void)state;
    char name[64];
    for (int i = 0; i < RUNTIMES; i++) {
        snprintf(name, sizeof(name), "trial-%s", runtimes[i]);
        assert_true(program_exists(name));
    }
}

/* What two trials that did the same work have in common. */
static void same_work(json_t *a, json_t *b, const char *what)
{
    static const char *const counts[] = { "units", "ops", "bytes",
                                          "connections" };
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
        if (program_int(a, counts[i]) != program_int(b, counts[i]))
            fail_msg("%s: %s %lld on %s, %lld on %s", what, counts[i],
                     program_int(a, counts[i]), program_text(a, "runtime.name"),
                     program_int(b, counts[i]),
                     program_text(b, "runtime.name"));
    if (strcmp(program_text(a, "digest"), program_text(b, "digest")) != 0)
        fail_msg("%s: the digest differs on %s and %s", what,
                 program_text(a, "runtime.name"),
                 program_text(b, "runtime.name"));
}

static json_t *trial(const char *runtime, const char *arguments, int status)
{
    static struct program program;
    program_run(&program, "timeout 60 $BIN/trial-%s %s", runtime, arguments);
    json_t *record = program_record(&program);
    if (program.status != status || record == NULL)
        fail_msg("trial-%s %s: exit status %d, not %d, with %s", runtime,
                 arguments, program.status, status, program.output);
    return record;
}

static void every_runtime_does_the_same_work(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        json_t *first = NULL;
        for (int r = 0; r < RUNTIMES; r++) {
            bool skips = strchr(cases[i].skips, runtimes[r][0]) != NULL;
            json_t *record =
                trial(runtimes[r], cases[i].arguments, skips ? 77 : 0);
            assert_string_equal(program_text(record, "runtime.name"),
                                runtimes[r]);
            assert_string_equal(program_text(record, "status"),
                                skips ? "skipped" : "ok");
            if (first != NULL && !skips)
                same_work(first, record, cases[i].arguments);
            if (first == NULL)
                first = json_incref(record);
            json_decref(record);
        }
        json_decref(first);
    }
}

/* Each is noticed by the receipt alone, without another runtime's. */
static void a_runtime_that_skips_work_is_caught(void **state)
{
    (void)state;
    static const struct {
        const char *cheat, *arguments;
    } cheats[] = {
        { "sleep:0", "sleepers tasks=15 sleep_s=0.2" },
        { "sleep:0", "sleepers_touch tasks=15 sleep_s=0.2" },
        { "sleep:3", "timers tasks=5" },
        { "sleep:3", "gen delay_ms=6 rounds=10" },
        { "sleep:3", "blocking tasks=12 rounds=1" },
        { "sleep:30", "mixed_lat rate=1000 requests=50 cpu_us=100" },
        { "offload:2", "mixed_lat rate=1000 requests=5 cpu_us=10 offload=1" },
        { "offload:1", "blocking tasks=12 rounds=2 offload=1" },
        { "offload:1", "blocking tasks=12 rounds=2 via=compute offload=1" },
        { "offload:1", "cpu kernel=sha256 tasks=9 offload=1" },
        { "offload:9", "mixed tasks=30 cpu_us=20 delay_ms=2 offload=1" },
        { "offload:30", "file_rand tasks=4 rounds=100" },
        { "event:30", "broadcast tasks=15 via=event rounds=30" },
        { "event:5", "submit tasks=3 rounds=100" },
        { "read:90", "fanin_ready conns=10 frac=1 rounds=100" },
        { "read:90", "echo conns=5 rounds=100" },
        { "read:90", "brigade tasks=5 rounds=100" },
        { "read:90", "switch_pair via=pipe rounds=100" },
        { "read:90", "ws_echo conns=5 rounds=100" },
    };
    static struct program program;
    for (size_t i = 0; i < sizeof(cheats) / sizeof(*cheats); i++) {
        program_run(&program,
                    "COBENCH_CHEAT=%s timeout 60 $BIN/../test/trial-cheat %s "
                    "2>&1",
                    cheats[i].cheat, cheats[i].arguments);
        if (program.status != 1 || strstr(program.output, "no origin"))
            fail_msg("%s %s: exit status %d with %s", cheats[i].cheat,
                     cheats[i].arguments, program.status, program.output);
    }
}

static void waiting_workloads_record_their_latency(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *which;
        int least; /* values */
    } recorded[] = {
        { "timers tasks=5", "latency.count", 50 },
        { "echo conns=5 rounds=60", "latency.count", 60 },
        { "http_get conns=5 requests=60 schedule=fixed rate=600",
          "latency.count", 60 },
        { "mixed_lat rate=1000 requests=50 cpu_us=100", "latency.count", 50 },
        { "mixed_lat rate=1000 requests=50 cpu_us=100", "heartbeat.count", 20 },
        { "blocking tasks=12 rounds=1", "heartbeat.count", 110 },
    };
    for (size_t i = 0; i < sizeof(recorded) / sizeof(*recorded); i++)
        for (int r = 0; r < 3; r++) {
            json_t *record = trial(runtimes[r], recorded[i].arguments, 0);
            assert_true(program_int(record, recorded[i].which) >=
                        recorded[i].least);
            json_decref(record);
        }
}

/* Twenty can be answered in a second, and two more while it lasts. */
static void an_open_loop_that_is_too_slow_ends_and_says_what_it_left(
    void **state)
{
    (void)state;
    json_t *record = trial("thread",
                           "http_get conns=1 delay_ms=50 requests=100 "
                           "schedule=fixed rate=1000",
                           0);
    assert_in_range(program_int(record, "ops"), 1, 25);
    assert_int_equal(program_int(record, "counts.unstarted"),
                     100 - program_int(record, "ops"));
    /* It counts from the intended start, so the last was late by a second. */
    assert_true(program_int(record, "latency.max_ns") > 500000000);
    json_decref(record);
}

static void a_schedule_and_a_rate_go_together(void **state)
{
    (void)state;
    static const char *const wrong[] = { "echo schedule=poisson",
                                         "http_get rate=100" };
    for (int i = 0; i < 2; i++) {
        json_t *record = trial("coro", wrong[i], 1);
        assert_non_null(strstr(program_text(record, "error.message"), "rate"));
        json_decref(record);
    }
}

/* Asleep or computing on the loop for half of the time, it must show. */
static void what_blocks_the_loop_shows_in_the_heartbeats(void **state)
{
    (void)state;
    static const char *const via[] = { "sleep", "compute" };
    char arguments[64];
    for (int i = 0; i < 2; i++) {
        snprintf(arguments, sizeof(arguments), "blocking tasks=12 via=%s",
                 via[i]);
        json_t *record = trial("coro", arguments, 0);
        assert_true(program_int(record, "heartbeat.max_ns") > 30000000);
        assert_true(program_int(record, "runtime.stalls") >= 2);
        assert_true(program_int(record, "runtime.stall_longest_ns") > 30000000);
        json_decref(record);
    }
}

static void hand_written_loops_do_the_same_work(void **state)
{
    (void)state;
    static const struct {
        const char *reference, *arguments;
        int latencies;
    } both[] = {
        { "epoll", "echo conns=70 rounds=300", 300 },
        { "epoll", "echo conns=5 rounds=3 bytes=1024", 3 },
        { "epoll", "echo_server conns=30 rounds=100", -1 },
        { "uv", "echo_server conns=7 rounds=300", -1 },
        { "uv", "echo_server conns=30 rounds=100 bytes=1000 cpus=1", -1 },
        { "epoll", "http_get conns=600 requests=1200 delay_ms=5", 1200 },
        { "epoll", "http_get conns=5 requests=3 bytes=100000", 3 },
        { "futex", "spawn_join alive=0 tasks=50", -1 },
        { "futex", "spawn_join alive=1 tasks=100", -1 },
        { "futex", "submit tasks=1 rounds=50", -1 },
        { "futex", "submit tasks=300 rounds=1000", -1 },
        { "uv", "echo conns=70 rounds=300", 300 },
        { "uv", "echo conns=5 rounds=3 bytes=1024", 3 },
        { "uv", "sleepers tasks=300 sleep_s=1", 300 },
        { "uv", "http_get conns=600 requests=1200 delay_ms=5", 1200 },
        { "uv", "http_get conns=5 requests=3 bytes=100000", 3 },
    };
    for (size_t i = 0; i < sizeof(both) / sizeof(*both); i++) {
        json_t *a = trial("coro", both[i].arguments, 0);
        json_t *b = trial(both[i].reference, both[i].arguments, 0);
        same_work(a, b, both[i].arguments);
        assert_int_equal(program_int(b, "latency.count"), both[i].latencies);
        json_decref(a);
        json_decref(b);
    }
}

static void skips_saying(const char *runtime, const char *arguments,
                         const char *word)
{
    json_t *record = trial(runtime, arguments, 77);
    assert_non_null(strstr(program_text(record, "skip.reason"), word));
    json_decref(record);
}

static void a_reference_skips_what_it_cannot_play(void **state)
{
    (void)state;
    static const char *const references[] = { "epoll", "uv" };
    for (int i = 0; i < 2; i++) {
        skips_saying(references[i], "echo schedule=poisson rate=100", "closed");
        skips_saying(references[i], "http_get schedule=fixed rate=100",
                     "closed");
        skips_saying(references[i], "http_get url=http://127.0.0.1:1/",
                     "bundled");
    }
    skips_saying("epoll", "echo connect=127.0.0.1:1", "bundled");
}

static json_t *describe(const char *runtime)
{
    static struct program program;
    program_run(&program, "$BIN/trial-%s --describe", runtime);
    assert_int_equal(program.status, 0);
    json_t *json = json_loads(program.output, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    return json;
}

static json_t *find_named(json_t *list, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) if (strcmp(program_text(item, "name"),
                                                 name) == 0) return item;
    return NULL;
}

static void all_programs_offer_the_same_workloads(void **state)
{
    (void)state;
    json_t *coro = describe("coro");
    for (int r = 1; r < RUNTIMES; r++) {
        json_t *other = describe(runtimes[r]);
        assert_true(json_equal(json_object_get(coro, "workloads"),
                               json_object_get(other, "workloads")));
        json_decref(other);
    }
    json_decref(coro);
}

static void check_reference(json_t *coro, const char *name)
{
    static const char *const keys[] = { "kind", "value", "low", "high" };
    json_t *reference = describe(name);
    assert_true(json_is_true(program_at(reference, "runtime.reference")));
    size_t i, p;
    json_t *workload, *param;
    json_array_foreach(json_object_get(reference, "workloads"), i, workload)
    {
        json_t *ours = find_named(json_object_get(coro, "workloads"),
                                  program_text(workload, "name"));
        json_t *params = json_object_get(workload, "params");
        assert_non_null(ours);
        assert_int_equal(json_array_size(params),
                         json_array_size(json_object_get(ours, "params")));
        json_array_foreach(params, p, param)
        {
            json_t *twin = find_named(json_object_get(ours, "params"),
                                      program_text(param, "name"));
            assert_non_null(twin);
            for (int k = 0; k < 4; k++)
                if (json_object_get(param, keys[k]) != NULL)
                    assert_true(json_equal(json_object_get(param, keys[k]),
                                           json_object_get(twin, keys[k])));
        }
    }
    json_decref(reference);
}

static void a_reference_takes_the_same_parameters(void **state)
{
    (void)state;
    json_t *coro = describe("coro");
    assert_true(json_is_false(program_at(coro, "runtime.reference")));
    check_reference(coro, "epoll");
    check_reference(coro, "futex");
    check_reference(coro, "uv");
    json_decref(coro);
}

/* Is text a value of the described parameter? */
static bool valid_value(json_t *param, const char *text)
{
    const char *kind = program_text(param, "kind");
    if (strcmp(kind, "choice") == 0) {
        size_t i;
        json_t *choice;
        json_array_foreach(json_object_get(param, "choices"), i,
                           choice) if (strcmp(json_string_value(choice),
                                              text) == 0) return true;
        return false;
    }
    struct param typed = {
        .name = "x",
        .kind = strcmp(kind, "int") == 0 ? PARAM_INT : PARAM_REAL,
        .low = json_number_value(json_object_get(param, "low")),
        .high = json_number_value(json_object_get(param, "high"))
    };
    struct param_value value;
    char message[128];
    return param_parse(&typed, text, &value, message, sizeof(message)) == 0;
}

/* Checks one NAME=VALUE,VALUE of a sweep. */
static void check_axis(json_t *workload, char *axis)
{
    char *save = NULL, *equals = strchr(axis, '=');
    assert_non_null(equals);
    *equals = '\0';
    json_t *param = find_named(json_object_get(workload, "params"), axis);
    bool cpus = strcmp(axis, "cpus") == 0;
    if (param == NULL && !cpus)
        fail_msg("%s has no parameter %s", program_text(workload, "name"),
                 axis);
    for (char *text = strtok_r(equals + 1, ",", &save); text != NULL;
         text = strtok_r(NULL, ",", &save)) {
        bool good = cpus ? strcmp(text, "1") == 0 || strcmp(text, "all") == 0
                         : valid_value(param, text);
        if (!good)
            fail_msg("%s: %s=%s", program_text(workload, "name"), axis, text);
    }
}

/* Whether a line has all three. */
static bool has_line(const char *text, const char *a, const char *b,
                     const char *c)
{
    char *copy = strdup(text), *save = NULL;
    bool found = false;
    assert_non_null(copy);
    for (char *line = strtok_r(copy, "\n", &save); line != NULL && !found;
         line = strtok_r(NULL, "\n", &save))
        found = strstr(line, a) != NULL && strstr(line, b) != NULL &&
                strstr(line, c) != NULL;
    free(copy);
    return found;
}

static void every_profile_names_valid_parameters(void **state)
{
    (void)state;
    json_t *coro = describe("coro"), *workload, *cells;
    size_t i, c;
    json_array_foreach(json_object_get(coro, "workloads"), i, workload)
    {
        bool measured = false;
        json_array_foreach(json_object_get(workload, "cells"), c, cells)
        {
            for (int p = 0; p < PROFILES; p++) {
                char sweep[512], *save = NULL;
                snprintf(sweep, sizeof(sweep), "%s",
                         program_text(cells, profiles[p].name));
                for (char *axis = strtok_r(sweep, " |", &save); axis != NULL;
                     axis = strtok_r(NULL, " |", &save))
                    check_axis(workload, axis);
                measured |= json_object_get(cells, profiles[p].name) != NULL;
            }
        }
        bool watched = json_is_true(json_object_get(workload, "trace"));
        if (measured == watched)
            fail_msg("%s is %smeasured by a profile",
                     program_text(workload, "name"), measured ? "" : "not ");
    }
    json_decref(coro);
}

/* What a series of the profile `scale` is to hold: each decade, for all. */
static void scale_goes_through_every_decade(void **state)
{
    (void)state;
    static const struct {
        const char *workload, *axis, *runtimes[5];
        int from, to;
    } series[] = {
        { "spawn_join", "tasks", { "coro", "thread" }, 10, 1000000 },
        { "timers", "tasks", { "coro", "thread" }, 10, 1000000 },
        { "cancel", "tasks", { "coro", "thread" }, 10, 1000000 },
        { "submit", "tasks", { "coro", "pool/", "thread" }, 10, 1000000 },
        { "echo", "conns", { "coro", "pool/", "thread", "epoll" }, 1, 10000 },
        { "echo_server", "conns", { "coro", "thread", "epoll" }, 1, 10000 },
        { "http_get",
          "conns",
          { "coro", "pool/", "thread", "epoll" },
          1,
          10000 },
    };
    static struct program program;
    program_run(&program, "$BIN/cobench run --dry-run --profile scale");
    assert_non_null(strstr(program.output, "6 rounds"));
    for (size_t i = 0; i < sizeof(series) / sizeof(*series); i++)
        for (int k = 0; series[i].runtimes[k] != NULL; k++)
            for (int x = series[i].from; x <= series[i].to; x *= 10) {
                char name[32], size[32], runtime[32];
                snprintf(name, sizeof(name), "  %s/", series[i].workload);
                snprintf(size, sizeof(size), "/%s:%d/", series[i].axis, x);
                snprintf(runtime, sizeof(runtime), "/runtime:%s",
                         series[i].runtimes[k]);
                if (!has_line(program.output, name, size, runtime))
                    fail_msg("no %s%s on %s", series[i].workload, size,
                             runtime);
            }
}

/* Calibrated for each, they would differ in what the first reads left. */
static void cold_reads_are_as_many_for_all(void **state)
{
    (void)state;
    static struct program program;
    program_run(&program, "$BIN/cobench run --dry-run --profile full "
                          "--workload file_rand | grep cold:1");
    int cells = 0;
    for (char *save, *cell = strtok_r(program.output, "\n", &save);
         cell != NULL; cell = strtok_r(NULL, "\n", &save), cells++)
        assert_non_null(strstr(cell, "/rounds:4000/"));
    assert_true(cells >= 2);
}

static void wrong_requests_get_one_line_and_status_2(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *says;
    } wrong[] = {
        { "nonsense", "no workload 'nonsense'; there are: blocking" },
        { "echo nonsense=1", "echo has no parameter 'nonsense'; it takes: "
                             "conns connect bytes schedule rate rounds cpus" },
        { "echo conns", "'conns' is not NAME=VALUE" },
        { "echo conns=", "conns=: must be a whole number 1..20000" },
        { "echo conns=1x", "conns=1x: must be a whole number 1..20000" },
        { "echo conns=0", "conns=0: must be a whole number 1..20000" },
        { "echo cpus=2", "cpus=2: must be one of 1|all" },
        { "switch_pair via=tcp", "via=tcp: must be one of yield|chan|pipe" },
        { "http_delay scale=nan", "scale=nan: must be a number 0.001..10" },
        { "echo conns=2 rounds=3 conns=2", "conns is given twice" },
        { "echo workers=3", "echo has no parameter 'workers'" },
    };
    static struct program program;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        program_run(&program, "$BIN/trial-coro %s 2>&1", wrong[i].arguments);
        char *end = strchr(program.output, '\n');
        if (program.status != 2 || end == NULL || end[1] != '\0' ||
            strstr(program.output, wrong[i].says) == NULL)
            fail_msg("%s: status %d, %s", wrong[i].arguments, program.status,
                     program.output);
    }
}

static void a_small_pool_is_told_how_many_workers_it_needs(void **state)
{
    (void)state;
    json_t *record = trial("pool", "sleepers tasks=30 workers=4", 77);
    assert_non_null(strstr(program_text(record, "skip.reason"), "too small"));
    assert_int_equal(program_int(record, "skip.needed"), 30);
    assert_int_equal(program_int(record, "skip.limit"), 4);
    assert_string_equal(program_text(record, "skip.remedy"), "workers=30");
    json_decref(record);
    json_decref(trial("pool", "sleepers tasks=30 workers=30 sleep_s=2", 0));
}

static void concurrency_alone_never_skips_a_pool(void **state)
{
    (void)state;
    json_t *record = trial("pool", "echo conns=50 rounds=200 workers=2", 0);
    assert_int_equal(program_int(record, "units"), 50);
    assert_int_equal(program_int(record, "runtime.workers"), 2);
    /* The main task may run one in place while it waits. */
    assert_in_range(program_int(record, "units_peak"), 1, 3);
    json_decref(record);
}

static void too_few_descriptors_skip_with_the_remedy(void **state)
{
    (void)state;
    static struct program program;
    for (int r = 0; r < RUNTIMES; r++) {
        program_run(&program,
                    "ulimit -n 64; $BIN/trial-%s echo conns=100 2>/dev/null",
                    runtimes[r]);
        json_t *record = program_record(&program);
        assert_int_equal(program.status, 77);
        assert_non_null(record);
        assert_int_equal(program_int(record, "skip.limit"), 64);
        assert_true(program_int(record, "skip.needed") > 100);
        assert_non_null(
            strstr(program_text(record, "skip.remedy"), "ulimit -n"));
        json_decref(record);
    }
}

/* To people, too, who run a trial by hand. */
static void a_skip_is_said_with_the_numbers_and_the_remedy(void **state)
{
    (void)state;
    static struct program program;
    program_run(&program, "$BIN/trial-pool sleepers tasks=30 workers=4 2>&1 "
                          ">/dev/null");
    assert_int_equal(program.status, 77);
    assert_string_equal(program.output,
                        "trial-pool: skipped: pool too small: this many tasks "
                        "must wait at once (needs 30, limit 4): workers=30\n");
}

static void the_soft_limit_of_descriptors_is_raised(void **state)
{
    (void)state;
    static struct program program;
    program_run(&program, "ulimit -S -n 64; $BIN/trial-coro echo conns=100 "
                          "rounds=100");
    assert_int_equal(program.status, 0);
}

static void more_tasks_than_memory_holds_are_skipped(void **state)
{
    (void)state;
    json_t *record = trial("thread", "sleepers tasks=10000000", 77);
    assert_true(program_int(record, "skip.needed") >
                program_int(record, "skip.limit"));
    json_decref(record);
}

static void sleepers_that_never_meet_are_a_failure(void **state)
{
    (void)state;
    json_t *record = trial("thread", "sleepers tasks=1000 sleep_s=0.001", 1);
    assert_string_equal(program_text(record, "status"), "failed");
    assert_non_null(
        strstr(program_text(record, "error.message"), "raise sleep_s"));
    json_decref(record);
}

static void an_origin_that_is_gone_is_a_failure(void **state)
{
    (void)state;
    static struct program program;
    program_run(&program, "COBENCH_ORIGIN='http=1 echo=1 ws=1 control=1' "
                          "$BIN/trial-coro echo 2>/dev/null");
    json_t *record = program_record(&program);
    assert_int_equal(program.status, 1);
    assert_non_null(record);
    assert_non_null(strstr(program_text(record, "error.message"), "origin"));
    json_decref(record);
}

static void tasks_at_a_start_line_count_as_threads(void **state)
{
    (void)state;
    json_t *thread = trial("thread", "chan_mpmc rounds=1000", 0);
    assert_true(program_int(thread, "threads_mid_run") >= 9);
    json_decref(thread);
}

static void memory_is_read_when_all_are_parked(void **state)
{
    (void)state;
    json_t *coro = trial("coro", "sleepers tasks=200 sleep_s=2", 0);
    json_t *thread = trial("thread", "sleepers tasks=200 sleep_s=2", 0);
    assert_int_equal(program_int(coro, "memory.parked_tasks"), 200);
    /* A page of stack each at the least. */
    assert_true(program_int(coro, "memory.parked.rss_anon") -
                    program_int(coro, "memory.before.rss_anon") >=
                200 * 4096);
    assert_int_equal(program_int(coro, "threads_mid_run"),
                     program_int(coro, "memory.parked.threads"));
    assert_true(program_int(thread, "threads_mid_run") >= 201);
    assert_true(program_int(thread, "memory.parked.kernel_stacks") >=
                201 * 16384);
    json_decref(coro);
    json_decref(thread);
}

static long long parked_bytes(json_t *record)
{
    return program_int(record, "memory.parked.rss_anon") -
           program_int(record, "memory.before.rss_anon");
}

static void memory_is_read_when_all_doze_that_are_to(void **state)
{
    (void)state;
    static struct program program;
    program_run(&program, "timeout 60 $BIN/trial-coro sleepers tasks=2000 "
                          "sleep_s=3 doze_ms=10 2>/dev/null");
    if (program.status == 77) {
        puts("SKIP: tasks may not doze here");
        skip();
    }
    json_t *dozing = program_record(&program);
    json_t *awake = trial("coro", "sleepers tasks=2000 sleep_s=3", 0);
    assert_non_null(dozing);
    assert_true(program_int(dozing, "runtime.dozes") >= 2000);
    assert_true(parked_bytes(awake) - parked_bytes(dozing) >= 2000 * 3072);
    json_decref(dozing);
    json_decref(awake);
}

static void touched_stack_is_held(void **state)
{
    (void)state;
    json_t *coro =
        trial("coro", "sleepers_touch tasks=100 touch_kib=16 sleep_s=1", 0);
    assert_true(program_int(coro, "memory.parked.rss_anon") -
                    program_int(coro, "memory.before.rss_anon") >=
                100 * 16 * 1024);
    json_decref(coro);
}

static void null_is_the_floor(void **state)
{
    (void)state;
    for (int r = 0; r < RUNTIMES; r++) {
        json_t *record = trial(runtimes[r], "null", 0);
        assert_int_equal(program_int(record, "units"), 0);
        assert_int_equal(program_int(record, "ops"), 1);
        assert_true(program_int(record, "wall_ns") >= 0);
        assert_true(program_int(record, "memory.peak_rss") > 0);
        assert_null(program_at(record, "memory.parked"));
        assert_null(program_at(record, "origin"));
        json_decref(record);
    }
}

static void libcurl_is_loaded_where_it_is_needed(void **state)
{
    (void)state;
    static const struct {
        const char *trial;
        bool needed;
    } trials[] = { { "trial-coro spawn_join tasks=10", false },
                   { "trial-thread echo conns=1 rounds=10", false },
                   { "trial-coro http_get conns=1 requests=10", true },
                   { "trial-thread sem_crawl requests=10 permits=1", true } };
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        struct program run;
        program_run(&run, "LD_DEBUG=files \"$BIN\"/%s 2>&1 | grep -c libcurl",
                    trials[i].trial);
        assert_int_equal(atoi(run.output) > 0, trials[i].needed);
    }
}

/* Another library by its name has none of its functions. */
static void a_libcurl_that_is_too_old_is_a_failure(void **state)
{
    (void)state;
    struct program run;
    program_run(
        &run,
        "d=$(mktemp -d) || exit 9; "
        "ln -s \"$(ldd \"$BIN\"/trial-coro | awk '/jansson/{print $3}')\" "
        "\"$d\"/libcurl.so.4; LD_LIBRARY_PATH=\"$d\" "
        "\"$BIN\"/trial-coro http_get conns=1 requests=10 2>&1; "
        "status=$?; rm -r \"$d\"; exit $status");
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.output, "libcurl is older"));
}

static void the_record_goes_to_the_descriptor_named(void **state)
{
    (void)state;
    static struct program program;
    program_run(&program, "COBENCH_RECORD_FD=9 COBENCH_PAD=12345 "
                          "$BIN/trial-coro null 9>&1 >/dev/null");
    json_t *record = program_record(&program);
    assert_non_null(record);
    assert_int_equal(program_int(record, "env_pad"), 5);
    json_decref(record);
    program_run(&program, "COBENCH_RECORD_FD=x $BIN/trial-coro null 2>&1");
    assert_int_equal(program.status, 2);
    program_run(&program, "COBENCH_RECORD_FD=9 $BIN/trial-coro null 2>&1");
    assert_int_equal(program.status, 1);
    assert_non_null(strstr(program.output, "cannot write the record"));
}

static void one_cpu_is_recorded(void **state)
{
    (void)state;
    json_t *record = trial("coro", "null cpus=1", 0);
    assert_string_equal(program_text(record, "cpus"), "1");
    json_decref(record);
}

/* The handler is there when the kernel says so (bit 3 of SigCgt), and the
 * tasks once the run has begun. */
static void a_trial_that_hangs_can_be_looked_at(void **state)
{
    static struct program program;
    (void)state;
    program_run(&program,
                "err=$(mktemp); \"$BIN/trial-coro\" sleepers tasks=3 "
                "sleep_s=60 2>\"$err\" >/dev/null & p=$!; n=0; "
                "until grep -q '^SigCgt:.*[4-7c-f]$' /proc/$p/status || "
                "[ $((n += 1)) -gt 500 ]; do sleep 0.1; done; "
                "until grep -q 'task 4 waits (sleep)' \"$err\" || "
                "[ $((n += 1)) -gt 500 ]; do kill -QUIT $p; sleep 0.1; done; "
                "kill $p; wait; cat \"$err\"; rm \"$err\"");
    assert_non_null(strstr(program.output, "4 tasks alive:\n"));
    assert_non_null(strstr(program.output, "  task 1 waits ("));
}

static void help_and_list_are_for_people(void **state)
{
    (void)state;
    static struct program program;
    program_run(&program, "$BIN/trial-pool --help");
    assert_int_equal(program.status, 0);
    assert_non_null(strstr(program.output, "workers="));
    program_run(&program, "$BIN/trial-coro --list");
    assert_int_equal(program.status, 0);
    assert_non_null(strstr(program.output, "sleepers: "));
    program_run(&program, "$BIN/trial-coro 2>/dev/null");
    assert_int_equal(program.status, 2);
    assert_string_equal(program.output, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_program_per_runtime),
        cmocka_unit_test(every_runtime_does_the_same_work),
        cmocka_unit_test(a_runtime_that_skips_work_is_caught),
        cmocka_unit_test(waiting_workloads_record_their_latency),
        cmocka_unit_test(
            an_open_loop_that_is_too_slow_ends_and_says_what_it_left),
        cmocka_unit_test(a_schedule_and_a_rate_go_together),
        cmocka_unit_test(what_blocks_the_loop_shows_in_the_heartbeats),
        cmocka_unit_test(hand_written_loops_do_the_same_work),
        cmocka_unit_test(a_reference_skips_what_it_cannot_play),
        cmocka_unit_test(all_programs_offer_the_same_workloads),
        cmocka_unit_test(a_reference_takes_the_same_parameters),
        cmocka_unit_test(every_profile_names_valid_parameters),
        cmocka_unit_test(scale_goes_through_every_decade),
        cmocka_unit_test(cold_reads_are_as_many_for_all),
        cmocka_unit_test(wrong_requests_get_one_line_and_status_2),
        cmocka_unit_test(a_small_pool_is_told_how_many_workers_it_needs),
        cmocka_unit_test(concurrency_alone_never_skips_a_pool),
        cmocka_unit_test(too_few_descriptors_skip_with_the_remedy),
        cmocka_unit_test(a_skip_is_said_with_the_numbers_and_the_remedy),
        cmocka_unit_test(the_soft_limit_of_descriptors_is_raised),
        cmocka_unit_test(more_tasks_than_memory_holds_are_skipped),
        cmocka_unit_test(sleepers_that_never_meet_are_a_failure),
        cmocka_unit_test(an_origin_that_is_gone_is_a_failure),
        cmocka_unit_test(tasks_at_a_start_line_count_as_threads),
        cmocka_unit_test(memory_is_read_when_all_are_parked),
        cmocka_unit_test(memory_is_read_when_all_doze_that_are_to),
        cmocka_unit_test(touched_stack_is_held),
        cmocka_unit_test(null_is_the_floor),
        cmocka_unit_test(libcurl_is_loaded_where_it_is_needed),
        cmocka_unit_test(a_libcurl_that_is_too_old_is_a_failure),
        cmocka_unit_test(the_record_goes_to_the_descriptor_named),
        cmocka_unit_test(one_cpu_is_recorded),
        cmocka_unit_test(a_trial_that_hangs_can_be_looked_at),
        cmocka_unit_test(help_and_list_are_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
