/* SPDX-License-Identifier: MIT */
#ifndef RT_WS_HANDSHAKE_H
#define RT_WS_HANDSHAKE_H

/* ws_handshake.h: WebSocket URLs, and the HTTP exchange that opens a
 * connection (RFC 6455, sections 3 and 4). */

#include "rt.h"

enum {
    WS_HOST_MAX = 255,
    WS_HEAD_MAX = 8192 /* bytes of the server's answer */
};

struct ws_url {
    char host[WS_HOST_MAX + 1]; /* without the brackets of an IPv6 address */
    unsigned port;
    /* Within the URL: what goes into the Host field, and the resource with
     * its query, which may lack its first slash. */
    const char *authority, *resource;
    size_t authority_bytes;
};

/* The parts of ws://HOST[:PORT][/PATH][?QUERY]; `text` must outlive them.
 * -EINVAL, -ENOTSUP (wss). */
int ws_url_parse(struct ws_url *out, const char *text);

/*
 * Asks for a WebSocket on a connected socket and checks the answer.  `buffer`
 * has WS_HEAD_MAX bytes; what was read beyond the answer is moved to its
 * start.  Suspends.  Returns how many bytes that is, or -EINVAL (the URL does
 * not fit), -EPROTO (not the answer asked for), -EMSGSIZE (too long),
 * -ECONNRESET, errors of rt_sock_read() and rt_sock_write().
 */
ssize_t ws_handshake(struct rt_sock *sock, const struct ws_url *url,
                     char *buffer, int64_t deadline);

#endif
