/* SPDX-License-Identifier: MIT */

/*
 * The event loop at work: who runs when.    asyncio: the event loop, Event,
 *                                           Semaphore
 *
 * A task runs until it waits, then another one does.  On coro that is the
 * loop's doing and nothing else ever interrupts a task; on threads the kernel
 * may switch anywhere.  So a program that is to do the same on both does not
 * rely on an order that just happens: its tasks wait for each other.
 *
 * Watch: three tasks take turns, each waking the next before it waits; then
 * each of three ends when its event comes, not in the order of creation.
 */

#include "example.h"

enum {
    TASKS = 3,
    ROUNDS = 3
};

struct player {
    char name;
    struct rt_sem *turn, *next_turn;
    struct rt_event *news;
};

static int take_turns(void *arg)
{
    struct player *me = arg;

    for (int round = 1; round <= ROUNDS; round++) {
        MUST(rt_sem_acquire(me->turn, RT_FOREVER));
        printf(" %c%d", me->name, round);
        rt_sem_release(me->next_turn);
    }
    return 0;
}

static int await_news(void *arg)
{
    struct player *me = arg;

    MUST(rt_event_wait(me->news, RT_FOREVER));
    printf(" %c", me->name);
    return 0;
}

static void play(struct player *players)
{
    struct rt_task *tasks[TASKS];

    printf("In turn:");
    for (int i = 0; i < TASKS; i++)
        MUST(rt_spawn(&tasks[i], take_turns, &players[i]));
    rt_sem_release(players[0].turn);
    MUST(rt_gather(tasks, TASKS, NULL, RT_FOREVER));
    printf("\n");
}

/* Joined before the next event is set, so that they end one by one. */
static void listen(struct player *players)
{
    static const int order[TASKS] = { 2, 0, 1 };
    struct rt_task *tasks[TASKS];

    printf("As the news come:");
    for (int i = 0; i < TASKS; i++)
        MUST(rt_spawn(&tasks[i], await_news, &players[i]));
    for (int i = 0; i < TASKS; i++) {
        rt_event_set(players[order[i]].news);
        MUST(rt_join(tasks[order[i]], NULL, RT_FOREVER));
    }
    printf("\n");
}

static int go(void *arg)
{
    struct player players[TASKS];

    (void)arg;
    for (int i = 0; i < TASKS; i++) {
        players[i].name = (char)('A' + i);
        MUST(rt_sem_new(&players[i].turn, 0));
        MUST(rt_event_new(&players[i].news));
    }
    for (int i = 0; i < TASKS; i++)
        players[i].next_turn = players[(i + 1) % TASKS].turn;
    play(players);
    listen(players);
    for (int i = 0; i < TASKS; i++) {
        rt_sem_free(players[i].turn);
        rt_event_free(players[i].news);
    }
    return 0;
}

int main(void)
{
    return MUST(rt_run(NULL, go, NULL));
}
