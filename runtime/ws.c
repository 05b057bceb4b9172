/* SPDX-License-Identifier: MIT */
/*
 * WebSocket connections over rt_sock: the receiving side and the API.  wslay
 * takes frames apart; whatever it leaves open (masks, reserved bits, opcodes,
 * the order of fragments, codes of a Close) is checked here.  Invariant: a
 * receive that stops for a deadline or a cancellation leaves wslay's state and
 * ours at the same byte.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "rt.h"
#include "utf8.h"
#include "ws_handshake.h"
#include "ws_out.h"

enum {
    MESSAGE_MAX = 16 << 20, /* unless the caller says */
    ROOM_MIN = 512,
    RETRY_NS = 20000000
};

struct rt_ws {
    struct rt_sock *sock;
    atomic_bool receiving; /* a task does; what follows is its own */
    _Atomic uint64_t pongs;
    wslay_frame_context_ptr frames;
    char *early; /* what came with the answer to the handshake, or NULL */
    size_t early_at, early_end;

    /* This call's. */
    int64_t deadline;
    int read_error; /* why wslay got nothing */
    bool passed;    /* some frame has been dealt with */

    /* The frame under way, and a control frame's payload. */
    bool in_frame;
    uint64_t frame_left;
    char control[WS_CONTROL_MAX];
    size_t control_bytes;

    /* The message under way. */
    uint8_t opcode; /* of its first frame; 0 when there is none */
    char *data;
    size_t bytes, room, message_max; /* a NUL fits behind `room` */

    int ended; /* the error for good, or 0 */
    unsigned close_code;
    char reason[WS_REASON_MAX + 1];

    struct ws_out out; /* last: stays untouched at its end */
};

/* ---- bytes for wslay ---- */

static size_t read_early(struct rt_ws *ws, uint8_t *to, size_t bytes)
{
    size_t n = ws->early_end - ws->early_at;

    if (n > bytes)
        n = bytes;
    memcpy(to, ws->early + ws->early_at, n);
    ws->early_at += n;
    if (ws->early_at == ws->early_end) {
        free(ws->early);
        ws->early = NULL;
    }
    return n;
}

/* A peer that sends small frames without end must not keep us beyond the
 * deadline, although there is always something to read. */
static bool too_late(const struct rt_ws *ws)
{
    return ws->passed && ws->deadline != RT_FOREVER && rt_now() >= ws->deadline;
}

/* While an answer waits for room, or for a sender, looks every now and then
 * whether it can go: nothing would tell. */
static ssize_t read_sock(struct rt_ws *ws, uint8_t *to, size_t bytes)
{
    int64_t until;
    ssize_t n;

    do {
        bool owing = ws_out_flush(&ws->out);
        until = owing ? rt_in(RETRY_NS) : RT_FOREVER;
        if (until > ws->deadline)
            until = ws->deadline;
        n = rt_sock_read(ws->sock, to, bytes, until);
    } while (n == -ETIMEDOUT && until != ws->deadline);
    return n;
}

static ssize_t read_bytes(uint8_t *to, size_t bytes, int flags, void *arg)
{
    struct rt_ws *ws = arg;

    (void)flags;
    if (ws->early)
        return (ssize_t)read_early(ws, to, bytes);
    ssize_t n = too_late(ws) ? -ETIMEDOUT : read_sock(ws, to, bytes);
    if (n == 0)
        n = -ECONNRESET;
    if (n > 0)
        return n;
    ws->read_error = (int)n;
    if (n != -ETIMEDOUT && n != -ECANCELED)
        ws->ended = (int)n;
    return -1;
}

/* ---- frames ---- */

/* Ends receiving, tells the peer why, returns the error. */
static int fail(struct rt_ws *ws, unsigned code, int error)
{
    ws->ended = error;
    ws_out_close(&ws->out, code, "");
    ws_out_flush(&ws->out);
    return error;
}

static int make_room(struct rt_ws *ws, size_t bytes)
{
    size_t room = bytes < ROOM_MIN ? ROOM_MIN : bytes;

    if (ws->data && bytes <= ws->room)
        return 0;
    room = room < ws->message_max / 2 ? 2 * room : ws->message_max;
    char *data = realloc(ws->data, room + 1);
    if (!data)
        return -ENOMEM;
    ws->data = data;
    ws->room = room;
    return 0;
}

/* Whether a frame of this kind may come now (RFC 6455, 5.2, 5.4): within a
 * message only control frames and what continues it. */
static bool frame_allowed(const struct rt_ws *ws,
                          const struct wslay_frame_iocb *part)
{
    bool continues = part->opcode == WSLAY_CONTINUATION_FRAME;

    if (part->mask || part->rsv)
        return false;
    if (wslay_is_ctrl_frame(part->opcode))
        return part->opcode <= WSLAY_PONG;
    return part->opcode <= WSLAY_BINARY_FRAME && continues == (ws->opcode != 0);
}

static int begin_frame(struct rt_ws *ws, const struct wslay_frame_iocb *part)
{
    if (!frame_allowed(ws, part))
        return fail(ws, WSLAY_CODE_PROTOCOL_ERROR, -EPROTO);
    ws->in_frame = true;
    ws->frame_left = part->payload_length;
    ws->control_bytes = 0;
    if (wslay_is_ctrl_frame(part->opcode))
        return 0;
    if (part->opcode != WSLAY_CONTINUATION_FRAME) {
        ws->opcode = part->opcode;
        ws->bytes = 0;
    }
    if (part->payload_length > ws->message_max - ws->bytes)
        return fail(ws, WSLAY_CODE_MESSAGE_TOO_BIG, -EMSGSIZE);
    return 0;
}

/* Grows with what has really come, not with what a header promises. */
static int append(struct rt_ws *ws, const struct wslay_frame_iocb *part)
{
    size_t n = part->data_length;

    if (wslay_is_ctrl_frame(part->opcode)) {
        memcpy(ws->control + ws->control_bytes, part->data, n);
        ws->control_bytes += n;
        return 0;
    }
    if (make_room(ws, ws->bytes + n))
        return fail(ws, WSLAY_CODE_INTERNAL_SERVER_ERROR, -ENOMEM);
    memcpy(ws->data + ws->bytes, part->data, n);
    ws->bytes += n;
    return 0;
}

/* RFC 6455, 7.4, and what IANA has registered since. */
static bool code_allowed(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static int take_close(struct rt_ws *ws)
{
    size_t bytes = ws->control_bytes;
    uint16_t number = 0;

    memcpy(&number, ws->control, bytes < sizeof number ? bytes : sizeof number);
    unsigned code = be16toh(number);
    if (bytes > 0 && (bytes < sizeof number || !code_allowed(code)))
        return fail(ws, WSLAY_CODE_PROTOCOL_ERROR, -EPROTO);
    bytes -= bytes ? sizeof number : 0;
    if (!utf8_valid(ws->control + sizeof number, bytes))
        return fail(ws, WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA, -EILSEQ);
    memcpy(ws->reason, ws->control + sizeof number, bytes);
    ws->close_code = code ? code : WSLAY_CODE_NO_STATUS_RCVD;
    return fail(ws, code, -EPIPE);
}

static int take_control(struct rt_ws *ws, uint8_t opcode)
{
    if (opcode == WSLAY_CONNECTION_CLOSE)
        return take_close(ws);
    if (opcode == WSLAY_PING) {
        ws_out_pong(&ws->out, ws->control, ws->control_bytes);
        ws_out_flush(&ws->out);
    } else {
        atomic_fetch_add(&ws->pongs, 1);
    }
    return 0;
}

/* Returns 1 when the message is good. */
static int take_message(struct rt_ws *ws)
{
    if (ws->opcode == WSLAY_TEXT_FRAME && !utf8_valid(ws->data, ws->bytes))
        return fail(ws, WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA, -EILSEQ);
    ws->data[ws->bytes] = '\0';
    return 1;
}

/* Takes a part of a frame.  1: a message is whole; 0: it goes on. */
static int take(struct rt_ws *ws, const struct wslay_frame_iocb *part)
{
    int error = ws->in_frame ? 0 : begin_frame(ws, part);

    if (error == 0)
        error = append(ws, part);
    if (error)
        return error;
    ws->frame_left -= part->data_length;
    if (ws->frame_left > 0)
        return 0;
    ws->in_frame = false;
    ws->passed = true;
    if (wslay_is_ctrl_frame(part->opcode))
        return take_control(ws, part->opcode);
    return part->fin ? take_message(ws) : 0;
}

/* Reads until a message is whole (1), or returns the error. */
static int receive(struct rt_ws *ws)
{
    int result = 0;

    while (result == 0 && ws->ended == 0) {
        struct wslay_frame_iocb part;
        ssize_t n = wslay_frame_recv(ws->frames, &part);
        if (n >= 0) {
            result = take(ws, &part);
        } else if (n == WSLAY_ERR_WANT_READ) {
            /* Also when it has got something, but not a whole header. */
            result = ws->read_error;
            ws->read_error = 0;
        } else {
            result = fail(ws, WSLAY_CODE_PROTOCOL_ERROR, -EPROTO);
        }
    }
    return result ? result : ws->ended;
}

/* Becomes the one that receives: 0 or -EBUSY. */
static int begin_receiving(struct rt_ws *ws, int64_t deadline)
{
    if (atomic_exchange(&ws->receiving, true))
        return -EBUSY;
    ws->deadline = deadline;
    ws->passed = false;
    return 0;
}

static void end_receiving(struct rt_ws *ws)
{
    atomic_store(&ws->receiving, false);
}

/* ---- connecting ---- */

/* Keeps what was read behind the handshake. */
static int keep_early(struct rt_ws *ws, size_t bytes)
{
    if (bytes == 0)
        return 0;
    ws->early = malloc(bytes);
    if (!ws->early)
        return -ENOMEM;
    memcpy(ws->early, ws->out.bytes, bytes);
    ws->early_end = bytes;
    return 0;
}

/* Nothing is sent yet: the buffer is free. */
static int open_connection(struct rt_ws *ws, const struct ws_url *url,
                           int64_t deadline)
{
    static const struct wslay_frame_callbacks callbacks = { .recv_callback =
                                                                read_bytes };
    _Static_assert(sizeof ws->out.bytes >= WS_HEAD_MAX, "it fits");
    int error = rt_sock_connect(&ws->sock, url->host, url->port, deadline);

    if (error)
        return error;
    ssize_t n = ws_handshake(ws->sock, url, (char *)ws->out.bytes, deadline);
    if (n < 0)
        return (int)n;
    error = keep_early(ws, (size_t)n);
    if (error == 0)
        error = ws_out_init(&ws->out, ws->sock);
    if (error == 0 && wslay_frame_context_init(&ws->frames, &callbacks, ws))
        error = -ENOMEM;
    return error;
}

int rt_ws_connect(struct rt_ws **out, const char *text, size_t message_max,
                  int64_t deadline)
{
    struct ws_url url;
    int error = ws_url_parse(&url, text);

    if (error)
        return error;
    struct rt_ws *ws = malloc(sizeof *ws);
    if (!ws)
        return -ENOMEM;
    memset(ws, 0, offsetof(struct rt_ws, out.bytes));
    ws->message_max = message_max ? message_max : MESSAGE_MAX;
    error = open_connection(ws, &url, deadline);
    if (error)
        rt_ws_free(ws);
    else
        *out = ws;
    return error;
}

void rt_ws_free(struct rt_ws *ws)
{
    if (!ws)
        return;
    ws_out_fini(&ws->out);
    wslay_frame_context_free(ws->frames);
    rt_sock_close(ws->sock);
    free(ws->early);
    free(ws->data);
    free(ws);
}

/* ---- using it ---- */

int rt_ws_send(struct rt_ws *ws, enum rt_ws_kind kind, const void *data,
               size_t bytes, int64_t deadline)
{
    uint8_t opcode = kind == RT_WS_TEXT ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME;

    if (bytes == 0)
        data = "";
    if (kind == RT_WS_TEXT && !utf8_valid(data, bytes))
        return -EILSEQ;
    return ws_out_send(&ws->out, opcode, data, bytes, deadline);
}

int rt_ws_ping(struct rt_ws *ws, const void *data, size_t bytes,
               int64_t deadline)
{
    if (bytes > WS_CONTROL_MAX)
        return -EINVAL;
    return ws_out_send(&ws->out, WSLAY_PING, bytes ? data : "", bytes,
                       deadline);
}

uint64_t rt_ws_pongs(const struct rt_ws *ws)
{
    return atomic_load(&ws->pongs);
}

int rt_ws_recv(struct rt_ws *ws, struct rt_ws_message *message,
               int64_t deadline)
{
    int error = rt_check_cancelled();

    if (error == 0)
        error = begin_receiving(ws, deadline);
    if (error)
        return error;
    int result = receive(ws);
    if (result == 1) {
        *message = (struct rt_ws_message){
            .kind = ws->opcode == WSLAY_TEXT_FRAME ? RT_WS_TEXT : RT_WS_BINARY,
            .data = ws->data,
            .bytes = ws->bytes
        };
        ws->opcode = 0;
    }
    end_receiving(ws);
    return result < 0 ? result : 0;
}

int rt_ws_close(struct rt_ws *ws, unsigned code, const char *reason,
                int64_t deadline)
{
    const char *text = reason ? reason : "";
    size_t bytes = strlen(text);

    if (!code_allowed(code) || bytes > WS_REASON_MAX ||
        !utf8_valid(text, bytes))
        return -EINVAL;
    int error = rt_check_cancelled();
    if (error)
        return error;
    ws_out_close(&ws->out, code, text);
    error = ws_out_send(&ws->out, 0, NULL, 0, deadline);
    if (error)
        return error;
    if (begin_receiving(ws, deadline))
        return 0; /* it is for the other one to see */
    while ((error = receive(ws)) == 1)
        ws->opcode = 0; /* drops it */
    end_receiving(ws);
    return error == -EPIPE ? 0 : error;
}

unsigned rt_ws_closed(const struct rt_ws *ws, const char **reason)
{
    if (reason)
        *reason = ws->reason;
    return ws->close_code;
}
