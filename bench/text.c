/* SPDX-License-Identifier: MIT */
/* Sentences, put together piece by piece. */

#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_add(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

/* What an axis counts, to stand behind a number; NULL where that is unknown. */
static const char *counted(const char *axis)
{
    static const struct {
        const char *axis, *words;
    } known[] = {
        { "bytes", "bytes" },       { "conns", "connections" },
        { "cpu_us", "us of work" }, { "delay_ms", "ms of delay" },
        { "leaves", "leaves" },     { "permits", "permits" },
        { "requests", "requests" }, { "tasks", "tasks" },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(axis, known[i].axis) == 0)
            return known[i].words;
    return NULL;
}

void text_sizes(char *text, size_t size, const char *axis, double low,
                double high)
{
    const char *words = counted(axis);
    if (!words)
        text_add(text, size, "%s ", axis);
    text_add(text, size, "%.15g", low);
    if (high > low)
        text_add(text, size, " to %.15g", high);
    if (words)
        text_add(text, size, " %s", words);
}
