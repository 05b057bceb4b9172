/* SPDX-License-Identifier: MIT */
/*
 * Owns the memory of all task stacks.  One stretch of addresses is reserved
 * without access, which costs nothing, and opened from its low end in growing
 * batches.  Slots are numbered from there:
 *
 *      low  | guard page | free ... stack <- | control block | colour |  high
 *
 * A guard is a page that faults.  MADV_GUARD_INSTALL (Linux 6.13) makes one
 * by a mark in the page table, so that all stacks stay one mapping; without
 * it a guard is a page left unopened, each stack is a mapping of its own, and
 * vm.max_map_count ends at some 32 750 stacks.  A slot whose number lies
 * below `opened` always has its guard.
 */
#include "stack.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core.h"
#include "timer.h"
#include "touched.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum {
    MIN_USABLE = 16 << 10,
    FIRST_BATCH = 16,
    MAX_BATCH = 1024,
    GUARD_BATCH = 128, /* guards per system call */
    /* Control blocks at equal offsets in their pages would all compete for
     * the same few cache sets: so they lie at COLOURS different ones. */
    COLOURS = 8,
    COLOUR_BYTES = 128
};
#define RESERVE_BYTES ((size_t)256 << 30)
#define RESERVE_SLOTS ((size_t)1 << 20)
#define MAX_STACK     ((size_t)1 << 30)

static struct {
    char *base;
    size_t reserved; /* bytes */
    size_t page;
    size_t stride;   /* bytes from slot to slot */
    uint32_t slots;  /* that fit into what is reserved */
    uint32_t opened; /* accessible and guarded */
    uint32_t used;   /* handed out at least once */
    bool installs;   /* guards are MADV_GUARD_INSTALL's */
} stacks = { .stride = CO_DEFAULT_STACK };

static char *slot(uint32_t id)
{
    return stacks.base + (size_t)id * stacks.stride;
}

static int reserve(void)
{
    size_t bytes = stacks.stride * RESERVE_SLOTS;
    if (bytes < RESERVE_BYTES)
        bytes = RESERVE_BYTES;
    void *base = MAP_FAILED;
    /* Less where the addresses are limited (ulimit -v, Valgrind). */
    for (; bytes >= stacks.stride * FIRST_BATCH; bytes /= 2) {
        base = mmap(NULL, bytes, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1,
                    0);
        if (base != MAP_FAILED)
            break;
    }
    if (base == MAP_FAILED)
        return -ENOMEM;
    /* A huge page would be 2 MiB for the sake of one stack's top. */
    madvise(base, bytes, MADV_NOHUGEPAGE);
    stacks.base = base;
    stacks.reserved = bytes;
    size_t slots = bytes / stacks.stride;
    stacks.slots = slots < UINT32_MAX ? (uint32_t)slots : UINT32_MAX;
    return 0;
}

static bool can_install(void)
{
    char *page = stacks.base;
    if (mprotect(page, stacks.page, PROT_READ | PROT_WRITE))
        return false;
    if (!madvise(page, stacks.page, MADV_GUARD_INSTALL))
        return true;
    mprotect(page, stacks.page, PROT_NONE);
    return false;
}

int co_stacks_init(size_t stack_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (stack_bytes < page + MIN_USABLE || stack_bytes > MAX_STACK)
        return -EINVAL;
    stacks.page = page;
    stacks.stride = (stack_bytes + page - 1) / page * page;
    stacks.opened = 0;
    stacks.used = 0;
    int error = reserve();
    if (error)
        return error;
    stacks.installs = can_install();
    return 0;
}

void co_stacks_fini(void)
{
    if (san_wants_free())
        for (uint32_t id = 0; id < stacks.used; id++)
            san_stack_free(&co_stack_task(id)->san);
    munmap(stacks.base, stacks.reserved);
    stacks.base = NULL;
}

/* Installs the guards of n slots, n <= GUARD_BATCH; returns how many.  self is
 * a pidfd, or negative when there is none. */
static uint32_t install(int self, uint32_t first, uint32_t n)
{
    struct iovec pages[GUARD_BATCH];
    for (uint32_t i = 0; i < n; i++)
        pages[i] = (struct iovec){ slot(first + i), stacks.page };
    ssize_t done = -1;
    if (self >= 0)
        done = process_madvise(self, pages, n, MADV_GUARD_INSTALL, 0);
    uint32_t good = done > 0 ? (uint32_t)((size_t)done / stacks.page) : 0;
    /* One by one where that is not allowed. */
    while (good < n &&
           !madvise(slot(first + good), stacks.page, MADV_GUARD_INSTALL))
        good++;
    return good;
}

static uint32_t open_installing(uint32_t first, uint32_t n)
{
    if (mprotect(slot(first), n * stacks.stride, PROT_READ | PROT_WRITE))
        return 0;
    int self = san_knows_old_calls() ? -1 : pidfd_open(getpid(), 0);
    uint32_t good = 0;
    while (good < n) {
        uint32_t want = n - good < GUARD_BATCH ? n - good : GUARD_BATCH;
        uint32_t got = install(self, first + good, want);
        good += got;
        if (got < want)
            break;
    }
    if (self >= 0)
        close(self);
    return good;
}

static uint32_t open_around(uint32_t first, uint32_t n)
{
    uint32_t good = 0;
    while (good < n &&
           !mprotect(slot(first + good) + stacks.page,
                     stacks.stride - stacks.page, PROT_READ | PROT_WRITE))
        good++;
    return good;
}

static void open_more(void)
{
    uint32_t n = stacks.opened / 2;
    n = n < FIRST_BATCH ? FIRST_BATCH : n > MAX_BATCH ? MAX_BATCH : n;
    if (n > stacks.slots - stacks.opened)
        n = stacks.slots - stacks.opened;
    if (n == 0 || co_timers_reserve((size_t)stacks.opened + n))
        return;
    if (stacks.installs)
        stacks.opened += open_installing(stacks.opened, n);
    else
        stacks.opened += open_around(stacks.opened, n);
}

struct rt_task *co_stack_task(uint32_t id)
{
    size_t colour = (size_t)(id % COLOURS) * COLOUR_BYTES;
    char *block = slot(id) + stacks.stride - colour - sizeof(struct rt_task);
    return (struct rt_task *)((uintptr_t)block & ~(uintptr_t)63);
}

uint32_t co_stack_at(const void *at)
{
    return (uint32_t)((size_t)((char *)at - stacks.base) / stacks.stride);
}

struct rt_task *co_stack_fresh(void)
{
    if (stacks.used == stacks.opened)
        open_more();
    if (stacks.used == stacks.opened)
        return NULL;
    uint32_t id = stacks.used++;
    struct rt_task *task = co_stack_task(id);
    task->id = id;
    char *bottom = slot(id) + stacks.page;
    san_stack_new(&task->san, bottom, (size_t)((char *)task - bottom));
    return task;
}

uint32_t co_stacks_used(void)
{
    return stacks.used;
}

bool co_stack_guards(const struct rt_task *task, const void *at)
{
    if (!task || task == &co.loop)
        return false;
    return (uintptr_t)at - (uintptr_t)slot(task->id) < stacks.page;
}

size_t rt_stack_used(struct rt_task *task)
{
    uint32_t id = task ? task->id : co.current->id;
    return touched_bytes(slot(id) + stacks.page, slot(id) + stacks.stride);
}

size_t co_stack_bytes(void)
{
    return stacks.stride;
}

const char *co_stack_guard(void)
{
    return !stacks.page ? "none" : stacks.installs ? "madvise" : "mprotect";
}
