/* SPDX-License-Identifier: MIT */
/*
 * Base64 (RFC 4648, section 4) and SHA-1 (RFC 3174) for the one use they have
 * here.  SHA-1 keeps no secret in a WebSocket handshake: it only shows that
 * the server knows the protocol.
 */
#include "ws_accept.h"

#include <endian.h>
#include <string.h>

enum {
    BLOCK_BYTES = 64,
    HASH_WORDS = 5
};

static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/* ---- base64 ---- */

static void encode(char *out, const uint8_t *in, size_t bytes)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < bytes; i += 3) {
        size_t have = bytes - i < 3 ? bytes - i : 3;
        uint32_t bits = (uint32_t)in[i] << 16;

        if (have > 1)
            bits |= (uint32_t)in[i + 1] << 8;
        if (have > 2)
            bits |= in[i + 2];
        *out++ = digits[bits >> 18];
        *out++ = digits[bits >> 12 & 63];
        *out++ = have > 1 ? digits[bits >> 6 & 63] : '=';
        *out++ = have > 2 ? digits[bits & 63] : '=';
    }
    *out = '\0';
}

void ws_key(char key[WS_KEY_CHARS + 1], const uint8_t nonce[WS_NONCE_BYTES])
{
    encode(key, nonce, WS_NONCE_BYTES);
}

/* ---- SHA-1 ---- */

static uint32_t rotate(uint32_t x, int bits)
{
    return x << bits | x >> (32 - bits);
}

/* The function and the constant of round t (section 5). */
static uint32_t mix(int t, uint32_t b, uint32_t c, uint32_t d)
{
    if (t < 20)
        return ((b & c) | (~b & d)) + 0x5a827999;
    if (t < 40)
        return (b ^ c ^ d) + 0x6ed9eba1;
    if (t < 60)
        return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    return (b ^ c ^ d) + 0xca62c1d6;
}

static void hash_block(uint32_t h[HASH_WORDS], const uint8_t *block)
{
    uint32_t w[80], v[HASH_WORDS];

    memcpy(w, block, BLOCK_BYTES);
    for (int t = 0; t < 16; t++)
        w[t] = be32toh(w[t]);
    for (int t = 16; t < 80; t++)
        w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    memcpy(v, h, sizeof v);
    for (int t = 0; t < 80; t++) {
        uint32_t next =
            rotate(v[0], 5) + mix(t, v[1], v[2], v[3]) + v[4] + w[t];
        v[4] = v[3];
        v[3] = v[2];
        v[2] = rotate(v[1], 30);
        v[1] = v[0];
        v[0] = next;
    }
    for (int i = 0; i < HASH_WORDS; i++)
        h[i] += v[i];
}

void ws_accept(char accept[WS_ACCEPT_CHARS + 1], const char *key)
{
    /* Key and GUID are 60 bytes: with the closing bit and the length, two
     * blocks. */
    uint8_t text[2 * BLOCK_BYTES] = { 0 };
    uint32_t h[HASH_WORDS] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                               0xc3d2e1f0 };
    size_t bytes = WS_KEY_CHARS + sizeof guid - 1;

    memcpy(text, key, WS_KEY_CHARS);
    memcpy(text + WS_KEY_CHARS, guid, sizeof guid - 1);
    text[bytes] = 0x80;
    uint64_t bits = htobe64(8 * bytes);
    memcpy(text + sizeof text - sizeof bits, &bits, sizeof bits);
    hash_block(h, text);
    hash_block(h, text + BLOCK_BYTES);
    for (int i = 0; i < HASH_WORDS; i++)
        h[i] = htobe32(h[i]);
    encode(accept, (const uint8_t *)h, sizeof h);
}
