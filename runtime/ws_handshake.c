/* SPDX-License-Identifier: MIT */
/*
 * The opening handshake.  An answer is taken only if every line of it is well
 * formed and says what RFC 6455, section 4.1 demands; what was not asked for
 * (extensions, subprotocols) is refused.
 */
#include "ws_handshake.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "ws_accept.h"

enum {
    DEFAULT_PORT = 80
};

/* ---- URLs ---- */

/* Reads [:PORT] up to the end; false when it is neither. */
static bool parse_port(struct ws_url *out, const char *at, const char *end)
{
    out->port = DEFAULT_PORT;
    if (at == end)
        return true;
    if (*at++ != ':' || at == end)
        return false;
    for (out->port = 0; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        out->port = out->port * 10 + (unsigned)(*at - '0');
        if (out->port > 65535)
            return false;
    }
    return out->port > 0;
}

/* HOST, or an IPv6 address in brackets, whose end is in *end. */
static bool parse_host(struct ws_url *out, const char *at, const char **end)
{
    static const char ipv6[] = "0123456789abcdefABCDEF:.";
    bool bracket = *at == '[';
    size_t n;

    if (bracket)
        n = strspn(++at, ipv6);
    else
        n = strcspn(at, ":/?#[]@");
    if (n == 0 || n > WS_HOST_MAX || (bracket && at[n] != ']'))
        return false;
    memcpy(out->host, at, n);
    out->host[n] = '\0';
    *end = at + n + bracket;
    return true;
}

/* Whether it can stand in a request: visible ASCII, no fragment. */
static bool is_plain(const char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text > '~' || *text == '#')
            return false;
    }
    return true;
}

int ws_url_parse(struct ws_url *out, const char *text)
{
    const char *end;

    if (strncasecmp(text, "wss://", 6) == 0)
        return -ENOTSUP;
    if (strncasecmp(text, "ws://", 5) != 0 || !is_plain(text))
        return -EINVAL;
    out->authority = text + 5;
    out->authority_bytes = strcspn(out->authority, "/?");
    out->resource = out->authority + out->authority_bytes;
    if (!parse_host(out, out->authority, &end) ||
        !parse_port(out, end, out->resource))
        return -EINVAL;
    return 0;
}

/* ---- the answer ---- */

/* What its header has said so far. */
struct answer {
    bool upgrade, connection, accept;
};

/* Whether the comma-separated list has the token, in any case. */
static bool has_token(const char *list, const char *token)
{
    size_t want = strlen(token);

    while (*list) {
        list += strspn(list, ", \t");
        size_t n = strcspn(list, ", \t");
        if (n == want && strncasecmp(list, token, n) == 0)
            return true;
        list += n;
    }
    return false;
}

/* Takes one field; false when it must not be there. */
static bool take_field(struct answer *answer, const char *name,
                       const char *value, const char *accept)
{
    if (strcasecmp(name, "Upgrade") == 0) {
        answer->upgrade = strcasecmp(value, "websocket") == 0;
        return answer->upgrade;
    }
    if (strcasecmp(name, "Connection") == 0) {
        answer->connection |= has_token(value, "Upgrade");
        return true;
    }
    if (strcasecmp(name, "Sec-WebSocket-Accept") == 0) {
        bool once = !answer->accept;
        answer->accept = strcmp(value, accept) == 0;
        return once && answer->accept;
    }
    return strcasecmp(name, "Sec-WebSocket-Extensions") != 0 &&
           strcasecmp(name, "Sec-WebSocket-Protocol") != 0;
}

/* Splits NAME:VALUE, blanks around the value taken off.  A line that begins
 * with a blank, as folded ones did, has no name. */
static bool split_field(char *line, char **value)
{
    size_t n = strcspn(line, ": \t");

    if (n == 0 || line[n] != ':')
        return false;
    line[n] = '\0';
    *value = line + n + 1 + strspn(line + n + 1, " \t");
    for (size_t end = strlen(*value);
         end > 0 && strchr(" \t", (*value)[end - 1]); end--)
        (*value)[end - 1] = '\0';
    return true;
}

/* Cuts the next line off, without its CR LF; NULL when it holds a control
 * character other than a tab. */
static char *cut_line(char **text)
{
    char *line = *text, *end = strstr(line, "\r\n");

    *end = '\0';
    *text = end + 2;
    for (const char *c = line; *c; c++) {
        if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
            return NULL;
    }
    return line;
}

/* The head ends with its last line's CR LF and a NUL. */
static bool check_head(char *head, const char *accept)
{
    static const char status[] = "HTTP/1.1 101";
    struct answer answer = { 0 };
    char *line = cut_line(&head), *value;
    size_t n = sizeof status - 1;

    if (!line || strncmp(line, status, n) != 0 ||
        (line[n] != ' ' && line[n] != '\0'))
        return false;
    while (*head) {
        line = cut_line(&head);
        if (!line || !split_field(line, &value) ||
            !take_field(&answer, line, value, accept))
            return false;
    }
    return answer.upgrade && answer.connection && answer.accept;
}

/* Reads at least the head of the answer: its length, all that was read in
 * *bytes. */
static ssize_t read_head(struct rt_sock *sock, char *buffer, size_t *bytes,
                         int64_t deadline)
{
    static const char end[] = "\r\n\r\n";

    for (*bytes = 0; *bytes < WS_HEAD_MAX;) {
        ssize_t n =
            rt_sock_read(sock, buffer + *bytes, WS_HEAD_MAX - *bytes, deadline);
        if (n <= 0)
            return n == 0 ? -ECONNRESET : n;
        *bytes += (size_t)n;
        char *found = memmem(buffer, *bytes, end, sizeof end - 1);
        if (found)
            return found - buffer + (ssize_t)sizeof end - 1;
    }
    return -EMSGSIZE;
}

static ssize_t read_answer(struct rt_sock *sock, const char *accept,
                           char *buffer, int64_t deadline)
{
    size_t bytes;
    ssize_t head = read_head(sock, buffer, &bytes, deadline);

    if (head < 0)
        return head;
    if (memchr(buffer, '\0', (size_t)head))
        return -EPROTO;
    buffer[head - 2] = '\0'; /* the empty line */
    if (!check_head(buffer, accept))
        return -EPROTO;
    memmove(buffer, buffer + head, bytes - (size_t)head);
    return (ssize_t)bytes - head;
}

/* ---- both ---- */

static ssize_t ask(struct rt_sock *sock, const struct ws_url *url,
                   const char *key, char *buffer, int64_t deadline)
{
    int n = snprintf(buffer, WS_HEAD_MAX,
                     "GET %s%s HTTP/1.1\r\n"
                     "Host: %.*s\r\n"
                     "Upgrade: websocket\r\n"
                     "Connection: Upgrade\r\n"
                     "Sec-WebSocket-Key: %s\r\n"
                     "Sec-WebSocket-Version: 13\r\n\r\n",
                     *url->resource == '/' ? "" : "/", url->resource,
                     (int)url->authority_bytes, url->authority, key);
    if (n < 0 || n >= WS_HEAD_MAX)
        return -EINVAL;
    return rt_sock_write(sock, buffer, (size_t)n, deadline);
}

ssize_t ws_handshake(struct rt_sock *sock, const struct ws_url *url,
                     char *buffer, int64_t deadline)
{
    uint8_t nonce[WS_NONCE_BYTES];
    char key[WS_KEY_CHARS + 1], accept[WS_ACCEPT_CHARS + 1];

    if (getrandom(nonce, sizeof nonce, 0) != sizeof nonce)
        return -EIO;
    ws_key(key, nonce);
    ws_accept(accept, key);
    ssize_t n = ask(sock, url, key, buffer, deadline);
    return n < 0 ? n : read_answer(sock, accept, buffer, deadline);
}
