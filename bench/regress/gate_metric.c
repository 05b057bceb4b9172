/* SPDX-License-Identifier: MIT */
/*
 * The table of metrics.  All are pinned to one CPU: unpinned threads flip
 * between regimes three times apart.  Most are CPU time, which other work on
 * the machine disturbs least, and which on one CPU is all there is to lose;
 * wall time is watched where a hand-over could be late.
 */
#include "gate_metric.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "decide.h"

const struct gate_quantity_info gate_quantities[GATE_QUANTITIES] = {
    [GATE_WALL] = { .name = "ns_per_op", .unit = "ns" },
    [GATE_CPU] = { .name = "cpu_ns_per_op", .unit = "ns" },
    [GATE_P50] = { .name = "p50_ns", .unit = "ns" },
    /* One event of 0.1 ms in a process just started: the least of some. */
    [GATE_SETUP] = { .name = "setup_ns", .unit = "ns", .least_of = 5 },
    [GATE_FOOTPRINT] = { .name = "footprint_bytes",
                         .unit = "bytes",
                         .exact = true },
    [GATE_MEMORY] = { .name = "bytes_per_task",
                      .unit = "bytes",
                      .exact = true,
                      .slope = true },
    [GATE_CALLS] = { .name = "system_calls_per_op",
                     .unit = "count",
                     .exact = true,
                     .slope = true,
                     .count_of = COUNT_CALLS },
    [GATE_ALLOCATIONS] = { .name = "allocations_per_op",
                           .unit = "count",
                           .exact = true,
                           .slope = true,
                           .count_of = COUNT_ALLOCATIONS },
    [GATE_SWITCHES] = { .name = "switches_per_op",
                        .unit = "count",
                        .exact = true,
                        .slope = true },
};

/* A time must change by 50 ns an operation to matter, where an operation takes
 * microseconds; half a nanosecond where it takes some. */
#define NS DECIDE_FLOOR_PINNED, 0.5
#define US DECIDE_FLOOR_PINNED, DECIDE_ABS_FLOOR_NS
/* The kernel's share of a socket varies more than our own code. */
#define NET DECIDE_FLOOR_SHARED, DECIDE_ABS_FLOOR_NS
/* Counts and bytes: one in a hundred, and more than a rounding error.  Where
 * latencies are recorded, the record itself allocates by what they were. */
#define SAME 0.01, 0.005

const struct gate_metric gate_metrics[] = {
    /* switching */
    { "switch_pair", "via=yield", "coro", GATE_WALL, 0, NS },
    { "switch_pair", "via=chan", "coro", GATE_CPU, 0, NS },
    { "switch_pair", "via=pipe", "coro", GATE_CPU, 0, US },
    { "switch_pair", "via=yield", "thread", GATE_CPU, 0, US },
    { "switch_pair", "via=chan", "thread", GATE_WALL, 0, US },
    { "switch_pair", "via=chan", "pool:2", GATE_WALL, 0, US },
    { "switch_pair", "via=chan", "coro", GATE_SWITCHES, 2000, SAME },
    { "switch_pair", "via=pipe", "coro", GATE_CALLS, 250, SAME },
    { "switch_pair", "via=pipe", "thread", GATE_CALLS, 250, SAME },
    { "ring", "tasks=503 bytes=4096", "coro", GATE_CPU, 0, NS },
    { "brigade", "tasks=50", "coro", GATE_CPU, 0, US },
    /* creating */
    { "spawn_join", "alive=0", "coro", GATE_CPU, 0, NS },
    { "spawn_join", "alive=0", "pool:1", GATE_CPU, 0, US },
    { "spawn_join", "alive=0", "thread", GATE_CPU, 0, US },
    { "spawn_join", "alive=0", "coro", GATE_ALLOCATIONS, 1000, SAME },
    { "spawn_join", "alive=0", "thread", GATE_ALLOCATIONS, 500, SAME },
    { "spawn_join", "alive=0", "thread", GATE_CALLS, 100, SAME },
    { "skynet", "leaves=100000 cut=1", "coro", GATE_CPU, 0, NS },
    { "skynet", "leaves=100000 cut=1", "pool:20", GATE_CPU, 0, NS },
    { "skynet", "leaves=100000 cut=1000", "thread", GATE_CPU, 0, US },
    { "skynet", "leaves=100000 cut=1", "seq", GATE_CPU, 0, NS },
    { "forkjoin", "kernel=fib n=34", "coro", GATE_CPU, 0, US },
    { "cancel", "tasks=30000", "coro", GATE_CPU, 0, NS },
    /* passing on */
    { "chan_mpmc", "capacity=1024", "coro", GATE_CPU, 0, NS },
    { "chan_mpmc", "capacity=1", "coro", GATE_CPU, 0, NS },
    { "chan_mpmc", "capacity=1", "coro", GATE_SWITCHES, 2000, SAME },
    { "gen", "delay_ms=0", "coro", GATE_CPU, 0, NS },
    { "mutex", "tasks=8 cpu_ns=0", "coro", GATE_CPU, 0, NS },
    { "mutex", "tasks=8 cpu_ns=0", "thread", GATE_CPU, 0, NS },
    { "broadcast", "tasks=100 via=event", "coro", GATE_CPU, 0, NS },
    { "timeout", "tasks=10000 delay_ms=10", "coro", GATE_CPU, 0, US },
    /* computing */
    { "cpu", "kernel=sumsq tasks=20", "coro", GATE_CPU, 0, US },
    { "cpu", "kernel=sumsq tasks=20", "seq", GATE_CPU, 0, US },
    /* sockets */
    { "echo", "conns=100", "coro", GATE_CPU, 0, NET },
    { "echo", "conns=100", "thread", GATE_CPU, 0, NET },
    { "echo", "conns=16", "pool:20", GATE_CPU, 0, NET },
    { "echo", "conns=1", "coro", GATE_P50, 0, NET },
    { "echo", "conns=1", "thread", GATE_P50, 0, NET },
    { "echo", "conns=1", "thread", GATE_CALLS, 250, SAME },
    { "echo_server", "conns=16", "coro", GATE_ALLOCATIONS, 1600, SAME },
    { "echo_server", "conns=100", "coro", GATE_CPU, 0, NET },
    { "echo_server", "conns=100", "thread", GATE_CPU, 0, NET },
    { "fanin_ready", "conns=100 frac=0.1", "coro", GATE_CPU, 0, NET },
    { "ws_echo", "conns=16", "coro", GATE_CPU, 0, NET },
    { "ws_echo", "conns=16", "thread", GATE_CPU, 0, NET },
    /* HTTP */
    { "http_get", "conns=16 delay_ms=0", "coro", GATE_CPU, 0, NET },
    { "http_get", "conns=16 delay_ms=0", "thread", GATE_CPU, 0, NET },
    { "http_get", "conns=1 delay_ms=0", "thread", GATE_ALLOCATIONS, 1000, 0.03,
      0.005 },
    { "http_delay", "requests=50 scale=0.01", "coro", GATE_CPU, 0, NET },
    { "mixed", "tasks=50 cpu_us=100 delay_ms=1", "coro", GATE_CPU, 0, NET },
    { "mixed_lat", "rate=2000 requests=60 cpu_us=100", "coro", GATE_CPU, 0,
      NET },
    /* memory */
    { "sleepers", "sleep_s=0.2", "coro", GATE_MEMORY, 2000, 0.01, 32 },
    { "sleepers", "sleep_s=0.2", "thread", GATE_MEMORY, 200, 0.01, 32 },
    { "spawn_join", "alive=1", "coro", GATE_MEMORY, 2000, 0.01, 32 },
    { "spawn_join", "alive=1", "thread:64k", GATE_MEMORY, 200, 0.01, 32 },
    { "null", "", "coro", GATE_FOOTPRINT, 0, 0.05, 16384 },
    { "null", "", "coro", GATE_SETUP, 0, DECIDE_FLOOR_SHARED, 2000 },
    { 0 },
};

const struct gate_ratio gate_ratios[] = {
    { "switch_pair", "via=yield", "coro", "thread", GATE_CPU, 0 },
    { "switch_pair", "via=chan", "coro", "thread", GATE_CPU, 0 },
    { "switch_pair", "via=pipe", "coro", "thread", GATE_CPU, 0 },
    { "switch_pair", "via=chan", "pool:2", "thread", GATE_CPU, 0 },
    { "spawn_join", "alive=0", "coro", "seq", GATE_CPU, 0 },
    { "spawn_join", "alive=0", "pool:1", "thread", GATE_CPU, 0 },
    { "spawn_join", "alive=0", "coro", "thread", GATE_CPU, 0 },
    { "skynet", "leaves=10000 cut=1", "coro", "seq", GATE_CPU, 0 },
    { "skynet", "leaves=10000 cut=1", "pool:20", "seq", GATE_CPU, 0 },
    { "chan_mpmc", "capacity=1024", "coro", "thread", GATE_CPU, 0 },
    { "chan_mpmc", "capacity=1", "coro", "thread", GATE_CPU, 0 },
    { "cpu", "kernel=sumsq tasks=20", "coro", "seq", GATE_CPU, 0 },
    { "cpu", "kernel=sumsq tasks=20", "thread", "seq", GATE_CPU, 0 },
    { "echo", "conns=100", "coro", "thread", GATE_CPU, 0 },
    { "echo_server", "conns=100", "coro", "thread", GATE_CPU, 0 },
    { "http_get", "conns=16 delay_ms=0", "coro", "thread", GATE_CPU, 0 },
    { "spawn_join", "alive=1", "coro", "thread", GATE_MEMORY, 500 },
    { 0 },
};

/* ---- reading ---- */

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* What a snapshot of memory holds that belongs to the process alone. */
static double held(const json_t *record, const char *when)
{
    const json_t *memory =
        json_object_get(json_object_get(record, "memory"), when);
    return number(memory, "rss_anon") + number(memory, "page_tables") +
           number(memory, "kernel_stacks");
}

/* A counter of the runtime's is left out of the record when it is 0. */
static double switches(const json_t *record)
{
    const json_t *runtime = json_object_get(record, "runtime");
    return json_number_value(json_object_get(runtime, "switches"));
}

static double read_figure(enum gate_quantity quantity, const json_t *line)
{
    const json_t *record = json_object_get(line, "record");
    const json_t *counted = json_object_get(line, "counted");
    double ops = number(record, "ops");
    switch (quantity) {
    case GATE_WALL:
        return number(record, "wall_ns") / ops;
    case GATE_CPU:
        return (number(record, "user_ns") + number(record, "sys_ns")) / ops;
    case GATE_P50:
        return number(json_object_get(record, "latency"), "p50_ns");
    case GATE_SETUP:
        return number(record, "setup_ns");
    case GATE_FOOTPRINT:
        return held(record, "after");
    case GATE_MEMORY:
        return held(record, "parked") - held(record, "before");
    case GATE_CALLS:
        return number(counted, "system_calls");
    case GATE_ALLOCATIONS:
        return number(counted, "allocations");
    case GATE_SWITCHES:
        return switches(record);
    case GATE_QUANTITIES:
        break;
    }
    return NAN;
}

int gate_read(double *out, enum gate_quantity quantity, const json_t *line)
{
    double figure = read_figure(quantity, line);
    if (!isfinite(figure))
        return -ENODATA;
    *out = figure;
    return 0;
}
