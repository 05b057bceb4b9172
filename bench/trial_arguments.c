/* SPDX-License-Identifier: MIT */
/*
 * What a trial is told: by its command line and by the environment.
 */

#include "trial.h"

#include <stdlib.h>
#include <string.h>

#include "params.h"

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

/* ---- what there is, said to who asks for something else ---- */

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

static int refuse_workload(const struct rt_info *info, const char *name)
{
    fprintf(stderr, "trial-%s: no workload '%.60s'; there are:", info->name,
            name);
    for (const struct workload *const *w = workload_table; *w != NULL; w++)
        fprintf(stderr, " %s", (*w)->name);
    fputc('\n', stderr);
    return TRIAL_USAGE;
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
    return TRIAL_USAGE;
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
        return TRIAL_USAGE;
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
        return TRIAL_USAGE;
    }
    if (own >= 0)
        trial->work.values[own] = value;
    else
        set_option(trial, option, value.integer);
    return TRIAL_OK;
}

/* Whether one of the arguments before names the same parameter. */
static bool is_repeated(char **words, int index)
{
    size_t length = strcspn(words[index], "=") + 1;
    for (int i = 1; i < index; i++)
        if (strncmp(words[i], words[index], length) == 0)
            return true;
    return false;
}

static int refuse_repeated(const struct trial *trial, const char *argument)
{
    fprintf(stderr, "trial-%s: %.*s is given twice\n", trial->info.name,
            (int)strcspn(argument, "="), argument);
    return TRIAL_USAGE;
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
        return TRIAL_USAGE;
    }
    *out = value.integer;
    return TRIAL_OK;
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
    if (status == TRIAL_OK)
        status = find_number(trial, &round, &number);
    trial->work.round = (uint64_t)number;
    return status;
}

/* COBENCH_INJECT, see work_inject(). */
static int inject(struct trial *trial)
{
    const char *text = getenv("COBENCH_INJECT");
    if (text == NULL || work_inject(&trial->work, text) == 0)
        return TRIAL_OK;
    fprintf(stderr,
            "trial-%s: COBENCH_INJECT: '%.60s' is not PARAMETER:FACTOR for "
            "%s\n",
            trial->info.name, text, trial->work.workload->name);
    return TRIAL_USAGE;
}

/* COBENCH_TRACE, a file to be written: every state change of every task. */
static int start_recorder(struct trial *trial)
{
    static const struct param room = { "COBENCH_TRACE_EVENTS", "200000", 1,
                                       RECORDER_EVENTS_MAX };
    int64_t events = 0;
    if (getenv("COBENCH_TRACE") == NULL)
        return TRIAL_OK;
    int status = find_number(trial, &room, &events);
    if (status == TRIAL_OK && recorder_new(&trial->recorder, (uint64_t)events,
                                           &trial->options) != 0) {
        fprintf(stderr, "trial-%s: no memory for %lld events\n",
                trial->info.name, (long long)events);
        return TRIAL_FAILED;
    }
    return status;
}

void trial_usage(FILE *out, const struct rt_info *info)
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

int trial_take(struct trial *trial, char **words, int n)
{
    const struct workload *workload = find_workload(words[0]);
    if (workload == NULL)
        return refuse_workload(&trial->info, words[0]);
    work_init(&trial->work, workload);
    int status = find_numbers(trial);
    for (int i = 1; i < n && status == TRIAL_OK; i++)
        status = is_repeated(words, i) ? refuse_repeated(trial, words[i])
                                       : set_param(trial, words[i]);
    if (status == TRIAL_OK)
        status = inject(trial);
    return status == TRIAL_OK ? start_recorder(trial) : status;
}
