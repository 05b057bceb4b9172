/* SPDX-License-Identifier: MIT */
/*
 * The record as JSON.  A figure that is missing is left out.
 */

#include "record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void set_int(json_t *object, const char *key, uint64_t value)
{
    if (value != MEASURE_MISSING)
        json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void set_positive(json_t *object, const char *key, uint64_t value)
{
    if (value != 0)
        set_int(object, key, value);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL && *text != '\0')
        json_object_set_new(object, key, json_string(text));
}

/* Adds member to object unless it is empty. */
static void set_object(json_t *object, const char *key, json_t *member)
{
    if (json_object_size(member) > 0)
        json_object_set_new(object, key, member);
    else
        json_decref(member);
}

static json_t *params_json(const struct work *work)
{
    json_t *out = json_object();
    const struct param *params = work->params;
    for (int i = 0; i < PARAMS_MAX && params[i].name != NULL; i++) {
        const struct param_value *value = &work->values[i];
        char choice[64];
        if (params[i].bundled && !work_has_origin(work))
            continue;
        if (params[i].kind == PARAM_INT) {
            json_object_set_new(out, params[i].name,
                                json_integer(value->integer));
        } else if (params[i].kind == PARAM_REAL) {
            json_object_set_new(out, params[i].name, json_real(value->real));
        } else if (value->text != NULL) {
            if (*value->text != '\0')
                json_object_set_new(out, params[i].name,
                                    json_string(value->text));
        } else if (param_choice(params[i].choices, (int)value->integer, choice,
                                sizeof(choice)) >= 0) {
            json_object_set_new(out, params[i].name, json_string(choice));
        }
    }
    return out;
}

static json_t *runtime_json(const struct record *record)
{
    const struct rt_info *info = &record->info;
    bool watched = (record->work->workload->flags & WORK_STALLS) != 0 &&
                   info->options != NULL && strstr(info->options, "stall");
    json_t *out = json_object();
    set_text(out, "name", info->name);
    set_text(out, "summary", info->summary);
    set_text(out, "guard", info->guard);
    set_int(out, "concurrency", info->concurrency);
    set_int(out, "stack_bytes", info->stack_bytes);
    set_int(out, "workers", info->workers);
    set_positive(out, "tasks", info->tasks);
    set_positive(out, "switches", info->switches);
    set_positive(out, "loop_turns", info->loop_turns);
    set_positive(out, "helped", info->helped);
    set_positive(out, "spare_workers", info->spare_workers);
    set_positive(out, "doze_ns", (uint64_t)info->doze_ns);
    set_positive(out, "dozes", info->dozes);
    if (watched) {
        set_int(out, "stalls", info->stalls);
        set_int(out, "stall_longest_ns", (uint64_t)info->stall_longest_ns);
    }
    return out;
}

static json_t *snapshot_json(const struct memory *memory)
{
    json_t *out = json_object();
    set_int(out, "rss", memory->rss);
    set_int(out, "rss_anon", memory->rss_anon);
    set_int(out, "page_tables", memory->page_tables);
    set_int(out, "threads", memory->threads);
    set_int(out, "kernel_stacks", memory->kernel_stacks);
    set_int(out, "kernel_stacks_system", memory->kernel_stacks_system);
    set_int(out, "slab_system", memory->slab_system);
    return out;
}

static json_t *memory_json(const struct measure *measure)
{
    json_t *out = json_object();
    set_int(out, "peak_rss", measure->peak_rss);
    json_object_set_new(out, "before", snapshot_json(&measure->before));
    if (measure->parked_tasks > 0) {
        json_object_set_new(out, "parked", snapshot_json(&measure->parked));
        set_int(out, "parked_tasks", measure->parked_tasks);
    }
    json_object_set_new(out, "after", snapshot_json(&measure->after));
    return out;
}

static json_t *buckets_json(const struct histogram *histogram)
{
    json_t *out = json_array();
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t count = histogram_in(histogram, i);
        if (count > 0)
            json_array_append_new(out, json_pack("[II]",
                                                 (json_int_t)histogram_low(i),
                                                 (json_int_t)count));
    }
    return out;
}

static void add_latency(json_t *out, const char *key, const struct work *work,
                        enum work_latency which)
{
    static const struct {
        const char *key;
        double p;
    } percentiles[] = {
        { "p50_ns", 0.5 },
        { "p90_ns", 0.9 },
        { "p99_ns", 0.99 },
        { "p999_ns", 0.999 },
    };
    struct histogram *all = calloc(1, sizeof(*all));
    json_t *object = json_object();
    if (all != NULL)
        work_latencies_merge(work, which, all);
    if (all != NULL && histogram_count(all) > 0) {
        uint64_t value;
        set_int(object, "count", histogram_count(all));
        set_int(object, "sum_ns", histogram_sum(all));
        set_int(object, "min_ns", histogram_min(all));
        for (size_t i = 0; i < sizeof(percentiles) / sizeof(*percentiles); i++)
            if (histogram_percentile(all, percentiles[i].p, &value))
                set_int(object, percentiles[i].key, value);
        set_int(object, "max_ns", histogram_max(all));
        json_object_set_new(object, "buckets", buckets_json(all));
    }
    set_object(out, key, object);
    free(all);
}

static void add_origin(json_t *out, const struct record *record)
{
    const struct work *work = record->work;
    const struct origin_stats *a = &work->origin_begin, *b = &work->origin_end;
    if (work->origin == NULL)
        return;
    set_int(out, "connections",
            b->connections - work->origin_first.connections);
    json_t *origin = json_object();
    set_int(origin, "cpu_ns", b->cpu_ns - a->cpu_ns);
    set_int(origin, "connections", b->connections - a->connections);
    set_int(origin, "requests", b->requests - a->requests);
    set_int(origin, "messages", b->messages - a->messages);
    if (work->measure.wall_ns > 0)
        json_object_set_new(origin, "cpu_share",
                            json_real((double)(b->cpu_ns - a->cpu_ns) /
                                      (double)work->measure.wall_ns));
    set_int(origin, "listen_overflows", record->listen_overflows);
    json_object_set_new(out, "origin", origin);
}

static void add_environment(json_t *out)
{
    static const char *const names[] = {
        "MALLOC_ARENA_MAX", "MALLOC_TRIM_THRESHOLD_",
        "MALLOC_TOP_PAD_",  "MALLOC_MMAP_THRESHOLD_",
        "MALLOC_MMAP_MAX_", "GLIBC_TUNABLES",
        "LD_PRELOAD",       "UV_THREADPOOL_SIZE",
        "UV_USE_IO_URING"
    };
    json_t *env = json_object();
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        set_text(env, names[i], getenv(names[i]));
    set_object(out, "env", env);
    const char *pad = getenv("COBENCH_PAD");
    if (pad != NULL)
        set_int(out, "env_pad", strlen(pad));
}

static void add_result(json_t *out, const struct record *record)
{
    const struct work *work = record->work;
    const struct measure *measure = &work->measure;
    set_int(out, "setup_ns", (uint64_t)record->setup_ns);
    set_int(out, "wall_ns", (uint64_t)measure->wall_ns);
    set_int(out, "user_ns", (uint64_t)measure->user_ns);
    set_int(out, "sys_ns", (uint64_t)measure->sys_ns);
    set_int(out, "teardown_ns", (uint64_t)record->teardown_ns);
    set_int(out, "units", work->receipt.units);
    set_positive(out, "units_peak", work->receipt.peak);
    set_int(out, "ops", work->receipt.ops);
    set_int(out, "bytes", work->receipt.bytes);
    char digest[24];
    snprintf(digest, sizeof(digest), "%016llx",
             (unsigned long long)work->receipt.digest);
    set_text(out, "digest", digest);
    json_t *counts = json_object();
    for (int i = 0; i < work->count_n; i++)
        set_int(counts, work->counts[i].name, work->counts[i].value);
    set_object(out, "counts", counts);
    add_latency(out, "latency", work, WORK_LATENCY);
    add_latency(out, "heartbeat", work, WORK_HEARTBEAT);
    json_object_set_new(out, "memory", memory_json(measure));
    set_int(out, "threads_mid_run", measure->threads_mid_run);
    set_int(out, "vol_switches", measure->vol_switches);
    set_int(out, "invol_switches", measure->invol_switches);
    set_int(out, "minor_faults", measure->minor_faults);
    set_int(out, "major_faults", measure->major_faults);
    add_origin(out, record);
    add_environment(out);
}

static void add_skip(json_t *out, const struct skip *skip)
{
    set_text(out, "status", "skipped");
    json_t *object = json_object();
    set_text(object, "reason", skip->reason);
    if (skip->needed != 0) {
        set_int(object, "needed", skip->needed);
        set_int(object, "limit", skip->limit);
    }
    set_text(object, "remedy", skip->remedy);
    json_object_set_new(out, "skip", object);
}

static void add_error(json_t *out, const struct record *record)
{
    set_text(out, "status", "failed");
    json_t *object = json_object();
    const char *name = strerrorname_np(-record->error);
    set_text(object, "errno", name == NULL ? "unknown" : name);
    set_text(object, "message", record->work->message);
    json_object_set_new(out, "error", object);
}

json_t *record_json(const struct record *record)
{
    json_t *out = json_object();
    json_object_set_new(out, "schema", json_integer(RECORD_SCHEMA));
    set_text(out, "workload", record->work->workload->name);
    json_object_set_new(out, "params", params_json(record->work));
    set_text(out, "cpus", record->pinned ? "1" : "all");
    json_object_set_new(out, "runtime", runtime_json(record));
    if (record->work->injected >= 0)
        set_int(out, "injected", (uint64_t)record->work->given);
    if (record->skip.reason != NULL) {
        add_skip(out, &record->skip);
    } else if (record->error != 0) {
        add_error(out, record);
    } else {
        set_text(out, "status", "ok");
        add_result(out, record);
    }
    return out;
}

int record_write(const struct record *record, int fd)
{
    json_t *json = record_json(record);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (text == NULL)
        return -ENOMEM;
    size_t length = strlen(text);
    text[length++] = '\n'; /* in place of the NUL */
    int error = 0;
    for (size_t done = 0; done < length && error == 0;) {
        ssize_t n = write(fd, text + done, length - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            error = -errno;
    }
    free(text);
    return error;
}
