/* SPDX-License-Identifier: MIT */
/*
 * Limits are read, never tried out: a benchmark that dies of memory or takes
 * the last process id of the machine has measured nothing.
 */

#include "room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    /* Standard streams, epoll, event and timer descriptors, the origin's
     * control connection, the record, whatever libraries open. */
    FDS_SPARE = 32,
    THREADS_SPARE = 64,
    MAPS_SPARE = 1024,
    /* Memory of one task that is alive and parked, kernel's part included:
     * measured 33 KiB for a thread and 4.2 KiB for a coroutine. */
    THREAD_BYTES = 40 * 1024,
    COROUTINE_BYTES = 5 * 1024,
    /* A connection over loopback, both ends. */
    FD_BYTES = 8 * 1024,
    PROCESS_BYTES = 16 * 1024 * 1024
};

void room_raise_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* The number a file starts with, or after `key` in it; UINT64_MAX without. */
static uint64_t number_in(const char *path, const char *key)
{
    char text[2048];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return UINT64_MAX;
    size_t length = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *at = strstr(text, key);
    if (at == NULL)
        return UINT64_MAX;
    char *end;
    uint64_t number = strtoull(at + strlen(key), &end, 10);
    return end == at + strlen(key) ? UINT64_MAX : number;
}

/* The limits of the control group that holds this process, "pids.max" or
 * "memory.max" minus what it uses already. */
static uint64_t cgroup_left(const char *limit, const char *used)
{
    char path[512], group[256] = "";
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (file != NULL) {
        while (fgets(path, sizeof(path), file) != NULL)
            if (sscanf(path, "0::%255s", group) == 1)
                break;
        fclose(file);
    }
    snprintf(path, sizeof(path), "/sys/fs/cgroup%s/%s", group, limit);
    uint64_t max = number_in(path, "");
    if (max == UINT64_MAX)
        return UINT64_MAX;
    snprintf(path, sizeof(path), "/sys/fs/cgroup%s/%s", group, used);
    uint64_t now = number_in(path, "");
    return now == UINT64_MAX || now > max ? 0 : max - now;
}

static bool refuse(struct skip *skip, const char *reason, uint64_t needed,
                   uint64_t limit)
{
    if (needed <= limit)
        return false;
    skip->reason = reason;
    skip->needed = needed;
    skip->limit = limit;
    return true;
}

static void remedy(struct skip *skip, const char *format, uint64_t value)
{
    snprintf(skip->remedy, sizeof(skip->remedy), "%s %llu", format,
             (unsigned long long)value);
}

static bool has_option(const struct rt_info *info, const char *option)
{
    return info->options != NULL && strstr(info->options, option) != NULL;
}

static bool too_few_tasks(const struct needs *needs, const struct rt_info *info,
                          struct skip *skip)
{
    if (info->concurrency == 0)
        return false;
    bool sizeable = has_option(info, "workers");
    const char *reason =
        sizeable ? "pool too small: this many tasks must wait at once"
                 : "this runtime cannot have this many tasks waiting at once";
    if (!refuse(skip, reason, needs->live, info->concurrency))
        return false;
    if (sizeable)
        snprintf(skip->remedy, sizeof(skip->remedy), "workers=%llu",
                 (unsigned long long)needs->live);
    return true;
}

static bool too_few_files(uint64_t fds, struct skip *skip)
{
    struct rlimit files;
    if (fds == 0 || getrlimit(RLIMIT_NOFILE, &files) != 0)
        return false;
    if (!refuse(skip, "too few file descriptors", fds + FDS_SPARE,
                files.rlim_cur))
        return false;
    remedy(skip, "ulimit -n", fds + FDS_SPARE);
    return true;
}

/* Threads the whole system has already: "0.1 0.2 0.3 2/345 678". */
static uint64_t threads_now(void)
{
    uint64_t now = number_in("/proc/loadavg", "/");
    return now == UINT64_MAX ? 0 : now;
}

static bool too_few_threads(uint64_t threads, struct skip *skip)
{
    struct rlimit user;
    uint64_t system = threads_now() + threads + THREADS_SPARE;
    /* The kernel does not hold root to the limit of processes. */
    if (geteuid() != 0 && getrlimit(RLIMIT_NPROC, &user) == 0 &&
        refuse(skip, "too few processes for this user", threads,
               user.rlim_cur)) {
        remedy(skip, "ulimit -u", threads + THREADS_SPARE);
    } else if (refuse(skip, "too few threads in the system", system,
                      number_in("/proc/sys/kernel/threads-max", ""))) {
        remedy(skip, "sysctl kernel.threads-max =", system);
    } else if (refuse(skip, "too few process ids", system,
                      number_in("/proc/sys/kernel/pid_max", ""))) {
        remedy(skip, "sysctl kernel.pid_max =", system);
    } else if (refuse(skip, "too few processes in the control group", threads,
                      cgroup_left("pids.max", "pids.current"))) {
        remedy(skip, "raise pids.max by", threads + THREADS_SPARE);
    }
    return skip->reason != NULL;
}

/* A guarded stack is two mappings. */
static bool too_few_maps(uint64_t stacks, struct skip *skip)
{
    uint64_t needed = 2 * stacks + MAPS_SPARE;
    if (stacks == 0 || !refuse(skip, "too few memory mappings", needed,
                               number_in("/proc/sys/vm/max_map_count", "")))
        return false;
    remedy(skip, "sysctl vm.max_map_count =", needed);
    return true;
}

static bool too_little_memory(uint64_t bytes, struct skip *skip)
{
    uint64_t available = number_in("/proc/meminfo", "MemAvailable:");
    uint64_t group = cgroup_left("memory.max", "memory.current");
    if (available != UINT64_MAX)
        available *= 1024;
    if (group < available)
        available = group;
    /* Some is left for the origin and the rest of the machine. */
    if (available != UINT64_MAX)
        available -= available / 10;
    return refuse(skip, "too little memory (bytes)", bytes, available);
}

void room_check(const struct needs *needs, const struct rt_info *info,
                struct skip *skip)
{
    *skip = (struct skip){ 0 };
    const char *guard = info->guard == NULL ? "" : info->guard;
    bool on_threads = strcmp(guard, "kernel") == 0 && info->concurrency != 1;
    uint64_t stacks = needs->tasks;
    if (info->concurrency != 0 && info->concurrency < stacks)
        stacks = info->concurrency;
    uint64_t threads = on_threads ? stacks : 0;
    bool split = on_threads || strcmp(guard, "mprotect") == 0;
    uint64_t bytes = stacks * (on_threads ? THREAD_BYTES : COROUTINE_BYTES) +
                     (needs->fds + needs->clients) * FD_BYTES + PROCESS_BYTES;
    uint64_t fds = needs->fds + needs->clients * (1 + info->http_fds);
    if (!too_few_tasks(needs, info, skip) && !too_few_files(fds, skip) &&
        !too_few_threads(threads, skip) &&
        !too_few_maps(split ? stacks : 0, skip))
        too_little_memory(bytes, skip);
}
