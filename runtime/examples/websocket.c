/* SPDX-License-Identifier: MIT */

/*
 * A WebSocket client that does not give up.  asyncio: aiohttp's ws_connect,
 *                                            websockets.connect
 *
 * A connection may end without a word, or stay open with nobody behind it.
 * Two tasks share each connection: one talks, one is the heart, which pings
 * and wants to see a pong.  Whichever ends first, the other is cancelled.  As
 * long as there is something left to say the client connects again, after a
 * pause that doubles with each failure, and goes on where it stopped.
 *
 * Watch: the four messages get through, in order, although of the first three
 * connections one breaks off, one is refused and one is dead.
 */

#include "example.h"
#include "ws_server.h"

static const char *const messages[] = { "one", "two", "three", "four", NULL };

struct client {
    struct rt_ws *ws;
    int64_t patience_ms; /* for a pong, as the server says */
    int next;            /* the message that comes next */
};

static int talk(void *arg)
{
    struct client *c = arg;
    struct rt_ws_message reply;

    for (; messages[c->next]; c->next++) {
        const char *text = messages[c->next];
        int rc = rt_ws_send(c->ws, RT_WS_TEXT, text, strlen(text), RT_FOREVER);
        if (rc == 0)
            rc = rt_ws_recv(c->ws, &reply, RT_FOREVER);
        if (rc)
            return rc;
        printf("  said %s, heard %s\n", text, reply.data);
    }
    return rt_ws_close(c->ws, 1000, "all said", in_ms(30000));
}

static int heart(void *arg)
{
    struct client *c = arg;
    uint64_t pongs;

    do {
        pongs = rt_ws_pongs(c->ws);
        int rc = rt_ws_ping(c->ws, NULL, 0, RT_FOREVER);
        if (rc == -EPIPE) /* talk() has sent its Close: let it finish */
            return rt_sleep(RT_FOREVER);
        if (rc == 0)
            rc = rt_sleep(in_ms(c->patience_ms));
        if (rc)
            return rc;
    } while (rt_ws_pongs(c->ws) > pongs);
    return -ETIMEDOUT;
}

/* Returns 0 when all has been said, else how the connection ended. */
static int use(struct client *c)
{
    struct rt_ws_message greeting;
    struct rt_task *tasks[2];
    int statuses[2];
    bool done[2];

    int rc = rt_ws_recv(c->ws, &greeting, in_ms(30000));
    if (rc)
        return rc;
    c->patience_ms = strtol(greeting.data + strlen("patience "), NULL, 10);
    MUST(rt_spawn(&tasks[0], talk, c));
    MUST(rt_spawn(&tasks[1], heart, c));
    MUST(rt_wait(tasks, 2, RT_WAIT_FIRST, done, RT_FOREVER));
    rt_cancel(tasks[0]);
    rt_cancel(tasks[1]);
    MUST(rt_gather(tasks, 2, statuses, RT_FOREVER));
    return done[0] ? statuses[0] : statuses[1];
}

static void say_all(const char *url)
{
    struct client client = { 0 };
    int64_t pause_ms = 1;

    for (int rc = -ENOTCONN; rc < 0; pause_ms *= 2) {
        rc = rt_ws_connect(&client.ws, url, 1024, in_ms(30000));
        printf("connecting: %s\n", outcome(rc));
        if (rc == 0) {
            pause_ms = 1;
            rc = use(&client);
            rt_ws_free(client.ws);
            printf("  the end: %s\n", outcome(rc));
        }
        MUST(rt_sleep(in_ms(pause_ms)));
    }
}

static int go(void *arg)
{
    static const enum ws_mood moods[] = { WS_LEAVES, WS_REFUSES, WS_SLEEPS,
                                          WS_ANSWERS };
    struct ws_server server = { .moods = moods, .connections = 4 };
    struct rt_task *task;
    struct rt_info info;
    char url[64];

    (void)arg;
    rt_info(&info);
    TRY(info.concurrency == 1 ? -EDEADLK : 0); /* two parties in one program */
    MUST(rt_sock_listen(&server.listener, "127.0.0.1", 0, 8));
    MUST(rt_spawn(&task, ws_server, &server));
    snprintf(url, sizeof url, "ws://127.0.0.1:%u/",
             rt_sock_port(server.listener));
    say_all(url);
    MUST(rt_join(task, NULL, RT_FOREVER));
    rt_sock_close(server.listener);
    return 0;
}

int main(void)
{
    return MUST(rt_run(NULL, go, NULL));
}
