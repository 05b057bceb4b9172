/* SPDX-License-Identifier: MIT */
/* The syntax of UTF-8 (RFC 3629, section 3): what a character's bytes decode to
 * tells whether they were as few as possible. */
#include "utf8.h"

#include <stdint.h>
#include <string.h>

/* The length of the character at the start, which is not ASCII; 0 when it is
 * none. */
static size_t measure(const uint8_t *at, size_t bytes)
{
    static const uint32_t least[] = { [2] = 0x80, [3] = 0x800, [4] = 0x10000 };
    size_t n = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

    if (at[0] < 0xc0 || at[0] > 0xf7 || n > bytes)
        return 0;
    uint32_t number = at[0] & (0x7f >> n);
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        number = number << 6 | (at[i] & 0x3f);
    }
    bool surrogate = number >= 0xd800 && number <= 0xdfff;
    return number < least[n] || number > 0x10ffff || surrogate ? 0 : n;
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
