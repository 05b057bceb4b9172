/* SPDX-License-Identifier: MIT */

/* Every malformed frame is refused with its Close code; and random bytes are
 * taken apart as a second, simple reading of RFC 6455 does it. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ws_peer.h"

enum {
    SMALL_MAX = 1000, /* message_max of these tests */
    FUZZ_RUNS = 300,
    FUZZ_BYTES = 3000
};

/* ---- one by one ---- */

struct bad {
    const char *name;
    const char *data;
    size_t bytes;
    int error;
    unsigned code;
};

#define PROTO(name, text)                          \
    {                                              \
        name, text, sizeof text - 1, -EPROTO, 1002 \
    }
#define UTF8(name, text)                           \
    {                                              \
        name, text, sizeof text - 1, -EILSEQ, 1007 \
    }
#define TOO_BIG(name, text)                          \
    {                                                \
        name, text, sizeof text - 1, -EMSGSIZE, 1009 \
    }

static const struct bad bads[] = {
    PROTO("masked", "\x81\x81\0\0\0\0a"),
    PROTO("masked, empty", "\x81\x80\0\0\0\0"),
    PROTO("first reserved bit", "\xc1\x01"
                                "a"),
    PROTO("second reserved bit", "\xa1\x01"
                                 "a"),
    PROTO("third reserved bit", "\x91\x01"
                                "a"),
    PROTO("reserved bit of a ping", "\xc9\x00"),
    PROTO("opcode 3", "\x83\x01"
                      "a"),
    PROTO("opcode 4", "\x84\x01"
                      "a"),
    PROTO("opcode 5", "\x85\x00"),
    PROTO("opcode 6", "\x86\x00"),
    PROTO("opcode 7", "\x07\x00"),
    PROTO("opcode 11", "\x8b\x00"),
    PROTO("opcode 12", "\x8c\x00"),
    PROTO("opcode 13", "\x8d\x00"),
    PROTO("opcode 14", "\x8e\x00"),
    PROTO("opcode 15", "\x8f\x00"),
    PROTO("ping above 125 bytes", "\x89\x7e\x00\x7e"),
    PROTO("pong above 125 bytes", "\x8a\x7e\x00\x7e"),
    PROTO("Close above 125 bytes", "\x88\x7e\x00\x7e"),
    PROTO("ping of 64-bit length", "\x89\x7f\0\0\0\0\0\0\0\x01"),
    PROTO("fragmented ping", "\x09\x00"),
    PROTO("fragmented pong", "\x0a\x00"),
    PROTO("fragmented Close", "\x08\x00"),
    PROTO("continuation of nothing", "\x80\x01"
                                     "a"),
    PROTO("continuation of nothing, unfinished", "\x00\x01"
                                                 "a"),
    PROTO("continuation after a message", "\x81\x01"
                                          "a\x80\x01"
                                          "b"),
    PROTO("text inside a message", "\x01\x01"
                                   "a\x81\x01"
                                   "b"),
    PROTO("binary inside a message", "\x02\x01"
                                     "a\x82\x01"
                                     "b"),
    PROTO("length 125 in 16 bits", "\x82\x7e\x00\x7d"),
    PROTO("length 65535 in 64 bits", "\x82\x7f\0\0\0\0\0\0\xff\xff"),
    PROTO("length of 64 bits", "\x82\x7f\x80\0\0\0\0\0\0\0"),
    PROTO("Close of one byte", "\x88\x01\x03"),
    PROTO("Close 0", "\x88\x02\x00\x00"),
    PROTO("Close 999", "\x88\x02\x03\xe7"),
    PROTO("Close 1004", "\x88\x02\x03\xec"),
    PROTO("Close 1005", "\x88\x02\x03\xed"),
    PROTO("Close 1006", "\x88\x02\x03\xee"),
    PROTO("Close 1015", "\x88\x02\x03\xf7"),
    PROTO("Close 1016", "\x88\x02\x03\xf8"),
    PROTO("Close 2999", "\x88\x02\x0b\xb7"),
    PROTO("Close 5000", "\x88\x02\x13\x88"),
    PROTO("Close 65535", "\x88\x02\xff\xff"),
    UTF8("reason", "\x88\x04\x03\xe8\xc3("),
    UTF8("reason cut short", "\x88\x03\x03\xe8\xc3"),
    UTF8("continuation byte alone", "\x81\x01\x80"),
    UTF8("overlong", "\x81\x02\xc0\x80"),
    UTF8("surrogate", "\x81\x03\xed\xa0\x80"),
    UTF8("above U+10FFFF", "\x81\x04\xf4\x90\x80\x80"),
    UTF8("cut short", "\x81\x02\xe2\x82"),
    UTF8("cut short over two frames", "\x01\x01\xe2\x80\x01\x82"),
    UTF8("wrong in the second frame", "\x01\x01\xe2\x80\x02\x82("),
    TOO_BIG("one byte too big", "\x82\x7e\x03\xe9x"),
    TOO_BIG("far too big", "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xffx"),
    TOO_BIG("text too big", "\x81\x7e\x03\xe9x"),
    TOO_BIG("too big with the second frame", "\x02\x01x\x80\x7e\x03\xe8x"),
    { "the end of the stream", "", 0, -ECONNRESET, 0 },
    { "the end within a header", "\x81", 1, -ECONNRESET, 0 },
    { "the end within a frame",
      "\x81\x05"
      "a",
      3, -ECONNRESET, 0 },
    { "the end within a message",
      "\x01\x01"
      "a",
      3, -ECONNRESET, 0 },
};

static void send_bad(struct ws_peer *peer)
{
    const struct bad *bad = peer->arg;

    ws_peer_write(peer, bad->data, bad->bytes);
    if (bad->code)
        ws_peer_expect_close(peer, bad->code);
}

/* Receives until it fails; returns the error. */
static int receive_all(struct rt_ws *ws, uint64_t *messages, uint64_t *bytes)
{
    struct rt_ws_message message;
    int rc;

    while ((rc = rt_ws_recv(ws, &message, test_late())) == 0) {
        *messages += 1;
        *bytes += message.bytes;
        CHECK_INT(message.data[message.bytes], 0);
    }
    return rc;
}

static void refuse(const struct bad *bad)
{
    struct ws_peer peer = { .script = send_bad, .arg = (void *)bad };
    uint64_t n = 0;

    if (!ws_peer_start(&peer))
        return;
    struct rt_ws *ws = ws_peer_connect(&peer, SMALL_MAX);
    if (ws) {
        int error = receive_all(ws, &n, &n);
        test_check_int(error, bad->error, bad->name, __FILE__, __LINE__);
        CHECK_INT(receive_all(ws, &n, &n), bad->error); /* for good */
        if (bad->code)
            CHECK_INT(rt_ws_send(ws, RT_WS_TEXT, "", 0, test_late()), -EPIPE);
        CHECK_INT(rt_ws_closed(ws, NULL), 0);
    }
    ws_peer_stop(&peer);
    rt_ws_free(ws);
}

static int refuse_each(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++)
        refuse(&bads[i]);
    return 0;
}

static void malformed_frames_are_refused_with_their_code(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, refuse_each, NULL), 0);
}

/* ---- random bytes ---- */

/* What a client must make of a stream that ends after these bytes. */
struct verdict {
    uint64_t messages, bytes;
    int error;
};

/* Decodes one character; its length, or 0. */
static size_t decode(const unsigned char *at, size_t left)
{
    static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t n = at[0] < 0x80             ? 1
               : (at[0] & 0xe0) == 0xc0 ? 2
               : (at[0] & 0xf0) == 0xe0 ? 3
               : (at[0] & 0xf8) == 0xf0 ? 4
                                        : 0;
    if (n < 2 || n > left)
        return n > left ? 0 : n;
    unsigned point = at[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (at[i] & 0x3f);
    }
    return point < least[n] || point > 0x10ffff || point >> 11 == 0x1b ? 0 : n;
}

static bool is_text(const unsigned char *at, size_t left)
{
    while (left > 0) {
        size_t n = decode(at, left);
        if (n == 0)
            return false;
        at += n;
        left -= n;
    }
    return true;
}

/* A frame as it stands in the stream. */
struct shape {
    unsigned fin, rsv, opcode, mask;
    uint64_t bytes;
    const unsigned char *data;
    size_t have; /* of its payload */
};

/* Reads a header at *at: 0, -ECONNRESET when the stream ends too early,
 * -EPROTO for what shows without the payload. */
static int read_shape(struct shape *s, const unsigned char **at,
                      const unsigned char *end)
{
    const unsigned char *p = *at;

    if (end - p < 2)
        return -ECONNRESET;
    *s = (struct shape){ p[0] >> 7,   p[0] >> 4 & 7, p[0] & 15, p[1] >> 7,
                         p[1] & 0x7f, NULL,          0 };
    if (s->opcode >= 8 && (s->bytes > 125 || !s->fin))
        return -EPROTO;
    int more = s->bytes == 127 ? 8 : s->bytes == 126 ? 2 : 0;
    p += 2;
    if (end - p < more)
        return -ECONNRESET;
    if (more)
        s->bytes = 0;
    for (int i = 0; i < more; i++)
        s->bytes = s->bytes << 8 | *p++;
    if ((more == 2 && s->bytes < 126) ||
        (more == 8 && (s->bytes < 65536 || s->bytes >> 63)))
        return -EPROTO;
    if (s->mask && end - p < 4)
        return -ECONNRESET;
    p += s->mask ? 4 : 0;
    size_t left = (size_t)(end - p);
    s->data = p;
    s->have = s->bytes < left ? (size_t)s->bytes : left;
    *at = p + s->have;
    return s->have == 0 && s->bytes > 0 ? -ECONNRESET : 0;
}

static int judge_close(const struct shape *s)
{
    unsigned code = s->bytes < 2 ? 1000 : s->data[0] * 256u + s->data[1];

    if (s->bytes == 1 || code < 1000 || code > 4999 ||
        (code > 1014 && code < 3000) || (code > 1003 && code < 1007))
        return -EPROTO;
    if (s->bytes > 2 && !is_text(s->data + 2, (size_t)s->bytes - 2))
        return -EILSEQ;
    return -EPIPE;
}

/* The message under way. */
struct partial {
    unsigned opcode;
    size_t bytes;
    unsigned char data[SMALL_MAX];
};

static int judge(const struct shape *s, struct partial *m, struct verdict *v)
{
    bool control = s->opcode >= 8;

    if (s->rsv || s->mask || s->opcode > 10 ||
        (s->opcode > 2 && s->opcode < 8) ||
        (!control && (s->opcode == 0) != (m->opcode != 0)))
        return -EPROTO;
    if (!control && s->bytes > SMALL_MAX - m->bytes)
        return -EMSGSIZE;
    if (s->have < s->bytes)
        return -ECONNRESET;
    if (control)
        return s->opcode == 8 ? judge_close(s) : 0;
    memcpy(m->data + m->bytes, s->data, s->have);
    m->bytes += s->have;
    m->opcode = m->opcode ? m->opcode : s->opcode;
    if (!s->fin)
        return 0;
    if (m->opcode == 1 && !is_text(m->data, m->bytes))
        return -EILSEQ;
    v->messages++;
    v->bytes += m->bytes;
    m->opcode = 0;
    m->bytes = 0;
    return 0;
}

static struct verdict read_stream(const unsigned char *at, size_t bytes)
{
    struct verdict v = { 0 };
    struct partial m = { 0 };
    struct shape s;

    for (const unsigned char *end = at + bytes; v.error == 0;) {
        v.error = read_shape(&s, &at, end);
        if (v.error == 0)
            v.error = judge(&s, &m, &v);
    }
    return v;
}

struct stream {
    uint64_t random;
    size_t bytes;
    unsigned char data[FUZZ_BYTES];
};

static unsigned below(struct stream *s, unsigned n)
{
    return test_random(&s->random) % n;
}

static void add_byte(struct stream *s, unsigned byte)
{
    if (s->bytes < sizeof s->data)
        s->data[s->bytes++] = (unsigned char)byte;
}

/* Mostly sound: a message of one to three frames, with a ping or a pong in
 * front of each at times. */
static void add_message(struct stream *s)
{
    unsigned frames = 1 + below(s, 3), opcode = 1 + below(s, 2);

    for (unsigned i = 0; i < frames; i++) {
        unsigned bytes = below(s, 4) ? below(s, 126) : below(s, 500);
        if (below(s, 4) == 0) {
            add_byte(s, 0x89 + below(s, 2));
            add_byte(s, 0);
        }
        add_byte(s, (i + 1 == frames ? 0x80 : 0) | (i ? 0 : opcode));
        add_byte(s, bytes < 126 ? bytes : 126);
        if (bytes >= 126) {
            add_byte(s, bytes >> 8);
            add_byte(s, bytes);
        }
        for (unsigned j = 0; j < bytes; j++)
            add_byte(s, opcode == 1 ? 'a' + below(s, 26) : below(s, 256));
    }
}

static void make_stream(struct stream *s)
{
    unsigned messages = below(s, 12), wrong = below(s, 4);

    for (unsigned i = 0; i < messages; i++)
        add_message(s);
    if (below(s, 2)) { /* a Close, right or wrong */
        add_byte(s, 0x88);
        add_byte(s, below(s, 5));
        add_byte(s, below(s, 3) ? 3 : below(s, 20));
        add_byte(s, 0xe0 + below(s, 32));
    }
    for (unsigned i = below(s, 3) ? 0 : 20; i > 0; i--)
        add_byte(s, below(s, 256));
    for (unsigned i = 0; i < wrong && s->bytes > 0; i++)
        s->data[below(s, (unsigned)s->bytes)] ^=
            (unsigned char)(1 << below(s, 8));
}

/* In pieces of any length, then the end; reads what the client answers, for
 * unread answers would make of the end a reset. */
static void send_stream(struct ws_peer *peer)
{
    struct stream *s = peer->arg;
    char ignored[256];

    for (size_t at = 0; at < s->bytes;) {
        size_t n = below(s, 8) ? 1 + below(s, 600) : 1;
        n = n < s->bytes - at ? n : s->bytes - at;
        if (!ws_peer_write(peer, s->data + at, n))
            break;
        at += n;
    }
    rt_sock_shutdown(peer->sock);
    while (rt_sock_read(peer->sock, ignored, sizeof ignored, test_late()) > 0)
        continue;
}

static void fuzz_once(uint64_t seed)
{
    static struct stream stream; /* one at a time */
    struct ws_peer peer = { .script = send_stream, .arg = &stream };
    struct verdict got = { 0 };

    stream = (struct stream){ .random = seed };
    make_stream(&stream);
    struct verdict want = read_stream(stream.data, stream.bytes);
    if (!ws_peer_start(&peer))
        return;
    struct rt_ws *ws = ws_peer_connect(&peer, SMALL_MAX);
    if (ws)
        got.error = receive_all(ws, &got.messages, &got.bytes);
    rt_ws_free(ws);
    ws_peer_stop(&peer);
    char name[64];
    snprintf(name, sizeof name, "stream of seed %llu",
             (unsigned long long)seed);
    if (test_check_int(got.error, want.error, name, __FILE__, __LINE__) &&
        CHECK_INT(got.messages, want.messages))
        CHECK_INT(got.bytes, want.bytes);
}

static int fuzz(void *arg)
{
    (void)arg;
    for (uint64_t seed = 1; seed <= FUZZ_RUNS; seed++)
        fuzz_once(seed);
    return 0;
}

static void random_streams_are_read_as_the_rfc_says(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, fuzz, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(malformed_frames_are_refused_with_their_code),
        TEST(random_streams_are_read_as_the_rfc_says),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
