/* SPDX-License-Identifier: MIT */
#ifndef RT_WS_ACCEPT_H
#define RT_WS_ACCEPT_H

/* ws_accept.h: the two header fields by which both sides of a WebSocket
 * handshake know each other (RFC 6455, section 4.2.2, item 5). */

#include <stddef.h>
#include <stdint.h>

enum {
    WS_NONCE_BYTES = 16,
    WS_KEY_CHARS = 24,   /* Sec-WebSocket-Key */
    WS_ACCEPT_CHARS = 28 /* Sec-WebSocket-Accept */
};

/* The key made of so many random bytes. */
void ws_key(char key[WS_KEY_CHARS + 1], const uint8_t nonce[WS_NONCE_BYTES]);

/* What a server answers to the key, of which WS_KEY_CHARS are read. */
void ws_accept(char accept[WS_ACCEPT_CHARS + 1], const char *key);

#endif
