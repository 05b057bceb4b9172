/* SPDX-License-Identifier: MIT */
/* touched.c: asks the page table; proc_pid_pagemap(5). */

#include "touched.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

enum {
    BATCH = 64 /* entries per system call */
};

/* The highest bit says that a page is in memory, the next one that it is in
 * swap. */
static bool in_use(uint64_t entry)
{
    return entry >> 62 != 0;
}

/* The lowest page in use from `at` up to `end`, NULL when there is none. */
static char *lowest_used(int pagemap, char *at, const char *end)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint64_t entries[BATCH];
    size_t n = 0;
    for (size_t i = 0; at < end; i++, at += page) {
        if (i == n) {
            off_t from = (off_t)((uintptr_t)at / page * sizeof *entries);
            ssize_t got = pread(pagemap, entries, sizeof entries, from);
            if (got < (ssize_t)sizeof *entries)
                return NULL;
            n = (size_t)got / sizeof *entries;
            i = 0;
        }
        if (in_use(entries[i]))
            return at;
    }
    return NULL;
}

size_t touched_bytes(char *low, const char *high)
{
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap < 0)
        return 0;
    const char *lowest = lowest_used(pagemap, low, high);
    close(pagemap);
    return lowest ? (size_t)(high - lowest) : 0;
}
