/* SPDX-License-Identifier: MIT */
/*
 * trial-RUNTIME: runs one workload once on the runtime it is linked with,
 * measures it, and writes one record (record.h).
 */

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
#include "origin.h"
#include "params.h"
#include "record.h"
#include "room.h"
#include "scratch.h"
#include "trace/recorder.h"
#include "work.h"

extern const struct workload *const workload_table[];
extern int (*const workload_group)(struct work *work); /* runs a group */

enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_SKIPPED = 77 /* as automake's test driver has it */
};

/* What every workload takes beside its own parameters. */
enum {
    OPTION_CPUS,
    OPTION_WORKERS,
    OPTION_STACK,
    OPTION_DOZE,
    OPTION_N
};

static const struct param option_params[OPTION_N] = {
    [OPTION_CPUS] = { "cpus", "all", 0, 0, "1,all", "CPUs the process may use",
                      PARAM_CHOICE },
    [OPTION_WORKERS] = { "workers", "0", 1, 30000, NULL,
                         "threads in the pool" },
    [OPTION_STACK] = { "stack_kib", "0", 16, 1048576, NULL, "stack of a task" },
    [OPTION_DOZE] = { "doze_ms", "0", 0, 1e6, NULL,
                      "after which a task that waits may doze" },
};

#define STALL_NS INT64_C(20000000)

struct trial {
    struct work work;
    struct rt_options options;
    bool pin;
    int record_fd;
    struct rt_info info;
    struct origin origin;
    struct record record;
    struct recorder *recorder; /* where the run is traced */
    int64_t run_ns, body_end_ns;
};

/* ---- usage ---- */

static bool takes_option(const struct rt_info *info, int option)
{
    const char *has = info->options == NULL ? "" : info->options;
    switch (option) {
    case OPTION_WORKERS:
        return strstr(has, "workers") != NULL;
    case OPTION_STACK:
        return strstr(has, "stack") != NULL;
    case OPTION_DOZE:
        return strstr(has, "doze") != NULL;
    default:
        return true;
    }
}

static void usage(FILE *out, const struct rt_info *info)
{
    fprintf(out,
            "usage: trial-%s WORKLOAD [NAME=VALUE...]\n"
            "       trial-%s --list | --describe | --help\n"
            "Runs one workload once on %s and prints its record as one line "
            "of JSON.\nBeside its own parameters (--list) a workload takes:\n",
            info->name, info->name, info->name);
    for (int i = 0; i < OPTION_N; i++) {
        char valid[64], text[128];
        snprintf(text, sizeof(text), "%s=%s", option_params[i].name,
                 param_valid(&option_params[i], valid, sizeof(valid)));
        if (takes_option(info, i))
            fprintf(out, "    %-28s %s\n", text, option_params[i].help);
    }
    fputs("Exit status: 0 ok, 1 failed, 2 usage, 77 skipped.\n", out);
}

static int refuse_workload(const struct rt_info *info, const char *name)
{
    fprintf(stderr, "trial-%s: no workload '%.60s'; there are:", info->name,
            name);
    for (const struct workload *const *w = workload_table; *w != NULL; w++)
        fprintf(stderr, " %s", (*w)->name);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

static int refuse_param(const struct trial *trial, const char *argument)
{
    const struct param *params = trial->work.params;
    fprintf(stderr,
            "trial-%s: %s has no parameter '%.*s'; it takes:", trial->info.name,
            trial->work.workload->name, (int)strcspn(argument, "="), argument);
    for (int i = 0; i < PARAMS_MAX && params[i].name != NULL; i++)
        fprintf(stderr, " %s", params[i].name);
    for (int i = 0; i < OPTION_N; i++)
        if (takes_option(&trial->info, i))
            fprintf(stderr, " %s", option_params[i].name);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

/* ---- arguments ---- */

static void set_option(struct trial *trial, int option, int64_t value)
{
    if (option == OPTION_CPUS)
        trial->pin = value == 0; /* the first choice is 1 */
    else if (option == OPTION_WORKERS)
        trial->options.workers = (unsigned)value;
    else if (option == OPTION_STACK)
        trial->options.stack_bytes = (size_t)value * 1024;
    else
        trial->options.doze_ns = value * 1000000;
}

static int set_param(struct trial *trial, const char *argument)
{
    const struct param *params = trial->work.params;
    size_t length = strcspn(argument, "=");
    if (argument[length] == '\0') {
        fprintf(stderr, "trial-%s: '%.60s' is not NAME=VALUE\n",
                trial->info.name, argument);
        return EXIT_USAGE;
    }
    int own = param_find(params, PARAMS_MAX, argument, length);
    int option = param_find(option_params, OPTION_N, argument, length);
    if (own < 0 && (option < 0 || !takes_option(&trial->info, option)))
        return refuse_param(trial, argument);
    struct param_value value;
    char message[256];
    if (param_parse(own >= 0 ? &params[own] : &option_params[option],
                    argument + length + 1, &value, message,
                    sizeof(message)) != 0) {
        fprintf(stderr, "trial-%s: %s\n", trial->info.name, message);
        return EXIT_USAGE;
    }
    if (own >= 0)
        trial->work.values[own] = value;
    else
        set_option(trial, option, value.integer);
    return EXIT_OK;
}

/* Whether one of the arguments before names the same parameter. */
static bool is_repeated(char **argv, int index)
{
    size_t length = strcspn(argv[index], "=") + 1;
    for (int i = optind + 1; i < index; i++)
        if (strncmp(argv[i], argv[index], length) == 0)
            return true;
    return false;
}

static int refuse_repeated(const struct trial *trial, const char *argument)
{
    fprintf(stderr, "trial-%s: %.*s is given twice\n", trial->info.name,
            (int)strcspn(argument, "="), argument);
    return EXIT_USAGE;
}

static const struct workload *find_workload(const char *name)
{
    for (const struct workload *const *w = workload_table; *w != NULL; w++)
        if (strcmp((*w)->name, name) == 0)
            return *w;
    return NULL;
}

/* A number the driver gives by the environment, else the default. */
static int find_number(const struct trial *trial, const struct param *param,
                       int64_t *out)
{
    const char *text = getenv(param->name);
    struct param_value value;
    char message[256];
    if (param_parse(param, text == NULL ? param->value : text, &value, message,
                    sizeof(message)) != 0) {
        fprintf(stderr, "trial-%s: %s\n", trial->info.name, message);
        return EXIT_USAGE;
    }
    *out = value.integer;
    return EXIT_OK;
}

/* The descriptor that takes the record, by default standard output, and the
 * round this trial belongs to. */
static int find_numbers(struct trial *trial)
{
    static const struct param fd = { "COBENCH_RECORD_FD", "1", 0, 65535 };
    static const struct param round = { "COBENCH_ROUND", "0", 0, 1e9 };
    int64_t number = 0;
    int status = find_number(trial, &fd, &number);
    trial->record_fd = (int)number;
    if (status == EXIT_OK)
        status = find_number(trial, &round, &number);
    trial->work.round = (uint64_t)number;
    return status;
}

/* COBENCH_INJECT, see work_inject(). */
static int inject(struct trial *trial)
{
    const char *text = getenv("COBENCH_INJECT");
    if (text == NULL || work_inject(&trial->work, text) == 0)
        return EXIT_OK;
    fprintf(stderr,
            "trial-%s: COBENCH_INJECT: '%.60s' is not PARAMETER:FACTOR for "
            "%s\n",
            trial->info.name, text, trial->work.workload->name);
    return EXIT_USAGE;
}

/* COBENCH_TRACE, a file to be written: every state change of every task. */
static int start_recorder(struct trial *trial)
{
    static const struct param room = { "COBENCH_TRACE_EVENTS", "200000", 1,
                                       RECORDER_EVENTS_MAX };
    int64_t events = 0;
    if (getenv("COBENCH_TRACE") == NULL)
        return EXIT_OK;
    int status = find_number(trial, &room, &events);
    if (status == EXIT_OK && recorder_new(&trial->recorder, (uint64_t)events,
                                          &trial->options) != 0) {
        fprintf(stderr, "trial-%s: no memory for %lld events\n",
                trial->info.name, (long long)events);
        return EXIT_FAILED;
    }
    return status;
}

static int write_trace(struct trial *trial)
{
    const char *path = getenv("COBENCH_TRACE");
    if (trial->recorder == NULL)
        return EXIT_OK;
    int error = recorder_write(trial->recorder, path, trial->info.name);
    recorder_free(trial->recorder);
    if (error == 0)
        return EXIT_OK;
    fprintf(stderr, "trial-%s: %s: %s\n", trial->info.name, path,
            strerror(-error));
    return EXIT_FAILED;
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
        return EXIT_FAILED;
    return record->skip.reason != NULL ? EXIT_SKIPPED : EXIT_OK;
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
    return status != EXIT_OK ? status : traced;
}

static int describe(const struct rt_info *info)
{
    json_t *json = describe_json(info, workload_table);
    if (json == NULL || json_dumpf(json, stdout, JSON_INDENT(1)) != 0 ||
        putchar('\n') == EOF || fflush(stdout) != 0)
        return EXIT_FAILED;
    json_decref(json);
    return EXIT_OK;
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
        return EXIT_OK;
    case 'h':
        usage(stdout, &trial.info);
        return EXIT_OK;
    case -1:
        break;
    default:
        return EXIT_USAGE;
    }
    if (optind >= argc) {
        usage(stderr, &trial.info);
        return EXIT_USAGE;
    }
    const struct workload *workload = find_workload(argv[optind]);
    if (workload == NULL)
        return refuse_workload(&trial.info, argv[optind]);
    work_init(&trial.work, workload);
    int status = find_numbers(&trial);
    for (int i = optind + 1; i < argc && status == EXIT_OK; i++)
        status = is_repeated(argv, i) ? refuse_repeated(&trial, argv[i])
                                      : set_param(&trial, argv[i]);
    if (status == EXIT_OK)
        status = inject(&trial);
    if (status == EXIT_OK)
        status = start_recorder(&trial);
    return status == EXIT_OK ? trial_run(&trial) : status;
}
