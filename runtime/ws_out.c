/* SPDX-License-Identifier: MIT */
/*
 * Frames are encoded and masked into a buffer and written from there.
 * Invariant: whoever gives the turn back has looked for answers to send after
 * his own frame, and looks once more afterwards, because the receiving task
 * that could not have the turn relies on it.
 */
#include "ws_out.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "rt.h"

enum {
    HEADER_MAX = 14 /* with a mask key */
};

/* ---- wslay's callbacks ---- */

static ssize_t append(const uint8_t *data, size_t bytes, int flags, void *arg)
{
    struct ws_out *out = arg;

    (void)flags;
    assert(bytes <= sizeof out->bytes - out->end);
    memcpy(out->bytes + out->end, data, bytes);
    out->end += bytes;
    return (ssize_t)bytes;
}

/* The kernel gives up to 256 bytes whole or, before it has any, not at all. */
static int draw_key(uint8_t *key, size_t bytes, void *arg)
{
    struct ws_out *out = arg;

    if (out->keys_left < bytes) {
        if (getrandom(out->keys, sizeof out->keys, 0) != sizeof out->keys)
            return -1;
        out->keys_left = sizeof out->keys;
    }
    out->keys_left -= bytes;
    memcpy(key, out->keys + out->keys_left, bytes);
    return 0;
}

/* ---- with the turn ---- */

/* Writes what is encoded.  A wait that ends before its time changes nothing;
 * any other error is for good. */
static int write_out(struct ws_out *out, int64_t deadline)
{
    while (out->at < out->end) {
        ssize_t n = rt_sock_write_some(out->sock, out->bytes + out->at,
                                       out->end - out->at, deadline);
        if (n < 0) {
            out->broken |= n != -ETIMEDOUT && n != -ECANCELED;
            return (int)n;
        }
        out->at += (size_t)n;
    }
    out->at = out->end = 0;
    return 0;
}

/* Encodes as much of the frame from data[at] on as there is room for; returns
 * how far it got. */
static size_t encode(struct ws_out *out, struct wslay_frame_iocb *frame,
                     const uint8_t *data, size_t at)
{
    size_t left = (size_t)frame->payload_length - at;
    size_t room = sizeof out->bytes - out->end - HEADER_MAX;

    frame->data = data + at;
    frame->data_length = left < room ? left : room;
    ssize_t n = wslay_frame_send(out->frames, frame);
    if (n < 0) {
        out->broken = true; /* no mask key */
        return at;
    }
    return at + (size_t)n;
}

/* Writes a frame, all that was encoded before it having gone. */
static int write_frame(struct ws_out *out, uint8_t opcode, const void *data,
                       size_t bytes, int64_t deadline)
{
    struct wslay_frame_iocb frame = {
        .fin = 1, .opcode = opcode, .mask = 1, .payload_length = bytes
    };
    size_t at = 0;

    do {
        bool first = at == 0;
        at = encode(out, &frame, data, at);
        int error = out->broken ? -EIO : write_out(out, deadline);
        if (error == 0)
            continue;
        /* wslay is through with a frame that is encoded as a whole: if nothing
         * of it has gone, it has never been. */
        if (first && at == bytes && out->at == 0)
            out->end = 0;
        else
            out->broken = true;
        return error;
    } while (at < bytes);
    return 0;
}

/* Moves an answer out of reach of the receiving task, the pong first; when
 * there is none, or none can be sent any more, nothing is left. */
static bool take(struct ws_out *out, struct ws_reply *reply, uint8_t *opcode)
{
    pthread_mutex_lock(&out->lock);
    struct ws_reply *from = out->pong.wanted ? &out->pong : &out->close;
    bool found = from->wanted && !out->broken;
    if (found) {
        *reply = *from;
        *opcode = from == &out->pong ? WSLAY_PONG : WSLAY_CONNECTION_CLOSE;
        from->wanted = false;
    } else {
        atomic_store(&out->unsent, false);
    }
    pthread_mutex_unlock(&out->lock);
    return found;
}

/* Writes what is left over, then the answers.  Once encoded they are as good
 * as sent: whatever comes next goes after them. */
static int write_replies(struct ws_out *out, int64_t deadline)
{
    struct ws_reply reply;
    uint8_t opcode;

    while (atomic_load(&out->unsent)) {
        int error = out->broken ? 0 : write_out(out, deadline);
        if (error)
            return error;
        if (!take(out, &reply, &opcode))
            break;
        struct wslay_frame_iocb frame = {
            .fin = 1, .opcode = opcode, .mask = 1, .payload_length = reply.bytes
        };
        encode(out, &frame, reply.data, 0);
        out->closed = opcode == WSLAY_CONNECTION_CLOSE;
    }
    return out->broken ? -EPIPE : 0;
}

/* ---- the turn ---- */

static int flush(void *arg)
{
    struct ws_out *out = arg;
    int error = rt_mutex_lock(out->turn, 0);

    if (error == 0) {
        error = write_replies(out, 0);
        rt_mutex_unlock(out->turn);
    }
    return error;
}

/* Shielded, for it waits for nothing, and a cancellation it took would be
 * lost to the call that it is part of. */
bool ws_out_flush(struct ws_out *out)
{
    if (atomic_load(&out->unsent))
        rt_shield(flush, out);
    return atomic_load(&out->unsent);
}

int ws_out_send(struct ws_out *out, uint8_t opcode, const void *data,
                size_t bytes, int64_t deadline)
{
    int error = rt_mutex_lock(out->turn, deadline);

    if (error)
        return error;
    error = write_replies(out, deadline);
    if (error == 0 && data)
        error = out->closed ? -EPIPE
                            : write_frame(out, opcode, data, bytes, deadline);
    rt_mutex_unlock(out->turn);
    ws_out_flush(out);
    return error;
}

/* ---- answers ---- */

void ws_out_pong(struct ws_out *out, const void *data, size_t bytes)
{
    pthread_mutex_lock(&out->lock);
    if (!out->closing) {
        out->pong.wanted = true;
        out->pong.bytes = (uint8_t)bytes;
        memcpy(out->pong.data, data, bytes);
        atomic_store(&out->unsent, true);
    }
    pthread_mutex_unlock(&out->lock);
}

void ws_out_close(struct ws_out *out, unsigned code, const char *reason)
{
    uint16_t number = htobe16((uint16_t)code);
    size_t bytes = strlen(reason);

    pthread_mutex_lock(&out->lock);
    if (!out->closing) {
        out->closing = out->close.wanted = true;
        out->close.bytes = (uint8_t)(code ? sizeof number + bytes : 0);
        memcpy(out->close.data, &number, sizeof number);
        memcpy(out->close.data + sizeof number, reason, bytes);
        atomic_store(&out->unsent, true);
    }
    pthread_mutex_unlock(&out->lock);
}

/* ---- */

int ws_out_init(struct ws_out *out, struct rt_sock *sock)
{
    static const struct wslay_frame_callbacks callbacks = {
        .send_callback = append, .genmask_callback = draw_key
    };
    struct rt_mutex *turn;
    wslay_frame_context_ptr frames;
    int error = rt_mutex_new(&turn);

    if (error)
        return error;
    if (wslay_frame_context_init(&frames, &callbacks, out)) {
        rt_mutex_free(turn);
        return -ENOMEM;
    }
    memset(out, 0, offsetof(struct ws_out, bytes));
    out->sock = sock;
    out->turn = turn;
    out->frames = frames;
    pthread_mutex_init(&out->lock, NULL);
    return 0;
}

void ws_out_fini(struct ws_out *out)
{
    if (!out->turn)
        return;
    wslay_frame_context_free(out->frames);
    pthread_mutex_destroy(&out->lock);
    rt_mutex_free(out->turn);
}
