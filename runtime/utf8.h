/* SPDX-License-Identifier: MIT */
#ifndef RT_UTF8_H
#define RT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the bytes are UTF-8 by RFC 3629: no overlong forms, no surrogates,
 * nothing above U+10FFFF, no character cut short. */
bool utf8_valid(const void *data, size_t bytes);

#endif
