/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H

#include <stddef.h>

/* Formats to the end of a text in a room of `size`; what has no room is left
 * out. */
void text_add(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "10 to 1000 connections", "100 tasks", "n 10 to 30": the sizes of a
 * workload whose axis is so called, at the end of the text. */
void text_sizes(char *text, size_t size, const char *axis, double low,
                double high);

#endif
