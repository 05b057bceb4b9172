/* SPDX-License-Identifier: MIT */
/*
 * What network workloads talk to, and the items that hold a connection to it.
 * Invariant: each connection opened here is counted once.
 */

#include "work.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    LETTERS = 26 /* the period of the origin's bodies */
};

static void count_connection(struct work *work)
{
    atomic_fetch_add(&work->connections, 1);
}

int work_conn_open(void *arg)
{
    struct work_conn *conn = arg;
    count_connection(conn->my.work);
    return rt_sock_connect(&conn->sock, WORK_HOST,
                           work_echo_port(conn->my.work), RT_FOREVER);
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
    return rt_ws_connect(&item->ws, url, 0, RT_FOREVER);
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
    return status != 0 ? status : work_get(client, url);
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
    if (status == 0 && client->reply.status != 200)
        status = refuse_answer(client, url);
    return status;
}

int work_fetch(struct work_client *client)
{
    const struct work *work = client->my.work;
    int status = work_get(client, work->url);
    if (status == 0 && !is_body(&client->reply, work->url_bytes))
        status = refuse_answer(client, work->url);
    return status;
}

void work_fetched(struct work_client *client)
{
    size_t bytes = client->reply.body_bytes;
    client->my.ops++;
    client->my.bytes += bytes;
    client->my.digest +=
        work_hash(bytes * 256 + (unsigned char)client->reply.body[0]);
}
