/* SPDX-License-Identifier: MIT */

/* The server's WebSocket: echoes, answers pings, and hangs up hard when it is
 * told "reset".  Enough of RFC 6455 for messages of less than 64 KiB. */

#include "server_ws.h"

#include <string.h>
#include <sys/socket.h>

#include "ws_accept.h"

enum {
    ECHO_MAX = 1 << 16
};

static bool shake_hands(const struct server_peer *peer, const char *head)
{
    static const char field[] = "Sec-WebSocket-Key: ";
    char accept[WS_ACCEPT_CHARS + 1];
    const char *key = strstr(head, field);

    if (!key)
        return false;
    ws_accept(accept, key + strlen(field));
    fprintf(peer->out,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
            accept);
    return fflush(peer->out) == 0;
}

static bool get(FILE *in, void *to, size_t bytes)
{
    return fread(to, 1, bytes, in) == bytes;
}

/* The payload's length and the key behind it; -1 when there is none, or too
 * much. */
static long get_length(FILE *in, unsigned char second, unsigned char key[4])
{
    unsigned char more[2] = { 0, second & 0x7f };

    if (more[1] == 127 || (more[1] == 126 && !get(in, more, 2)) ||
        !get(in, key, 4))
        return -1;
    return more[0] << 8 | more[1];
}

static void put(FILE *out, unsigned first, const char *data, size_t bytes)
{
    putc((int)first, out);
    if (bytes < 126) {
        putc((int)bytes, out);
    } else {
        putc(126, out);
        putc((int)(bytes >> 8), out);
        putc((int)(bytes & 0xff), out);
    }
    fwrite(data, 1, bytes, out);
}

/* One frame and its answer; false when that was all. */
static bool answer_frame(const struct server_peer *peer)
{
    static char data[ECHO_MAX];
    unsigned char head[2], key[4];

    if (!get(peer->in, head, 2))
        return false;
    long bytes = get_length(peer->in, head[1], key);
    if (bytes < 0 || !get(peer->in, data, (size_t)bytes))
        return false;
    for (long i = 0; i < bytes; i++)
        data[i] = (char)(data[i] ^ key[i % 4]);
    if (bytes == 5 && memcmp(data, "reset", 5) == 0) {
        struct linger hard = { .l_onoff = 1 };
        setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        return false;
    }
    unsigned opcode = head[0] & 0xf;
    put(peer->out, opcode == 9 ? 0x8a : head[0], data, (size_t)bytes);
    return fflush(peer->out) == 0 && opcode != 8;
}

void server_ws(const struct server_peer *peer, const char *head)
{
    if (shake_hands(peer, head))
        while (answer_frame(peer))
            continue;
}
