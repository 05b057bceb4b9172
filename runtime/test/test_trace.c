/* SPDX-License-Identifier: MIT */

/* Trace hooks: each task's events come in an order that makes sense, and say
 * who, by whom and what for. */

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "test.h"

enum {
    ROOM = 16384,
    TASKS = 3
};

/* Filled by the hook, which is called by one thread at a time. */
struct log {
    struct rt_trace_event events[ROOM];
    size_t n;
};
static struct log told;

static void take_event(void *arg, const struct rt_trace_event *event)
{
    struct log *log = arg;

    if (log->n < ROOM)
        log->events[log->n] = *event;
    log->n++;
}

static int run_traced(struct log *log, rt_task_fn fn, void *arg)
{
    struct rt_options options = { .trace = take_event, .trace_arg = log };
    struct rt_info info;

    rt_info(&info);
    if (!runtime_honours("trace"))
        test_skip("%s has no trace hooks", info.name);
    if (runtime_honours("workers"))
        options.workers = TASKS;
    log->n = 0;
    int status = test_run_with(&options, fn, arg);
    assert_in_range(log->n, 1, ROOM);
    return status;
}

/* The first event of the task of that kind from index `from` on, NULL when
 * there is none. */
static const struct rt_trace_event *find(const struct log *log, uint64_t task,
                                         enum rt_trace_what what, size_t from)
{
    for (size_t i = from; i < log->n; i++)
        if (log->events[i].task == task && log->events[i].what == what)
            return &log->events[i];
    return NULL;
}

static size_t count(const struct log *log, uint64_t task,
                    enum rt_trace_what what)
{
    size_t n = 0;

    for (size_t i = 0; i < log->n; i++)
        n += log->events[i].task == task && log->events[i].what == what;
    return n;
}

static bool parked_for(const struct log *log, uint64_t task, const char *reason)
{
    for (size_t i = 0; i < log->n; i++)
        if (log->events[i].task == task &&
            log->events[i].what == RT_TRACE_PARK &&
            strcmp(log->events[i].reason, reason) == 0)
            return true;
    return false;
}

static int fail_by_number(void *arg)
{
    return *(const int *)arg;
}

static int spawn_three(void *arg)
{
    static int statuses[TASKS] = { 11, 12, 13 };
    struct rt_task *tasks[TASKS];

    (void)arg;
    for (int i = 0; i < TASKS; i++)
        CHECK_INT(rt_spawn(&tasks[i], fail_by_number, &statuses[i]), 0);
    return rt_gather(tasks, TASKS, NULL, RT_FOREVER);
}

static void each_task_is_spawned_run_and_finished_once(void **state)
{
    (void)state;
    assert_int_equal(run_traced(&told, spawn_three, NULL), 0);
    for (uint64_t task = 1; task <= TASKS + 1; task++) {
        assert_int_equal(count(&told, task, RT_TRACE_SPAWN), 1);
        assert_int_equal(count(&told, task, RT_TRACE_FINISH), 1);
        const struct rt_trace_event *spawn =
            find(&told, task, RT_TRACE_SPAWN, 0);
        const struct rt_trace_event *run = find(&told, task, RT_TRACE_RUN, 0);
        const struct rt_trace_event *end =
            find(&told, task, RT_TRACE_FINISH, 0);
        assert_non_null(run);
        assert_true(spawn < run && run < end);
        assert_int_equal(spawn->by, task > 1);
        assert_int_equal(end->status, task > 1 ? 9 + (int)task : 0);
    }
    assert_null(find(&told, TASKS + 2, RT_TRACE_SPAWN, 0));
}

/* ---- the order of events ---- */

enum stage {
    UNKNOWN,
    SPAWNED,
    RUNNING,
    YIELDED,
    PARKED,
    WOKEN,
    FINISHED
};

/* What comes after this event; UNKNOWN if it must not come now. */
static enum stage follow(enum stage now, const struct rt_trace_event *event)
{
    switch (event->what) {
    case RT_TRACE_SPAWN:
        return now == UNKNOWN ? SPAWNED : UNKNOWN;
    case RT_TRACE_RUN:
        return now == SPAWNED || now == YIELDED || now == WOKEN ? RUNNING
                                                                : UNKNOWN;
    case RT_TRACE_PARK:
        if (now != RUNNING)
            return UNKNOWN;
        return strcmp(event->reason, "yield") == 0 ? YIELDED : PARKED;
    case RT_TRACE_WAKE:
        return now == PARKED ? WOKEN : UNKNOWN;
    case RT_TRACE_FINISH:
        return now == RUNNING ? FINISHED : UNKNOWN;
    }
    return UNKNOWN;
}

static bool is_alive(enum stage stage)
{
    return stage != UNKNOWN && stage != FINISHED;
}

static void check_order(const struct log *log)
{
    enum stage stages[TASKS + 2] = { UNKNOWN };

    for (size_t i = 0; i < log->n; i++) {
        const struct rt_trace_event *event = &log->events[i];
        assert_in_range(event->task, 1, TASKS + 1);
        assert_in_range(event->by, 0, TASKS + 1);
        assert_true(i == 0 || event->when_ns >= log->events[i - 1].when_ns);
        assert_int_equal(event->reason != NULL, event->what == RT_TRACE_PARK);
        stages[event->task] = follow(stages[event->task], event);
        assert_int_not_equal(stages[event->task], UNKNOWN);
        if (event->by)
            assert_true(is_alive(stages[event->by]) ||
                        stages[event->by] == FINISHED);
    }
    for (int task = 1; task <= TASKS + 1; task++)
        assert_int_equal(stages[task], FINISHED);
}

/* Everybody waits for everybody, is woken, comes too late or is cancelled. */
struct bustle {
    struct rt_mutex *mutex;
    struct rt_sem *sem;
    struct rt_chan *chan;
    struct rt_task *tasks[TASKS];
};

static void act(struct bustle *b, uint32_t action)
{
    int64_t deadline = rt_in(action % 7 * 10000);
    int item = 0;

    switch (action % 5) {
    case 0:
        if (rt_mutex_lock(b->mutex, deadline) == 0) {
            rt_yield();
            rt_mutex_unlock(b->mutex);
        }
        break;
    case 1:
        rt_sem_acquire(b->sem, deadline);
        break;
    case 2:
        rt_sem_release(b->sem);
        break;
    case 3:
        rt_chan_send(b->chan, &item, deadline);
        break;
    default:
        rt_chan_recv(b->chan, &item, deadline);
    }
}

static int bustle(void *arg)
{
    struct bustle *b = arg;
    static atomic_uint seeds;
    uint64_t seed = atomic_fetch_add(&seeds, 1);

    for (int i = 0; i < 200; i++)
        act(b, test_random(&seed) >> 8);
    return 0;
}

static int bustle_main(void *arg)
{
    struct bustle *b = arg;

    CHECK_INT(rt_mutex_new(&b->mutex), 0);
    CHECK_INT(rt_sem_new(&b->sem, 1), 0);
    CHECK_INT(rt_chan_new(&b->chan, sizeof(int), 2), 0);
    for (int i = 0; i < TASKS; i++)
        CHECK_INT(rt_spawn(&b->tasks[i], bustle, b), 0);
    for (int i = 0; i < 50; i++) {
        rt_cancel(b->tasks[i % TASKS]);
        rt_sleep(rt_in(100000));
    }
    CHECK_INT(rt_gather(b->tasks, TASKS, NULL, RT_FOREVER), 0);
    rt_mutex_free(b->mutex);
    rt_sem_free(b->sem);
    rt_chan_free(b->chan);
    return 0;
}

static void each_task_runs_parks_wakes_and_runs_again(void **state)
{
    struct bustle b;

    (void)state;
    assert_int_equal(run_traced(&told, spawn_three, NULL), 0);
    check_order(&told);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(run_traced(&told, bustle_main, &b), 0);
        check_order(&told);
    }
}

/* ---- what for ---- */

static int wait_in_vain(void *arg)
{
    return rt_event_wait(arg, rt_in(20000000));
}

/* Nothing comes: each wait lasts until its deadline. */
static int wait_for_each(void *arg)
{
    struct rt_mutex *mutex;
    struct rt_cond *cond;
    struct rt_event *event;
    struct rt_chan *chan;
    struct rt_sem *sem;
    struct rt_sock *reader, *writer;
    int item;

    (void)arg;
    CHECK_INT(rt_mutex_new(&mutex), 0);
    CHECK_INT(rt_cond_new(&cond), 0);
    CHECK_INT(rt_sem_new(&sem, 0), 0);
    CHECK_INT(rt_event_new(&event), 0);
    CHECK_INT(rt_chan_new(&chan, sizeof item, 1), 0);
    CHECK_INT(rt_sock_pair(&reader, &writer), 0);
    CHECK_INT(rt_sleep(test_soon()), 0);
    CHECK_INT(rt_mutex_lock(mutex, test_soon()), 0);
    CHECK_INT(rt_mutex_lock(mutex, test_soon()), -ETIMEDOUT);
    CHECK_INT(rt_cond_wait(cond, mutex, test_soon()), -ETIMEDOUT);
    rt_mutex_unlock(mutex);
    CHECK_INT(rt_sem_acquire(sem, test_soon()), -ETIMEDOUT);
    CHECK_INT(rt_event_wait(event, test_soon()), -ETIMEDOUT);
    CHECK_INT(rt_chan_recv(chan, &item, test_soon()), -ETIMEDOUT);
    CHECK_INT(rt_sock_read(reader, &item, 1, test_soon()), -ETIMEDOUT);
    rt_mutex_free(mutex);
    rt_cond_free(cond);
    rt_sem_free(sem);
    rt_event_free(event);
    rt_chan_free(chan);
    rt_sock_close(reader);
    rt_sock_close(writer);
    return 0;
}

static void a_park_says_what_for(void **state)
{
    static const char *const reasons[] = { "sleep", "mutex", "cond", "sem",
                                           "event", "chan",  "read" };
    size_t next = 0;

    (void)state;
    assert_int_equal(run_traced(&told, wait_for_each, NULL), 0);
    for (size_t i = 0; i < told.n; i++) {
        const struct rt_trace_event *event = &told.events[i];
        if (event->what == RT_TRACE_WAKE)
            assert_int_equal(event->by, 0);
        if (event->what != RT_TRACE_PARK)
            continue;
        if (next > 0 && strcmp(event->reason, reasons[next - 1]) == 0)
            continue;
        assert_true(next < sizeof reasons / sizeof *reasons);
        assert_string_equal(event->reason, reasons[next++]);
    }
    assert_int_equal(next, sizeof reasons / sizeof *reasons);
}

static int join_one(void *arg)
{
    struct rt_event *event;
    struct rt_task *task;

    (void)arg;
    CHECK_INT(rt_event_new(&event), 0);
    CHECK_INT(rt_spawn(&task, wait_in_vain, event), 0);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    rt_event_free(event);
    return 0;
}

/* Main spawns 2, that spawns 3 and joins it. */
static int spawn_nested(void *arg)
{
    struct rt_task *task;

    CHECK_INT(rt_spawn(&task, join_one, arg), 0);
    return rt_join(task, NULL, RT_FOREVER);
}

static void who_spawned_and_who_ended_is_said(void **state)
{
    (void)state;
    needs_tasks(2);
    assert_int_equal(run_traced(&told, spawn_nested, NULL), 0);
    for (uint64_t task = 1; task <= 3; task++) {
        const struct rt_trace_event *spawn =
            find(&told, task, RT_TRACE_SPAWN, 0);
        assert_int_equal(spawn->by, task - 1);
        const struct rt_trace_event *wake = find(&told, task, RT_TRACE_WAKE, 0);
        assert_int_equal(wake->by, task < 3 ? task + 1 : 0);
        if (task < 3)
            assert_true(parked_for(&told, task, "join"));
    }
}

/* ---- by whom ---- */

struct hand_over {
    struct rt_event *parked, *done;
};

static int wait_named(void *arg)
{
    struct hand_over *h = arg;

    rt_task_name(NULL, "waiter");
    rt_event_set(h->parked);
    return rt_event_wait(h->done, RT_FOREVER);
}

/* The main task sleeps long enough for a thread to block, if nothing else
 * keeps it; that it did is not what this asserts. */
static int wake_a_waiter(void *arg)
{
    struct hand_over h;
    struct rt_task *task;

    (void)arg;
    CHECK_INT(rt_event_new(&h.parked), 0);
    CHECK_INT(rt_event_new(&h.done), 0);
    CHECK_INT(rt_spawn(&task, wait_named, &h), 0);
    CHECK_INT(rt_event_wait(h.parked, RT_FOREVER), 0);
    CHECK_INT(rt_sleep(test_soon()), 0);
    rt_event_set(h.done);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    rt_event_free(h.parked);
    rt_event_free(h.done);
    return 0;
}

static void a_wake_says_who_and_a_park_what_for(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(run_traced(&told, wake_a_waiter, NULL), 0);
    assert_true(parked_for(&told, 1, "sleep"));
    const struct rt_trace_event *wake = find(&told, 2, RT_TRACE_WAKE, 0);
    if (!wake)
        test_skip("the other thread came too late to block");
    assert_int_equal(wake->by, 1);
    assert_string_equal(wake->name, "waiter");
    assert_true(parked_for(&told, 2, "event"));
}

/* ---- nothing of it without a hook ---- */

static void a_run_without_a_hook_calls_none(void **state)
{
    (void)state;
    assert_int_equal(run_traced(&told, spawn_three, NULL), 0);
    size_t n = told.n;
    assert_int_equal(test_run(TASKS, spawn_three, NULL), 0);
    assert_int_equal(told.n, n);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(each_task_is_spawned_run_and_finished_once),
        TEST(each_task_runs_parks_wakes_and_runs_again),
        TEST(a_park_says_what_for),
        TEST(who_spawned_and_who_ended_is_said),
        TEST(a_wake_says_who_and_a_park_what_for),
        TEST(a_run_without_a_hook_calls_none),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
