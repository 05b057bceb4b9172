/* SPDX-License-Identifier: MIT */

/* Tasks that do everything at random and cancel each other, and what must hold
 * whatever they do: sums are conserved, locks exclude, what was cancelled has
 * had no effect, nobody hangs.  STRESS_SEED repeats a run's choices (not its
 * timing), STRESS_STEPS sets how many each task makes. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server.h"
#include "stress.h"

enum {
    STEPS = 5000,
    OPENING_BALANCE = 1000
};

static bool lock(struct actor *a, struct account *account)
{
    if (!stress_waited(a,
                       rt_mutex_lock(account->mutex, stress_some_deadline(a))))
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
    uint32_t i = stress_choose(a, ACCOUNTS - 1);
    uint32_t j = i + 1 + stress_choose(a, ACCOUNTS - 1 - i);
    struct account *from = &a->world->accounts[i];
    struct account *to = &a->world->accounts[j];
    int64_t amount = (int64_t)stress_choose(a, 200) - 100;

    if (!lock(a, from))
        return;
    if (lock(a, to)) {
        int64_t before = from->balance;

        if (stress_choose(a, 3) == 0)
            stress_waited(a, rt_yield());
        from->balance = before - amount;
        to->balance += amount;
        rt_cond_signal(to->changed);
        unlock(to);
    }
    if (stress_choose(a, 4) == 0)
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
    struct account *account = &a->world->accounts[stress_choose(a, ACCOUNTS)];

    if (!lock(a, account))
        return;
    account->holders--;
    stress_waited(a, rt_cond_wait(account->changed, account->mutex,
                                  stress_short_deadline(a)));
    CHECK_INT(++account->holders, 1);
    unlock(account);
}

static void send_item(struct actor *a)
{
    int64_t item = stress_choose(a, 1000);
    int rc = rt_chan_send(a->world->chans[stress_choose(a, CHANS)], &item,
                          stress_short_deadline(a));

    if (stress_waited(a, rc))
        atomic_fetch_add(&a->world->sent, item);
}

static void receive_item(struct actor *a)
{
    int64_t item = 0;
    int rc = rt_chan_recv(a->world->chans[stress_choose(a, CHANS)], &item,
                          stress_short_deadline(a));

    if (stress_waited(a, rc))
        atomic_fetch_add(&a->world->received, item);
}

static void hold_unit(struct actor *a)
{
    struct world *w = a->world;

    if (!stress_waited(a, rt_sem_acquire(w->units, stress_some_deadline(a))))
        return;
    CHECK(atomic_fetch_add(&w->holders, 1) < UNITS);
    if (stress_choose(a, 2))
        stress_waited(a, rt_yield());
    atomic_fetch_sub(&w->holders, 1);
    rt_sem_release(w->units);
}

static void signal_or_wait(struct actor *a)
{
    switch (stress_choose(a, 3)) {
    case 0:
        rt_event_set(a->world->event);
        break;
    case 1:
        rt_event_clear(a->world->event);
        break;
    default:
        stress_waited(a,
                      rt_event_wait(a->world->event, stress_short_deadline(a)));
    }
}

static void rest(struct actor *a)
{
    int64_t until = rt_in((int64_t)stress_choose(a, SHORT_NS) - SHORT_NS / 4);

    if (stress_choose(a, 2))
        stress_waited(a, rt_yield());
    else if (stress_waited(a, rt_sleep(until)))
        CHECK(rt_now() >= until);
}

static bool open_stream(struct actor *a)
{
    int rc = stress_choose(a, 2) ? rt_sock_pipe(&a->reader, &a->writer)
                                 : rt_sock_pair(&a->reader, &a->writer);

    return CHECK_INT(rc, 0);
}

static void close_stream(struct actor *a)
{
    rt_sock_close(a->reader);
    rt_sock_close(a->writer);
}

/* A write cut short leaves nobody knows what, a read nothing. */
static void use_stream(struct actor *a)
{
    uint32_t out = stress_choose(a, UINT32_MAX), in = 0;
    ssize_t n;

    n = rt_sock_read(a->reader, &in, sizeof in, stress_short_deadline(a));
    CHECK(n < 0 && !stress_waited(a, (int)n));
    n = rt_sock_write(a->writer, &out, sizeof out, stress_some_deadline(a));
    if (n == -ECANCELED) {
        close_stream(a);
        open_stream(a);
        return;
    }
    CHECK_INT(n, sizeof out);
    while ((n = rt_sock_read(a->reader, &in, sizeof in,
                             stress_some_deadline(a))) == -ECANCELED)
        CHECK(!a->shielded);
    CHECK_INT(n, sizeof in);
    CHECK_INT(in, out);
}

static void step(struct actor *a);

static int hurry_up(void *arg)
{
    struct actor *a = arg;

    for (uint32_t n = stress_choose(a, 4); n > 0; n--)
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
    int rc = rt_timeout(hurry_up, &other, rt_in(stress_choose(a, 4 * SHORT_NS)),
                        &status);
    stress_waited(a, rc);
    CHECK(status == 7 || (rc == -ECANCELED && status == 0));
    a->random = other.random;
    a->reader = other.reader;
    a->writer = other.writer;
    a->file = other.file;
    a->written = other.written;
}

static void cancel_somebody(struct actor *a)
{
    struct rt_task *task = a->world->actors[stress_choose(a, ACTORS)];

    if (a->first && task)
        rt_cancel(task);
    else if (!a->shielded)
        rt_cancel(NULL);
}

/* A few steps, and a status that the parent can foretell. */
static int be_a_child(void *arg)
{
    struct actor *a = arg, self = *a;
    int status = (int)(self.random % 1000);

    free(a);
    self.slot = atomic_fetch_add(&self.world->slots, 1);
    if (open_stream(&self)) {
        for (uint32_t n = stress_choose(&self, 4); n > 0; n--)
            step(&self);
        close_stream(&self);
        rt_file_close(self.file);
        atomic_fetch_add(&self.world->children_ended, 1);
        return status;
    }
    return -EMFILE;
}

static void join_child(struct actor *a, struct rt_task *task, int expected)
{
    int status = -1;

    while (!stress_waited(a, rt_join(task, &status, stress_some_deadline(a))))
        CHECK_INT(status, -1);
    CHECK_INT(status, expected);
}

static void join_children_as_one(struct actor *a, struct rt_task *const *tasks,
                                 const int *expected, int n)
{
    int statuses[3];

    stress_waited(a, rt_gather_or_cancel(tasks, (size_t)n, statuses,
                                         stress_some_deadline(a)));
    for (int i = 0; i < n; i++)
        CHECK_INT(statuses[i], expected[i]);
}

static void end_children(struct actor *a, struct rt_task *const *tasks,
                         const int *expected, int n)
{
    if (stress_choose(a, 4) == 0) {
        join_children_as_one(a, tasks, expected, n);
        return;
    }
    if (stress_choose(a, 2)) {
        bool done[3];
        int rc =
            rt_wait(tasks, (size_t)n, (enum rt_wait_mode)stress_choose(a, 3),
                    done, stress_short_deadline(a));
        stress_waited(a, rc < 0 ? rc : 0);
    }
    for (int i = n; i-- > 0;) {
        if (stress_choose(a, 3) == 0)
            rt_cancel(tasks[i]);
        if (stress_choose(a, 4) == 0)
            rt_detach(tasks[i]);
        else
            join_child(a, tasks[i], expected[i]);
    }
}

static void have_children(struct actor *a)
{
    struct rt_task *tasks[3];
    int expected[3], n = 1 + (int)stress_choose(a, 3);

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
        stress_use_file, stress_offload, stress_generate,
        transfer,        transfer,       send_item,
        send_item,       receive_item,   receive_item,
        hold_unit,       signal_or_wait, rest,
        use_stream,      await_change,   transfer_undisturbed,
        cancel_somebody,
    };
    static void (*const rare[])(struct actor *) = {
        have_children, have_children, have_children,   hurry,
        hurry,         hurry,         stress_use_http, stress_use_ws,
    };
    enum {
        ACTS = sizeof acts / sizeof *acts
    };
    uint32_t choice = stress_choose(a, 4 * ACTS + 1);

    if (choice < 4 * ACTS)
        acts[choice % ACTS](a);
    else
        rare[stress_choose(a, sizeof rare / sizeof *rare)](a);
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
    CHECK_INT(w->producers_ended, w->producers);
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
        actors[i].slot = atomic_fetch_add(&w->slots, 1);
        open_stream(&actors[i]);
        CHECK_INT(rt_spawn(&tasks[i], act, &actors[i]), 0);
        w->actors[i] = tasks[i];
    }
    CHECK_INT(rt_gather(tasks, ACTORS, NULL, RT_FOREVER), 0);
    for (int i = 0; i < ACTORS; i++) {
        close_stream(&actors[i]);
        rt_file_close(actors[i].file);
    }
    return 0;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void play_with(unsigned workers, uint64_t seed)
{
    char path[] = "/tmp/rt-test-stress-XXXXXX";
    struct world w = { .seed = seed, .path = path };
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    w.steps = (unsigned)setting("STRESS_STEPS", STEPS);
    int rc = test_run(workers, play, &w);
    unlink(path);
    assert_int_equal(rc, 0);
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
        SERVED(whatever_tasks_do_nothing_is_lost),
        SERVED(a_small_pool_loses_nothing_either),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
