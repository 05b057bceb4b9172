/* SPDX-License-Identifier: MIT */

/* The server of the HTTP tests: one process that accepts, and one for each
 * connection, which reads and answers request after request. */

#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server_ws.h"

enum {
    PATH_MAX_BYTES = 1024,
    PIECE = 2048
};

struct shared {
    struct server_seen seen;
    pthread_barrier_t crowd;
};

/* What this process, which has one connection, is reading. */
static struct server_request asked;

static struct {
    pid_t pid;
    unsigned port;
    struct shared *shared;
    server_dress_fn dress;
} server;

struct server_seen *server_seen;

/* ---- reading a request ---- */

struct request {
    char method[32], path[PATH_MAX_BYTES];
    uint64_t bytes; /* announced of the body */
    bool chunked;
};

static void note_field(struct request *request, const char *line)
{
    if (strncasecmp(line, "Content-Length:", 15) == 0)
        request->bytes = strtoull(line + 15, NULL, 10);
    if (strcasecmp(line, "Transfer-Encoding: chunked\r\n") == 0)
        request->chunked = true;
}

/* False at the end of the connection, and when it makes no sense. */
static bool read_head(FILE *in, struct request *request)
{
    char *head = asked.head;
    size_t used = 0, room = sizeof asked.head;

    *request = (struct request){ 0 };
    asked = (struct server_request){ 0 };
    while (room - used > 1 && fgets(head + used, (int)(room - used), in)) {
        const char *line = head + used;

        if (strcmp(line, "\r\n") == 0)
            return sscanf(head, "%31s %1023s HTTP/1.1\r\n", request->method,
                          request->path) == 2;
        note_field(request, line);
        used += strlen(line);
    }
    return false;
}

/* So many bytes, or all there are. */
static bool read_bytes(FILE *in, uint64_t bytes)
{
    char piece[PIECE];

    while (bytes > 0) {
        size_t n = fread(piece, 1, bytes < PIECE ? bytes : PIECE, in);
        uint64_t at = asked.body_bytes;

        for (size_t i = 0; i < n; i++) {
            if (at + i < sizeof asked.body - 1)
                asked.body[at + i] = piece[i];
            asked.body_wrong += (unsigned char)piece[i] != server_byte(at + i);
        }
        asked.body_bytes += n;
        bytes -= n;
        if (n == 0)
            return false;
    }
    return true;
}

static bool read_chunks(FILE *in)
{
    char line[64];
    uint64_t bytes;

    do {
        if (!fgets(line, sizeof line, in))
            return false;
        bytes = strtoull(line, NULL, 16);
    } while (read_bytes(in, bytes) && fgets(line, sizeof line, in) &&
             bytes > 0);
    return bytes == 0;
}

static bool read_body(FILE *in, const struct request *request)
{
    return request->chunked ? read_chunks(in) : read_bytes(in, request->bytes);
}

/* ---- answers ---- */

static const char hello[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/* Replies that are a text, after which the connection is closed or not. */
static const struct script {
    const char *path, *text;
    bool close;
} scripts[] = {
    { "/hello", hello, false },
    { "/bye",
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbye",
      true },
    { "/unannounced", hello, true },
    { "/missing", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone",
      false },
    { "/none", "HTTP/1.1 204 No Content\r\n\r\n", false },
    { "/unending", "HTTP/1.1 200 OK\r\n\r\nuntil I hang up", true },
    { "/chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n",
      false },
    { "/trailer",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nab\r\n0\r\nX-Late: yes\r\n\r\n",
      false },
    { "/interim",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Which: "
      "early\r\n\r\nHTTP/1.1 200 OK\r\nX-Which: late\r\n"
      "Content-Length: 5\r\n\r\nhello",
      false },
    { "/cookies",
      "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-One: 1\r\nset-cookie: b=2\r\n"
      "X-Empty:\r\nContent-Length: 0\r\n\r\n",
      false },
    { "/half", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", true },
    { "/halfchunk",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf", true },
    { "/halfhead", "HTTP/1.1 200 OK\r\nContent-Le", true },
    { "/nothing", "", true },
    { "/garbage", "what do you want?\r\n\r\n", true },
    { "/badchunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhuh?\r\n", true },
    { "/huge", "HTTP/1.1 200 OK\r\nContent-Length: 67108865\r\n\r\nx", false },
    { "/stall", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nstall", false },
    { "/never", "", false },
};

static const struct script *find_script(const char *path)
{
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        if (strcmp(path, scripts[i].path) == 0)
            return &scripts[i];
    return NULL;
}

static void put_bytes(FILE *out, uint64_t bytes, bool chunked)
{
    unsigned char piece[PIECE];

    for (uint64_t at = 0; at < bytes && !ferror(out);) {
        size_t n = bytes - at < PIECE ? (size_t)(bytes - at) : PIECE;

        for (size_t i = 0; i < n; i++)
            piece[i] = server_byte(at + i);
        if (chunked)
            fprintf(out, "%zx\r\n", n);
        fwrite(piece, 1, n, out);
        if (chunked)
            fputs("\r\n", out);
        at += n;
        atomic_store(&server_seen->sent, at);
    }
    if (chunked)
        fputs("0\r\n\r\n", out);
}

static void put_fields(FILE *out, unsigned long long bytes,
                       unsigned long long n)
{
    fputs("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", out);
    for (unsigned long long i = 0; i < n; i++) {
        fprintf(out, "X-Long-%llu: ", i);
        for (unsigned long long j = 0; j < bytes; j++)
            putc('x', out);
        fputs("\r\n", out);
    }
    fputs("\r\n", out);
}

static void reset(const struct server_peer *peer)
{
    struct linger hard = { .l_onoff = 1 };

    fputs("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", peer->out);
    fflush(peer->out);
    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

/* Those with a number in their path; false when it is none of them. */
static bool answer_counted(FILE *out, const char *path)
{
    static const char head[] = "HTTP/1.1 200 OK\r\n";
    unsigned long long n;
    int status, end = 0;

    if (sscanf(path, "/much/%llu", &n) == 1) {
        fprintf(out, "%sContent-Length: %llu\r\n\r\n", head, n);
        put_bytes(out, n, false);
    } else if (sscanf(path, "/chunked/%llu", &n) == 1) {
        fprintf(out, "%sTransfer-Encoding: chunked\r\n\r\n", head);
        put_bytes(out, n, true);
    } else if (sscanf(path, "/field/%llu", &n) == 1) {
        put_fields(out, n, 1);
    } else if (sscanf(path, "/fields/%llu", &n) == 1) {
        put_fields(out, 1000, n);
    } else if (sscanf(path, "/to/%3d%n", &status, &end) == 1 && end > 0) {
        fprintf(out, "HTTP/1.1 %d Go\r\nLocation: %s\r\n", status, path + end);
        fputs("X-Hop: yes\r\nContent-Length: 4\r\n\r\nhop!", out);
    } else {
        return false;
    }
    return true;
}

/* Answers one request; false when the connection is to be closed. */
static bool answer(const struct server_peer *peer,
                   const struct request *request)
{
    const struct script *script = find_script(request->path);
    bool head = strcmp(request->method, "HEAD") == 0;

    if (script) {
        const char *body = strstr(script->text, "\r\n\r\n");
        size_t bytes = head && body ? (size_t)(body + 4 - script->text)
                                    : strlen(script->text);

        fwrite(script->text, 1, bytes, peer->out);
        return !script->close;
    }
    if (strcmp(request->path, "/reset") == 0) {
        reset(peer);
        return false;
    }
    if (strcmp(request->path, "/ws") == 0) {
        server_ws(peer, asked.head);
        return false;
    }
    if (strcmp(request->path, "/crowd") == 0) {
        pthread_barrier_wait(&server.shared->crowd);
        fputs(hello, peer->out);
        return true;
    }
    return answer_counted(peer->out, request->path);
}

static bool serve_one(const struct server_peer *peer)
{
    struct request request;

    if (!read_head(peer->in, &request))
        return false;
    /* An answer while the body still comes. */
    bool early = strcmp(request.path, "/early") == 0;
    if (early) {
        fputs("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", peer->out);
        fflush(peer->out);
    }
    if (!read_body(peer->in, &request))
        return false;
    server_seen->last = asked;
    atomic_fetch_add(&server_seen->requests, 1);
    return (early || answer(peer, &request)) && fflush(peer->out) == 0;
}

static bool dress_plain(struct server_peer *peer)
{
    peer->in = fdopen(peer->fd, "r");
    peer->out = fdopen(dup(peer->fd), "w");
    return peer->in && peer->out;
}

static void serve_connection(int fd)
{
    struct server_peer peer = { .fd = fd };
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (server.dress(&peer))
        while (serve_one(&peer))
            continue;
    if (peer.out)
        fflush(peer.out);
    _exit(0);
}

static void serve_forever(int listener)
{
    signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd < 0)
            _exit(1);
        atomic_fetch_add(&server_seen->accepts, 1);
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(listener);
            serve_connection(fd);
        }
        close(fd);
    }
}

/* ---- starting and stopping it ---- */

static int listen_somewhere(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) < 0 ||
        listen(fd, 2 * SERVER_CROWD) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) < 0)
        return -1;
    server.port = ntohs(at.sin_port);
    return fd;
}

static bool share_memory(void)
{
    pthread_barrierattr_t attributes;

    server.shared = mmap(NULL, sizeof *server.shared, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (server.shared == MAP_FAILED)
        return false;
    server_seen = &server.shared->seen;
    pthread_barrierattr_init(&attributes);
    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&server.shared->crowd, &attributes, SERVER_CROWD);
    pthread_barrierattr_destroy(&attributes);
    return true;
}

bool server_start(server_dress_fn dress)
{
    int listener = listen_somewhere();

    if (listener < 0 || !share_memory())
        return false;
    server.dress = dress ? dress : dress_plain;
    fflush(NULL); /* nothing is to be written twice */
    server.pid = fork();
    if (server.pid == 0)
        serve_forever(listener);
    close(listener);
    return server.pid > 0;
}

void server_stop(void)
{
    kill(server.pid, SIGKILL);
    waitpid(server.pid, NULL, 0);
    munmap(server.shared, sizeof *server.shared);
}

int server_begin(void **state)
{
    test_begin(state);
    return server_start(NULL) ? 0 : -1;
}

int server_end(void **state)
{
    server_stop();
    return test_end(state);
}

/* ---- for tests ---- */

unsigned server_port(void)
{
    return server.port;
}

const char *server_url(char url[SERVER_URL], const char *path)
{
    snprintf(url, SERVER_URL, "http%s://127.0.0.1:%u%s",
             server.dress == dress_plain ? "" : "s", server.port, path);
    return url;
}

bool server_saw(const char *line)
{
    size_t n = strlen(line);

    for (const char *at = server_seen->last.head; *at;
         at = strchr(at, '\n') + 1) {
        if (strncmp(at, line, n) == 0)
            return true;
        if (strcmp(at, "\r\n") == 0)
            break;
    }
    return false;
}

struct rt_http *server_client(void)
{
    struct rt_http *http = NULL;

    CHECK_INT(rt_http_new(&http), 0);
    return http;
}

bool server_expect(struct rt_http *http, const char *path, int status,
                   const char *body)
{
    struct rt_http_reply reply = { 0 };
    char url[SERVER_URL];

    return CHECK_INT(rt_http_get(http, server_url(url, path), &reply,
                                 test_late()),
                     0) &&
           CHECK_INT(reply.status, status) &&
           CHECK_INT(reply.body_bytes, strlen(body)) &&
           CHECK(memcmp(reply.body, body, strlen(body) + 1) == 0);
}
