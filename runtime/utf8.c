/* SPDX-License-Identifier: MIT */
/*
 * The syntax of UTF-8 (RFC 3629, section 4).  Only the second byte of a
 * character has bounds that depend on the first; all later ones are
 * continuation bytes.
 */
#include "utf8.h"

#include <stdint.h>
#include <string.h>

/* What may follow a first byte. */
struct tail {
    uint8_t bytes;     /* 0: not a first byte */
    uint8_t low, high; /* bounds of the second byte */
};

static struct tail tail_of(uint8_t first)
{
    if (first < 0xc2 || first > 0xf4)
        return (struct tail){ 0 };
    if (first < 0xe0)
        return (struct tail){ 1, 0x80, 0xbf };
    if (first < 0xf0)
        return (struct tail){ 2, first == 0xe0 ? 0xa0 : 0x80,
                              first == 0xed ? 0x9f : 0xbf };
    return (struct tail){ 3, first == 0xf0 ? 0x90 : 0x80,
                          first == 0xf4 ? 0x8f : 0xbf };
}

/* The length of the character at the start, which is not ASCII; 0 when it is
 * none. */
static size_t measure(const uint8_t *at, size_t bytes)
{
    struct tail tail = tail_of(at[0]);

    if (tail.bytes == 0 || tail.bytes >= bytes || at[1] < tail.low ||
        at[1] > tail.high)
        return 0;
    for (size_t i = 2; i <= tail.bytes; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    return tail.bytes + (size_t)1;
}

/* How many bytes at the start are ASCII, eight at a time. */
static size_t skip_ascii(const uint8_t *at, size_t bytes)
{
    size_t n = 0;
    uint64_t word;

    for (; n + sizeof word <= bytes; n += sizeof word) {
        memcpy(&word, at + n, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (n < bytes && at[n] < 0x80)
        n++;
    return n;
}

bool utf8_valid(const void *data, size_t bytes)
{
    const uint8_t *at = data;

    for (;;) {
        size_t n = skip_ascii(at, bytes);
        at += n;
        bytes -= n;
        if (bytes == 0)
            return true;
        n = measure(at, bytes);
        if (n == 0)
            return false;
        at += n;
        bytes -= n;
    }
}
