/* SPDX-License-Identifier: MIT */
/*
 * cells.c: memory of tasks.  Each worker keeps free cells of its own, so that
 * spawning and joining on one worker takes no lock; what one worker spawns
 * and another frees travels back in batches.  Chunks are freed by rt_run().
 */

#include <stdint.h>
#include <stdlib.h>

#include "pool/pool.h"
#include "report.h"

enum {
    BATCH = 64
};

_Static_assert(sizeof(struct rt_task) <= POOL_LINE, "one line per task");

struct chunk {
    struct chunk *next;
    unsigned char cells[(BATCH + 1) * POOL_LINE];
};

static void put(struct pool_worker *self, struct rt_task *task)
{
    task->next = self->cells;
    self->cells = task;
    self->cell_count++;
}

/* Gets a batch that somebody else freed. */
static bool refill(struct pool_worker *self)
{
    os_lock_take(&pool.lock);
    struct rt_task *batch = pool.batches;
    if (batch)
        pool.batches = batch->os.link;
    os_lock_give(&pool.lock);
    if (!batch)
        return false;
    self->cells = batch;
    self->cell_count = BATCH;
    return true;
}

static struct rt_task *cell_of(struct chunk *chunk, size_t i)
{
    uintptr_t start = (uintptr_t)chunk->cells + POOL_LINE - 1;
    unsigned char *first = (unsigned char *)(start & -(uintptr_t)POOL_LINE);
    return (struct rt_task *)(void *)(first + i * POOL_LINE);
}

static bool allocate(struct pool_worker *self)
{
    struct chunk *chunk = malloc(sizeof *chunk);
    if (!chunk)
        return false;
    for (size_t i = BATCH; i-- > 0;) {
        struct rt_task *task = cell_of(chunk, i);
        os_task_init(&task->os, true);
        os_task_end(&task->os, 0);
        task->fn = NULL;
        put(self, task);
    }
    os_lock_take(&pool.lock);
    chunk->next = pool.chunks;
    pool.chunks = chunk;
    os_lock_give(&pool.lock);
    return true;
}

struct rt_task *pool_cell_new(void)
{
    struct pool_worker *self = pool_self;
    if (!self->cells && !refill(self) && !allocate(self))
        return NULL;
    struct rt_task *task = self->cells;
    self->cells = task->next;
    /* It is likely to be in the cache of whoever freed it. */
    __builtin_prefetch(self->cells, 1);
    self->cell_count--;
    return task;
}

void pool_cell_free(struct rt_task *task)
{
    struct pool_worker *self = pool_self;
    task->fn = NULL;
    if (self->cell_count == BATCH) {
        os_lock_take(&pool.lock);
        self->cells->os.link = pool.batches;
        pool.batches = self->cells;
        os_lock_give(&pool.lock);
        self->cells = NULL;
        self->cell_count = 0;
    }
    put(self, task);
}

void os_tasks_each(void (*fn)(void *arg, struct os_task *task), void *arg)
{
    for (struct chunk *chunk = pool.chunks; chunk; chunk = chunk->next) {
        for (size_t i = 0; i < BATCH; i++) {
            struct os_task *task = &cell_of(chunk, i)->os;
            if (!os_task_ended(task))
                fn(arg, task);
        }
    }
}

/* What its owner neither joined nor detached. */
static void report_owned(struct chunk *chunk)
{
    for (size_t i = 0; i < BATCH; i++) {
        struct rt_task *task = cell_of(chunk, i);
        if (task->fn)
            report_unjoined(task->os.name, task->os.status);
    }
}

void pool_cells_fini(void)
{
    struct chunk *chunk = pool.chunks;
    while (chunk) {
        struct chunk *next = chunk->next;
        report_owned(chunk);
        free(chunk);
        chunk = next;
    }
    pool.chunks = NULL;
    pool.batches = NULL;
}
