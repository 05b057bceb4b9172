/* SPDX-License-Identifier: MIT */
/*
 * Reads /proc and getrusage().  The order is the point: nothing this file
 * does itself may fall between the two clock readings of a region.
 */

#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    KERNEL_STACK_BYTES = 16384
};

/* Reads a small file whole into a static buffer; NULL when it cannot. */
static const char *slurp(const char *path)
{
    static char text[32768];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    size_t length = 0;
    ssize_t n;
    while (length < sizeof(text) - 1 &&
           (n = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
        length += (size_t)n;
    close(fd);
    text[length] = '\0';
    return length == 0 ? NULL : text;
}

/* The number on the line that starts with key, times unit. */
static uint64_t field(const char *text, const char *key, uint64_t unit)
{
    size_t length = strlen(key);
    for (const char *line = text; line != NULL && *line != '\0';) {
        if (strncmp(line, key, length) == 0)
            return strtoull(line + length, NULL, 10) * unit;
        line = strchr(line, '\n');
        if (line != NULL)
            line++;
    }
    return MEASURE_MISSING;
}

void measure_memory(struct memory *out)
{
    const char *text = slurp("/proc/self/smaps_rollup");
    out->rss = field(text, "Rss:", 1024);
    out->rss_anon = field(text, "Anonymous:", 1024);
    text = slurp("/proc/self/status");
    if (out->rss == MEASURE_MISSING) {
        out->rss = field(text, "VmRSS:", 1024);
        out->rss_anon = field(text, "RssAnon:", 1024);
    }
    out->page_tables = field(text, "VmPTE:", 1024);
    out->threads = field(text, "Threads:", 1);
    out->kernel_stacks = out->threads == MEASURE_MISSING
                             ? MEASURE_MISSING
                             : out->threads * KERNEL_STACK_BYTES;
    text = slurp("/proc/meminfo");
    out->kernel_stacks_system = field(text, "KernelStack:", 1024);
    out->slab_system = field(text, "SUnreclaim:", 1024);
}

uint64_t measure_peak(void)
{
    return field(slurp("/proc/self/status"), "VmHWM:", 1024);
}

int measure_reset_peak(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = write(fd, "5", 1) == 1 ? 0 : -errno;
    close(fd);
    return error;
}

int64_t measure_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int64_t since(const struct timeval *now, const struct timeval *then)
{
    return (now->tv_sec - then->tv_sec) * INT64_C(1000000000) +
           (now->tv_usec - then->tv_usec) * INT64_C(1000);
}

/* Adds the CPU used since the last call. */
static void add_usage(struct measure *measure)
{
    struct rusage now;
    getrusage(RUSAGE_SELF, &now);
    const struct rusage *then = &measure->usage;
    measure->user_ns += since(&now.ru_utime, &then->ru_utime);
    measure->sys_ns += since(&now.ru_stime, &then->ru_stime);
    measure->vol_switches += (uint64_t)(now.ru_nvcsw - then->ru_nvcsw);
    measure->invol_switches += (uint64_t)(now.ru_nivcsw - then->ru_nivcsw);
    measure->minor_faults += (uint64_t)(now.ru_minflt - then->ru_minflt);
    measure->major_faults += (uint64_t)(now.ru_majflt - then->ru_majflt);
}

void measure_begin(struct measure *measure)
{
    *measure = (struct measure){ 0 };
    measure_memory(&measure->before);
    measure_reset_peak();
    getrusage(RUSAGE_SELF, &measure->usage);
    measure->clock = measure_clock();
}

void measure_parked(struct measure *measure, uint64_t tasks, bool tasks_run_on)
{
    measure->wall_ns += measure_clock() - measure->clock;
    int64_t pause = measure_clock();
    add_usage(measure);
    measure_memory(&measure->parked);
    measure->parked_tasks = tasks;
    measure->threads_mid_run = measure->parked.threads;
    getrusage(RUSAGE_SELF, &measure->usage);
    measure->clock = tasks_run_on ? pause : measure_clock();
}

/* Where nothing was read in between: the greater of both ends.  Tasks that
 * stand at a start line are threads at the first of them. */
static uint64_t more_threads(const struct measure *measure)
{
    uint64_t before = measure->before.threads, after = measure->after.threads;
    if (before == MEASURE_MISSING || after == MEASURE_MISSING)
        return MEASURE_MISSING;
    return before > after ? before : after;
}

void measure_end(struct measure *measure)
{
    measure->wall_ns += measure_clock() - measure->clock;
    add_usage(measure);
    measure->peak_rss = measure_peak();
    measure_memory(&measure->after);
    if (measure->parked_tasks == 0)
        measure->threads_mid_run = more_threads(measure);
}
