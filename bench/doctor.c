/* SPDX-License-Identifier: MIT */
/*
 * One function per thing that disturbs: it says what was found, and grades it.
 * The table says the rest.
 */
#include "doctor.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    FILES_WANTED = 20034,   /* fanin_ready with 10 000 pairs */
    THREADS_WANTED = 31000, /* sleepers with 30 000, and what else runs */
    MAPPINGS_WANTED = 65530,
    GIB = 1 << 30
};

static enum doctor_grade say(struct finding *f, enum doctor_grade grade,
                             const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum doctor_grade say(struct finding *f, enum doctor_grade grade,
                             const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(f->found, sizeof f->found, format, args);
    va_end(args);
    return grade;
}

static enum doctor_grade unknown(struct finding *f)
{
    return say(f, DOCTOR_UNKNOWN, "the system does not say");
}

/* ---- the processors ---- */

static enum doctor_grade see_cpus(const json_t *env, struct finding *f)
{
    json_int_t n = json_integer_value(json_object_get(env, "cpus_allowed"));
    return say(f, n == 1 ? DOCTOR_DISTURBS : DOCTOR_FINE, "%lld", (long long)n);
}

static enum doctor_grade see_load(const json_t *env, struct finding *f)
{
    const json_t *load = json_object_get(env, "load_avg");
    if (!load)
        return unknown(f);
    double value = json_number_value(json_array_get(load, 0));
    return say(f, value > 0.5 ? DOCTOR_DISTURBS : DOCTOR_FINE, "%.2f", value);
}

static enum doctor_grade see_steal(const json_t *env, struct finding *f)
{
    const json_t *steal = json_object_get(env, "steal_percent");
    if (!steal)
        return unknown(f);
    double percent = json_number_value(steal);
    return say(f, percent > 1 ? DOCTOR_DISTURBS : DOCTOR_FINE, "%.1f %%",
               percent);
}

static enum doctor_grade see_quota(const json_t *env, struct finding *f)
{
    const json_t *quota = json_object_get(env, "cgroup_cpus");
    if (!quota)
        return say(f, DOCTOR_FINE, "none");
    return say(f, DOCTOR_DISTURBS, "%.2f CPUs", json_number_value(quota));
}

static enum doctor_grade see_governor(const json_t *env, struct finding *f)
{
    const char *governor = json_string_value(json_object_get(env, "governor"));
    if (!governor)
        return unknown(f);
    return say(f,
               strcmp(governor, "performance") == 0 ? DOCTOR_FINE
                                                    : DOCTOR_DISTURBS,
               "governor %s", governor);
}

/* A flag that is a note when it is set. */
static enum doctor_grade see_flag(const json_t *env, const char *key,
                                  struct finding *f)
{
    const json_t *flag = json_object_get(env, key);
    if (!flag)
        return unknown(f);
    bool set = json_is_true(flag);
    return say(f, set ? DOCTOR_NOTE : DOCTOR_FINE, "%s", set ? "on" : "off");
}

static enum doctor_grade see_turbo(const json_t *env, struct finding *f)
{
    return see_flag(env, "turbo", f);
}

static enum doctor_grade see_smt(const json_t *env, struct finding *f)
{
    return see_flag(env, "smt", f);
}

static enum doctor_grade see_vm(const json_t *env, struct finding *f)
{
    const json_t *flag = json_object_get(env, "virtualised");
    if (!flag)
        return unknown(f);
    bool virtual = json_is_true(flag);
    return say(f, virtual ? DOCTOR_NOTE : DOCTOR_FINE, "%s",
               virtual ? "yes" : "no");
}

static enum doctor_grade see_clock(const json_t *env, struct finding *f)
{
    const char *source = json_string_value(json_object_get(env, "clocksource"));
    if (!source)
        return unknown(f);
    bool quick = strcmp(source, "tsc") == 0 ||
                 strcmp(source, "kvm-clock") == 0 ||
                 strncmp(source, "arch_sys_counter", 16) == 0 ||
                 strncmp(source, "hyperv", 6) == 0;
    return say(f, quick ? DOCTOR_FINE : DOCTOR_DISTURBS, "%s", source);
}

/* ---- memory and the kernel ---- */

static enum doctor_grade see_memory(const json_t *env, struct finding *f)
{
    const json_t *bytes = json_object_get(env, "memory_available_bytes");
    if (!bytes)
        return unknown(f);
    double gib = (double)json_integer_value(bytes) / GIB;
    return say(f, gib < 1 ? DOCTOR_NOTE : DOCTOR_FINE, "%.1f GiB available",
               gib);
}

static enum doctor_grade see_swap(const json_t *env, struct finding *f)
{
    const json_t *bytes = json_object_get(env, "swap_used_bytes");
    if (!bytes)
        return unknown(f);
    double mib = (double)json_integer_value(bytes) / (1 << 20);
    return say(f, mib > 64 ? DOCTOR_DISTURBS : DOCTOR_FINE, "%.0f MiB in use",
               mib);
}

static enum doctor_grade see_thp(const json_t *env, struct finding *f)
{
    const char *mode =
        json_string_value(json_object_get(env, "transparent_hugepage"));
    if (!mode)
        return unknown(f);
    return say(f, strcmp(mode, "always") == 0 ? DOCTOR_NOTE : DOCTOR_FINE, "%s",
               mode);
}

static enum doctor_grade see_guards(const json_t *env, struct finding *f)
{
    const json_t *flag = json_object_get(env, "guard_pages");
    if (!flag)
        return unknown(f);
    bool can = json_is_true(flag);
    return say(f, can ? DOCTOR_FINE : DOCTOR_NOTE, "%s",
               can ? "MADV_GUARD_INSTALL" : "mprotect only");
}

/* ---- limits ---- */

static enum doctor_grade see_limit(const json_t *env, const char *key,
                                   json_int_t wanted, struct finding *f)
{
    const json_t *limit = json_object_get(json_object_get(env, "limits"), key);
    if (!limit)
        return say(f, DOCTOR_FINE, "none");
    json_int_t value = json_integer_value(limit);
    return say(f, value < wanted ? DOCTOR_NOTE : DOCTOR_FINE, "%lld",
               (long long)value);
}

static enum doctor_grade see_files(const json_t *env, struct finding *f)
{
    return see_limit(env, "nofile_hard", FILES_WANTED, f);
}

static enum doctor_grade see_processes(const json_t *env, struct finding *f)
{
    return see_limit(env, "nproc", THREADS_WANTED, f);
}

static enum doctor_grade see_pids(const json_t *env, struct finding *f)
{
    return see_limit(env, "pids_max", THREADS_WANTED, f);
}

static enum doctor_grade see_threads(const json_t *env, struct finding *f)
{
    return see_limit(env, "threads_max", THREADS_WANTED, f);
}

static enum doctor_grade see_ids(const json_t *env, struct finding *f)
{
    return see_limit(env, "pid_max", THREADS_WANTED, f);
}

static enum doctor_grade see_mappings(const json_t *env, struct finding *f)
{
    return see_limit(env, "max_map_count", MAPPINGS_WANTED, f);
}

/* ---- the build ---- */

static enum doctor_grade see_build(const json_t *env, struct finding *f)
{
    const char *sanitizer =
        json_string_value(json_object_get(env, "sanitizer"));
    const json_t *optimised = json_object_get(env, "optimised");
    if (sanitizer)
        return say(f, DOCTOR_DISTURBS, "with the %s sanitizer", sanitizer);
    if (!optimised)
        return unknown(f);
    return json_is_true(optimised)
               ? say(f, DOCTOR_FINE, "optimised")
               : say(f, DOCTOR_DISTURBS, "without optimisation");
}

static const struct {
    const char *what, *source, *means, *remedy;
    enum doctor_grade (*see)(const json_t *env, struct finding *f);
} checks[] = {
    { "build", "the compiler", "times and memory are not those of a release",
      "make clean all", see_build },
    { "CPUs", "sched_getaffinity(2)",
      "trials share one CPU with the origin and with cobench itself",
      "allow two or more", see_cpus },
    { "load average", "getloadavg(3)",
      "other work takes CPU time and caches from the trials",
      "stop what else is running, or wait", see_load },
    { "stolen time", "/proc/stat",
      "other virtual machines took CPU time from the trials",
      "repeat on a quieter host", see_steal },
    { "CPU quota", "/sys/fs/cgroup/cpu.max",
      "trials are stopped in mid-run when the quota is used up",
      "lift the quota of the cgroup or container", see_quota },
    { "CPU frequency", "/sys/devices/system/cpu/cpu*/cpufreq",
      "the clock changes while trials run",
      "cpupower frequency-set -g performance", see_governor },
    { "turbo", "intel_pstate/no_turbo, cpufreq/boost",
      "the clock depends on heat and on how many cores work",
      "switch it off where spread matters more than speed", see_turbo },
    { "SMT", "/sys/devices/system/cpu/smt/active",
      "pairs of CPUs share a core, so that cpus:all gains less",
      "switch it off (echo off > /sys/devices/system/cpu/smt/control)",
      see_smt },
    { "virtual machine", "/proc/cpuinfo, flag hypervisor",
      "waking a halted CPU is slow, and neighbours make noise",
      "compare only runs of the same machine", see_vm },
    { "clock", "/sys/devices/system/clocksource",
      "every look at the clock is a slow call into the kernel",
      "boot with clocksource=tsc", see_clock },
    { "memory", "/proc/meminfo", "cells with many tasks are skipped",
      "free some", see_memory },
    { "swap", "/proc/meminfo", "pages of trials may lie on disk",
      "stop what needs the memory, or swapoff -a", see_swap },
    { "huge pages", "/sys/kernel/mm/transparent_hugepage",
      "thread stacks and heaps may take 2 MiB pages (stacks of coroutines "
      "opt out)",
      "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled", see_thp },
    { "guard pages", "a try",
      "guards cost mappings: near 32 000 coroutines is the end",
      "Linux 6.13 or later", see_guards },
    { "open files", "RLIMIT_NOFILE, hard",
      "cells with more connections are skipped", "ulimit -Hn 1048576",
      see_files },
    { "processes", "RLIMIT_NPROC", "cells with more threads are skipped",
      "ulimit -u unlimited", see_processes },
    { "processes, cgroup", "/sys/fs/cgroup/pids.max",
      "cells with more threads are skipped", "raise the container's pids limit",
      see_pids },
    { "threads", "kernel.threads-max", "cells with more threads are skipped",
      "sysctl kernel.threads-max=100000", see_threads },
    { "process ids", "kernel.pid_max",
      "a thread has one: cells with more are skipped",
      "sysctl kernel.pid_max=100000", see_ids },
    { "mappings", "vm.max_map_count",
      "threads need two each: cells with more are skipped",
      "sysctl vm.max_map_count=262144", see_mappings },
};
enum {
    CHECKS = sizeof checks / sizeof checks[0]
};
_Static_assert((int)CHECKS <= (int)DOCTOR_MAX, "room for all findings");

size_t doctor_judge(const json_t *env, struct finding findings[DOCTOR_MAX])
{
    for (size_t i = 0; i < CHECKS; i++) {
        struct finding *f = &findings[i];
        *f = (struct finding){ .what = checks[i].what,
                               .source = checks[i].source,
                               .means = checks[i].means,
                               .remedy = checks[i].remedy };
        f->grade = checks[i].see(env, f);
    }
    return CHECKS;
}

void doctor_warn(json_t *env)
{
    struct finding findings[DOCTOR_MAX];
    size_t n = doctor_judge(env, findings);
    json_t *warnings = json_array();
    for (size_t i = 0; i < n; i++) {
        const struct finding *f = &findings[i];
        if (f->grade == DOCTOR_DISTURBS)
            json_array_append_new(warnings,
                                  json_sprintf("%s: %s: %s; %s", f->what,
                                               f->found, f->means, f->remedy));
    }
    json_object_set_new(env, "warnings", warnings);
}
