/* SPDX-License-Identifier: MIT */
#ifndef RT_WS_OUT_H
#define RT_WS_OUT_H

/*
 * ws_out.h: the sending side of a WebSocket connection.  Any task may send;
 * whoever has the turn writes whole frames.  The task that receives must not
 * wait for the turn, nor for the peer to read: if that peer is itself waiting
 * for us to receive, nothing would ever go on.  So what it has to answer is
 * kept, the latest pong and a Close, and sent by whoever has the turn next, or
 * at once when that is possible without waiting.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <wslay/wslay.h>

#include "rt.h"

enum {
    WS_CONTROL_MAX = 125,           /* bytes of a control frame's payload */
    WS_OUT_BYTES = 16384,           /* encoded at a time */
    WS_REASON_MAX = 125 - 2,        /* of a Close, after its code */
    WS_KEYS = 64 * sizeof(uint32_t) /* drawn at a time */
};

/* A control frame that waits for the turn; guarded by ws_out.lock. */
struct ws_reply {
    bool wanted;
    uint8_t bytes;
    uint8_t data[WS_CONTROL_MAX];
};

struct ws_out {
    struct rt_sock *sock;
    struct rt_mutex *turn; /* taken before `lock` */

    pthread_mutex_t lock; /* never held across a wait */
    struct ws_reply pong, close;
    bool closing; /* a Close is wanted or has been sent; guarded by `lock` */
    /* Answers are wanted, or encoded and not all written: set before the turn
     * is tried, looked at after it was given back; changed under `lock`. */
    atomic_bool unsent;

    /* Of whoever has the turn. */
    wslay_frame_context_ptr frames;
    bool closed; /* the Close is encoded: no frame may follow it */
    bool broken; /* a frame was cut short, or the stream is dead */
    uint8_t keys[WS_KEYS];
    size_t keys_left;
    size_t at, end;              /* what is still to be written of `bytes` */
    uint8_t bytes[WS_OUT_BYTES]; /* last: stays untouched until used */
};

/* The socket stays the caller's; `bytes` is left as it is.  -ENOMEM. */
int ws_out_init(struct ws_out *out, struct rt_sock *sock);
/* Also of one that is all zero. */
void ws_out_fini(struct ws_out *out);

/*
 * Sends what is kept, then a frame that is a message or a control frame in
 * itself, unless `data` is NULL.  Suspends.  -EPIPE after a Close, or once
 * `broken`; else errors of rt_sock_write().  On -ETIMEDOUT and -ECANCELED
 * nothing has been sent, or the side is broken.
 */
int ws_out_send(struct ws_out *out, uint8_t opcode, const void *data,
                size_t bytes, int64_t deadline);

/* Keep an answer; ws_out_flush() sends it, now or later.  Of several pongs
 * only the latest counts, of several Closes the first.  Code 0 is none. */
void ws_out_pong(struct ws_out *out, const void *data, size_t bytes);
void ws_out_close(struct ws_out *out, unsigned code, const char *reason);

/* Sends what is kept as far as that needs no waiting; whether some is left that
 * may go later. */
bool ws_out_flush(struct ws_out *out);

#endif
