/* SPDX-License-Identifier: MIT */

/* The scripted server.  It reads what it needs and not a byte more, so that
 * scripts decide what stays unread. */

#include "ws_peer.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ws_accept.h"

static const char proper_answer[] = "HTTP/1.1 101 Switching Protocols\r\n"
                                    "Upgrade: websocket\r\n"
                                    "Connection: Upgrade\r\n"
                                    "Sec-WebSocket-Accept: %s\r\n\r\n";

static bool read_all(struct ws_peer *peer, void *data, size_t bytes)
{
    char *to = data;

    while (bytes > 0) {
        ssize_t n = rt_sock_read(peer->sock, to, bytes, test_late());
        if (n <= 0)
            return false;
        to += n;
        bytes -= (size_t)n;
    }
    return true;
}

bool ws_peer_write(struct ws_peer *peer, const void *data, size_t bytes)
{
    return rt_sock_write(peer->sock, data, bytes, test_late()) ==
           (ssize_t)bytes;
}

int ws_status_of(struct rt_task *task)
{
    int status = 1;

    CHECK_INT(rt_join(task, &status, test_late()), 0);
    return status;
}

/* ---- frames ---- */

static size_t put_header(unsigned char *to, unsigned first, size_t bytes)
{
    uint16_t word = htobe16((uint16_t)bytes);
    uint64_t all = htobe64(bytes);

    to[0] = (unsigned char)first;
    if (bytes < 126) {
        to[1] = (unsigned char)bytes;
        return 2;
    }
    if (bytes < 65536) {
        to[1] = 126;
        memcpy(to + 2, &word, sizeof word);
        return 4;
    }
    to[1] = 127;
    memcpy(to + 2, &all, sizeof all);
    return 10;
}

bool ws_peer_put(struct ws_peer *peer, unsigned first, const void *data,
                 size_t bytes)
{
    unsigned char header[10];
    size_t n = put_header(header, first, bytes);

    return ws_peer_write(peer, header, n) && ws_peer_write(peer, data, bytes);
}

bool ws_peer_put_text(struct ws_peer *peer, const char *text)
{
    return ws_peer_put(peer, 0x81, text, strlen(text));
}

static bool get_length(struct ws_peer *peer, unsigned second, uint64_t *bytes)
{
    uint16_t word;
    bool ok = true;

    *bytes = second;
    if (second == 126) {
        ok = read_all(peer, &word, sizeof word);
        *bytes = be16toh(word);
    } else if (second == 127) {
        ok = read_all(peer, bytes, sizeof *bytes);
        *bytes = be64toh(*bytes);
    }
    return ok;
}

static bool get_payload(struct ws_peer *peer, struct ws_frame *frame)
{
    unsigned char key[4], part[2048];

    if (!read_all(peer, key, sizeof key))
        return false;
    frame->sum = 0;
    for (uint64_t at = 0; at < frame->bytes;) {
        uint64_t left = frame->bytes - at;
        size_t n = left < sizeof part ? (size_t)left : sizeof part;
        if (!read_all(peer, part, n))
            return false;
        for (size_t i = 0; i < n; i++, at++) {
            part[i] ^= key[at % 4];
            frame->sum += part[i];
            if (at < sizeof frame->data)
                frame->data[at] = part[i];
        }
    }
    if (frame->bytes < sizeof frame->data)
        frame->data[frame->bytes] = '\0';
    return true;
}

bool ws_peer_get(struct ws_peer *peer, struct ws_frame *frame)
{
    unsigned char header[2];

    if (!read_all(peer, header, sizeof header))
        return false;
    frame->first = header[0];
    return CHECK_INT(header[1] & 0x80, 0x80) &&
           get_length(peer, header[1] & 0x7f, &frame->bytes) &&
           get_payload(peer, frame);
}

bool ws_peer_expect(struct ws_peer *peer, unsigned first, const void *data,
                    size_t bytes)
{
    struct ws_frame frame = { 0 };

    return CHECK(ws_peer_get(peer, &frame)) && CHECK_INT(frame.first, first) &&
           CHECK_INT(frame.bytes, bytes) &&
           CHECK(memcmp(frame.data, data, bytes) == 0);
}

bool ws_peer_expect_close(struct ws_peer *peer, unsigned code)
{
    struct ws_frame frame = { 0 };

    if (!CHECK(ws_peer_get(peer, &frame)) || !CHECK_INT(frame.first, 0x88))
        return false;
    if (code == 0)
        return CHECK_INT(frame.bytes, 0);
    return CHECK(frame.bytes >= 2) &&
           CHECK_INT(frame.data[0] << 8 | frame.data[1], code);
}

void ws_peer_expect_end(struct ws_peer *peer)
{
    char byte;
    ssize_t n = rt_sock_read(peer->sock, &byte, 1, test_late());

    CHECK(n == 0 || n == -ECONNRESET);
}

/* ---- the connection ---- */

static bool read_request(struct ws_peer *peer)
{
    size_t n = 0;

    do {
        if (n + 1 >= sizeof peer->request ||
            !read_all(peer, peer->request + n, 1))
            return false;
        peer->request[++n] = '\0';
    } while (!strstr(peer->request, "\r\n\r\n"));
    return true;
}

static bool answer(struct ws_peer *peer)
{
    char accept[WS_ACCEPT_CHARS + 1];
    const char *text = peer->answer ? peer->answer : proper_answer;
    const char *key = strstr(peer->request, "Sec-WebSocket-Key: ");

    if (!CHECK(key != NULL))
        return false;
    ws_accept(accept, key + strlen("Sec-WebSocket-Key: "));
    for (const char *gap; (gap = strstr(text, "%s")); text = gap + 2) {
        if (!ws_peer_write(peer, text, (size_t)(gap - text)) ||
            !ws_peer_write(peer, accept, WS_ACCEPT_CHARS))
            return false;
    }
    return ws_peer_write(peer, text, strlen(text));
}

static int serve(void *arg)
{
    struct ws_peer *peer = arg;
    int rc = rt_sock_accept(&peer->sock, peer->listener, test_late());

    if (rc)
        return rc;
    if (read_request(peer) && answer(peer) && peer->script)
        peer->script(peer);
    if (!peer->stays)
        rt_sock_shutdown(peer->sock);
    return 0;
}

bool ws_peer_start(struct ws_peer *peer)
{
    return CHECK_INT(rt_sem_new(&peer->step, 0), 0) &&
           CHECK_INT(rt_sock_listen(&peer->listener, "127.0.0.1", 0, 8), 0) &&
           CHECK_INT(rt_spawn(&peer->task, serve, peer), 0);
}

void ws_peer_stop(struct ws_peer *peer)
{
    CHECK_INT(ws_status_of(peer->task), 0);
    ws_peer_fini(peer);
}

void ws_peer_fini(struct ws_peer *peer)
{
    rt_sock_close(peer->sock);
    rt_sock_close(peer->listener);
    rt_sem_free(peer->step);
}

const char *ws_peer_url(const struct ws_peer *peer, const char *rest)
{
    static char url[512];

    snprintf(url, sizeof url, "ws://127.0.0.1:%u%s",
             rt_sock_port(peer->listener), rest);
    return url;
}

struct rt_ws *ws_peer_connect(struct ws_peer *peer, size_t message_max)
{
    struct rt_ws *ws = NULL;

    CHECK_INT(rt_ws_connect(&ws, ws_peer_url(peer, "/"), message_max,
                            test_late()),
              0);
    return ws;
}

struct play {
    void (*script)(struct ws_peer *peer);
    void (*client)(struct rt_ws *ws, struct ws_peer *peer);
    size_t message_max;
};

static int run_play(void *arg)
{
    const struct play *play = arg;
    struct ws_peer peer = { .script = play->script };

    if (!ws_peer_start(&peer))
        return 0;
    struct rt_ws *ws = ws_peer_connect(&peer, play->message_max);
    if (ws)
        play->client(ws, &peer);
    rt_ws_free(ws);
    ws_peer_stop(&peer);
    return 0;
}

void ws_play(unsigned others, void (*script)(struct ws_peer *peer),
             void (*client)(struct rt_ws *ws, struct ws_peer *peer),
             size_t message_max)
{
    struct play play = { script, client, message_max };

    needs_tasks(1 + others);
    assert_int_equal(test_run(1 + others, run_play, &play), 0);
}

/* ---- clients ---- */

int ws_send_text(struct rt_ws *ws, const char *text)
{
    return rt_ws_send(ws, RT_WS_TEXT, text, strlen(text), test_late());
}

bool ws_receive_text(struct rt_ws *ws, const char *text)
{
    struct rt_ws_message message = { 0 };

    return CHECK_INT(rt_ws_recv(ws, &message, test_late()), 0) &&
           CHECK_INT(message.kind, RT_WS_TEXT) &&
           CHECK_INT(message.bytes, strlen(text)) &&
           CHECK(strcmp(message.data, text) == 0);
}

int ws_receive_error(struct rt_ws *ws, int64_t deadline)
{
    struct rt_ws_message message;

    return rt_ws_recv(ws, &message, deadline);
}

static int receive_when_free(void *arg)
{
    int rc;

    do
        rc = ws_receive_error(arg, test_late());
    while (rc == -EBUSY);
    return rc;
}

struct rt_task *ws_start_receiver(struct rt_ws *ws)
{
    struct rt_task *task = NULL;
    int rc;

    CHECK_INT(rt_spawn(&task, receive_when_free, ws), 0);
    do {
        CHECK_INT(rt_yield(), 0);
        rc = ws_receive_error(ws, 0);
    } while (rc == -ETIMEDOUT);
    CHECK_INT(rc, -EBUSY);
    return task;
}
