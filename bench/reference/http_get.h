/* SPDX-License-Identifier: MIT */
#ifndef BENCH_REFERENCE_HTTP_GET_H
#define BENCH_REFERENCE_HTTP_GET_H

/*
 * http_get by hand: the clients and their requests, through libcurl's
 * multi_socket interface, are http_get.c's.  A reference adds the loop.
 */

#include "http.h"
#include "reference.h"

struct client {
    struct rt_http http;
    CURLSH *cache;
    size_t index;
    curl_socket_t fd; /* -1: no connection */
    int wanted;       /* by libcurl, now: CURL_POLL_IN, CURL_POLL_OUT or both */
    int armed;        /* what the loop watches */
    uint64_t requests; /* its share */
    uint64_t ops, digest;
    int64_t start;
};

/* The body of the workload. */
int http_get(struct work *work);

/* Begins the description of the workload. */
#define HTTP_GET_DESCRIPTION                                                  \
    .name = "http_get",                                                       \
    .question = "How many small HTTP requests get through?", .op = "request", \
    .axis = "conns", .calibrated = "requests",                                \
    .flags = WORK_ORIGIN | WORK_HTTP, .clients = "conns",                     \
    .params = { { "conns", "16" },                                            \
                { "url", "" },                                                \
                { "delay_ms", "0", .bundled = true },                         \
                { "bytes", "1024", 1, .bundled = true },                      \
                { "schedule", "closed" },                                     \
                { "rate", "0" },                                              \
                { "requests", "1000" } }

/* ---- called by the loop ---- */

/* The client's socket is ready, for CURL_CSELECT_IN and the like. */
void http_ready(struct client *client, int events);
/* The time of the timer has come. */
void http_timeout(void);
/* After some of these: takes answers and sends the next requests. */
void http_turn(void);
/* All have been answered, or one failed: run no more. */
bool http_over(void);

/* ---- supplied by the reference ---- */

/* For so many clients. */
int loop_open(size_t n);
void loop_close(void);
/* Until http_over(). */
void loop_run(void);
/* What to watch of its socket, 0: nothing; it has been added before, is not
 * closed and will be removed. */
int loop_add(struct client *client, curl_socket_t fd);
void loop_watch(struct client *client, int wanted);
void loop_remove(struct client *client);
/* -1: never. */
void loop_timer(long timeout_ms);

#endif
