/* SPDX-License-Identifier: MIT */
/*
 * What the machine and this build are, and what of that disturbs a
 * measurement.
 */
#include "env.h"

#include <dirent.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <curl/curlver.h>
#include <microhttpd.h>
#include <uv/version.h>

#include "doctor.h"
#include "source.h"
#include "sysfile.h"
#include "version.h"

/* ---- putting into the document ---- */

static void put_text(json_t *env, const char *key, const char *text)
{
    if (text)
        json_object_set_new(env, key, json_string(text));
}

static void put_int(json_t *env, const char *key, long long value)
{
    json_object_set_new(env, key, json_integer(value));
}

static void put_bool(json_t *env, const char *key, bool value)
{
    json_object_set_new(env, key, json_boolean(value));
}

/* ---- processors ---- */

int env_first_cpu(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &set))
            return i;
    return 0;
}

int env_last_cpu(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    for (int i = CPU_SETSIZE - 1; i > 0; i--)
        if (CPU_ISSET(i, &set))
            return i;
    return 0;
}

static int cpus_allowed(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    return CPU_COUNT(&set);
}

/* "64K" -> 65536 */
static long long scaled(const char *text)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    return *end == 'K' ? value << 10 : *end == 'M' ? value << 20 : value;
}

/* The number of CPUs in a list like "0-3,8". */
static int list_count(const char *list)
{
    int count = 0;
    while (*list >= '0' && *list <= '9') {
        char *end;
        long low = strtol(list, &end, 10), high = low;
        if (*end == '-')
            high = strtol(end + 1, &end, 10);
        count += (int)(high - low + 1);
        list = end + (*end == ',');
    }
    return count;
}

static void put_caches(json_t *env)
{
    json_t *caches = json_array();
    for (int i = 0; i < 16; i++) {
        static const char folder[] = "/sys/devices/system/cpu/cpu0/cache/index";
        char type[32], level[16], size[32], shared[256];
        if (!sysfile_line(type, sizeof type, "%s%d/type", folder, i) ||
            !sysfile_line(level, sizeof level, "%s%d/level", folder, i) ||
            !sysfile_line(size, sizeof size, "%s%d/size", folder, i) ||
            !sysfile_line(shared, sizeof shared, "%s%d/shared_cpu_list", folder,
                          i))
            continue;
        json_array_append_new(
            caches, json_pack("{s:s, s:i, s:I, s:i}", "type", type, "level",
                              atoi(level), "size", (json_int_t)scaled(size),
                              "num_sharing", list_count(shared)));
    }
    json_object_set_new(env, "caches", caches);
}

static void put_frequency(json_t *env)
{
    char line[256];
    const char *mhz =
        sysfile_field(line, sizeof line, "/proc/cpuinfo", "cpu MHz");
    if (mhz)
        put_int(env, "mhz_per_cpu", lround(atof(mhz)));
    const char *governor =
        sysfile_line(line, sizeof line,
                     "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor",
                     env_first_cpu());
    put_text(env, "governor", governor);
    bool scaling = governor && strcmp(governor, "performance") != 0;
    put_bool(env, "cpu_scaling_enabled", scaling);
    const char *smt =
        sysfile_line(line, sizeof line, "/sys/devices/system/cpu/smt/active");
    if (smt)
        put_bool(env, "smt", *smt == '1');
    const char *turbo =
        sysfile_line(line, sizeof line,
                     "/sys/devices/system/cpu/intel_pstate/no_turbo");
    if (turbo) {
        put_bool(env, "turbo", *turbo == '0');
        return;
    }
    turbo = sysfile_line(line, sizeof line,
                         "/sys/devices/system/cpu/cpufreq/boost");
    if (turbo)
        put_bool(env, "turbo", *turbo == '1');
}

static void put_cpus(json_t *env)
{
    char line[4096];
    const char *model =
        sysfile_field(line, sizeof line, "/proc/cpuinfo", "model name");
    put_text(env, "cpu_model", model);
    put_int(env, "num_cpus", sysconf(_SC_NPROCESSORS_ONLN));
    put_int(env, "cpus_allowed", cpus_allowed());
    put_frequency(env);
    put_caches(env);
    const char *flags =
        sysfile_field(line, sizeof line, "/proc/cpuinfo", "flags");
    if (flags)
        put_bool(env, "virtualised", strstr(flags, " hypervisor"));
}

/* ---- the system ---- */

static void put_load(json_t *env)
{
    double load[3];
    if (getloadavg(load, 3) != 3)
        return;
    json_object_set_new(env, "load_avg",
                        json_pack("[f, f, f]", load[0], load[1], load[2]));
}

/* Linux 6.13 and later: a guard page that costs no mapping. */
static bool guards_pages(void)
{
    enum {
        GUARD_INSTALL = 102
    };
    size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return false;
    bool can = madvise(page, bytes, GUARD_INSTALL) == 0;
    munmap(page, bytes);
    return can;
}

static void put_kernel(json_t *env)
{
    char line[256];
    put_text(env, "clocksource",
             sysfile_line(line, sizeof line,
                          "/sys/devices/system/clocksource/clocksource0/"
                          "current_clocksource"));
    put_bool(env, "guard_pages", guards_pages());
    const char *kib =
        sysfile_field(line, sizeof line, "/proc/meminfo", "SwapTotal");
    long long total = kib ? atoll(kib) : 0;
    kib = sysfile_field(line, sizeof line, "/proc/meminfo", "SwapFree");
    if (kib)
        put_int(env, "swap_used_bytes", (total - atoll(kib)) * 1024);
}

static void put_system(json_t *env)
{
    struct utsname name;
    char line[256];
    uname(&name);
    put_text(env, "host_name", name.nodename);
    put_text(env, "kernel", name.release);
    put_text(env, "architecture", name.machine);
    char machine[512], version[32];
    size_t dots = strcspn(name.release, ".");
    if (name.release[dots])
        dots += 1 + strspn(name.release + dots + 1, "0123456789");
    snprintf(version, sizeof version, "%.*s", (int)dots, name.release);
    const json_t *model = json_object_get(env, "cpu_model");
    snprintf(machine, sizeof machine, "%.200s, %d CPU%s, %s %s",
             model ? json_string_value(model) : name.machine, cpus_allowed(),
             cpus_allowed() == 1 ? "" : "s", name.sysname, version);
    put_text(env, "machine", machine);

    const char *kib =
        sysfile_field(line, sizeof line, "/proc/meminfo", "MemTotal");
    if (kib)
        put_int(env, "memory_bytes", atoll(kib) * 1024);
    kib = sysfile_field(line, sizeof line, "/proc/meminfo", "MemAvailable");
    if (kib)
        put_int(env, "memory_available_bytes", atoll(kib) * 1024);
    char *thp = sysfile_line(line, sizeof line,
                             "/sys/kernel/mm/transparent_hugepage/enabled");
    char *mode = thp ? strchr(thp, '[') : NULL;
    if (mode) {
        mode[strcspn(mode, "]")] = 0;
        put_text(env, "transparent_hugepage", mode + 1);
    }
}

/* The cgroup's quota in CPUs, of version 2 or 1; 0: none. */
static double cgroup_cpus(void)
{
    char line[256], period[64];
    if (sysfile_line(line, sizeof line, "/sys/fs/cgroup/cpu.max")) {
        double quota, per;
        return sscanf(line, "%lf %lf", &quota, &per) == 2 && per > 0
                   ? quota / per
                   : 0;
    }
    if (!sysfile_line(line, sizeof line,
                      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us") ||
        !sysfile_line(period, sizeof period,
                      "/sys/fs/cgroup/cpu/cpu.cfs_period_us"))
        return 0;
    return atof(line) > 0 && atof(period) > 0 ? atof(line) / atof(period) : 0;
}

static void put_limit(json_t *limits, const char *key, rlim_t value)
{
    if (value != RLIM_INFINITY)
        put_int(limits, key, (long long)value);
}

static void put_sysctl(json_t *limits, const char *key, const char *path)
{
    char line[64];
    if (sysfile_line(line, sizeof line, "/proc/sys/%s", path))
        put_int(limits, key, atoll(line));
}

static void put_limits(json_t *env)
{
    json_t *limits = json_object();
    struct rlimit nofile = { 0 }, nproc = { 0 };
    getrlimit(RLIMIT_NOFILE, &nofile);
    getrlimit(RLIMIT_NPROC, &nproc);
    put_limit(limits, "nofile", nofile.rlim_cur);
    put_limit(limits, "nofile_hard", nofile.rlim_max);
    put_limit(limits, "nproc", nproc.rlim_cur);
    put_sysctl(limits, "max_map_count", "vm/max_map_count");
    put_sysctl(limits, "threads_max", "kernel/threads-max");
    put_sysctl(limits, "pid_max", "kernel/pid_max");
    char line[64];
    if (sysfile_line(line, sizeof line, "/sys/fs/cgroup/pids.max") &&
        atoll(line) > 0)
        put_int(limits, "pids_max", atoll(line));
    json_object_set_new(env, "limits", limits);
    double quota = cgroup_cpus();
    if (quota > 0)
        json_object_set_new(env, "cgroup_cpus", json_real(quota));
}

/* ---- the build ---- */

/* The versions of the headers this was built with. */
static void put_libraries(json_t *env)
{
    char uv[32], mhd[32];
    snprintf(uv, sizeof uv, "%d.%d.%d", UV_VERSION_MAJOR, UV_VERSION_MINOR,
             UV_VERSION_PATCH);
    /* Two decimal digits to a byte. */
    unsigned long v = MHD_VERSION;
    snprintf(mhd, sizeof mhd, "%lx.%lx.%lx", v >> 24 & 255, v >> 16 & 255,
             v >> 8 & 255);
    json_object_set_new(env, "libraries",
                        json_pack("{s:s, s:s, s:s, s:s, s:s}", "libc",
                                  gnu_get_libc_version(), "libuv", uv,
                                  "libcurl", LIBCURL_VERSION, "jansson",
                                  JANSSON_VERSION, "libmicrohttpd", mhd));
}

static void put_build(json_t *env)
{
    put_text(env, "version", VERSION_COBENCH);
    put_text(env, "compiler", VERSION_COMPILER);
    put_bool(env, "optimised", VERSION_OPTIMISED);
    put_text(env, "library_build_type",
             VERSION_OPTIMISED ? "release" : "debug");
    if (*VERSION_SANITIZER)
        put_text(env, "sanitizer", VERSION_SANITIZER);
    put_libraries(env);
}

/* ---- stolen time ---- */

/* Ticks of all CPUs since the start of the machine. */
static bool cpu_ticks(double *steal, double *total)
{
    char line[256];
    if (!sysfile_line(line, sizeof line, "/proc/stat"))
        return false;
    char *at = line + strcspn(line, " ");
    *total = 0;
    for (int i = 0; i < 8; i++) {
        double ticks = strtod(at, &at);
        *total += ticks;
        if (i == 7)
            *steal = ticks;
    }
    return *total > 0;
}

static double steal_before, total_before;

void env_steal_begin(void)
{
    if (!cpu_ticks(&steal_before, &total_before))
        total_before = 0;
}

double env_steal_percent(void)
{
    double steal, total;
    if (total_before <= 0 || !cpu_ticks(&steal, &total) ||
        total <= total_before)
        return NAN;
    return 100 * (steal - steal_before) / (total - total_before);
}

/* ---- all of it ---- */

char *env_date(char *text, size_t size)
{
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(text, size, "%Y-%m-%dT%H:%M:%S+00:00", &tm);
    return text;
}

json_t *env_read(const char *folder, const char *own)
{
    json_t *env = json_pack("{s:[]}", "warnings");
    if (!env)
        return NULL;
    char date[64];
    put_text(env, "date", env_date(date, sizeof date));
    put_text(env, "executable", program_invocation_short_name);
    put_cpus(env);
    put_load(env);
    put_system(env);
    put_kernel(env);
    put_limits(env);
    put_build(env);
    source_describe(env, folder, own);
    doctor_warn(env);
    env_steal_begin();
    return env;
}

void env_finish(json_t *env)
{
    char date[64];
    put_text(env, "finished", env_date(date, sizeof date));
    double percent = env_steal_percent();
    if (isnan(percent))
        return;
    json_object_set_new(env, "steal_percent",
                        json_real(round(percent * 100) / 100));
    doctor_warn(env);
}

int env_script(const char *folder, const char *name, char *path, size_t size)
{
    static const char *const places[] = { "../../scripts",
                                          "../../share/cobench/scripts" };
    for (int i = 0; i < 2; i++) {
        int n = snprintf(path, size, "%s/%s/%s", folder, places[i], name);
        if (n > 0 && (size_t)n < size && access(path, R_OK) == 0)
            return 0;
    }
    return -ENOENT;
}

int env_write(const json_t *env, const char *dir)
{
    char path[PATH_MAX], temporary[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/env.json", dir);
    int m = snprintf(temporary, sizeof temporary, "%s/.env.json.tmp", dir);
    if (n < 0 || (size_t)n >= sizeof path || m < 0 ||
        (size_t)m >= sizeof temporary)
        return -ENAMETOOLONG;
    FILE *f = fopen(temporary, "we");
    if (!f)
        return -errno;
    int err = 0;
    if (json_dumpf(env, f, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) != 0 ||
        fputc('\n', f) == EOF)
        err = errno ? -errno : -EIO;
    if (fclose(f) != 0 && err == 0)
        err = -errno;
    if (err == 0 && rename(temporary, path) != 0)
        err = -errno;
    if (err != 0)
        unlink(temporary);
    return err;
}
