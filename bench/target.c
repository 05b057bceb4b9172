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

int work_client_new(struct work_client *client)
{
    count_connection(client->my.work);
    return rt_http_new(&client->http);
}

int work_client_open(void *arg)
{
    struct work_client *client = arg;
    struct rt_http_reply reply;
    char url[128];
    int status = work_client_new(client);
    if (status == 0)
        status =
            work_get(client,
                     work_bytes_url(client->my.work, url, sizeof(url), 1, 0), 1,
                     &reply);
    return status;
}

void work_client_close(void *arg)
{
    struct work_client *client = arg;
    rt_http_free(client->http);
    client->http = NULL;
}

char *work_bytes_url(const struct work *work, char *url, size_t size,
                     size_t bytes, int64_t delay_ms)
{
    int length = snprintf(url, size, "http://" WORK_HOST ":%u/bytes/%zu",
                          work_http_port(work), bytes);
    if (delay_ms > 0)
        snprintf(url + length, size - (size_t)length, "?delay_ms=%lld",
                 (long long)delay_ms);
    return url;
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

int work_get(struct work_client *client, const char *url, size_t bytes,
             struct rt_http_reply *reply)
{
    int status = rt_http_get(client->http, url, reply, RT_FOREVER);
    if (status != 0)
        return status;
    if (reply->status != 200 || (bytes != 0 && !is_body(reply, bytes)))
        return work_fail(client->my.work, -EBADMSG,
                         "HTTP status %d, %zu bytes, for %s", reply->status,
                         reply->body_bytes, url);
    return 0;
}
