/* SPDX-License-Identifier: MIT */
#ifndef RT_HTTP_EASY_H
#define RT_HTTP_EASY_H

/*
 * What HTTP clients of all runtimes have in common: one libcurl easy handle
 * with the same options, the buffer of the reply, and the one place where
 * libcurl's errors become ours.  How the transfer is driven is the runtime's
 * business.
 */

#include <curl/curl.h>

#include "rt.h"

struct http_easy {
    CURL *curl;
    char *body;
    size_t bytes, room; /* the body; what it was allocated for */
    int error;          /* noticed in a callback, 0 if none */
};

/* Makes the handle; libcurl itself too, the first time.  -ENOMEM. */
int http_easy_init(struct http_easy *easy);
/* Also of one that is all zero. */
void http_easy_fini(struct http_easy *easy);

/* Whether it has the form of an HTTP URL: 0 or -EINVAL. */
int http_easy_check(const char *url);

/* Prepares a GET; the last reply's body is forgotten.  -ENOMEM. */
int http_easy_begin(struct http_easy *easy, const char *url);

/* After the transfer: fills in the reply, or returns the error. */
int http_easy_end(struct http_easy *easy, CURLcode code,
                  struct rt_http_reply *reply);

/* Opens a socket for libcurl, close-on-exec and non-blocking.  The default
 * CURLOPT_OPENSOCKETFUNCTION, whose data is the struct http_easy. */
curl_socket_t http_easy_socket(void *easy, curlsocktype purpose,
                               struct curl_sockaddr *address);

#endif
