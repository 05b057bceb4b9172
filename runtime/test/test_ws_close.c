/* SPDX-License-Identifier: MIT */

/* Several tasks on one WebSocket connection, and how it ends: a Close from
 * either side, also in the middle of something else. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ws_peer.h"

enum {
    MUCH = 32 << 20, /* more than any socket buffers */
    SENDERS = 4,
    EACH = 200 /* messages a sender sends */
};

/* ---- sending and receiving at once ---- */

static int send_much(void *arg)
{
    char *much = calloc(1, MUCH);
    int rc =
        much ? rt_ws_send(arg, RT_WS_BINARY, much, MUCH, test_late()) : -ENOMEM;

    free(much);
    return rc;
}

/* Reads the large message, and what may have been sent before it. */
static void get_much(struct ws_peer *peer)
{
    struct ws_frame frame = { 0 };

    do {
        if (!CHECK(ws_peer_get(peer, &frame)))
            return;
    } while (frame.first == 0x81 && frame.bytes == 0);
    CHECK_INT(frame.first, 0x82);
    CHECK_INT(frame.bytes, MUCH);
}

/* Reads nothing until the client has received; then everything. */
static void ping_while_it_sends(struct ws_peer *peer)
{
    CHECK_INT(rt_sem_acquire(peer->step, test_late()), 0);
    ws_peer_put(peer, 0x89, "old", 3);
    ws_peer_put(peer, 0x89, "new", 3);
    ws_peer_put_text(peer, "hello");
    CHECK_INT(rt_sem_acquire(peer->step, test_late()), 0);
    get_much(peer);
    ws_peer_expect(peer, 0x8a, "new", 3);
    ws_peer_expect_end(peer);
}

/* Until it is under way: then nobody else gets the turn. */
static struct rt_task *start_sending(struct rt_ws *ws)
{
    struct rt_task *task = NULL;

    CHECK_INT(rt_spawn(&task, send_much, ws), 0);
    while (rt_ws_send(ws, RT_WS_TEXT, "", 0, 1) != -ETIMEDOUT)
        CHECK_INT(rt_yield(), 0);
    return task;
}

static void receive_while_sending(struct rt_ws *ws, struct ws_peer *peer)
{
    struct rt_task *task = start_sending(ws);

    rt_sem_release(peer->step);
    ws_receive_text(ws, "hello");
    rt_sem_release(peer->step);
    CHECK_INT(ws_status_of(task), 0);
}

static void receiving_never_waits_for_a_sender(void **state)
{
    (void)state;
    ws_play(1, ping_while_it_sends, receive_while_sending, 0);
}

static void close_while_it_sends(struct ws_peer *peer)
{
    CHECK_INT(rt_sem_acquire(peer->step, test_late()), 0);
    ws_peer_put(peer, 0x88, "\x03\xe9", 2);
    CHECK_INT(rt_sem_acquire(peer->step, test_late()), 0);
    get_much(peer);
    ws_peer_expect_close(peer, 1001);
    ws_peer_expect_end(peer);
}

static void be_closed_while_sending(struct rt_ws *ws, struct ws_peer *peer)
{
    struct rt_task *task = start_sending(ws);

    rt_sem_release(peer->step);
    CHECK_INT(ws_receive_error(ws, test_late()), -EPIPE);
    CHECK_INT(rt_ws_closed(ws, NULL), 1001);
    rt_sem_release(peer->step);
    CHECK_INT(ws_status_of(task), 0);
    CHECK_INT(ws_send_text(ws, "more"), -EPIPE);
}

static void a_close_is_answered_after_the_message_being_sent(void **state)
{
    (void)state;
    ws_play(1, close_while_it_sends, be_closed_while_sending, 0);
}

static void be_closed_behind_much(struct ws_peer *peer)
{
    CHECK_INT(rt_sem_acquire(peer->step, test_late()), 0);
    get_much(peer);
    ws_peer_expect_close(peer, 1000);
    ws_peer_put(peer, 0x88, "\x03\xe8", 2);
    ws_peer_expect_end(peer);
}

static void close_behind_a_send(struct rt_ws *ws, struct ws_peer *peer)
{
    struct rt_task *task = start_sending(ws);

    CHECK_INT(rt_ws_close(ws, 1000, NULL, test_soon()), -ETIMEDOUT);
    rt_sem_release(peer->step);
    CHECK_INT(ws_status_of(task), 0);
    CHECK_INT(ws_send_text(ws, "more"), -EPIPE);
    CHECK_INT(rt_ws_close(ws, 1002, "not this one", test_late()), 0);
}

static void a_close_waits_for_its_turn_and_can_be_tried_again(void **state)
{
    (void)state;
    ws_play(1, be_closed_behind_much, close_behind_a_send, 0);
}

static void read_a_torn_frame(struct ws_peer *peer)
{
    struct ws_frame frame;

    ws_peer_put_text(peer, "still here");
    CHECK_INT(rt_sem_acquire(peer->step, test_late()), 0);
    CHECK(!ws_peer_get(peer, &frame));
}

static void be_interrupted(struct rt_ws *ws, struct ws_peer *peer)
{
    char *much = calloc(1, MUCH);

    if (!CHECK(much != NULL))
        return;
    CHECK_INT(rt_ws_send(ws, RT_WS_BINARY, much, MUCH, test_soon()),
              -ETIMEDOUT);
    free(much);
    CHECK_INT(ws_send_text(ws, "more"), -EPIPE);
    CHECK_INT(rt_ws_ping(ws, NULL, 0, test_late()), -EPIPE);
    CHECK_INT(rt_ws_close(ws, 1000, NULL, test_late()), -EPIPE);
    ws_receive_text(ws, "still here");
    rt_sem_release(peer->step);
}

static void a_message_cut_short_ends_sending_and_says_so(void **state)
{
    (void)state;
    ws_play(0, read_a_torn_frame, be_interrupted, 0);
}

/* Each message is its sender's letter, as often as the message's number. */
struct sender {
    struct rt_ws *ws;
    struct rt_task *task;
    char letter;
};

static int send_letters(void *arg)
{
    struct sender *s = arg;
    char text[EACH];
    int rc = 0;

    memset(text, s->letter, sizeof text);
    for (size_t n = 1; n <= EACH && rc == 0; n++)
        rc = rt_ws_send(s->ws, RT_WS_TEXT, text, n, test_late());
    return rc;
}

static bool check_letters(const struct ws_frame *frame, uint64_t seen[SENDERS])
{
    int letter = frame->data[0] - 'a';

    return CHECK_INT(frame->first, 0x81) && CHECK(letter >= 0) &&
           CHECK(letter < SENDERS) && CHECK_INT(frame->bytes, ++seen[letter]) &&
           CHECK_INT(frame->sum, frame->bytes * (uint64_t)frame->data[0]);
}

/* Pings all the while: the answers must not get into the messages. */
static void read_letters(struct ws_peer *peer)
{
    uint64_t seen[SENDERS] = { 0 };
    struct ws_frame frame;
    bool ok = true;

    for (int n = 0; ok && n < SENDERS * EACH;) {
        if (n % 8 == 0)
            ws_peer_put(peer, 0x89, "ping", 4);
        ok = CHECK(ws_peer_get(peer, &frame));
        if (ok && frame.first == 0x8a)
            continue;
        ok = ok && check_letters(&frame, seen);
        n++;
    }
    ws_peer_put(peer, 0x88, "\x03\xe8", 2);
    while (ws_peer_get(peer, &frame) && frame.first == 0x8a)
        continue;
}

static void send_from_many(struct rt_ws *ws, struct ws_peer *peer)
{
    struct sender senders[SENDERS];

    (void)peer;
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){ .ws = ws, .letter = (char)('a' + i) };
        CHECK_INT(rt_spawn(&senders[i].task, send_letters, &senders[i]), 0);
    }
    CHECK_INT(ws_receive_error(ws, test_late()), -EPIPE);
    for (int i = 0; i < SENDERS; i++)
        CHECK_INT(ws_status_of(senders[i].task), 0);
}

static void frames_of_several_tasks_do_not_mix(void **state)
{
    (void)state;
    ws_play(SENDERS, read_letters, send_from_many, 0);
}

/* ---- the end ---- */

static void answer_close(struct ws_peer *peer)
{
    ws_peer_expect(peer, 0x88,
                   "\x03\xe8"
                   "bye",
                   5);
    ws_peer_put_text(peer, "dropped");
    ws_peer_put_text(peer, "as well");
    ws_peer_put(peer, 0x88,
                "\x03\xe8"
                "so long",
                9);
    ws_peer_expect_end(peer);
}

static void close_it(struct rt_ws *ws, struct ws_peer *peer)
{
    const char *reason = "";

    (void)peer;
    CHECK_INT(rt_ws_closed(ws, NULL), 0);
    CHECK_INT(rt_ws_close(ws, 1000, "bye", test_late()), 0);
    CHECK_INT(rt_ws_closed(ws, &reason), 1000);
    CHECK(strcmp(reason, "so long") == 0);
    CHECK_INT(rt_ws_close(ws, 1000, "bye", test_late()), 0);
    CHECK_INT(ws_send_text(ws, "more"), -EPIPE);
    CHECK_INT(ws_receive_error(ws, test_late()), -EPIPE);
}

static void closing_sends_and_awaits_a_close(void **state)
{
    (void)state;
    ws_play(0, answer_close, close_it, 0);
}

static void close_first(struct ws_peer *peer)
{
    ws_peer_put_text(peer, "last");
    ws_peer_put(peer, 0x88,
                "\x0f\xa0"
                "enough",
                8);
    ws_peer_expect_close(peer, 4000);
    ws_peer_expect_end(peer);
}

static void be_closed(struct rt_ws *ws, struct ws_peer *peer)
{
    const char *reason = "";

    (void)peer;
    ws_receive_text(ws, "last");
    CHECK_INT(ws_receive_error(ws, test_late()), -EPIPE);
    CHECK_INT(ws_receive_error(ws, test_late()), -EPIPE);
    CHECK_INT(rt_ws_closed(ws, &reason), 4000);
    CHECK(strcmp(reason, "enough") == 0);
    CHECK_INT(ws_send_text(ws, "more"), -EPIPE);
    CHECK_INT(rt_ws_close(ws, 1000, NULL, test_late()), 0);
}

static void the_peers_close_is_answered_with_its_code(void **state)
{
    (void)state;
    ws_play(0, close_first, be_closed, 0);
}

static void close_without_code(struct ws_peer *peer)
{
    ws_peer_put(peer, 0x88, "", 0);
    ws_peer_expect_close(peer, 0);
    ws_peer_expect_end(peer);
}

static void be_closed_without_code(struct rt_ws *ws, struct ws_peer *peer)
{
    const char *reason = NULL;

    (void)peer;
    CHECK_INT(ws_receive_error(ws, test_late()), -EPIPE);
    CHECK_INT(rt_ws_closed(ws, &reason), 1005);
    CHECK(reason && *reason == '\0');
}

static void a_close_need_not_have_a_code(void **state)
{
    (void)state;
    ws_play(0, close_without_code, be_closed_without_code, 0);
}

static void answer_close_only(struct ws_peer *peer)
{
    ws_peer_expect_close(peer, 1000);
    ws_peer_put(peer, 0x88, "\x03\xe8", 2);
    ws_peer_expect_end(peer);
}

static void close_for_another(struct rt_ws *ws, struct ws_peer *peer)
{
    struct rt_task *task = ws_start_receiver(ws);

    (void)peer;
    CHECK_INT(rt_ws_close(ws, 1000, "bye", test_late()), 0);
    CHECK_INT(ws_status_of(task), -EPIPE);
    CHECK_INT(rt_ws_closed(ws, NULL), 1000);
}

static void closing_leaves_the_answer_to_whoever_receives(void **state)
{
    (void)state;
    ws_play(1, answer_close_only, close_for_another, 0);
}

static void say_nothing(struct ws_peer *peer)
{
    ws_peer_expect_close(peer, 1000);
    ws_peer_expect_end(peer);
}

static void close_wrongly(struct rt_ws *ws, struct ws_peer *peer)
{
    static const unsigned codes[] = { 0,    1,    999,  1004, 1005,        1006,
                                      1015, 1016, 2999, 5000, 65536 + 1000 };
    char long_one[125];

    (void)peer;
    memset(long_one, 'x', sizeof long_one);
    long_one[124] = '\0';
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        CHECK_INT(rt_ws_close(ws, codes[i], NULL, test_late()), -EINVAL);
    CHECK_INT(rt_ws_close(ws, 1000, long_one, test_late()), -EINVAL);
    CHECK_INT(rt_ws_close(ws, 1000, "\xc3", test_late()), -EINVAL);
    CHECK_INT(rt_ws_close(ws, 1000, long_one + 1, test_soon()), -ETIMEDOUT);
    CHECK_INT(rt_ws_close(ws, 1000, NULL, test_soon()), -ETIMEDOUT);
}

static void a_close_that_must_not_be_sent_is_invalid(void **state)
{
    (void)state;
    ws_play(0, say_nothing, close_wrongly, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(receiving_never_waits_for_a_sender),
        TEST(a_close_is_answered_after_the_message_being_sent),
        TEST(a_close_waits_for_its_turn_and_can_be_tried_again),
        TEST(a_message_cut_short_ends_sending_and_says_so),
        TEST(frames_of_several_tasks_do_not_mix),
        TEST(closing_sends_and_awaits_a_close),
        TEST(the_peers_close_is_answered_with_its_code),
        TEST(a_close_need_not_have_a_code),
        TEST(closing_leaves_the_answer_to_whoever_receives),
        TEST(a_close_that_must_not_be_sent_is_invalid),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
