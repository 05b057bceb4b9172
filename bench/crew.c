/* SPDX-License-Identifier: MIT */
/*
 * Groups of tasks for workloads: gauges, waves for set-up, and crews, which
 * begin and end the timed region where the description says.  Nothing here is
 * paid per operation.
 */

#include "work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint64_t gauge_enter(struct gauge *gauge)
{
    uint64_t now = atomic_fetch_add(&gauge->now, 1) + 1;
    uint64_t peak = atomic_load(&gauge->peak);
    while (now > peak &&
           !atomic_compare_exchange_weak(&gauge->peak, &peak, now))
        ;
    return now;
}

void gauge_leave(struct gauge *gauge)
{
    atomic_fetch_sub(&gauge->now, 1);
    atomic_fetch_add(&gauge->ended, 1);
}

/* Spawns up to n tasks; returns how many there are, and why not more. */
static size_t spawn_all(struct rt_task **tasks, rt_task_fn fn, char *items,
                        size_t item_bytes, size_t n, int *error)
{
    *error = 0;
    for (size_t i = 0; i < n; i++) {
        *error = rt_spawn(&tasks[i], fn, items + i * item_bytes);
        if (*error != 0)
            return i;
    }
    return n;
}

/* Joins n tasks; returns the first negative status or error. */
static int join_all(struct rt_task **tasks, size_t n)
{
    int first = 0;
    for (size_t i = 0; i < n; i++) {
        int status = 0;
        int error = rt_join(tasks[i], &status, RT_FOREVER);
        if (first == 0)
            first = error != 0 ? error : status < 0 ? status : 0;
    }
    return first;
}

int work_waves(rt_task_fn fn, void *items, size_t item_bytes, size_t n)
{
    enum {
        WAVE = 64
    };
    struct rt_task *tasks[WAVE];
    for (size_t done = 0; done < n; done += WAVE) {
        size_t wave = n - done < WAVE ? n - done : WAVE;
        int error;
        size_t spawned = spawn_all(tasks, fn, (char *)items + done * item_bytes,
                                   item_bytes, wave, &error);
        int status = join_all(tasks, spawned);
        if (error != 0 || status < 0)
            return error != 0 ? error : status;
    }
    return 0;
}

enum {
    CACHE_LINE = 64
};

struct crew {
    struct work *work;
    const struct workload *workload;
    char *items;
    size_t item_bytes, n;
    struct rt_task **tasks;
    bool line;        /* the members wait for `go` */
    uint64_t awaited; /* members that must be alive before all goes on */
    struct rt_event *ready, *go;
    struct gauge gauge;
};

static struct share *item_at(const struct crew *crew, size_t i)
{
    return (struct share *)(crew->items + i * crew->item_bytes);
}

void *work_item(const struct work *work, uint64_t index)
{
    const struct crew *crew = work->crew;
    return item_at(crew, index % crew->n);
}

static int member_run(void *arg)
{
    struct share *my = arg;
    struct crew *crew = my->work->crew;
    int status = 0;
    if (gauge_enter(&crew->gauge) == crew->awaited)
        rt_event_set(crew->ready);
    if (crew->line)
        status = rt_event_wait(crew->go, RT_FOREVER);
    if (status == 0)
        status = crew->workload->run(my);
    gauge_leave(&crew->gauge);
    /* They will never be all alive now: whoever waits for it must learn. */
    if (crew->awaited == crew->n && !rt_event_is_set(crew->ready))
        rt_event_set(crew->ready);
    return status;
}

/* How many of n tasks can wait at a line: what does not limit them all may
 * limit them to some, and a single one would wait for itself. */
static uint64_t at_once(uint64_t n)
{
    struct rt_info info;
    rt_info(&info);
    if (info.concurrency == 1)
        return 0;
    return info.concurrency != 0 && info.concurrency < n ? info.concurrency : n;
}

static void crew_line_up(struct crew *crew)
{
    enum region region = crew->workload->region;
    if (region == REGION_WORK)
        crew->awaited = at_once(crew->n);
    else if (region != REGION_TASKS)
        crew->awaited = crew->n;
    crew->line =
        crew->awaited > 0 && (region == REGION_WORK || region == REGION_ALIVE);
}

/* How many operations the group is to do. */
static uint64_t ops_wanted(const struct crew *crew)
{
    const struct workload *workload = crew->workload;
    const char *ops = workload->ops;
    if (ops == NULL)
        ops = workload->calibrated;
    return ops == NULL ? crew->n : work_sum(crew->work, ops);
}

static int crew_init(struct crew *crew, struct work *work)
{
    const struct workload *workload = work->workload;
    struct needs needs;
    work_needs(work, &needs);
    size_t bytes = workload->item.bytes;
    if (bytes < sizeof(struct share))
        bytes = sizeof(struct share);
    *crew = (struct crew){ .work = work, .workload = workload };
    crew->n = needs.tasks;
    crew->item_bytes = (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    crew->items = aligned_alloc(CACHE_LINE, crew->n * crew->item_bytes);
    crew->tasks = calloc(crew->n, sizeof(struct rt_task *));
    if (crew->items == NULL || crew->tasks == NULL)
        return -ENOMEM;
    memset(crew->items, 0, crew->n * crew->item_bytes);
    for (size_t i = 0; i < crew->n; i++)
        *item_at(crew, i) = (struct share){
            .work = work,
            .index = i,
            .rounds = work_share(ops_wanted(crew), crew->n, i),
        };
    work->crew = crew;
    crew_line_up(crew);
    int error = rt_event_new(&crew->ready);
    return error != 0 ? error : rt_event_new(&crew->go);
}

static void crew_fini(struct crew *crew)
{
    crew->work->crew = NULL;
    rt_event_free(crew->go);
    rt_event_free(crew->ready);
    free(crew->tasks);
    free(crew->items);
}

/* Where tasks that wait may doze: until no more begin to, for three times the
 * time after which they do. */
static void crew_settle(void)
{
    struct rt_info info;
    rt_info(&info);
    for (uint64_t before = 0; info.doze_ns > 0; before = info.dozing) {
        rt_sleep(rt_in(3 * info.doze_ns));
        rt_info(&info);
        if (info.dozing <= before)
            break;
    }
}

/* From when all are alive until they may end; false when some have ended. */
static bool crew_meet(struct crew *crew)
{
    enum region region = crew->workload->region;
    if (region == REGION_ASLEEP)
        crew_settle();
    if (region == REGION_ALIVE || region == REGION_ASLEEP)
        work_parked(crew->work, crew->n);
    return crew->awaited < crew->n || atomic_load(&crew->gauge.ended) == 0;
}

/* Some ended before all had begun or, on a busy machine, before the memory of
 * all was read. */
static int crew_missed(struct crew *crew)
{
    return work_fail(crew->work, -ETIME,
                     "tasks ended before all %zu were met alive (%llu at once "
                     "at most): raise sleep_s, or stop other work",
                     crew->n,
                     (unsigned long long)atomic_load(&crew->gauge.peak));
}

/* The timed region. */
static int crew_run(struct crew *crew)
{
    enum region region = crew->workload->region;
    bool late =
        crew->awaited > 0 && (region == REGION_WORK || region == REGION_CANCEL);
    bool met = true;
    int error = 0;
    if (!late)
        work_begin(crew->work);
    size_t spawned = spawn_all(crew->tasks, member_run, crew->items,
                               crew->item_bytes, crew->n, &error);
    if (error == 0 && crew->awaited > 0)
        error = rt_event_wait(crew->ready, RT_FOREVER);
    if (late)
        work_begin(crew->work);
    if (error == 0)
        met = crew_meet(crew);
    rt_event_set(crew->go);
    for (size_t i = 0; region == REGION_CANCEL && i < spawned; i++)
        rt_cancel(crew->tasks[i]);
    int status = join_all(crew->tasks, spawned);
    work_end(crew->work);
    if (error == 0)
        error = status;
    return error == 0 && !met ? crew_missed(crew) : error;
}

/* ---- what came of it ---- */

/* Closes every item and adds up what all have done. */
static struct share crew_total(const struct crew *crew)
{
    struct share total = { .work = crew->work, .rounds = ops_wanted(crew) };
    for (size_t i = 0; i < crew->n; i++) {
        struct share *share = item_at(crew, i);
        total.ops += share->ops;
        total.bytes += share->bytes;
        total.digest += share->digest;
        total.sum += share->sum;
        total.units += share->units;
        if (crew->workload->item.close != NULL)
            crew->workload->item.close(share);
    }
    return total;
}

static int crew_receipt(const struct crew *crew, struct share *total)
{
    struct work *work = crew->work;
    int status = 0;
    if (crew->workload->check != NULL)
        status = crew->workload->check(work, total);
    if (status != 0)
        return status;
    if (common.arrivals.schedule != WORK_CLOSED)
        arrivals_count(&common.arrivals, work, total->ops);
    else if (total->ops != total->rounds)
        return work_fail(work, -EBADMSG, "%llu times done, not %llu: %s",
                         (unsigned long long)total->ops,
                         (unsigned long long)total->rounds, crew->workload->op);
    uint64_t sum = work_sum(work, crew->workload->sum);
    if (crew->workload->sum != NULL && total->sum != sum)
        return work_fail(work, -EBADMSG, "the check sum is %llu, not %llu",
                         (unsigned long long)total->sum,
                         (unsigned long long)sum);
    struct receipt receipt = {
        .units = atomic_load(&crew->gauge.ended) + total->units,
        .ops = total->ops,
        .bytes = total->bytes,
        .digest =
            total->digest != 0 ? total->digest : total->ops * work_hash(1),
        /* The gauge knows nothing of tasks that tasks create. */
        .peak = total->units > 0 ? 0 : atomic_load(&crew->gauge.peak),
        /* Of a server of the user's own nobody else counts them. */
        .connections =
            work->origin == NULL ? 0 : atomic_load(&work->connections),
    };
    work_receipt(work, &receipt);
    return 0;
}

static int common_make(const struct crew *crew)
{
    const struct work *work = crew->work;
    const struct workload *is = crew->workload;
    int status = 0;
    if (is->uses.mutex)
        status = rt_mutex_new(&common.mutex);
    if (status == 0 && is->uses.cond)
        status = rt_cond_new(&common.cond);
    if (status == 0 && is->uses.permits != NULL)
        status =
            rt_sem_new(&common.sem, (unsigned)work_sum(work, is->uses.permits));
    if (status == 0 && is->uses.channel != NULL)
        status = rt_chan_new(&common.chan, sizeof(uint64_t),
                             work_sum(work, is->uses.channel));
    for (int i = 0; i < is->uses.events && status == 0; i++)
        status = rt_event_new(&common.events[i]);
    return status;
}

static void common_free(void)
{
    rt_chan_free(common.chan);
    rt_mutex_free(common.mutex);
    rt_sem_free(common.sem);
    rt_cond_free(common.cond);
    rt_event_free(common.events[0]);
    rt_event_free(common.events[1]);
}

static int crew_play(struct crew *crew)
{
    const struct workload *workload = crew->workload;
    int status = common_make(crew);
    if (status == 0)
        status =
            arrivals_choose(&common.arrivals, crew->work, ops_wanted(crew));
    if (status == 0 && workload->setup != NULL)
        status = workload->setup(crew->work);
    if (status == 0 && workload->item.open != NULL)
        status = work_waves(workload->item.open, crew->items, crew->item_bytes,
                            crew->n);
    if (status == 0)
        status = crew_run(crew);
    struct share total = crew_total(crew);
    if (status == 0)
        status = crew_receipt(crew, &total);
    common_free();
    return status;
}

int work_group(struct work *work)
{
    struct crew crew;
    int status = crew_init(&crew, work);
    if (status == 0)
        status = crew_play(&crew);
    crew_fini(&crew);
    return status;
}
