/* SPDX-License-Identifier: MIT */
#ifndef RT_TOUCHED_H
#define RT_TOUCHED_H

/* touched.h: how far down a stack has been in use. */

#include <stddef.h>

/* From `low`, a page's first byte, up to `high`: the bytes from the lowest
 * page that is in memory to the end; 0 when there is none, or when the system
 * does not tell. */
size_t touched_bytes(char *low, const char *high);

#endif
