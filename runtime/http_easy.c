/* SPDX-License-Identifier: MIT */
/*
 * http_easy.c: one libcurl easy handle, what goes through its callbacks, and
 * how a transfer ends.  Invariant: `body`, when not NULL, has room for one
 * byte more than `room`, for the closing NUL.
 */
#include "http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"

enum {
    ROOM_MIN = 1024
};

static int make_room(struct rt_http *http, size_t bytes)
{
    size_t room = http->room ? http->room : ROOM_MIN;

    if (http->body && bytes <= http->room)
        return 0;
    while (room < bytes)
        room *= 2;
    char *body = realloc(http->body, room + 1);
    if (!body)
        return -ENOMEM;
    http->body = body;
    http->room = room;
    return 0;
}

/* Returning less than was given ends the transfer. */
static size_t receive(char *data, size_t one, size_t bytes, void *arg)
{
    (void)one; /* is 1, says the manual */
    struct rt_http *http = arg;
    if (http->streaming && bytes > HTTP_PIECE - http->bytes) {
        http->full = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    if (bytes > http->left)
        http->error = -EMSGSIZE;
    else
        http->error = make_room(http, http->bytes + bytes);
    if (http->error)
        return 0;
    memcpy(http->body + http->bytes, data, bytes);
    http->bytes += bytes;
    http->left -= bytes;
    if (http->streaming)
        http_changed(http);
    return bytes;
}

/* From the source's piece, if there is any left of it; 0 is the end. */
static size_t send_on(char *buffer, size_t one, size_t room, void *arg)
{
    struct rt_http *http = arg;
    struct http_source *source = &http->source;
    size_t bytes = source->bytes - source->sent;
    if (bytes == 0 && source->left > 0) {
        http->hungry = true;
        http_changed(http);
        return CURL_READFUNC_PAUSE;
    }
    if (bytes > one * room)
        bytes = one * room;
    memcpy(buffer, source->piece + source->sent, bytes);
    source->sent += bytes;
    return bytes;
}

curl_socket_t http_easy_socket(void *arg, curlsocktype purpose,
                               struct curl_sockaddr *address)
{
    (void)purpose;
    struct rt_http *http = arg;
    int type = address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK;
    int fd = socket(address->family, type, address->protocol);
    if (fd < 0)
        http->error = -errno;
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static void set_options(struct rt_http *http)
{
    CURL *curl = http->curl;

    /* All known to the oldest libcurl we build with: they cannot fail.
     * libcurl's own limit on connecting, 300 s, is longer than the kernel's;
     * setting it would cost a timer per request. */
    curl_easy_setopt(curl, CURLOPT_PRIVATE, http);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, http_head);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, http);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, send_on);
    curl_easy_setopt(curl, CURLOPT_READDATA, http);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, http_easy_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, http);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    /* A look-up that is given up goes on in its thread until it ends; without
     * this, everything would wait for it. */
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
}

int http_easy_init(struct rt_http *http)
{
    /* The first one makes libcurl itself, which is never undone: other parts
     * of the program may use it as well. */
    http->curl = curl_easy_init();
    if (!http->curl)
        return -ENOMEM;
    set_options(http);
    int error = http_believe(http, NULL);
    if (error)
        http_easy_fini(http);
    return error;
}

void http_easy_fini(struct rt_http *http)
{
    curl_easy_cleanup(http->curl);
    http_request_fini(http);
    free(http->source.piece);
    free(http->body);
    http->curl = NULL;
    http->source = (struct http_source){ 0 };
    http->body = NULL;
    http->bytes = http->taken = http->room = 0;
}

void http_easy_reset(struct rt_http *http)
{
    http->bytes = http->taken = http->head_bytes = 0;
    http->source.bytes = http->source.sent = 0;
    http->replied = http->full = http->hungry = http->done = false;
    http->error = 0;
}

void http_reply(struct rt_http *http, struct rt_http_reply *reply)
{
    long status = 0, redirects = 0;
    char *url = NULL;
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(http->curl, CURLINFO_REDIRECT_COUNT, &redirects);
    curl_easy_getinfo(http->curl, CURLINFO_EFFECTIVE_URL, &url);
    *reply = (struct rt_http_reply){ .status = (int)status,
                                     .redirects = (unsigned)redirects,
                                     .url = url };
    if (http->streaming)
        return;
    if (http->body)
        http->body[http->bytes] = '\0';
    reply->body = http->body ? http->body : "";
    reply->body_bytes = http->bytes;
}

const char *http_field(struct rt_http *http, const char *name, size_t index)
{
    struct curl_header *field;
    if (curl_easy_header(http->curl, name, index, CURLH_HEADER, -1, &field) !=
        CURLHE_OK)
        return NULL;
    /* Of an empty value libcurl 7.88 leaves half the end of the line. */
    return strcmp(field->value, "\r") == 0 ? "" : field->value;
}

/* Why connect(2) failed. */
static int connect_error(CURL *curl)
{
    long number = 0;

    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &number);
    return number > 0 ? (int)-number : -ECONNREFUSED;
}

/* HTTP/0.9, a redirect to a scheme we do not speak and a URL with one are one
 * error to libcurl: whether a request was sent tells the last apart. */
static int unsupported(CURL *curl)
{
    long sent = 0;

    curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0 ? -EPROTO : -EINVAL;
}

/* So libcurl also says of a header field longer than it takes, which in the
 * middle of a head is by far the likelier. */
static int out_of_memory(const struct rt_http *http)
{
    return http->head_bytes > 0 && !http->replied ? -EMSGSIZE : -ENOMEM;
}

static int map_error(const struct rt_http *http, CURLcode code)
{
    static const struct {
        CURLcode code;
        int error;
    } errors[] = {
        { CURLE_URL_MALFORMAT, -EINVAL },
        { CURLE_SEND_ERROR, -ECONNRESET },
        /* Also for a body whose chunks make no sense: CURLINFO_OS_ERRNO may be
         * of an earlier one. */
        { CURLE_RECV_ERROR, -ECONNRESET },
        { CURLE_GOT_NOTHING, -ECONNRESET },
        { CURLE_PARTIAL_FILE, -ECONNRESET },
        { CURLE_WEIRD_SERVER_REPLY, -EPROTO },
        { CURLE_SSL_CONNECT_ERROR, -EPROTO },
        { CURLE_FILESIZE_EXCEEDED, -EMSGSIZE },
        { CURLE_PEER_FAILED_VERIFICATION, -EKEYREJECTED },
        { CURLE_SSL_CACERT_BADFILE, -ENOKEY },
        { CURLE_TOO_MANY_REDIRECTS, -ELOOP },
        { CURLE_SEND_FAIL_REWIND, -ESPIPE },
        { CURLE_OPERATION_TIMEDOUT, -ETIMEDOUT },
    };
    switch (code) {
    case CURLE_OK: /* even if there was but half a head */
        return http->replied ? 0 : -ECONNRESET;
    case CURLE_UNSUPPORTED_PROTOCOL:
        return unsupported(http->curl);
    case CURLE_COULDNT_RESOLVE_HOST:
        return address_not_found(-ENOENT);
    case CURLE_COULDNT_CONNECT:
        return connect_error(http->curl);
    case CURLE_OUT_OF_MEMORY:
        return out_of_memory(http);
    default:
        for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
            if (errors[i].code == code)
                return errors[i].error;
        return -EIO;
    }
}

void http_end(struct rt_http *http, int result)
{
    http->result = result;
    http->done = true;
    http_changed(http);
}

void http_easy_end(struct rt_http *http, CURLcode code)
{
    bool ours = code && http->error;
    http_end(http, ours ? http->error : map_error(http, code));
}
