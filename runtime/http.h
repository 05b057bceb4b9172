/* SPDX-License-Identifier: MIT */
#ifndef RT_HTTP_H
#define RT_HTTP_H

/*
 * An HTTP client in five parts:
 *
 *   http.c                  what rt.h promises; runs in the task
 *   http_transfer.c         the steps of a transfer
 *   http_request.c          what is asked: the options of libcurl's handle
 *   http_easy.c             what comes back: the body, and the one place where
 *                           libcurl's errors become ours
 *   coro/http.c, os/http.c  where these steps run, and how a task waits
 *
 * All but the last are the same object in every runtime.  libcurl's callbacks
 * are in those before.  They never wait: what has to be done by the task, or
 * has no room, pauses that direction of the transfer until the task has seen
 * to it, so that no more than HTTP_PIECE bytes of a stream are kept for each
 * direction, besides what libcurl and the socket buffer hold.
 */

#include <curl/curl.h>
#include <stdatomic.h>

#include "rt.h"

enum {
    HTTP_PIECE = 64 << 10 /* kept of a stream, each way */
};

/* First member of every runtime's own kind of client, which it allocates with
 * zeros.  Who has `busy` has all of it, and so have libcurl's callbacks
 * meanwhile. */
struct rt_http {
    CURL *curl;
    CURLM *multi;                          /* makes its transfers */
    const struct rt_http_request *request; /* until the task waits no more */
    struct curl_slist *fields;             /* of the request */
    char *body;
    size_t bytes, room; /* the body; what it was allocated for */
    size_t taken;       /* stream: what has been read of these */
    size_t left;        /* how much more the body may have */
    size_t head_bytes;  /* all header fields so far */
    struct http_source {
        rt_http_source_fn fn; /* NULL: none */
        void *arg;
        char *piece;        /* HTTP_PIECE bytes; NULL until there is a source */
        size_t bytes, sent; /* of the piece */
        uint64_t left;      /* how much more it will give at most */
        bool sized;         /* and at least */
    } source;
    bool post, head;    /* its method, in the course of redirects */
    bool follows;       /* redirects */
    bool own_authority; /* not those of the system */
    bool streaming;     /* from rt_http_open() to rt_http_close() */
    bool replied;       /* stream: status and header fields are there */
    bool running;       /* in the hands of libcurl */
    bool full;          /* stream: receiving is paused */
    bool hungry;        /* sending is paused: the source is to be asked */
    bool done;          /* the transfer has ended, with this result: */
    int result;
    int error; /* noticed in a callback, 0 if none */
    atomic_flag busy;
};

/* ---- http_request.c ---- */

/* Whether it can be asked at all: 0 or -EINVAL. */
int http_check(const struct rt_http_request *request);

/* Sets up the handle for http->request.  -ENOMEM. */
int http_begin(struct rt_http *http);

/* Has certificates verified by the authorities of the system, for NULL, or by
 * those of the file alone.  -ENOMEM. */
int http_believe(struct rt_http *http, const char *ca_file);

/* Forgets what the request needed. */
void http_request_fini(struct rt_http *http);

/* libcurl's CURLOPT_HEADERFUNCTION. */
size_t http_head(char *line, size_t one, size_t bytes, void *http);

/* ---- http_easy.c ---- */

/* Makes the handle; libcurl itself too, the first time.  -ENOMEM. */
int http_easy_init(struct rt_http *http);
/* Closes no connection: that is in the cache.  Also where there is none. */
void http_easy_fini(struct rt_http *http);

/* Forgets the last exchange, all but its request. */
void http_easy_reset(struct rt_http *http);

/* The transfer has ended, or did not begin: `done` and `result`, and
 * http_changed().  The second is told so by libcurl. */
void http_end(struct rt_http *http, int result);
void http_easy_end(struct rt_http *http, CURLcode code);

/* Fills in the reply, when it is there. */
void http_reply(struct rt_http *http, struct rt_http_reply *reply);

/* rt_http_header() of the head received last. */
const char *http_field(struct rt_http *http, const char *name, size_t index);

/* Opens a socket for libcurl, close-on-exec and non-blocking.  The default
 * CURLOPT_OPENSOCKETFUNCTION. */
curl_socket_t http_easy_socket(void *http, curlsocktype purpose,
                               struct curl_sockaddr *address);

/* ---- http_transfer.c ----
 * Steps run where libcurl has stack enough and is not at work itself; the
 * runtime knows where: see http_order(). */

typedef void (*http_step_fn)(struct rt_http *http);

/* Begins a transfer of http->request; an error comes as its result. */
void http_start(struct rt_http *http);
/* Lets go on what is not `full` or `hungry` any more, if it is still under
 * way. */
void http_resume(struct rt_http *http);
/* Ends it, and with it its connection, if it is still under way; then
 * http_changed(). */
void http_break_off(struct rt_http *http);

/* Ends it with what libcurl says.  Called where a step may run. */
void http_finish(struct rt_http *http, CURLcode code);
/* The same for all that libcurl is done with. */
void http_collect(CURLM *multi);

/* ---- supplied by the runtime ---- */

/* Has this step of the transfer made, soon or at once, in place of one ordered
 * before that has not been. */
void http_order(struct rt_http *http, http_step_fn step);

/* Waits until all that was ordered is done.  Suspends; not to be cancelled. */
void http_settle(struct rt_http *http);

/* Waits for the next http_changed().  Suspends.  The transfer goes on after
 * -ETIMEDOUT and -ECANCELED. */
int http_wait(struct rt_http *http, int64_t deadline);

/* Something the task may be waiting for has happened.  In a callback or a
 * step. */
void http_changed(struct rt_http *http);

#endif
