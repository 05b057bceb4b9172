/* SPDX-License-Identifier: MIT */
/*
 * The load generator: many connections to one echo server, one message in
 * flight on each.  Every message is a window of one pattern, and every answer
 * is compared with it as it comes in, so a connection needs no buffer.
 * Invariant: the load lives until the close callbacks of all its handles have
 * run; only then is its owner told.
 */
#include "serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h" /* work_hash() */

enum {
    PENDING_MAX = 512,
    PATTERN_PERIOD = 256,
    TEXT_BYTES = 160
};

enum member_state {
    CONNECTING,
    GREETING, /* the round trip that is not counted */
    IDLE,
    PLAYING
};

struct member {
    uv_poll_t poll;
    struct load *load;
    int fd;
    enum member_state state;
    uint64_t k; /* number of the round trip */
    size_t sent, got;
    bool blocked; /* armed for writing as well */
};

struct load {
    uv_loop_t *loop;
    struct load_options options;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } to;
    socklen_t to_size;
    struct member *members;
    unsigned opened, pending, connected;
    uint64_t started, finished, digest, wall_ns, cpu_ns;
    uint8_t *pattern; /* byte j is j mod 256 */
    uint8_t *answer;  /* scratch */
    uv_timer_t kick;  /* opens the first wave */
    unsigned handles; /* not closed yet */
    bool ending, quiet;
    char text[TEXT_BYTES];
};

static void load_free(struct load *load)
{
    free(load->members);
    free(load->pattern);
    free(load->answer);
    free(load);
}

/* ---- the end ---- */

static void handle_closed(struct load *load)
{
    if (--load->handles)
        return;
    if (!load->quiet)
        load->options.done(load->options.owner, load->text);
    load_free(load);
}

static void member_closed(uv_handle_t *handle)
{
    struct member *member = handle->data;

    close(member->fd);
    handle_closed(member->load);
}

static void kick_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

static void end(struct load *load)
{
    if (load->ending)
        return;
    load->ending = true;
    uv_close((uv_handle_t *)&load->kick, kick_closed);
    for (unsigned i = 0; i < load->opened; i++)
        uv_close((uv_handle_t *)&load->members[i].poll, member_closed);
}

static void fail(struct load *load, const char *what, int error)
{
    if (load->ending)
        return;
    if (error)
        snprintf(load->text, sizeof load->text, "error %s: %s", what,
                 uv_strerror(error));
    else
        snprintf(load->text, sizeof load->text, "error %s", what);
    end(load);
}

static void finish(struct load *load)
{
    snprintf(load->text, sizeof load->text,
             "ok rounds=%" PRIu64 " bytes=%" PRIu64 " digest=%" PRIx64
             " wall_ns=%" PRIu64 " cpu_ns=%" PRIu64,
             load->finished, load->finished * load->options.bytes, load->digest,
             uv_hrtime() - load->wall_ns, cpu_now() - load->cpu_ns);
    end(load);
}

/* ---- one round trip ---- */

static void member_event(uv_poll_t *poll, int status, int events);

static void arm(struct member *member, bool blocked)
{
    int events = UV_READABLE | (blocked ? UV_WRITABLE : 0);

    member->blocked = blocked;
    int error = uv_poll_start(&member->poll, events, member_event);
    if (error)
        fail(member->load, "cannot wait", error);
}

static void send_more(struct member *member)
{
    struct load *load = member->load;
    const uint8_t *message = load->pattern + member->k % PATTERN_PERIOD;
    size_t left = load->options.bytes - member->sent;
    ssize_t n = send(member->fd, message + member->sent, left, MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        fail(load, "cannot send", -errno);
        return;
    }
    if (n > 0)
        member->sent += (size_t)n;
    bool blocked = member->sent < load->options.bytes;
    if (blocked != member->blocked)
        arm(member, blocked);
}

static void play(struct member *member)
{
    member->sent = member->got = 0;
    send_more(member);
}

static void play_next(struct member *member)
{
    struct load *load = member->load;

    if (load->started == load->options.rounds) {
        member->state = IDLE;
        return;
    }
    load->started++;
    member->state = PLAYING;
    play(member);
}

static void open_wave(struct load *load);

static void greeted(struct member *member)
{
    struct load *load = member->load;

    member->state = IDLE;
    load->pending--;
    load->connected++;
    if (load->connected < load->options.connections)
        open_wave(load);
    else if (load->options.ready)
        load->options.ready(load->options.owner);
    else
        load_go(load);
}

static void answered(struct member *member, uint8_t last)
{
    struct load *load = member->load;
    uint8_t rest = (uint8_t)(last - member->k);

    member->k++;
    if (member->state == GREETING) {
        greeted(member);
        return;
    }
    load->digest += work_hash(load->options.bytes * PATTERN_PERIOD + rest);
    load->finished++;
    if (load->finished == load->options.rounds)
        finish(load);
    else
        play_next(member);
}

static void receive(struct member *member)
{
    struct load *load = member->load;
    size_t left = load->options.bytes - member->got;
    /* One byte more than is due, to notice one that is too many. */
    ssize_t n = recv(member->fd, load->answer, left + 1, 0);
    const uint8_t *due =
        load->pattern + member->k % PATTERN_PERIOD + member->got;

    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            fail(load, "cannot receive", -errno);
        return;
    }
    if (n == 0) {
        fail(load, "the server closed a connection", 0);
        return;
    }
    size_t got = (size_t)n;
    if (member->state == IDLE || got > left ||
        memcmp(load->answer, due, got) != 0) {
        fail(load, "wrong answer", 0);
        return;
    }
    member->got += got;
    if (got == left)
        answered(member, load->answer[got - 1]);
}

/* ---- connecting ---- */

static void connected(struct member *member)
{
    int error = 0, on = 1;
    socklen_t size = sizeof error;

    getsockopt(member->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        fail(member->load, "cannot connect", -error);
        return;
    }
    setsockopt(member->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    member->state = GREETING;
    arm(member, false);
    if (!member->load->ending)
        play(member);
}

static void member_event(uv_poll_t *poll, int status, int events)
{
    struct member *member = poll->data;

    /* An error of the socket: the system calls below tell which. */
    if (member->state == CONNECTING) {
        connected(member);
        return;
    }
    if (status < 0) {
        receive(member);
        fail(member->load, "a connection broke", 0); /* unless it did */
    } else if (events & UV_READABLE) {
        receive(member);
    } else if (events & UV_WRITABLE) {
        send_more(member);
    }
}

static int open_socket(struct load *load)
{
    int fd = socket(load->to.any.sa_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (connect(fd, &load->to.any, load->to_size) < 0 && errno != EINPROGRESS) {
        int error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

static int member_open(struct load *load, struct member *member)
{
    int fd = open_socket(load);

    if (fd < 0)
        return fd;
    int error = uv_poll_init(load->loop, &member->poll, fd);
    if (error) {
        close(fd);
        return error;
    }
    member->fd = fd;
    member->load = load;
    member->poll.data = member;
    load->opened++;
    load->pending++;
    load->handles++;
    return uv_poll_start(&member->poll, UV_WRITABLE, member_event);
}

static void open_wave(struct load *load)
{
    while (load->pending < PENDING_MAX &&
           load->opened < load->options.connections) {
        int error = member_open(load, &load->members[load->opened]);
        if (error) {
            fail(load, "cannot connect", error);
            return;
        }
    }
}

static void kicked(uv_timer_t *timer)
{
    open_wave(timer->data);
}

/* ---- the interface ---- */

static bool parse_host(struct load *load)
{
    const char *host = load->options.host;
    in_port_t port = htons((uint16_t)load->options.port);

    if (inet_pton(AF_INET, host, &load->to.v4.sin_addr) == 1) {
        load->to.v4.sin_family = AF_INET;
        load->to.v4.sin_port = port;
        load->to_size = sizeof load->to.v4;
        return true;
    }
    if (inet_pton(AF_INET6, host, &load->to.v6.sin6_addr) == 1) {
        load->to.v6.sin6_family = AF_INET6;
        load->to.v6.sin6_port = port;
        load->to_size = sizeof load->to.v6;
        return true;
    }
    return false;
}

int load_start(struct load **out, uv_loop_t *loop,
               const struct load_options *options)
{
    struct load *load = calloc(1, sizeof *load);
    int error = -ENOMEM;

    if (!load)
        return -ENOMEM;
    load->loop = loop;
    load->options = *options;
    load->members = calloc(options->connections, sizeof *load->members);
    load->pattern = malloc(options->bytes + PATTERN_PERIOD);
    load->answer = malloc(options->bytes + 1);
    if (!load->members || !load->pattern || !load->answer)
        goto free_load;
    error = -EINVAL;
    if (!parse_host(load))
        goto free_load;
    for (size_t i = 0; i < options->bytes + PATTERN_PERIOD; i++)
        load->pattern[i] = (uint8_t)i;
    uv_timer_init(loop, &load->kick);
    load->kick.data = load;
    load->handles = 1;
    uv_timer_start(&load->kick, kicked, 0, 0);
    *out = load;
    return 0;

free_load:
    load_free(load);
    return error;
}

void load_go(struct load *load)
{
    load->wall_ns = uv_hrtime();
    load->cpu_ns = cpu_now();
    for (unsigned i = 0; i < load->options.connections && !load->ending; i++)
        play_next(&load->members[i]);
}

void load_stop(struct load *load)
{
    load->quiet = true;
    end(load);
}
