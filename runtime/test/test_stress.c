/* SPDX-License-Identifier: MIT */

/* Tasks that do everything at random and cancel each other, and what must hold
 * whatever they do: sums are conserved, locks exclude, nobody hangs.  STRESS_SEED repeats a
 * run's choices (not its timing), STRESS_STEPS sets how many each task makes.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"

enum {
    ACTORS = 8,
    STEPS = 5000,
    ACCOUNTS = 4,
    OPENING_BALANCE = 1000,
    CHANS = 3,
    UNITS = 3,
    SHORT_NS = 80000
};

struct account {
    struct rt_mutex *mutex;
    struct rt_cond *changed;
    int64_t balance; /* guarded by mutex */
    int holders;     /* guarded by mutex */
};

struct world {
    uint64_t seed;
    unsigned steps;
    struct account accounts[ACCOUNTS];
    struct rt_chan *chans[CHANS];
    struct rt_sem *units;
    struct rt_event *event;
    atomic_int holders;
    /* Set while they run: whoever is in here may cancel the others. */
    _Atomic(struct rt_task *) actors[ACTORS];
    _Atomic int64_t sent, received, children, children_ended;
};

struct actor {
    struct world *world;
    uint64_t random;
    struct rt_sock *reader, *writer; /* a pipe of its own */
    int depth;                       /* of children that may follow */
    bool first;    /* one of the world's actors, not a child */
    bool shielded; /* from cancellation */
};

static uint32_t choose(struct actor *a, uint32_t n)
{
    return test_random(&a->random) % n;
}

/* A try, a deadline that passes soon, or none. */
static int64_t some_deadline(struct actor *a)
{
    switch (choose(a, 4)) {
    case 0:
        return 0;
    case 1:
        return RT_FOREVER;
    default:
        return rt_in(choose(a, SHORT_NS));
    }
}

static int64_t short_deadline(struct actor *a)
{
    return choose(a, 4) ? rt_in(choose(a, SHORT_NS)) : 0;
}

/* A wait that failed had to. */
static bool waited(struct actor *a, int rc)
{
    CHECK(rc == 0 || rc == -ETIMEDOUT || (rc == -ECANCELED && !a->shielded));
    return rc == 0;
}

static bool lock(struct actor *a, struct account *account)
{
    if (!waited(a, rt_mutex_lock(account->mutex, some_deadline(a))))
        return false;
    CHECK_INT(++account->holders, 1);
    return true;
}

static void unlock(struct account *account)
{
    account->holders--;
    rt_mutex_unlock(account->mutex);
}

/* Locks in the order of the accounts. */
static void transfer(struct actor *a)
{
    uint32_t i = choose(a, ACCOUNTS - 1);
    uint32_t j = i + 1 + choose(a, ACCOUNTS - 1 - i);
    struct account *from = &a->world->accounts[i];
    struct account *to = &a->world->accounts[j];
    int64_t amount = (int64_t)choose(a, 200) - 100;

    if (!lock(a, from))
        return;
    if (lock(a, to)) {
        int64_t before = from->balance;

        if (choose(a, 3) == 0)
            waited(a, rt_yield());
        from->balance = before - amount;
        to->balance += amount;
        rt_cond_signal(to->changed);
        unlock(to);
    }
    if (choose(a, 4) == 0)
        rt_cond_broadcast(from->changed);
    unlock(from);
}

static int transfer_shielded(void *arg)
{
    struct actor *a = arg;
    bool before = a->shielded;

    a->shielded = true;
    transfer(a);
    a->shielded = before;
    return 6;
}

static void transfer_undisturbed(struct actor *a)
{
    CHECK_INT(rt_shield(transfer_shielded, a), 6);
}

static void await_change(struct actor *a)
{
    struct account *account = &a->world->accounts[choose(a, ACCOUNTS)];

    if (!lock(a, account))
        return;
    account->holders--;
    waited(a,
           rt_cond_wait(account->changed, account->mutex, short_deadline(a)));
    CHECK_INT(++account->holders, 1);
    unlock(account);
}

static void send_item(struct actor *a)
{
    int64_t item = choose(a, 1000);
    int rc = rt_chan_send(a->world->chans[choose(a, CHANS)], &item,
                          short_deadline(a));

    if (waited(a, rc))
        atomic_fetch_add(&a->world->sent, item);
}

static void receive_item(struct actor *a)
{
    int64_t item = 0;
    int rc = rt_chan_recv(a->world->chans[choose(a, CHANS)], &item,
                          short_deadline(a));

    if (waited(a, rc))
        atomic_fetch_add(&a->world->received, item);
}

static void hold_unit(struct actor *a)
{
    struct world *w = a->world;

    if (!waited(a, rt_sem_acquire(w->units, some_deadline(a))))
        return;
    CHECK(atomic_fetch_add(&w->holders, 1) < UNITS);
    if (choose(a, 2))
        waited(a, rt_yield());
    atomic_fetch_sub(&w->holders, 1);
    rt_sem_release(w->units);
}

static void signal_or_wait(struct actor *a)
{
    switch (choose(a, 3)) {
    case 0:
        rt_event_set(a->world->event);
        break;
    case 1:
        rt_event_clear(a->world->event);
        break;
    default:
        waited(a, rt_event_wait(a->world->event, short_deadline(a)));
    }
}

static void rest(struct actor *a)
{
    int64_t until = rt_in((int64_t)choose(a, SHORT_NS) - SHORT_NS / 4);

    if (choose(a, 2))
        waited(a, rt_yield());
    else if (waited(a, rt_sleep(until)))
        CHECK(rt_now() >= until);
}

static bool open_pipe(struct actor *a)
{
    return CHECK_INT(rt_sock_pipe(&a->reader, &a->writer), 0);
}

static void close_pipe(struct actor *a)
{
    rt_sock_close(a->reader);
    rt_sock_close(a->writer);
}

/* A write cut short leaves nobody knows what, a read nothing. */
static void use_pipe(struct actor *a)
{
    uint32_t out = choose(a, UINT32_MAX), in = 0;
    ssize_t n;

    n = rt_sock_read(a->reader, &in, sizeof in, short_deadline(a));
    CHECK(n < 0 && !waited(a, (int)n));
    n = rt_sock_write(a->writer, &out, sizeof out, some_deadline(a));
    if (n == -ECANCELED) {
        close_pipe(a);
        open_pipe(a);
        return;
    }
    CHECK_INT(n, sizeof out);
    while ((n = rt_sock_read(a->reader, &in, sizeof in, some_deadline(a))) ==
           -ECANCELED)
        CHECK(!a->shielded);
    CHECK_INT(n, sizeof in);
    CHECK_INT(in, out);
}

static void step(struct actor *a);

static int hurry_up(void *arg)
{
    struct actor *a = arg;

    for (uint32_t n = choose(a, 4); n > 0; n--)
        step(a);
    return 7;
}

/* Its steps in a task of its own, under a deadline. */
static void hurry(struct actor *a)
{
    struct actor other = *a;
    int status = 0;

    if (a->depth == 0)
        return;
    other.depth--;
    other.shielded = false;
    int rc =
        rt_timeout(hurry_up, &other, rt_in(choose(a, 4 * SHORT_NS)), &status);
    waited(a, rc);
    CHECK(status == 7 || (rc == -ECANCELED && status == 0));
    a->random = other.random;
    a->reader = other.reader;
    a->writer = other.writer;
}

static void cancel_somebody(struct actor *a)
{
    struct rt_task *task = a->world->actors[choose(a, ACTORS)];

    if (a->first && task)
        rt_cancel(task);
    else if (!a->shielded)
        rt_cancel(NULL);
}

/* A few steps, and a status that the parent can foretell. */
static int be_a_child(void *arg)
{
    struct actor *a = arg, self = *a;

    free(a);
    if (open_pipe(&self)) {
        int status = (int)(self.random % 1000);

        for (uint32_t n = choose(&self, 4); n > 0; n--)
            step(&self);
        close_pipe(&self);
        atomic_fetch_add(&self.world->children_ended, 1);
        return status;
    }
    return -EMFILE;
}

static void join_child(struct actor *a, struct rt_task *task, int expected)
{
    int status = -1;

    while (!waited(a, rt_join(task, &status, some_deadline(a))))
        CHECK_INT(status, -1);
    CHECK_INT(status, expected);
}

static void join_children_as_one(struct actor *a, struct rt_task *const *tasks,
                                 const int *expected, int n)
{
    int statuses[3];

    waited(a,
           rt_gather_or_cancel(tasks, (size_t)n, statuses, some_deadline(a)));
    for (int i = 0; i < n; i++)
        CHECK_INT(statuses[i], expected[i]);
}

static void end_children(struct actor *a, struct rt_task *const *tasks,
                         const int *expected, int n)
{
    if (choose(a, 4) == 0) {
        join_children_as_one(a, tasks, expected, n);
        return;
    }
    if (choose(a, 2)) {
        bool done[3];
        int rc = rt_wait(tasks, (size_t)n, (enum rt_wait_mode)choose(a, 3),
                         done, short_deadline(a));
        waited(a, rc < 0 ? rc : 0);
    }
    for (int i = n; i-- > 0;) {
        if (choose(a, 3) == 0)
            rt_cancel(tasks[i]);
        if (choose(a, 4) == 0)
            rt_detach(tasks[i]);
        else
            join_child(a, tasks[i], expected[i]);
    }
}

static void have_children(struct actor *a)
{
    struct rt_task *tasks[3];
    int expected[3], n = 1 + (int)choose(a, 3);

    if (a->depth == 0)
        return;
    for (int i = 0; i < n; i++) {
        struct actor *child = malloc(sizeof *child);

        CHECK(child != NULL);
        if (!child)
            return;
        test_random(&a->random);
        *child = (struct actor){ .world = a->world,
                                 .random = a->random,
                                 .depth = a->depth - 1 };
        expected[i] = (int)(child->random % 1000);
        atomic_fetch_add(&a->world->children, 1);
        if (!CHECK_INT(rt_spawn(&tasks[i], be_a_child, child), 0))
            return;
    }
    end_children(a, tasks, expected, n);
}

static void step(struct actor *a)
{
    static void (*const acts[])(struct actor *) = {
        transfer,        transfer,       send_item,
        send_item,       receive_item,   receive_item,
        hold_unit,       signal_or_wait, rest,
        use_pipe,        await_change,   transfer_undisturbed,
        cancel_somebody,
    };
    enum {
        ACTS = sizeof acts / sizeof *acts
    };
    uint32_t choice = choose(a, 4 * ACTS + 1);

    if (choice < 4 * ACTS)
        acts[choice % ACTS](a);
    else if (choose(a, 2))
        have_children(a);
    else
        hurry(a);
}

static int act(void *arg)
{
    struct actor *a = arg;

    for (unsigned i = 0; i < a->world->steps; i++)
        step(a);
    return 0;
}

static bool open_world(struct world *w)
{
    bool ok = CHECK_INT(rt_sem_new(&w->units, UNITS), 0) &&
              CHECK_INT(rt_event_new(&w->event), 0);

    for (int i = 0; ok && i < ACCOUNTS; i++) {
        w->accounts[i].balance = OPENING_BALANCE;
        ok = CHECK_INT(rt_mutex_new(&w->accounts[i].mutex), 0) &&
             CHECK_INT(rt_cond_new(&w->accounts[i].changed), 0);
    }
    for (size_t i = 0; ok && i < CHANS; i++)
        ok =
            CHECK_INT(rt_chan_new(&w->chans[i], sizeof(int64_t), 1 + i * i), 0);
    return ok;
}

/* In a run of its own: detached children have ended. */
static int audit(void *arg)
{
    struct world *w = arg;
    int64_t balance = 0, left = 0, item;
    int units = 0;

    for (int i = 0; i < ACCOUNTS; i++) {
        CHECK_INT(rt_mutex_lock(w->accounts[i].mutex, 0), 0);
        balance += w->accounts[i].balance;
        rt_mutex_unlock(w->accounts[i].mutex);
        rt_mutex_free(w->accounts[i].mutex);
        rt_cond_free(w->accounts[i].changed);
    }
    CHECK_INT(balance, ACCOUNTS * OPENING_BALANCE);
    for (int i = 0; i < CHANS; i++) {
        while (rt_chan_recv(w->chans[i], &item, 0) == 0)
            left += item;
        rt_chan_free(w->chans[i]);
    }
    CHECK_INT(w->received + left, w->sent);
    while (rt_sem_acquire(w->units, 0) == 0)
        units++;
    CHECK_INT(units, UNITS);
    CHECK_INT(w->children_ended, w->children);
    rt_sem_free(w->units);
    rt_event_free(w->event);
    return 0;
}

static int play(void *arg)
{
    struct world *w = arg;
    struct actor actors[ACTORS] = { 0 };
    struct rt_task *tasks[ACTORS];

    if (!open_world(w))
        return -ENOMEM;
    for (int i = 0; i < ACTORS; i++) {
        actors[i].world = w;
        actors[i].random = w->seed * ACTORS + (uint64_t)i;
        actors[i].depth = 2;
        actors[i].first = true;
        open_pipe(&actors[i]);
        CHECK_INT(rt_spawn(&tasks[i], act, &actors[i]), 0);
        w->actors[i] = tasks[i];
    }
    CHECK_INT(rt_gather(tasks, ACTORS, NULL, RT_FOREVER), 0);
    for (int i = 0; i < ACTORS; i++)
        close_pipe(&actors[i]);
    return 0;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void play_with(unsigned workers, uint64_t seed)
{
    struct world w = { .seed = seed };

    w.steps = (unsigned)setting("STRESS_STEPS", STEPS);
    assert_int_equal(test_run(workers, play, &w), 0);
    assert_int_equal(test_run(0, audit, &w), 0);
}

static void whatever_tasks_do_nothing_is_lost(void **state)
{
    uint64_t now = (uint64_t)rt_now() / 1000 % 1000000;
    uint64_t seed = setting("STRESS_SEED", now);

    (void)state;
    printf("STRESS_SEED=%" PRIu64 "\n", seed);
    fflush(stdout);
    play_with(0, seed);
}

/* With hardly more workers than blocked tasks. */
static void a_small_pool_loses_nothing_either(void **state)
{
    (void)state;
    if (!runtime_honours("workers"))
        test_skip("the runtime has no pool of workers");
    play_with(ACTORS, setting("STRESS_SEED", 1));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(whatever_tasks_do_nothing_is_lost),
        TEST(a_small_pool_loses_nothing_either),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
