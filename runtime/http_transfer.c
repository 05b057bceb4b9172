/* SPDX-License-Identifier: MIT */
/*
 * http_transfer.c: the steps of a transfer, from libcurl's multi handle and
 * back.  Invariant: a client is in the hands of libcurl if and only if it is
 * `running`.
 */
#include "http.h"

#include <errno.h>

void http_start(struct rt_http *http)
{
    int error = http_begin(http);
    if (!error && curl_multi_add_handle(http->multi, http->curl) != CURLM_OK)
        error = -ENOMEM;
    http->running = !error;
    if (error)
        http_end(http, error);
}

static void take_back(struct rt_http *http)
{
    if (http->running)
        curl_multi_remove_handle(http->multi, http->curl);
    http->running = false;
}

void http_break_off(struct rt_http *http)
{
    take_back(http);
    http_changed(http);
}

void http_finish(struct rt_http *http, CURLcode code)
{
    take_back(http);
    http_easy_end(http, code);
}

void http_resume(struct rt_http *http)
{
    if (!http->running)
        return;
    int still =
        (http->full ? CURLPAUSE_RECV : 0) | (http->hungry ? CURLPAUSE_SEND : 0);
    CURLcode code = curl_easy_pause(http->curl, still); /* may call back */
    if (code) /* libcurl does not end it by itself */
        http_finish(http, code);
}

void http_collect(CURLM *multi)
{
    CURLMsg *message;
    int queued;

    while ((message = curl_multi_info_read(multi, &queued))) {
        struct rt_http *http = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
                          (char **)&http);
        http_finish(http, code);
    }
}
