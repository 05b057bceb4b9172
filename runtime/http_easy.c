/* SPDX-License-Identifier: MIT */
/*
 * One libcurl easy handle and the reply it collects.  Invariant: `body`, when
 * not NULL, has room for one byte more than `room`, for the closing NUL.
 */
#include "http_easy.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum {
    BODY_MAX = 64 << 20,
    ROOM_MIN = 1024
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global;

/* Never undone: other parts of the program may use libcurl as well. */
static void init_global(void)
{
    global = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int make_room(struct http_easy *easy, size_t bytes)
{
    size_t room = easy->room ? easy->room : ROOM_MIN;

    if (bytes <= easy->room)
        return 0;
    while (room < bytes)
        room *= 2;
    char *body = realloc(easy->body, room + 1);
    if (!body)
        return -ENOMEM;
    easy->body = body;
    easy->room = room;
    return 0;
}

/* Returning less than was given ends the transfer. */
static size_t receive(char *data, size_t one, size_t bytes, void *arg)
{
    struct http_easy *easy = arg;

    (void)one; /* is 1, says the manual */
    if (bytes > BODY_MAX - easy->bytes)
        easy->error = -EMSGSIZE;
    else
        easy->error = make_room(easy, easy->bytes + bytes);
    if (easy->error)
        return 0;
    memcpy(easy->body + easy->bytes, data, bytes);
    easy->bytes += bytes;
    return bytes;
}

curl_socket_t http_easy_socket(void *arg, curlsocktype purpose,
                               struct curl_sockaddr *address)
{
    struct http_easy *easy = arg;
    int type = address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK;

    (void)purpose;
    int fd = socket(address->family, type, address->protocol);
    if (fd < 0)
        easy->error = -errno;
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static void set_options(struct http_easy *easy)
{
    CURL *curl = easy->curl;

    /* All known to the oldest libcurl we build with: they cannot fail.
     * libcurl's own limit on connecting, 300 s, is longer than the kernel's;
     * setting it would cost a timer per request. */
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, easy);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, http_easy_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, easy);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)BODY_MAX);
}

int http_easy_init(struct http_easy *easy)
{
    pthread_once(&once, init_global);
    if (global)
        return -ENOMEM;
    *easy = (struct http_easy){ .curl = curl_easy_init() };
    if (!easy->curl)
        return -ENOMEM;
    set_options(easy);
    return 0;
}

void http_easy_fini(struct http_easy *easy)
{
    curl_easy_cleanup(easy->curl);
    free(easy->body);
    *easy = (struct http_easy){ 0 };
}

int http_easy_check(const char *url)
{
    /* libcurl would take any word for a host name. */
    bool http = strncasecmp(url, "http://", 7) == 0 ||
                strncasecmp(url, "https://", 8) == 0;

    return http ? 0 : -EINVAL;
}

int http_easy_begin(struct http_easy *easy, const char *url)
{
    CURLcode code = curl_easy_setopt(easy->curl, CURLOPT_URL, url);

    easy->bytes = 0;
    easy->error = 0;
    return code ? -ENOMEM : make_room(easy, ROOM_MIN);
}

/* Why connect(2) failed. */
static int connect_error(CURL *curl)
{
    long number = 0;

    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &number);
    return number > 0 ? (int)-number : -ECONNREFUSED;
}

/* HTTP/0.9 and a scheme we do not speak are one error to libcurl: whether a
 * request was sent tells them apart. */
static int unsupported(CURL *curl)
{
    long sent = 0;

    curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0 ? -EPROTO : -EINVAL;
}

static int map_error(CURL *curl, CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return 0;
    case CURLE_URL_MALFORMAT:
        return -EINVAL;
    case CURLE_UNSUPPORTED_PROTOCOL:
        return unsupported(curl);
    case CURLE_COULDNT_CONNECT:
        return connect_error(curl);
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: /* also for a body whose chunks make no sense:
                              CURLINFO_OS_ERRNO may be of an earlier one */
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        return -ECONNRESET;
    case CURLE_WEIRD_SERVER_REPLY:
        return -EPROTO;
    case CURLE_FILESIZE_EXCEEDED:
        return -EMSGSIZE;
    case CURLE_OUT_OF_MEMORY:
        return -ENOMEM;
    case CURLE_OPERATION_TIMEDOUT:
        return -ETIMEDOUT;
    default:
        return -EIO;
    }
}

int http_easy_end(struct http_easy *easy, CURLcode code,
                  struct rt_http_reply *reply)
{
    long status = 0;
    int error = map_error(easy->curl, code);

    if (error)
        return easy->error ? easy->error : error;
    curl_easy_getinfo(easy->curl, CURLINFO_RESPONSE_CODE, &status);
    easy->body[easy->bytes] = '\0';
    *reply = (struct rt_http_reply){ .status = (int)status,
                                     .body = easy->body,
                                     .body_bytes = easy->bytes };
    return 0;
}
