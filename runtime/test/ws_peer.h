/* SPDX-License-Identifier: MIT */
#ifndef WS_PEER_H
#define WS_PEER_H

/* ws_peer.h: a WebSocket server of one connection, in a task of its own, that
 * sends whatever bytes its script says and checks what the client sends. */

#include "test.h"

struct ws_peer {
    struct rt_sock *listener, *sock;
    struct rt_task *task;
    /* Runs once the client has been answered; NULL: nothing does.  Then the
     * server ends its side of the stream. */
    void (*script)(struct ws_peer *peer);
    /* What to answer the client, with %s for the value of Accept; NULL: what
     * RFC 6455 says. */
    const char *answer;
    void *arg;
    bool stays;          /* the stream does not end with the script */
    char request[2048];  /* what the client asked, a string */
    struct rt_sem *step; /* for the test: starts at 0 */
};

/* Listens and starts the task; the fields above it may be set beforehand.
 * False when a CHECK() failed. */
bool ws_peer_start(struct ws_peer *peer);
/* Waits for the script and closes the connection. */
void ws_peer_stop(struct ws_peer *peer);
/* The same when the task has been joined. */
void ws_peer_fini(struct ws_peer *peer);

/* ws://127.0.0.1:PORT and the rest, in a static buffer. */
const char *ws_peer_url(const struct ws_peer *peer, const char *rest);
/* A connection to it, or NULL after a CHECK() failed. */
struct rt_ws *ws_peer_connect(struct ws_peer *peer, size_t message_max);

/* Runs client(ws) against the script on a runtime of its own.  `others` is how
 * many tasks it wants besides the server's. */
void ws_play(unsigned others, void (*script)(struct ws_peer *peer),
             void (*client)(struct rt_ws *ws, struct ws_peer *peer),
             size_t message_max);

/* ---- for clients ---- */

int ws_send_text(struct rt_ws *ws, const char *text);
/* CHECK()s that this text is what comes next. */
bool ws_receive_text(struct rt_ws *ws, const char *text);
/* What receiving returns. */
int ws_receive_error(struct rt_ws *ws, int64_t deadline);
/* A task that receives one message; it is in that call. */
struct rt_task *ws_start_receiver(struct rt_ws *ws);
/* Joins it. */
int ws_status_of(struct rt_task *task);

/* ---- for scripts; false when the client is gone ---- */

bool ws_peer_write(struct ws_peer *peer, const void *data, size_t bytes);
/* A frame with this first byte: 0x80 (final) and the opcode. */
bool ws_peer_put(struct ws_peer *peer, unsigned first, const void *data,
                 size_t bytes);
bool ws_peer_put_text(struct ws_peer *peer, const char *text);

struct ws_frame {
    unsigned first;
    uint64_t bytes;
    unsigned char data[128]; /* its beginning, unmasked, a string if short */
    uint64_t sum;            /* of all bytes of the payload */
};

/* Reads one frame of the client and CHECK()s that it is masked. */
bool ws_peer_get(struct ws_peer *peer, struct ws_frame *frame);
/* Reads one and CHECK()s that it is this one. */
bool ws_peer_expect(struct ws_peer *peer, unsigned first, const void *data,
                    size_t bytes);
/* Expects a Close with this code, or an empty one (0). */
bool ws_peer_expect_close(struct ws_peer *peer, unsigned code);
/* CHECK()s that the client sends nothing more, and waits for its end. */
void ws_peer_expect_end(struct ws_peer *peer);

#endif
