/* SPDX-License-Identifier: MIT */
#ifndef SERVER_H
#define SERVER_H

/*
 * server.h: an HTTP server whose replies are scripted by the path, in a
 * process of its own, for descriptors and threads of this one are counted.
 *
 *     /hello /missing /none /chunks    whole replies
 *     /never /stall                    none, or one that stops in its body
 *     /half /reset /nothing /garbage ...  broken ones
 *     /much/BYTES /chunked/BYTES       a body of so many bytes server_byte()
 *     /to/STATUSlocation               a redirect
 *     /field/BYTES /fields/NUMBER      a long header field, many of them
 *     /ws                              a WebSocket that echoes
 *     /crowd                           once SERVER_CROWD have asked
 */

#include <stdatomic.h>
#include <stdio.h>

#include "test.h"

enum {
    SERVER_CROWD = 200
};

/* What the server tells us, before it answers; in shared memory. */
struct server_seen {
    atomic_uint accepts, requests;
    atomic_ullong sent; /* bytes of a large body */
    struct server_request {
        char head[4096];     /* its lines, with the empty one */
        char body[64];       /* how its body begins */
        uint64_t body_bytes; /* all of it */
        uint64_t body_wrong; /* of these, so many are not server_byte() */
    } last;
};
extern struct server_seen *server_seen;

/* The i-th byte of a large body, in both directions. */
static inline unsigned char server_byte(uint64_t i)
{
    return (unsigned char)(i * 2654435761u >> 13);
}

/* What is read from and written to, for one connection. */
struct server_peer {
    int fd;
    FILE *in, *out;
};

/* Opens the streams over peer->fd, in the server; false to hang up. */
typedef bool (*server_dress_fn)(struct server_peer *peer);

/* Starts it, with the plain streams for NULL; false if that is impossible. */
bool server_start(server_dress_fn dress);
void server_stop(void);

/* A test with a plain server. */
#define SERVED(function)                                             \
    cmocka_unit_test_prestate_setup_teardown(function, server_begin, \
                                             server_end, (void *)#function)
int server_begin(void **state);
int server_end(void **state);

/* Its port, and the URL of a path on it, written to `url`. */
unsigned server_port(void);
enum {
    SERVER_URL = 256
};
const char *server_url(char url[SERVER_URL], const char *path);

/* Whether the last request had that line, or one with that beginning. */
bool server_saw(const char *line);

/* ---- for tasks ---- */

struct rt_http *server_client(void);

/* GETs the path and checks what comes back. */
bool server_expect(struct rt_http *http, const char *path, int status,
                   const char *body);

#endif
