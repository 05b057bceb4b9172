/* SPDX-License-Identifier: MIT */
/*
 * Owns the memory of all task stacks.  One stretch of addresses is reserved
 * without access, which costs nothing, and opened from its low end in growing
 * batches.  Slots are numbered from there:
 *
 *      low  | guard page | free ... stack <- | rest | colour |  high
 *
 * A guard is a page that faults.  MADV_GUARD_INSTALL (Linux 6.13) makes one
 * by a mark in the page table, so that all stacks stay one mapping; without
 * it a guard is a page left unopened, each stack is a mapping of its own, and
 * vm.max_map_count ends at some 32 750 stacks.  A slot whose number lies
 * below `opened` always has its guard, and its row of the table, which lies
 * in front of them all, is accessible.  Slot 0 is there for the row of the
 * loop, which has its stack elsewhere.
 */
#include "stack.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core.h"
#include "doze.h"
#include "timer.h"
#include "touched.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum {
    MIN_USABLE = 16 << 10,
    FIRST_BATCH = 16,
    MAX_BATCH = 1024,
    GUARD_BATCH = 128 /* guards per system call */
};
#define RESERVE_BYTES ((size_t)256 << 30)
#define RESERVE_SLOTS ((size_t)1 << 20)
#define MAX_STACK     ((size_t)1 << 30)

struct co_stacks co_stacks = { .stride = CO_DEFAULT_STACK };

static struct {
    size_t reserved; /* bytes */
    size_t page;
    uint32_t slots;  /* that fit into what is reserved */
    uint32_t opened; /* accessible and guarded */
    uint32_t used;   /* handed out at least once */
    bool installs;   /* guards are MADV_GUARD_INSTALL's */
} stacks;

static char *slot(uint32_t id)
{
    return co_stacks.base + (size_t)id * co_stacks.stride;
}

static size_t whole_pages(size_t bytes)
{
    return (bytes + stacks.page - 1) / stacks.page * stacks.page;
}

/* For that many bytes of stacks and their table: what mmap() returns. */
static char *reserve_bytes(size_t bytes)
{
    size_t slots = bytes / co_stacks.stride;
    size_t table = whole_pages(slots * sizeof(struct rt_task));
    stacks.slots = slots < UINT32_MAX ? (uint32_t)slots : UINT32_MAX;
    stacks.reserved = table + bytes;
    void *map =
        mmap(NULL, stacks.reserved, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    co_stacks.tasks = map;
    co_stacks.base = (char *)map + table;
    return map;
}

static int reserve(void)
{
    size_t bytes = co_stacks.stride * RESERVE_SLOTS;
    if (bytes < RESERVE_BYTES)
        bytes = RESERVE_BYTES;
    /* Less where the addresses are limited (ulimit -v, Valgrind). */
    while (reserve_bytes(bytes) == MAP_FAILED) {
        bytes /= 2;
        if (bytes < co_stacks.stride * FIRST_BATCH)
            return -ENOMEM;
    }
    /* A huge page would be 2 MiB for the sake of one stack's top. */
    madvise(co_stacks.tasks, stacks.reserved, MADV_NOHUGEPAGE);
    return 0;
}

static bool can_install(void)
{
    char *page = co_stacks.base;
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
    co_stacks.stride = whole_pages(stack_bytes);
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
        for (uint32_t id = 1; id < stacks.used; id++)
            san_stack_free(&co_rest(co_task(id))->san);
    munmap(co_stacks.tasks, stacks.reserved);
    co_stacks.tasks = NULL;
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
    if (mprotect(slot(first), n * co_stacks.stride, PROT_READ | PROT_WRITE))
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
                     co_stacks.stride - stacks.page, PROT_READ | PROT_WRITE))
        good++;
    return good;
}

/* Makes the rows below n accessible. */
static int open_rows(uint32_t n)
{
    return mprotect(co_stacks.tasks, whole_pages(n * sizeof(struct rt_task)),
                    PROT_READ | PROT_WRITE);
}

static void open_more(void)
{
    uint32_t n = stacks.opened / 2;
    n = n < FIRST_BATCH ? FIRST_BATCH : n > MAX_BATCH ? MAX_BATCH : n;
    if (n > stacks.slots - stacks.opened)
        n = stacks.slots - stacks.opened;
    if (n == 0 || co_timers_reserve((size_t)stacks.opened + n) ||
        open_rows(stacks.opened + n))
        return;
    if (stacks.installs)
        stacks.opened += open_installing(stacks.opened, n);
    else
        stacks.opened += open_around(stacks.opened, n);
}

uint32_t co_stack_at(const void *at)
{
    return (uint32_t)((size_t)((char *)at - co_stacks.base) / co_stacks.stride);
}

struct rt_task *co_stack_loop(void)
{
    if (stacks.used == stacks.opened)
        open_more();
    return stacks.used < stacks.opened ? co_task(stacks.used++) : NULL;
}

struct rt_task *co_stack_fresh(void)
{
    struct rt_task *task = co_stack_loop();
    if (!task)
        return NULL;
    struct co_rest *rest = co_rest(task);
    char *bottom = slot(co_number(task)) + stacks.page;
    san_stack_new(&rest->san, bottom, (size_t)((char *)rest - bottom));
    return task;
}

uint32_t co_stacks_used(void)
{
    return stacks.used;
}

bool co_stack_guards(const struct rt_task *task, const void *at)
{
    if (!task || task == co.loop)
        return false;
    return (uintptr_t)at - (uintptr_t)slot(co_number(task)) < stacks.page;
}

size_t rt_stack_used(struct rt_task *task)
{
    uint32_t id = co_number(task ? task : co.current);
    co_doze_rouse(id);
    return touched_bytes(slot(id) + stacks.page, slot(id) + co_stacks.stride);
}

size_t co_stack_bytes(void)
{
    return co_stacks.stride;
}

const char *co_stack_guard(void)
{
    return !stacks.page ? "none" : stacks.installs ? "madvise" : "mprotect";
}
