/* SPDX-License-Identifier: MIT */

/* WebSocket messages and pings, both ways, with deadlines and cancellations in
 * between. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ws_peer.h"

enum {
    PINGS = 100000
};

static bool receive(struct rt_ws *ws, enum rt_ws_kind kind, const char *data,
                    size_t bytes)
{
    struct rt_ws_message message = { 0 };

    return CHECK_INT(rt_ws_recv(ws, &message, test_late()), 0) &&
           CHECK_INT(message.kind, kind) && CHECK_INT(message.bytes, bytes) &&
           CHECK(memcmp(message.data, data, bytes) == 0) &&
           CHECK_INT(message.data[bytes], 0);
}

/* ---- messages ---- */

static const size_t lengths[] = { 0,     1,     125,   126,   127,   999,
                                  16370, 16384, 65535, 65536, 100000 };

static char *pattern(void)
{
    char *data = malloc(100000);

    for (size_t i = 0; CHECK(data != NULL) && i < 100000; i++)
        data[i] = (char)('a' + i % 26);
    return data;
}

static void echo(struct ws_peer *peer)
{
    char *data = pattern();
    struct ws_frame frame;

    while (data && ws_peer_get(peer, &frame) && frame.first != 0x88) {
        uint64_t sum = 0;
        for (size_t i = 0; i < frame.bytes; i++)
            sum += (unsigned char)data[i];
        CHECK_INT(frame.sum, sum);
        ws_peer_put(peer, frame.first, data, (size_t)frame.bytes);
    }
    ws_peer_put(peer, 0x88, "\x03\xe8", 2);
    free(data);
}

static void send_each(struct rt_ws *ws, struct ws_peer *peer)
{
    char *data = pattern();

    (void)peer;
    for (size_t i = 0; data && i < sizeof lengths / sizeof *lengths; i++) {
        enum rt_ws_kind kind = i % 2 ? RT_WS_BINARY : RT_WS_TEXT;
        CHECK_INT(rt_ws_send(ws, kind, data, lengths[i], test_late()), 0);
        receive(ws, kind, data, lengths[i]);
    }
    CHECK_INT(rt_ws_send(ws, RT_WS_TEXT, NULL, 0, test_late()), 0);
    ws_receive_text(ws, "");
    CHECK_INT(rt_ws_close(ws, 1000, NULL, test_late()), 0);
    free(data);
}

static void messages_of_all_lengths_go_both_ways(void **state)
{
    (void)state;
    ws_play(0, echo, send_each, 0);
}

static void expect_good_text(struct ws_peer *peer)
{
    ws_peer_expect(peer, 0x81, "\xc3\xa4", 2);
    ws_peer_expect(peer, 0x82, "\xc3", 1);
    ws_peer_expect_end(peer);
}

static void send_bad_text(struct rt_ws *ws, struct ws_peer *peer)
{
    (void)peer;
    CHECK_INT(ws_send_text(ws, "\xc3"), -EILSEQ);
    CHECK_INT(ws_send_text(ws, "\xc3\xa4"), 0);
    CHECK_INT(rt_ws_send(ws, RT_WS_BINARY, "\xc3", 1, test_late()), 0);
}

static void text_that_is_not_utf8_is_not_sent(void **state)
{
    (void)state;
    ws_play(0, expect_good_text, send_bad_text, 0);
}

static void put_fragments(struct ws_peer *peer)
{
    ws_peer_put(peer, 0x01, "one \xc3", 5);
    ws_peer_put(peer, 0x89, "are you there?", 14);
    ws_peer_put(peer, 0x00, "", 0);
    ws_peer_put(peer, 0x00, "\xa4 two ", 6);
    ws_peer_put(peer, 0x8a, "nobody asked", 12);
    ws_peer_put(peer, 0x80, "three", 5);
    ws_peer_put(peer, 0x02, "", 0);
    ws_peer_put(peer, 0x80, "", 0);
    ws_peer_expect(peer, 0x8a, "are you there?", 14);
    ws_peer_put_text(peer, "end");
}

static void join_fragments(struct rt_ws *ws, struct ws_peer *peer)
{
    (void)peer;
    CHECK_INT(rt_ws_pongs(ws), 0);
    ws_receive_text(ws, "one \xc3\xa4 two three");
    CHECK_INT(rt_ws_pongs(ws), 1);
    receive(ws, RT_WS_BINARY, "", 0);
    ws_receive_text(ws, "end");
    CHECK_INT(ws_receive_error(ws, test_late()), -ECONNRESET);
}

static void fragments_are_joined_with_control_frames_between(void **state)
{
    (void)state;
    ws_play(0, put_fragments, join_fragments, 0);
}

static void put_up_to_the_limit(struct ws_peer *peer)
{
    ws_peer_put_text(peer, "0123456789");
    ws_peer_put(peer, 0x01, "01234", 5);
    ws_peer_put(peer, 0x80, "56789", 5);
    ws_peer_put_text(peer, "0123456789a");
    ws_peer_expect_close(peer, 1009);
}

static void receive_up_to_the_limit(struct rt_ws *ws, struct ws_peer *peer)
{
    (void)peer;
    ws_receive_text(ws, "0123456789");
    ws_receive_text(ws, "0123456789");
    CHECK_INT(ws_receive_error(ws, test_late()), -EMSGSIZE);
}

static void the_largest_message_is_the_one_asked_for(void **state)
{
    (void)state;
    ws_play(0, put_up_to_the_limit, receive_up_to_the_limit, 10);
}

/* ---- waiting ---- */

static const char slowly[] =
    "\x01\x03"
    "abc"
    "\x89\x02"
    "hi"
    "\x80\x7e\x00\x7e"
    "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
    "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
    "\x81\x01"
    "e";

/* A byte for each receive in vain. */
static void put_bytes(struct ws_peer *peer)
{
    for (size_t i = 0; i < sizeof slowly - 1; i++) {
        CHECK_INT(rt_sem_acquire(peer->step, test_late()), 0);
        ws_peer_write(peer, slowly + i, 1);
    }
    ws_peer_expect(peer, 0x8a, "hi", 2);
    ws_peer_expect_end(peer);
}

static int receive_patiently(struct rt_ws *ws, struct rt_ws_message *message,
                             struct rt_sem *step)
{
    int rc;

    do {
        rt_sem_release(step);
        rc = rt_ws_recv(ws, message, rt_in(100000));
    } while (rc == -ETIMEDOUT);
    return rc;
}

static void receive_bytes(struct rt_ws *ws, struct ws_peer *peer)
{
    struct rt_ws_message message = { 0 };

    CHECK_INT(receive_patiently(ws, &message, peer->step), 0);
    CHECK_INT(message.bytes, 3 + 126);
    CHECK_INT(receive_patiently(ws, &message, peer->step), 0);
    CHECK_INT(message.bytes, 1);
    CHECK(message.data && message.data[0] == 'e');
}

static void what_comes_byte_by_byte_survives_deadlines(void **state)
{
    (void)state;
    ws_play(0, put_bytes, receive_bytes, 0);
}

static void put_half_then_half(struct ws_peer *peer)
{
    static const char zeros[128];

    ws_peer_write(peer,
                  "\x81\x04"
                  "ha",
                  4);
    CHECK_INT(rt_sem_acquire(peer->step, test_late()), 0);
    ws_peer_write(peer, "lf", 2);
    /* And a header that comes in pieces, in which nobody is cancelled. */
    ws_peer_write(peer, "\x81\x7e", 2);
    CHECK_INT(rt_sleep(test_soon()), 0);
    ws_peer_write(peer, "\0", 1);
    CHECK_INT(rt_sleep(test_soon()), 0);
    ws_peer_write(peer, "\x80", 1);
    ws_peer_write(peer, zeros, sizeof zeros);
    ws_peer_expect_end(peer);
}

static int receive_forever(void *arg)
{
    return ws_receive_error(arg, RT_FOREVER);
}

static void be_cancelled(struct rt_ws *ws, struct ws_peer *peer)
{
    struct rt_task *task;
    int status = 0;

    for (int i = 0; i < 3; i++) {
        CHECK_INT(rt_spawn(&task, receive_forever, ws), 0);
        if (i > 0)
            CHECK_INT(rt_sleep(test_soon()), 0);
        CHECK_INT(rt_cancel(task), 0);
        CHECK_INT(rt_join(task, &status, test_late()), 0);
        CHECK_INT(status, -ECANCELED);
    }
    rt_sem_release(peer->step);
    ws_receive_text(ws, "half");
    CHECK_INT(ws_receive_error(ws, test_late()), 0);
}

static void a_cancelled_receive_loses_nothing(void **state)
{
    (void)state;
    ws_play(1, put_half_then_half, be_cancelled, 0);
}

static void ping_forever(struct ws_peer *peer)
{
    while (ws_peer_put(peer, 0x89, "", 0))
        continue;
}

static void receive_in_vain(struct rt_ws *ws, struct ws_peer *peer)
{
    (void)peer;
    for (int i = 0; i < 3; i++)
        CHECK_INT(ws_receive_error(ws, test_soon()), -ETIMEDOUT);
    CHECK_INT(ws_receive_error(ws, 0), -ETIMEDOUT);
}

static void pings_without_end_do_not_outlast_a_deadline(void **state)
{
    (void)state;
    ws_play(0, ping_forever, receive_in_vain, 0);
}

static void put_one_on_demand(struct ws_peer *peer)
{
    CHECK_INT(rt_sem_acquire(peer->step, test_late()), 0);
    ws_peer_put_text(peer, "for the first");
    ws_peer_expect_end(peer);
}

static void receive_twice(struct rt_ws *ws, struct ws_peer *peer)
{
    struct rt_task *task = ws_start_receiver(ws);

    rt_sem_release(peer->step);
    CHECK_INT(ws_status_of(task), 0);
}

static void one_task_at_a_time_receives(void **state)
{
    (void)state;
    ws_play(1, put_one_on_demand, receive_twice, 0);
}

/* ---- pings ---- */

static void answer_ping(struct ws_peer *peer)
{
    ws_peer_expect(peer, 0x89, "tick", 4);
    ws_peer_put(peer, 0x8a, "tick", 4);
    ws_peer_expect(peer, 0x89, "", 0);
    ws_peer_put(peer, 0x8a, "", 0);
    ws_peer_put_text(peer, "both");
    ws_peer_expect_end(peer);
}

static void ping(struct rt_ws *ws, struct ws_peer *peer)
{
    char long_one[126] = { 0 };

    (void)peer;
    CHECK_INT(rt_ws_ping(ws, long_one, sizeof long_one, test_late()), -EINVAL);
    CHECK_INT(rt_ws_ping(ws, "tick", 4, test_late()), 0);
    CHECK_INT(rt_ws_ping(ws, NULL, 0, test_late()), 0);
    ws_receive_text(ws, "both");
    CHECK_INT(rt_ws_pongs(ws), 2);
}

static void pongs_are_counted(void **state)
{
    (void)state;
    ws_play(0, answer_ping, ping, 0);
}

/* Reads no answer until the socket can take no more of them, which it cannot
 * know, but PINGS of 125 bytes are more than enough. */
static void ping_without_reading(struct ws_peer *peer)
{
    char data[125] = { 0 };
    struct ws_frame frame = { 0 };

    for (int i = 1; i <= PINGS; i++) {
        memcpy(data, &i, sizeof i);
        ws_peer_put(peer, 0x89, data, sizeof data);
    }
    ws_peer_put_text(peer, "now I read");
    CHECK_INT(rt_sem_acquire(peer->step, test_late()), 0);
    for (int i = 0, last = 0; i < PINGS; last = i) {
        if (!CHECK(ws_peer_get(peer, &frame)) ||
            !CHECK_INT(frame.first, 0x8a) ||
            !CHECK_INT(frame.bytes, sizeof data))
            return;
        memcpy(&i, frame.data, sizeof i);
        CHECK(i > last);
    }
    ws_peer_put_text(peer, "thank you");
}

static void answer_as_far_as_it_goes(struct rt_ws *ws, struct ws_peer *peer)
{
    ws_receive_text(ws, "now I read");
    rt_sem_release(peer->step);
    ws_receive_text(ws, "thank you");
}

static void the_last_ping_is_answered_once_there_is_room(void **state)
{
    (void)state;
    ws_play(0, ping_without_reading, answer_as_far_as_it_goes, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(messages_of_all_lengths_go_both_ways),
        TEST(text_that_is_not_utf8_is_not_sent),
        TEST(fragments_are_joined_with_control_frames_between),
        TEST(the_largest_message_is_the_one_asked_for),
        TEST(what_comes_byte_by_byte_survives_deadlines),
        TEST(a_cancelled_receive_loses_nothing),
        TEST(pings_without_end_do_not_outlast_a_deadline),
        TEST(one_task_at_a_time_receives),
        TEST(pongs_are_counted),
        TEST(the_last_ping_is_answered_once_there_is_room),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
