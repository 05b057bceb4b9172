/* SPDX-License-Identifier: MIT */
/*
 * What network workloads talk to, and the items that hold a connection to it.
 * Invariant: each connection opened here is counted once.
 */

#include "work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LETTERS = 26 /* the period of the origin's bodies */
};

static void count_connection(struct work *work)
{
    atomic_fetch_add(&work->connections, 1);
}

/* "host:7" or "[::1]:7" in two; `host` has room for it. */
static unsigned split(const char *address, char *host)
{
    const char *colon = strrchr(address, ':');
    size_t skip = *address == '[';
    size_t length = (size_t)(colon - address) - 2 * skip;
    memcpy(host, address + skip, length);
    host[length] = '\0';
    return (unsigned)strtoul(colon + 1, NULL, 10);
}

/* A byte to and fro: then the server has accepted it.  What is connected may
 * still wait in its queue, and those who come faster than they are accepted
 * fill that. */
static int greet(struct rt_sock *sock)
{
    char byte = 0;
    ssize_t n = rt_sock_write(sock, &byte, 1, RT_FOREVER);
    if (n == 1)
        n = rt_sock_read(sock, &byte, 1, RT_FOREVER);
    return n == 1 ? 0 : n == 0 ? -ECONNRESET : (int)n;
}

int work_conn_open(void *arg)
{
    struct work_conn *conn = arg;
    char host[PARAM_TEXT_MAX + 1] = WORK_HOST;
    unsigned port = *given.connect != '\0' ? split(given.connect, host)
                                           : work_echo_port(conn->my.work);
    count_connection(conn->my.work);
    int status = rt_sock_connect(&conn->sock, host, port, RT_FOREVER);
    return status == 0 ? greet(conn->sock) : status;
}

void work_conn_close(void *arg)
{
    struct work_conn *conn = arg;
    if (conn->sock != NULL)
        rt_sock_close(conn->sock);
}

int work_ws_open(void *arg)
{
    struct work_ws *item = arg;
    char url[64];
    snprintf(url, sizeof(url), "ws://" WORK_HOST ":%u/",
             work_ws_port(item->my.work));
    count_connection(item->my.work);
    return rt_ws_connect(&item->ws, *given.url != '\0' ? given.url : url, 0,
                         RT_FOREVER);
}

void work_ws_close(void *arg)
{
    struct work_ws *item = arg;
    rt_ws_free(item->ws);
}

int work_client_new(void *arg)
{
    struct work_client *client = arg;
    count_connection(client->my.work);
    return rt_http_new(&client->http);
}

int work_client_open(void *arg)
{
    struct work_client *client = arg;
    char url[128];
    int status = work_client_new(client);
    snprintf(url, sizeof(url), "http://" WORK_HOST ":%u/bytes/1",
             work_http_port(client->my.work));
    if (status != 0)
        return status;
    return work_get(client, *given.url != '\0' ? given.url : url);
}

void work_client_close(void *arg)
{
    struct work_client *client = arg;
    rt_http_free(client->http);
    client->http = NULL;
}

/* Whether byte j is 'a' + j mod 26: so it is when the first ones are and each
 * other equals the one 26 before. */
static bool is_body(const struct rt_http_reply *reply, size_t bytes)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz";
    size_t first = bytes < LETTERS ? bytes : LETTERS;
    return reply->body_bytes == bytes &&
           memcmp(reply->body, alphabet, first) == 0 &&
           memcmp(reply->body, reply->body + first, bytes - first) == 0;
}

static int refuse_answer(const struct work_client *client, const char *url)
{
    return work_fail(client->my.work, -EBADMSG,
                     "HTTP status %d, %zu bytes, for %s", client->reply.status,
                     client->reply.body_bytes, url);
}

int work_get(struct work_client *client, const char *url)
{
    int status = rt_http_get(client->http, url, &client->reply, RT_FOREVER);
    bool good = *given.url != '\0' ? client->reply.status / 100 == 2
                                   : client->reply.status == 200;
    return status == 0 && !good ? refuse_answer(client, url) : status;
}

int work_get_delayed(struct work_client *client, double delay_s)
{
    char url[PARAM_TEXT_MAX + 64];
    size_t length = strlen(given.url);
    if (length == 0)
        snprintf(url, sizeof(url), "http://" WORK_HOST ":%u/delay/%.6f",
                 work_http_port(client->my.work), delay_s);
    else
        snprintf(url, sizeof(url), "%s%sdelay/%.6f", given.url,
                 given.url[length - 1] == '/' ? "" : "/", delay_s);
    return work_get(client, url);
}

int work_fetch(void *arg)
{
    struct work_client *client = arg;
    struct share *my = &client->my;
    const struct rt_http_reply *reply = &client->reply;
    bool own = *given.url != '\0';
    int status = work_get(client, my->work->url);
    if (status == 0 && !own && !is_body(reply, my->work->url_bytes))
        status = refuse_answer(client, my->work->url);
    if (status != 0)
        return status;
    my->ops++;
    my->bytes += reply->body_bytes;
    my->digest += work_hash(
        own ? 1 : reply->body_bytes * 256 + (unsigned char)reply->body[0]);
    return 0;
}
