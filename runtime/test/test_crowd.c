/* SPDX-License-Identifier: MIT */

/* Tasks in depth and in number: chains, trees and crowds of them. */

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "test.h"

static int count_up(void *arg)
{
    atomic_fetch_add((atomic_int *)arg, 1);
    return 0;
}

static int chain(void *arg)
{
    int depth = *(int *)arg, next = depth - 1, status = -1;
    struct rt_task *task;

    if (depth == 0)
        return 0;
    if (!CHECK_INT(rt_spawn(&task, chain, &next), 0))
        return -1;
    CHECK_INT(rt_join(task, &status, RT_FOREVER), 0);
    return status + 1;
}

static void tasks_nest_in_a_long_chain(void **state)
{
    int depth = 300;

    (void)state;
    assert_int_equal(test_run(0, chain, &depth), depth);
}

static void tasks_nest_on_a_single_worker(void **state)
{
    int depth = 100;

    (void)state;
    assert_int_equal(test_run(1, chain, &depth), depth);
}

/* A join that may time out is not done in place: it holds its worker. */
static int timed_chain(void *arg)
{
    int depth = *(int *)arg, next = depth - 1, status = -1;
    struct rt_task *task;

    if (depth == 0)
        return 0;
    if (!CHECK_INT(rt_spawn(&task, timed_chain, &next), 0))
        return -1;
    CHECK_INT(rt_join(task, &status, test_late()), 0);
    return status + 1;
}

static void joins_with_deadlines_nest_on_a_single_worker(void **state)
{
    int depth = 50;

    (void)state;
    assert_int_equal(test_run(1, timed_chain, &depth), depth);
}

/* Each task joins one of its own, all of which were spawned after all of
 * them. */
struct pairs {
    atomic_int under_way, peak, done;
    atomic_bool late;
};

enum {
    PAIRS = 500
};

static void begin(struct pairs *p)
{
    int now = atomic_fetch_add(&p->under_way, 1) + 1;
    int peak = atomic_load(&p->peak);

    while (peak < now && !atomic_compare_exchange_weak(&p->peak, &peak, now))
        continue;
}

static int timed_pair(void *arg)
{
    struct pairs *p = arg;
    struct rt_task *task;

    begin(p);
    if (CHECK_INT(rt_spawn(&task, count_up, &p->done), 0))
        CHECK_INT(rt_join(task, NULL, test_late()), 0);
    atomic_fetch_sub(&p->under_way, 1);
    return 0;
}

static int spawn_pairs(void *arg)
{
    static struct rt_task *tasks[PAIRS];

    for (int i = 0; i < PAIRS; i++)
        CHECK_INT(rt_spawn(&tasks[i], timed_pair, arg), 0);
    return rt_gather(tasks, PAIRS, NULL, RT_FOREVER);
}

/* A spare worker runs the task that is waited for, not one more that waits. */
static void joins_with_deadlines_need_few_workers(void **state)
{
    struct pairs p = { .done = 0 };

    (void)state;
    if (!runtime_honours("workers"))
        test_skip("only a pool adds workers for joins");
    assert_int_equal(test_run(2, spawn_pairs, &p), 0);
    assert_int_equal(atomic_load(&p.done), PAIRS);
    assert_in_range(atomic_load(&p.peak), 1, PAIRS / 2);
}

/* Each joins the next, which joins the next, until a join is too late. */
static int endless_chain(void *arg)
{
    struct pairs *p = arg;
    struct rt_task *task;

    begin(p);
    if (!atomic_load(&p->late) &&
        CHECK_INT(rt_spawn(&task, endless_chain, p), 0) &&
        rt_join(task, NULL, rt_in(500000000)) == -ETIMEDOUT) {
        atomic_store(&p->late, true);
        CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    }
    atomic_fetch_sub(&p->under_way, 1);
    return 0;
}

static void joins_with_deadlines_nest_only_so_deep(void **state)
{
    struct pairs p = { .late = false };

    (void)state;
    if (!runtime_honours("workers"))
        test_skip("only a pool adds workers for joins");
    assert_int_equal(test_run(1, endless_chain, &p), 0);
    assert_true(atomic_load(&p.late));
    /* A few are no spare worker's: the main task, the first worker's, and one
     * that runs in place in the end. */
    assert_in_range(atomic_load(&p.peak), 1, 1010);
}

static int tree(void *arg)
{
    int depth = *(int *)arg, next = depth - 1, statuses[2] = { 0 };
    struct rt_task *tasks[2];

    if (depth == 0)
        return 1;
    for (int i = 0; i < 2; i++)
        if (!CHECK_INT(rt_spawn(&tasks[i], tree, &next), 0))
            return -1;
    CHECK_INT(rt_gather(tasks, 2, statuses, RT_FOREVER), 0);
    return statuses[0] + statuses[1];
}

static void tasks_nest_in_a_tree(void **state)
{
    int depth = 7;

    (void)state;
    assert_int_equal(test_run(0, tree, &depth), 1 << depth);
    assert_int_equal(test_run(1, tree, &depth), 1 << depth);
}

static void joins_in_place_are_counted(void **state)
{
    int depth = 5;
    struct rt_info info;

    (void)state;
    if (!runtime_is("pool"))
        test_skip("only a pool runs joined tasks in place");
    assert_int_equal(test_run(1, chain, &depth), depth);
    rt_info(&info);
    assert_int_equal(info.tasks, depth);
    assert_true(info.helped + info.spare_workers > 0);
}

enum {
    WORKERS = 3,
    SHORT_TASKS = 40
};

struct under_way {
    atomic_int now, peak;
};

static int be_under_way(void *arg)
{
    struct under_way *u = arg;
    int now = atomic_fetch_add(&u->now, 1) + 1;
    int peak = atomic_load(&u->peak);

    while (now > peak && !atomic_compare_exchange_weak(&u->peak, &peak, now))
        continue;
    rt_sleep(rt_in(1000000));
    atomic_fetch_sub(&u->now, 1);
    return 0;
}

static int join_short_tasks(void *arg)
{
    struct rt_task *tasks[SHORT_TASKS];

    for (int i = 0; i < SHORT_TASKS; i++)
        CHECK_INT(rt_spawn(&tasks[i], be_under_way, arg), 0);
    return rt_gather(tasks, SHORT_TASKS, NULL, RT_FOREVER);
}

static void a_pool_has_no_more_tasks_under_way_than_workers(void **state)
{
    struct under_way u = { 0 };
    struct rt_info info;

    (void)state;
    assert_int_equal(test_run(WORKERS, join_short_tasks, &u), 0);
    rt_info(&info);
    if (info.concurrency == 0)
        test_skip("the runtime sets no limit to tasks under way");
    assert_in_range(atomic_load(&u.peak), 1, (int)info.concurrency);
}

enum {
    IN_LINE = 2000,
    GATES = 2 /* the first tasks do not end before they may */
};

/* Tasks spawned one after the other, each with its place. */
struct line {
    struct rt_event *begun[GATES], *open[GATES], *over;
    int started, misplaced;
    struct place {
        struct line *line;
        int number;
    } places[IN_LINE];
};

static int start_in_line(void *arg)
{
    struct place *place = arg;
    struct line *line = place->line;

    line->misplaced += line->started++ != place->number;
    if (place->number < GATES) {
        rt_event_set(line->begun[place->number]);
        CHECK_INT(rt_event_wait(line->open[place->number], test_late()), 0);
    }
    if (place->number == IN_LINE - 1)
        rt_event_set(line->over);
    return 0;
}

/* Those before `end`; returns when task number `begun` has begun. */
static void spawn_in_line(struct line *line, int first, int end, int begun)
{
    for (int i = first; i < end; i++) {
        line->places[i] = (struct place){ line, i };
        CHECK_INT(rt_spawn(NULL, start_in_line, &line->places[i]), 0);
    }
    CHECK_INT(rt_event_wait(line->begun[begun], test_late()), 0);
}

static int form_a_line(void *arg)
{
    struct line *line = arg;

    for (int i = 0; i < GATES; i++) {
        CHECK_INT(rt_event_new(&line->begun[i]), 0);
        CHECK_INT(rt_event_new(&line->open[i]), 0);
    }
    CHECK_INT(rt_event_new(&line->over), 0);
    spawn_in_line(line, 0, 1, 0);
    spawn_in_line(line, 1, IN_LINE / 2, 0);
    rt_event_set(line->open[0]);
    spawn_in_line(line, IN_LINE / 2, IN_LINE - 10, 1);
    spawn_in_line(line, IN_LINE - 10, IN_LINE, 1);
    rt_event_set(line->open[1]);
    CHECK_INT(rt_event_wait(line->over, test_late()), 0);
    for (int i = 0; i < GATES; i++) {
        rt_event_free(line->begun[i]);
        rt_event_free(line->open[i]);
    }
    rt_event_free(line->over);
    return 0;
}

static void one_worker_takes_tasks_in_the_order_of_spawning(void **state)
{
    static struct line line;

    (void)state;
    if (!runtime_is("pool"))
        test_skip("only a pool has workers");
    line = (struct line){ .started = 0 };
    assert_int_equal(test_run(1, form_a_line, &line), 0);
    assert_int_equal(line.started, IN_LINE);
    assert_int_equal(line.misplaced, 0);
}

/* The first of them ends only after the last has run. */
struct bracket {
    struct rt_event *closed;
    struct rt_sem *ended;
};

static int open_bracket(void *arg)
{
    struct bracket *b = arg;
    int rc = rt_event_wait(b->closed, test_late());

    rt_sem_release(b->ended);
    return rc;
}

static int stand_between(void *arg)
{
    struct bracket *b = arg;

    rt_sem_release(b->ended);
    return 0;
}

static int close_bracket(void *arg)
{
    struct bracket *b = arg;

    rt_event_set(b->closed);
    rt_sem_release(b->ended);
    return 0;
}

static int bracket_tasks(void *arg)
{
    struct bracket b;

    (void)arg;
    CHECK_INT(rt_event_new(&b.closed), 0);
    CHECK_INT(rt_sem_new(&b.ended, 0), 0);
    for (int between = 0; between < 100; between++) {
        rt_event_clear(b.closed);
        CHECK_INT(rt_spawn(NULL, open_bracket, &b), 0);
        for (int i = 0; i < between; i++)
            CHECK_INT(rt_spawn(NULL, stand_between, &b), 0);
        CHECK_INT(rt_spawn(NULL, close_bracket, &b), 0);
        for (int i = 0; i < between + 2; i++)
            CHECK_INT(rt_sem_acquire(b.ended, test_late()), 0);
    }
    rt_event_free(b.closed);
    rt_sem_free(b.ended);
    return 0;
}

static void whoever_is_free_takes_the_next_task(void **state)
{
    (void)state;
    if (!runtime_is("pool"))
        test_skip("only a pool has workers");
    assert_int_equal(test_run(2, bracket_tasks, NULL), 0);
}

struct crowd {
    unsigned wanted, spawned;
    struct rt_sem *here;
    struct rt_event *go;
    atomic_int ended;
};

/* Spawns up to crowd->wanted tasks into `tasks`, fewer where the system
 * allows no more. */
static void spawn_crowd(struct crowd *crowd, struct rt_task **tasks,
                        rt_task_fn fn, void *arg)
{
    int rc = 0;

    while (crowd->spawned < crowd->wanted &&
           (rc = rt_spawn(&tasks[crowd->spawned], fn, arg)) == 0)
        crowd->spawned++;
    CHECK(rc == 0 || rc == -EAGAIN || rc == -ENOMEM);
}

static int join_many(void *arg)
{
    struct crowd *crowd = arg;
    struct rt_task **tasks = calloc(crowd->wanted, sizeof *tasks);

    if (!CHECK(tasks != NULL))
        return -ENOMEM;
    spawn_crowd(crowd, tasks, count_up, &crowd->ended);
    CHECK_INT(rt_gather(tasks, crowd->spawned, NULL, RT_FOREVER), 0);
    free(tasks);
    return 0;
}

static void thousands_of_tasks_all_run(void **state)
{
    /* ThreadSanitizer ends a program with more than 8128 threads. */
    struct crowd crowd = { .wanted = test_sanitized() ? 2000 : 10000 };
    struct rt_options options = { 0 };

    (void)state;
    if (runtime_honours("stack"))
        options.stack_bytes = 64 * 1024;
    assert_int_equal(test_run_with(&options, join_many, &crowd), 0);
    assert_int_equal(crowd.ended, crowd.spawned);
    if (crowd.spawned < crowd.wanted)
        test_skip("the system allowed only %u of %u tasks", crowd.spawned,
                  crowd.wanted);
}

static long resident_pages(void)
{
    long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (CHECK(file != NULL)) {
        CHECK_INT(fscanf(file, "%ld %ld", &total, &resident), 2);
        fclose(file);
    }
    return resident;
}

static int release(void *arg)
{
    rt_sem_release(arg);
    return 0;
}

static void one_after_another(struct rt_sem *ended, int n)
{
    for (int i = 0; i < n; i++) {
        struct rt_task *task;

        CHECK_INT(rt_spawn(i % 3 ? &task : NULL, release, ended), 0);
        if (i % 3 == 1)
            CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
        /* Tried too early, given away afterwards. */
        if (i % 3 == 2 && rt_join(task, NULL, 0) != 0)
            rt_detach(task);
        CHECK_INT(rt_sem_acquire(ended, RT_FOREVER), 0);
    }
}

static int grow_with_tasks(void *arg)
{
    struct rt_sem *ended;

    CHECK_INT(rt_sem_new(&ended, 0), 0);
    one_after_another(ended, 2000);
    long before = resident_pages();
    one_after_another(ended, 20000);
    *(long *)arg = resident_pages() - before;
    rt_sem_free(ended);
    return 0;
}

/* 64 bytes for each would be 300 pages. */
static void memory_of_ended_tasks_is_used_again(void **state)
{
    long grown = 0;

    (void)state;
    if (test_sanitized())
        test_skip("a sanitizer keeps freed memory");
    assert_int_equal(test_run(0, grow_with_tasks, &grown), 0);
    assert_true(grown < 100);
}

static int arrive_and_wait(void *arg)
{
    struct crowd *crowd = arg;

    rt_sem_release(crowd->here);
    CHECK_INT(rt_event_wait(crowd->go, RT_FOREVER), 0);
    atomic_fetch_add(&crowd->ended, 1);
    return 0;
}

static int meet(void *arg)
{
    struct crowd *crowd = arg;
    struct rt_task **tasks = calloc(crowd->wanted, sizeof *tasks);

    if (!CHECK(tasks != NULL))
        return -ENOMEM;
    CHECK_INT(rt_sem_new(&crowd->here, 0), 0);
    CHECK_INT(rt_event_new(&crowd->go), 0);
    spawn_crowd(crowd, tasks, arrive_and_wait, crowd);
    for (unsigned i = 0; i < crowd->spawned; i++)
        CHECK_INT(rt_sem_acquire(crowd->here, RT_FOREVER), 0);
    CHECK_INT(crowd->ended, 0);
    rt_event_set(crowd->go);
    CHECK_INT(rt_gather(tasks, crowd->spawned, NULL, RT_FOREVER), 0);
    rt_event_free(crowd->go);
    rt_sem_free(crowd->here);
    free(tasks);
    return 0;
}

static void many_tasks_are_blocked_at_the_same_time(void **state)
{
    struct crowd crowd = { .wanted = 3000 };
    struct rt_options options = { 0 };

    (void)state;
    if (runtime_honours("workers") || test_sanitized())
        crowd.wanted = 300;
    needs_tasks(crowd.wanted);
    if (runtime_honours("workers"))
        options.workers = crowd.wanted;
    if (runtime_honours("stack"))
        options.stack_bytes = 64 * 1024;
    assert_int_equal(test_run_with(&options, meet, &crowd), 0);
    assert_int_equal(crowd.ended, crowd.spawned);
    if (crowd.spawned < crowd.wanted)
        test_skip("the system allowed only %u of %u tasks", crowd.spawned,
                  crowd.wanted);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(tasks_nest_in_a_long_chain),
        TEST(tasks_nest_on_a_single_worker),
        TEST(joins_with_deadlines_nest_on_a_single_worker),
        TEST(joins_with_deadlines_need_few_workers),
        TEST(joins_with_deadlines_nest_only_so_deep),
        TEST(tasks_nest_in_a_tree),
        TEST(joins_in_place_are_counted),
        TEST(a_pool_has_no_more_tasks_under_way_than_workers),
        TEST(one_worker_takes_tasks_in_the_order_of_spawning),
        TEST(whoever_is_free_takes_the_next_task),
        TEST(thousands_of_tasks_all_run),
        TEST(memory_of_ended_tasks_is_used_again),
        TEST(many_tasks_are_blocked_at_the_same_time),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
