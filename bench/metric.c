/* SPDX-License-Identifier: MIT */
/*
 * From a record's fields to metrics.  An absent field is NAN and makes every
 * metric that needs it NAN too, by plain arithmetic.
 */

#include "metric.h"

#include <math.h>

static const struct {
    const char *name, *unit;
} table[METRICS] = {
    [METRIC_WALL] = { "wall_s", "s" },
    [METRIC_USER] = { "user_s", "s" },
    [METRIC_SYS] = { "sys_s", "s" },
    [METRIC_CPU] = { "cpu_s", "s" },
    [METRIC_SETUP] = { "setup_s", "s" },
    [METRIC_NS_PER_OP] = { "ns_per_op", "ns" },
    [METRIC_CPU_NS_PER_OP] = { "cpu_ns_per_op", "ns" },
    [METRIC_OPS_PER_S] = { "ops_per_s", "1/s" },
    [METRIC_OPS_PER_CPU_S] = { "ops_per_cpu_s", "1/s" },
    [METRIC_PEAK_RSS] = { "peak_rss", "bytes" },
    [METRIC_PARKED_RSS] = { "parked_rss", "bytes" },
    [METRIC_PARKED_FULL] = { "parked_full", "bytes" },
    [METRIC_THREADS] = { "threads_mid_run", "count" },
    [METRIC_VOL_SWITCHES] = { "vol_switches", "count" },
    [METRIC_INVOL_SWITCHES] = { "invol_switches", "count" },
    [METRIC_MINOR_FAULTS] = { "minor_faults", "count" },
    [METRIC_RSS_PER_TASK] = { "rss_per_task", "bytes" },
    [METRIC_FULL_PER_TASK] = { "full_per_task", "bytes" },
    [METRIC_SLAB_PER_TASK] = { "slab_per_task", "bytes" },
    [METRIC_STALLS] = { "stalls", "count" },
    [METRIC_LAT_P50] = { "lat_p50_ns", "ns" },
    [METRIC_LAT_P90] = { "lat_p90_ns", "ns" },
    [METRIC_LAT_P99] = { "lat_p99_ns", "ns" },
    [METRIC_LAT_P999] = { "lat_p999_ns", "ns" },
    [METRIC_LAT_MAX] = { "lat_max_ns", "ns" },
    [METRIC_BEAT_P50] = { "beat_p50_ns", "ns" },
    [METRIC_BEAT_P90] = { "beat_p90_ns", "ns" },
    [METRIC_BEAT_P99] = { "beat_p99_ns", "ns" },
    [METRIC_BEAT_P999] = { "beat_p999_ns", "ns" },
    [METRIC_BEAT_MAX] = { "beat_max_ns", "ns" },
};

const char *metric_name(enum metric metric)
{
    return table[metric].name;
}

const char *metric_unit(enum metric metric)
{
    return table[metric].unit;
}

enum metric metric_compared(bool cpu, bool per_op)
{
    if (cpu)
        return per_op ? METRIC_CPU_NS_PER_OP : METRIC_CPU;
    return per_op ? METRIC_NS_PER_OP : METRIC_WALL;
}

double metric_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* What the kernel holds for a process beside its RSS. */
static double kernel_part(const json_t *memory)
{
    return metric_number(memory, "page_tables") +
           metric_number(memory, "kernel_stacks");
}

struct parked metric_parked(const json_t *record)
{
    const json_t *memory = json_object_get(record, "memory");
    const json_t *parked = json_object_get(memory, "parked");
    double tasks = metric_number(memory, "parked_tasks");
    double rss = metric_number(parked, "rss_anon");
    if (!(tasks > 0))
        return (struct parked){ NAN, NAN, NAN };
    return (struct parked){ tasks, rss, rss + kernel_part(parked) };
}

static void read_times(double values[METRICS], const json_t *record)
{
    double wall = metric_number(record, "wall_ns");
    double user = metric_number(record, "user_ns");
    double sys = metric_number(record, "sys_ns");
    double ops = metric_number(record, "ops");
    if (!(ops > 0))
        ops = NAN;
    values[METRIC_WALL] = wall / 1e9;
    values[METRIC_USER] = user / 1e9;
    values[METRIC_SYS] = sys / 1e9;
    values[METRIC_CPU] = (user + sys) / 1e9;
    values[METRIC_SETUP] = metric_number(record, "setup_ns") / 1e9;
    values[METRIC_NS_PER_OP] = wall / ops;
    values[METRIC_CPU_NS_PER_OP] = (user + sys) / ops;
    double cpu = user + sys;
    values[METRIC_OPS_PER_CPU_S] = cpu > 0 ? ops / (cpu / 1e9) : NAN;
    values[METRIC_OPS_PER_S] = wall > 0 ? ops / (wall / 1e9) : NAN;
}

static void read_memory(double values[METRICS], const json_t *record)
{
    const json_t *memory = json_object_get(record, "memory");
    const json_t *before = json_object_get(memory, "before");
    const json_t *parked = json_object_get(memory, "parked");
    double tasks = metric_parked(record).tasks;
    double rss = metric_number(parked, "rss");
    double anon =
        metric_number(parked, "rss_anon") - metric_number(before, "rss_anon");
    double kernel = kernel_part(parked) - kernel_part(before);
    double slab = metric_number(parked, "slab_system") -
                  metric_number(before, "slab_system");
    values[METRIC_PEAK_RSS] = metric_number(memory, "peak_rss");
    values[METRIC_PARKED_RSS] = rss;
    values[METRIC_PARKED_FULL] = rss + kernel_part(parked);
    values[METRIC_RSS_PER_TASK] = anon / tasks;
    values[METRIC_FULL_PER_TASK] = (anon + kernel) / tasks;
    values[METRIC_SLAB_PER_TASK] = slab / tasks;
}

/* Into values[0] and those after it: LAT or BEAT. */
static void read_latency(double *values, const json_t *latency)
{
    static const char *const keys[] = { "p50_ns", "p90_ns", "p99_ns", "p999_ns",
                                        "max_ns" };
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        values[i] = metric_number(latency, keys[i]);
}

void metric_read(double values[METRICS], const json_t *record)
{
    read_times(values, record);
    read_memory(values, record);
    values[METRIC_THREADS] = metric_number(record, "threads_mid_run");
    values[METRIC_VOL_SWITCHES] = metric_number(record, "vol_switches");
    values[METRIC_INVOL_SWITCHES] = metric_number(record, "invol_switches");
    values[METRIC_MINOR_FAULTS] = metric_number(record, "minor_faults");
    values[METRIC_STALLS] =
        metric_number(json_object_get(record, "runtime"), "stalls");
    read_latency(&values[METRIC_LAT_P50], json_object_get(record, "latency"));
    read_latency(&values[METRIC_BEAT_P50],
                 json_object_get(record, "heartbeat"));
}
