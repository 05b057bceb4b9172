/* SPDX-License-Identifier: MIT */

/* Whoever waits in a queue and gives up leaves it whole, wherever it stood:
 * the same test for everything that tasks can queue for. */

#include <errno.h>

#include "test.h"

/* Something to wait for; one give() per waiter is enough to serve them all. */
struct kind {
    int (*make)(void **thing);
    int (*wait)(void *thing, int64_t deadline);
    void (*give)(void *thing);
    void (*destroy)(void *thing);
};

static int sem_make(void **thing)
{
    struct rt_sem *sem = NULL;
    int rc = rt_sem_new(&sem, 0);

    *thing = sem;
    return rc;
}

static int sem_take(void *thing, int64_t deadline)
{
    return rt_sem_acquire(thing, deadline);
}

static void sem_give(void *thing)
{
    rt_sem_release(thing);
}

static void sem_destroy(void *thing)
{
    rt_sem_free(thing);
}

static const struct kind sem_kind = { sem_make, sem_take, sem_give,
                                      sem_destroy };

/* Held by main, whose first give() lets all of them through, one by one. */
struct held {
    struct rt_mutex *mutex;
    bool held; /* main only */
};

static int mutex_make(void **thing)
{
    static struct held it;
    int rc = rt_mutex_new(&it.mutex);

    it.held = true;
    *thing = &it;
    return rc ? rc : rt_mutex_lock(it.mutex, RT_FOREVER);
}

static int mutex_wait(void *thing, int64_t deadline)
{
    struct held *it = thing;
    int rc = rt_mutex_lock(it->mutex, deadline);

    if (rc == 0)
        rt_mutex_unlock(it->mutex);
    return rc;
}

static void mutex_give(void *thing)
{
    struct held *it = thing;

    if (it->held)
        rt_mutex_unlock(it->mutex);
    it->held = false;
}

static void mutex_destroy(void *thing)
{
    rt_mutex_free(((struct held *)thing)->mutex);
}

static const struct kind mutex_kind = { mutex_make, mutex_wait, mutex_give,
                                        mutex_destroy };

static int chan_make(void **thing)
{
    struct rt_chan *chan = NULL;
    int rc = rt_chan_new(&chan, sizeof(int), 1);

    *thing = chan;
    return rc;
}

static void chan_destroy(void *thing)
{
    rt_chan_free(thing);
}

static int chan_wait_item(void *thing, int64_t deadline)
{
    int item;

    return rt_chan_recv(thing, &item, deadline);
}

static void chan_give_item(void *thing)
{
    int item = 1;

    CHECK_INT(rt_chan_send(thing, &item, RT_FOREVER), 0);
}

static const struct kind receiver_kind = { chan_make, chan_wait_item,
                                           chan_give_item, chan_destroy };

static int full_chan_make(void **thing)
{
    int item = 0, rc = chan_make(thing);

    return rc ? rc : rt_chan_send(*thing, &item, 0);
}

static int chan_wait_room(void *thing, int64_t deadline)
{
    int item = 2;

    return rt_chan_send(thing, &item, deadline);
}

static void chan_give_room(void *thing)
{
    int item;

    CHECK_INT(rt_chan_recv(thing, &item, RT_FOREVER), 0);
}

static const struct kind sender_kind = { full_chan_make, chan_wait_room,
                                         chan_give_room, chan_destroy };

enum {
    QUEUE = 6
};

struct place {
    const struct kind *kind;
    void *thing;
    int64_t deadline;
    struct rt_sem *here, *served;
};

static int queue_up(void *arg)
{
    struct place *p = arg;

    rt_sem_release(p->here);
    int rc = p->kind->wait(p->thing, p->deadline);
    if (rc == 0)
        rt_sem_release(p->served);
    return rc;
}

struct queue {
    const struct kind *kind;
    unsigned quitters; /* bit n: the n-th gives up */
};

static void spawn_at(struct place *places, struct rt_task **tasks, int i,
                     int64_t deadline)
{
    places[i] = places[0];
    places[i].deadline = deadline;
    CHECK_INT(rt_spawn(&tasks[i], queue_up, &places[i]), 0);
    CHECK_INT(rt_sem_acquire(places[0].here, RT_FOREVER), 0);
    rt_yield(); /* on coro it waits now, in this order */
}

/* The quitters leave, one more comes, and all that remain are served. */
static void play(const struct queue *q, struct place *places)
{
    struct rt_task *tasks[QUEUE + 1];
    int status, remaining = 1;

    for (int i = 0; i < QUEUE; i++) {
        bool quits = q->quitters >> i & 1;

        spawn_at(places, tasks, i, quits ? test_soon() : RT_FOREVER);
        remaining += !quits;
    }
    for (int i = 0; i < QUEUE; i++) {
        if (!(q->quitters >> i & 1))
            continue;
        CHECK_INT(rt_join(tasks[i], &status, RT_FOREVER), 0);
        CHECK_INT(status, -ETIMEDOUT);
    }
    spawn_at(places, tasks, QUEUE, RT_FOREVER);
    while (remaining-- > 0) {
        q->kind->give(places[0].thing);
        CHECK_INT(rt_sem_acquire(places[0].served, RT_FOREVER), 0);
    }
    for (int i = 0; i <= QUEUE; i++) {
        if (q->quitters >> i & 1)
            continue;
        CHECK_INT(rt_join(tasks[i], &status, RT_FOREVER), 0);
        CHECK_INT(status, 0);
    }
}

static int give_up_in_queue(void *arg)
{
    const struct queue *q = arg;
    struct place places[QUEUE + 1] = { { .kind = q->kind } };

    CHECK_INT(q->kind->make(&places[0].thing), 0);
    CHECK_INT(rt_sem_new(&places[0].here, 0), 0);
    CHECK_INT(rt_sem_new(&places[0].served, 0), 0);
    play(q, places);
    q->kind->destroy(places[0].thing);
    rt_sem_free(places[0].here);
    rt_sem_free(places[0].served);
    return 0;
}

/* First, last, in the middle, neighbours, everybody. */
static void give_up_everywhere(const struct kind *kind)
{
    static const unsigned quitters[] = { 0x01, 0x20, 0x08, 0x0c, 0x21,
                                         0x15, 0x2a, 0x3f, 0x38 };

    needs_tasks(QUEUE + 1);
    for (size_t i = 0; i < sizeof quitters / sizeof *quitters; i++) {
        struct queue queue = { kind, quitters[i] };
        assert_int_equal(test_run(QUEUE + 1, give_up_in_queue, &queue), 0);
    }
}

static void a_queue_for_a_semaphore_survives_those_who_leave(void **state)
{
    (void)state;
    give_up_everywhere(&sem_kind);
}

static void a_queue_for_a_mutex_survives_those_who_leave(void **state)
{
    (void)state;
    give_up_everywhere(&mutex_kind);
}

static void a_queue_of_receivers_survives_those_who_leave(void **state)
{
    (void)state;
    give_up_everywhere(&receiver_kind);
}

static void a_queue_of_senders_survives_those_who_leave(void **state)
{
    (void)state;
    give_up_everywhere(&sender_kind);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_queue_for_a_semaphore_survives_those_who_leave),
        TEST(a_queue_for_a_mutex_survives_those_who_leave),
        TEST(a_queue_of_receivers_survives_those_who_leave),
        TEST(a_queue_of_senders_survives_those_who_leave),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
