/* SPDX-License-Identifier: MIT */
/*
 * The control port: one request per line, one line back, in order.  While a
 * load runs, its session reads on, to notice when its peer goes away, but
 * answers nothing else.
 */
#include "serve.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE_BYTES = 512,
    WORDS_MAX = 8,
    UNREAD_MAX = 65536 /* answers the peer does not take */
};

struct session {
    uv_tcp_t tcp;
    struct load *load;
    bool holding; /* the load waits for `go` */
    size_t used;
    char line[LINE_BYTES];
};

struct answer {
    uv_write_t write;
    size_t bytes;
    char text[];
};

static struct {
    uv_tcp_t listener;
    struct session *loading; /* whose load runs */
} control;

static void session_freed(uv_handle_t *handle)
{
    free(handle->data);
}

static void session_close(struct session *session)
{
    if (uv_is_closing((uv_handle_t *)&session->tcp))
        return;
    if (session->load)
        load_stop(session->load);
    if (control.loading == session)
        control.loading = NULL;
    uv_close((uv_handle_t *)&session->tcp, session_freed);
}

static void answer_written(uv_write_t *write, int status)
{
    struct session *session = write->handle->data;

    free(write->data);
    if (status < 0)
        session_close(session);
}

static void reply(struct session *session, const char *text)
{
    uv_stream_t *stream = (uv_stream_t *)&session->tcp;
    size_t bytes = strlen(text);
    struct answer *answer = malloc(sizeof *answer + bytes + 1);

    if (uv_is_closing((uv_handle_t *)stream)) {
        free(answer);
        return;
    }
    if (!answer || uv_stream_get_write_queue_size(stream) > UNREAD_MAX) {
        free(answer);
        session_close(session);
        return;
    }
    memcpy(answer->text, text, bytes);
    answer->text[bytes] = '\n';
    answer->write.data = answer;
    uv_buf_t buffer = uv_buf_init(answer->text, (unsigned)bytes + 1);
    if (uv_write(&answer->write, stream, &buffer, 1, answer_written) < 0) {
        free(answer);
        session_close(session);
    }
}

/* ---- requests ---- */

static void reply_stats(struct session *session)
{
    char text[160];

    snprintf(text, sizeof text,
             "cpu_ns=%" PRIu64 " connections=%" PRIu64 " requests=%" PRIu64
             " messages=%" PRIu64,
             cpu_now(), counters.connections, counters.requests,
             counters.messages);
    reply(session, text);
}

static void process_lines(struct session *session);

static void load_ready(void *owner)
{
    struct session *session = owner;

    session->holding = true;
    reply(session, "ready");
    process_lines(session);
}

static void load_done(void *owner, const char *text)
{
    struct session *session = owner;

    session->load = NULL;
    session->holding = false;
    control.loading = NULL;
    reply(session, text);
    process_lines(session);
}

/* A number from 1 to max. */
static bool parse_number(const char *word, uint64_t max, uint64_t *out)
{
    char *end;

    if (*word < '0' || *word > '9')
        return false;
    errno = 0;
    *out = strtoull(word, &end, 10);
    return !errno && !*end && *out >= 1 && *out <= max;
}

/* Returns what is wrong with the words, or NULL. */
static const char *parse_load(struct load_options *options, char *const *word,
                              int words)
{
    uint64_t port, connections, bytes;

    if (words < 6 || words > 7)
        return "error load HOST PORT CONNS ROUNDS BYTES [hold]";
    options->host = word[1];
    if (!parse_number(word[2], 65535, &port))
        return "error load: bad PORT";
    if (!parse_number(word[3], LOAD_MAX_CONNECTIONS, &connections))
        return "error load: bad CONNS";
    if (!parse_number(word[4], INT64_MAX, &options->rounds))
        return "error load: bad ROUNDS";
    if (!parse_number(word[5], LOAD_MAX_BYTES, &bytes))
        return "error load: bad BYTES";
    if (words == 7 && strcmp(word[6], "hold") != 0)
        return "error load: bad last word";
    options->port = (unsigned)port;
    options->connections = (unsigned)connections;
    options->bytes = (size_t)bytes;
    options->ready = words == 7 ? load_ready : NULL;
    return NULL;
}

static void begin_load(struct session *session, char *const *word, int words)
{
    struct load_options options = { .owner = session, .done = load_done };
    const char *wrong = parse_load(&options, word, words);

    if (wrong) {
        reply(session, wrong);
        return;
    }
    if (control.loading) {
        reply(session, "error load: another one is running");
        return;
    }
    int error = load_start(&session->load, session->tcp.loop, &options);
    if (error == 0)
        control.loading = session;
    else if (error == -EINVAL)
        reply(session, "error load: HOST is not a numeric address");
    else
        reply(session, "error load: out of memory");
}

static void process(struct session *session, char *line)
{
    char *word[WORDS_MAX], *state = NULL;
    int words = 0;

    for (char *w = strtok_r(line, " \t\r", &state); w && words < WORDS_MAX;
         w = strtok_r(NULL, " \t\r", &state))
        word[words++] = w;
    const char *verb = words ? word[0] : "";
    if (session->holding) {
        if (words != 1 || strcmp(verb, "go") != 0) {
            reply(session, "error only 'go' can follow 'ready'");
            session_close(session);
            return;
        }
        session->holding = false;
        load_go(session->load);
    } else if (words == 1 && strcmp(verb, "stats") == 0) {
        reply_stats(session);
    } else if (strcmp(verb, "load") == 0) {
        begin_load(session, word, words);
    } else if (words == 1 && strcmp(verb, "quit") == 0) {
        uv_stop(session->tcp.loop);
    } else {
        reply(session, "error unknown request");
    }
}

static bool may_process(const struct session *session)
{
    return !uv_is_closing((const uv_handle_t *)&session->tcp) &&
           (!session->load || session->holding);
}

static void process_lines(struct session *session)
{
    char *end;

    while (may_process(session) &&
           (end = memchr(session->line, '\n', session->used))) {
        char line[LINE_BYTES];
        size_t bytes = (size_t)(end - session->line);
        memcpy(line, session->line, bytes);
        line[bytes] = '\0';
        session->used -= bytes + 1;
        memmove(session->line, end + 1, session->used);
        process(session, line);
    }
    if (session->used < LINE_BYTES)
        return;
    reply(session, "error line too long");
    session_close(session);
}

/* ---- connections ---- */

static void give_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    struct session *session = handle->data;

    (void)wanted;
    *buffer = uv_buf_init(session->line + session->used,
                          (unsigned)(LINE_BYTES - session->used));
}

static void session_readable(uv_stream_t *stream, ssize_t got,
                             const uv_buf_t *buffer)
{
    struct session *session = stream->data;

    (void)buffer;
    if (got < 0) {
        session_close(session);
        return;
    }
    session->used += (size_t)got;
    process_lines(session);
}

static void session_open(uv_stream_t *listener, int status)
{
    struct session *session = status < 0 ? NULL : calloc(1, sizeof *session);
    uv_stream_t *stream = (uv_stream_t *)session;

    if (!session)
        return;
    if (uv_tcp_init(listener->loop, &session->tcp) < 0) {
        free(session);
        return;
    }
    session->tcp.data = session;
    if (uv_accept(listener, stream) < 0 ||
        uv_read_start(stream, give_room, session_readable) < 0)
        session_close(session);
}

int control_start(uv_loop_t *loop, unsigned *port)
{
    int fd = listen_local(port);

    if (fd < 0)
        return fd;
    int error = uv_tcp_init(loop, &control.listener);
    if (!error)
        error = uv_tcp_open(&control.listener, fd);
    if (!error)
        error = uv_listen((uv_stream_t *)&control.listener, ORIGIN_BACKLOG,
                          session_open);
    return error;
}
