/* SPDX-License-Identifier: MIT */

/* Acts that need more than the tasks: threads, descriptors, a server. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "server.h"
#include "stress.h"

enum {
    NUMBERS = 6,          /* that a generator has */
    PATIENCE_NS = 4000000 /* with the server */
};

/* ---- blocking work ---- */

/* What was cancelled has not been written.  The place of a new actor may lie
 * behind the end. */
static void use_place(struct actor *a)
{
    int64_t place = (int64_t)(a->slot * sizeof a->written);
    uint64_t number = 1 + stress_choose(a, UINT32_MAX), found = 0;
    ssize_t n = rt_file_pwrite(a->file, &number, sizeof number, place);

    if (n < 0)
        stress_waited(a, (int)n);
    else if (CHECK_INT(n, sizeof number))
        a->written = number;
    n = rt_file_pread(a->file, &found, sizeof found, place);
    if (n < 0)
        stress_waited(a, (int)n);
    else
        CHECK_INT(found, a->written);
}

void stress_use_file(struct actor *a)
{
    if (a->file ||
        stress_waited(a, rt_file_open(&a->file, a->world->path, O_RDWR, 0)))
        use_place(a);
}

static int square(void *arg)
{
    int number = *(int *)arg;

    return number * number;
}

void stress_offload(struct actor *a)
{
    int number = (int)stress_choose(a, 1000), status = -1;
    bool done = stress_waited(a, rt_offload(square, &number, &status));

    CHECK_INT(status, done ? number * number : -1);
}

/* ---- generators ---- */

static int count_up(struct rt_gen *gen, void *arg)
{
    struct world *w = arg;
    int rc = 0;

    atomic_fetch_add(&w->producers, 1);
    for (int number = 0; number < NUMBERS && rc == 0; number++)
        rc = rt_gen_yield(gen, &number);
    CHECK(rc == 0 || rc == -ECANCELED);
    if (rc)
        CHECK_INT(rt_sleep(0), 0); /* clean-up may wait */
    atomic_fetch_add(&w->producers_ended, 1);
    return rc;
}

/* Whoever gives up in between loses no number, whoever frees it early leaves
 * nothing running. */
void stress_generate(struct actor *a)
{
    struct rt_gen *gen;
    int number, next = 0;
    int rc = rt_gen_new(&gen, sizeof number, count_up, a->world);

    if (rc == -ENOTSUP || !CHECK_INT(rc, 0))
        return;
    for (uint32_t n = stress_choose(a, 2 * NUMBERS); n > 0; n--) {
        rc = rt_gen_next(gen, &number, stress_short_deadline(a));
        if (next == NUMBERS && rc == -EPIPE)
            break;
        if (stress_waited(a, rc))
            CHECK_INT(number, next++);
    }
    rt_gen_free(gen);
}

/* ---- with the server ---- */

static int64_t patience(struct actor *a)
{
    return rt_in(stress_choose(a, PATIENCE_NS));
}

void stress_use_http(struct actor *a)
{
    struct rt_http_reply reply = { 0 };
    struct rt_http *http;
    char url[SERVER_URL];

    if (!runtime_has_http() || !CHECK_INT(rt_http_new(&http), 0))
        return;
    server_url(url, "/hello");
    for (uint32_t n = stress_choose(a, 4); n > 0; n--) {
        if (!stress_waited(a, rt_http_get(http, url, &reply, patience(a))))
            continue;
        CHECK_INT(reply.status, 200);
        CHECK(strcmp(reply.body, "hello") == 0);
    }
    rt_http_free(http);
}

/* What is sent comes back, however often the wait for it is given up. */
static void echo(struct actor *a, struct rt_ws *ws)
{
    struct rt_ws_message message;
    char text[16];
    int rc = -ETIMEDOUT;

    snprintf(text, sizeof text, "%u", stress_choose(a, 1000000));
    if (!stress_waited(a, rt_ws_send(ws, RT_WS_TEXT, text, strlen(text),
                                     patience(a))))
        return;
    for (int tries = 0; rc && tries < 3; tries++) {
        rc = rt_ws_recv(ws, &message, patience(a));
        if (stress_waited(a, rc))
            CHECK(strcmp(message.data, text) == 0);
    }
    if (rc == 0 && stress_choose(a, 2))
        stress_waited(a, rt_ws_close(ws, 1000, NULL, patience(a)));
}

void stress_use_ws(struct actor *a)
{
    struct rt_ws *ws;
    char url[64];

    snprintf(url, sizeof url, "ws://127.0.0.1:%u/ws", server_port());
    if (!stress_waited(a, rt_ws_connect(&ws, url, 0, patience(a))))
        return;
    echo(a, ws);
    rt_ws_free(ws);
}
