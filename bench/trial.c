/* SPDX-License-Identifier: MIT */
/*
 * trial-RUNTIME: runs one workload once on the runtime it is linked with,
 * measures it, and writes one record (record.h).
 */

#include "trial.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "affinity.h"
#include "describe.h"
#include "late_curl.h"
#include "listen.h"
#include "measure.h"
#include "room.h"
#include "scratch.h"

extern int (*const workload_group)(struct work *work); /* runs a group */

#define STALL_NS INT64_C(20000000)

static int write_trace(struct trial *trial)
{
    const char *path = getenv("COBENCH_TRACE");
    if (trial->recorder == NULL)
        return TRIAL_OK;
    int error = recorder_write(trial->recorder, path, trial->info.name);
    recorder_free(trial->recorder);
    if (error == 0)
        return TRIAL_OK;
    fprintf(stderr, "trial-%s: %s: %s\n", trial->info.name, path,
            strerror(-error));
    return TRIAL_FAILED;
}

/* ---- the origin ---- */

/* The driver's origin, else one of our own from the folder of this program. */
static int find_origin(struct trial *trial, int cpu)
{
    if (!work_has_origin(&trial->work))
        return 0;
    int error = origin_attach(&trial->origin);
    if (error == -ENOENT) {
        char path[1024];
        ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 8);
        if (n < 0)
            return -errno;
        path[n] = '\0';
        strcpy(strrchr(path, '/') + 1, "origin");
        error = origin_start(&trial->origin, path, cpu);
    }
    if (error == 0)
        return work_attach(&trial->work, &trial->origin);
    return work_fail(&trial->work, error, "no origin server: %s",
                     strerror(-error));
}

static int load_http(struct trial *trial)
{
    if ((trial->work.workload->flags & WORK_HTTP) == 0)
        return 0;
    const char *why = late_curl_load();
    return why == NULL ? 0
                       : work_fail(&trial->work, -ENOENT, "no HTTP: %s", why);
}

/* ---- running ---- */

static void prepare_file(struct trial *trial)
{
    struct work *work = &trial->work;
    if ((work->workload->flags & WORK_FILE) == 0)
        return;
    scratch_make(work->file, sizeof(work->file), &trial->record.skip);
    if (trial->record.skip.reason != NULL)
        return;
    int error =
        given.cold ? scratch_drop(work->file) : scratch_warm(work->file);
    if (error != 0)
        work_fail(work, error, "%s: %s", work->file, strerror(-error));
}

/* The main task. */
static int trial_main(void *arg)
{
    struct trial *trial = arg;
    struct work *work = &trial->work;
    trial->record.setup_ns = measure_clock() - trial->run_ns;
    struct needs needs;
    struct rt_info info;
    rt_info(&info);
    work->concurrency = info.concurrency;
    work_give(work);
    work_needs(work, &needs);
    room_check(&needs, &info, &trial->record.skip);
    if (trial->record.skip.reason == NULL)
        prepare_file(trial);
    int status = work->error;
    if (trial->record.skip.reason == NULL && status == 0) {
        status = work->workload->body != NULL ? work->workload->body(work)
                                              : workload_group(work);
    }
    trial->body_end_ns = measure_clock();
    return status;
}

/* Limits that only show when they are hit. */
static void skip_at_limit(struct trial *trial)
{
    const struct {
        int error;
        const char *reason, *remedy;
    } limits[] = {
        { -EAGAIN, "the system allowed no more threads",
          "raise ulimit -u, pids.max or vm.max_map_count" },
        { -EMFILE, "too few file descriptors", "raise ulimit -n" },
        { -ENOTSUP, trial->work.message, "" },
        { -ENFILE, "too few file descriptors in the system",
          "raise fs.file-max" },
    };
    struct skip *skip = &trial->record.skip;
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
        if (trial->record.error != limits[i].error)
            continue;
        skip->reason = limits[i].reason;
        snprintf(skip->remedy, sizeof(skip->remedy), "%s", limits[i].remedy);
    }
}

/* A trial that hangs can be looked at. */
static void on_quit(int number)
{
    (void)number;
    rt_dump_soon();
}

/* Stalls are counted, not told one by one. */
static void report_others(void *arg, const char *text)
{
    (void)arg;
    if (strncmp(text, "stall: ", 7) != 0)
        fputs(text, stderr);
}

static void run(struct trial *trial)
{
    struct work *work = &trial->work;
    struct record *record = &trial->record;
    if ((work->workload->flags & WORK_STALLS) != 0) {
        trial->options.stall_ns = STALL_NS;
        trial->options.report = report_others;
    }
    struct sigaction quit = { .sa_handler = on_quit, .sa_flags = SA_RESTART };
    sigaction(SIGQUIT, &quit, NULL);
    trial->run_ns = measure_clock();
    int status = rt_run(&trial->options, trial_main, trial);
    int64_t now = measure_clock();
    record->teardown_ns = now - trial->body_end_ns;
    record->listen_overflows = work_overflows(work);
    rt_info(&record->info);
    if (record->skip.reason != NULL)
        return;
    record->error = work_check(work, status);
    if (record->error == 0 && record->listen_overflows != 0 &&
        record->listen_overflows != LISTEN_UNKNOWN)
        record->error =
            work_fail(work, -EBADMSG,
                      "the origin lost %llu connections to a full queue",
                      (unsigned long long)record->listen_overflows);
    skip_at_limit(trial);
}

static void say_skip(const char *name, const struct skip *skip)
{
    fprintf(stderr, "trial-%s: skipped: %s", name, skip->reason);
    if (skip->needed != 0 || skip->limit != 0)
        fprintf(stderr, " (needs %llu, limit %llu)",
                (unsigned long long)skip->needed,
                (unsigned long long)skip->limit);
    fprintf(stderr, "%s%s\n", *skip->remedy == '\0' ? "" : ": ", skip->remedy);
}

static int report(struct trial *trial)
{
    const struct record *record = &trial->record;
    int error = record_write(record, trial->record_fd);
    const char *name = trial->info.name;
    if (error != 0)
        fprintf(stderr, "trial-%s: cannot write the record: %s\n", name,
                strerror(-error));
    if (record->skip.reason != NULL)
        say_skip(name, &record->skip);
    else if (record->error != 0)
        fprintf(stderr, "trial-%s: failed: %s\n", name, trial->work.message);
    if (error != 0 || (record->error != 0 && record->skip.reason == NULL))
        return TRIAL_FAILED;
    return record->skip.reason != NULL ? TRIAL_SKIPPED : TRIAL_OK;
}

/* The trial runs on the lowest CPU where it is to run on one; an origin of its
 * own is on the highest, where there are two. */
static int trial_run(struct trial *trial)
{
    struct affinity cpus;
    room_raise_files();
    affinity_read(&cpus);
    int error = find_origin(trial, cpus.count > 1 ? cpus.highest : -1);
    if (error == 0)
        error = load_http(trial);
    if (error == 0 && trial->pin)
        error = affinity_pin(cpus.lowest);
    if (error != 0)
        work_fail(&trial->work, error, "cannot run on CPU %d alone: %s",
                  cpus.lowest, strerror(-error));
    trial->record = (struct record){ .work = &trial->work,
                                     .info = trial->info,
                                     .pinned = trial->pin || cpus.count == 1,
                                     .error = trial->work.error };
    if (error == 0)
        run(trial);
    int status = report(trial);
    int traced = write_trace(trial);
    origin_stop(&trial->origin);
    return status != TRIAL_OK ? status : traced;
}

static int describe(const struct rt_info *info)
{
    json_t *json = describe_json(info, workload_table);
    if (json == NULL || json_dumpf(json, stdout, JSON_INDENT(1)) != 0 ||
        putchar('\n') == EOF || fflush(stdout) != 0)
        return TRIAL_FAILED;
    json_decref(json);
    return TRIAL_OK;
}

int main(int argc, char **argv)
{
    static const struct option options[] = { { "describe", 0, NULL, 'd' },
                                             { "list", 0, NULL, 'l' },
                                             { "help", 0, NULL, 'h' },
                                             { NULL, 0, NULL, 0 } };
    static struct trial trial = { .origin = { .stdin_fd = -1,
                                              .control_fd = -1 } };
    rt_info(&trial.info);
    switch (getopt_long(argc, argv, "h", options, NULL)) {
    case 'd':
        return describe(&trial.info);
    case 'l':
        describe_list(stdout, &trial.info, workload_table);
        return TRIAL_OK;
    case 'h':
        trial_usage(stdout, &trial.info);
        return TRIAL_OK;
    case -1:
        break;
    default:
        return TRIAL_USAGE;
    }
    if (optind >= argc) {
        trial_usage(stderr, &trial.info);
        return TRIAL_USAGE;
    }
    int status = trial_take(&trial, argv + optind, argc - optind);
    return status == TRIAL_OK ? trial_run(&trial) : status;
}
