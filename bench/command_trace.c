/* SPDX-License-Identifier: MIT */
/*
 * cobench trace: one trial on each runtime asked for, with every state change
 * of its tasks recorded; then what they did, as text, picture and for a trace
 * viewer.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog.h"
#include "command.h"
#include "env.h"
#include "folder.h"
#include "interrupt.h"
#include "proc.h"
#include "progress.h"
#include "spec.h"
#include "suggest.h"
#include "trace/chrome.h"
#include "trace/recorder.h"
#include "trace/trace.h"

static const char help[] =
    "usage: cobench trace WORKLOAD [OPTION]...\n"
    "Runs a workload once with every state change of its tasks recorded, and\n"
    "tells what they did.  The recording costs time: measure with `run`.\n"
    "\n"
    "  --runtime SPEC[,SPEC]...  on these, one after the other; default coro\n"
    "  --param NAME=VALUE        repeatable; see cobench list\n"
    "  --events N                keep so many, default 200000; later ones are\n"
    "                            counted\n"
    "  --out DIR                 default results/local/<time>\n"
    "\n"
    "DIR gets RUNTIME.trace (every event), trace.txt, timeline.svg and .png\n"
    "(by gnuplot), and trace.json for chrome://tracing and ui.perfetto.dev.\n"
    "\n"
    "Exit status: 0 fine, 1 a trial failed, 2 usage, 4 nothing could be traced\n"
    "or written, 130 ended by Ctrl-C.\n";

enum {
    RUNTIMES_MAX = 8,
    PARAMS_GIVEN = 16,
    COLUMNS_PLAIN = 100,
    OPT_RUNTIME = 1,
    OPT_PARAM,
    OPT_EVENTS,
    OPT_OUT,
    OPT_HELP
};
static const int64_t TRIAL_NS = INT64_C(600) * 1000 * 1000 * 1000;
static const int64_t DRAW_NS = INT64_C(60) * 1000 * 1000 * 1000;

static const struct option table[] = {
    { "runtime", required_argument, NULL, OPT_RUNTIME },
    { "param", required_argument, NULL, OPT_PARAM },
    { "events", required_argument, NULL, OPT_EVENTS },
    { "out", required_argument, NULL, OPT_OUT },
    { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

struct request {
    const char *workload, *out;
    char *runtimes; /* a comma list */
    const char *params[PARAMS_GIVEN];
    int params_n;
    unsigned long events;
    bool help;
};

/* One runtime's part. */
struct part {
    const struct spec *spec;
    char file[PATH_MAX];
    struct trace trace;
};

struct tracing {
    struct request request;
    struct catalog catalog;
    char folder[PATH_MAX], out[PATH_MAX];
    struct spec specs[RUNTIMES_MAX];
    int specs_n;
    struct part parts[RUNTIMES_MAX]; /* of those that could be traced */
    int traced;
};

/* ---- the command line ---- */

static int take_events(struct request *request)
{
    char *end;
    errno = 0;
    request->events = strtoul(optarg, &end, 10);
    if (*end == 0 && end != optarg && errno == 0 && request->events > 0 &&
        request->events <= RECORDER_EVENTS_MAX)
        return STATUS_FINE;
    return command_complain(STATUS_USAGE,
                            "trace: --events '%s': give a number from 1 to %d",
                            optarg, RECORDER_EVENTS_MAX);
}

static int take(void *to, int option)
{
    struct request *request = to;
    switch (option) {
    case OPT_RUNTIME:
        request->runtimes = optarg;
        return STATUS_FINE;
    case OPT_PARAM:
        if (request->params_n == PARAMS_GIVEN)
            return command_complain(STATUS_USAGE, "trace: too many --param");
        request->params[request->params_n++] = optarg;
        return STATUS_FINE;
    case OPT_EVENTS:
        return take_events(request);
    case OPT_OUT:
        request->out = optarg;
        return STATUS_FINE;
    default:
        request->help = true;
        return STATUS_FINE;
    }
}

static int parse(struct request *request, int argc, char **argv)
{
    int status = command_options(argc, argv, ":", table, take, request);
    if (status != STATUS_FINE || request->help)
        return status;
    if (argc - optind != 1)
        return command_complain(STATUS_USAGE,
                                "trace: give one workload; see cobench trace "
                                "--help");
    request->workload = argv[optind];
    return STATUS_FINE;
}

/* ---- what to trace ---- */

static int check_workload(const struct tracing *tracing)
{
    const char *names[128];
    char hint[512];
    size_t n = 0, i;
    json_t *workloads = catalog_workloads(&tracing->catalog), *workload;
    bool found = false;
    json_array_foreach(workloads, i, workload)
    {
        const char *name = catalog_text(workload, "name");
        found |= strcmp(name, tracing->request.workload) == 0;
        if (n < 128)
            names[n++] = name;
    }
    int status = STATUS_FINE;
    if (!found)
        status =
            command_complain(STATUS_USAGE, "trace: unknown workload '%s'%s",
                             tracing->request.workload,
                             suggest_text(tracing->request.workload, names,
                                          (int)n, hint, sizeof hint));
    json_decref(workloads);
    return status;
}

static int add_spec(struct tracing *tracing, const char *text)
{
    char message[256];
    struct spec *spec = &tracing->specs[tracing->specs_n];
    if (tracing->specs_n == RUNTIMES_MAX)
        return command_complain(STATUS_USAGE, "trace: at most %d runtimes",
                                RUNTIMES_MAX);
    if (spec_parse(spec, &tracing->catalog, text, message, sizeof message) != 0)
        return command_complain(STATUS_USAGE, "trace: %s", message);
    for (int i = 0; i < tracing->specs_n; i++)
        if (strcmp(tracing->specs[i].text, spec->text) == 0)
            return command_complain(STATUS_USAGE, "trace: %s is named twice",
                                    text);
    const json_t *info = json_object_get(spec->program, "runtime");
    if (!strstr(catalog_text(info, "options"), "trace"))
        return command_complain(STATUS_USAGE,
                                "trace: %s does not tell what its tasks do",
                                text);
    if (!catalog_has(spec->program, tracing->request.workload))
        return command_complain(STATUS_USAGE, "trace: %s has no %s", text,
                                tracing->request.workload);
    tracing->specs_n++;
    return STATUS_FINE;
}

static int add_specs(struct tracing *tracing)
{
    int status = STATUS_FINE;
    char *rest = NULL;
    char *list = tracing->request.runtimes;
    for (char *text = strtok_r(list, ",", &rest); text && status == STATUS_FINE;
         text = strtok_r(NULL, ",", &rest))
        status = add_spec(tracing, text);
    if (status == STATUS_FINE && tracing->specs_n == 0)
        status = command_complain(STATUS_USAGE, "trace: no runtime given");
    return status;
}

static int make_folder(struct tracing *tracing)
{
    int error = 0;
    if (tracing->request.out) {
        snprintf(tracing->out, sizeof tracing->out, "%s", tracing->request.out);
        error = folder_make(tracing->out);
    } else {
        error = folder_new(tracing->out, sizeof tracing->out);
    }
    return error == 0
               ? STATUS_FINE
               : command_complain(STATUS_BROKEN, "trace: %s: %s",
                                  tracing->request.out ? tracing->request.out
                                                       : "results/local",
                                  strerror(-error));
}

/* ---- tracing ---- */

/* The trial has said why on its standard error. */
static int judge(const struct part *part, const struct proc_result *result)
{
    const char *said = result->err.data ? result->err.data : "";
    if (result->end == PROC_EXITED && result->code == STATUS_FINE)
        return STATUS_FINE;
    if (result->end == PROC_INTERRUPTED)
        return 128 + interrupt_pending();
    fputs(said, stderr);
    if (result->end == PROC_EXITED)
        return result->code == STATUS_USAGE ? STATUS_USAGE : STATUS_FAILED;
    return command_complain(STATUS_FAILED, "trace: %s ended by %s %d",
                            part->spec->text,
                            result->end == PROC_SIGNALED ? "signal"
                                                         : "its time limit",
                            result->code);
}

static int run_trial(const struct tracing *tracing, struct part *part)
{
    const struct request *request = &tracing->request;
    const char *argv[PARAMS_GIVEN + 4] = {
        catalog_text(part->spec->program, "path"), request->workload
    };
    int n = 2;
    for (int i = 0; i < request->params_n; i++)
        argv[n++] = request->params[i];
    if (part->spec->argument[0])
        argv[n++] = part->spec->argument;
    char name[PATH_MAX + 32], events[64];
    snprintf(name, sizeof name, "COBENCH_TRACE=%s", part->file);
    snprintf(events, sizeof events, "COBENCH_TRACE_EVENTS=%lu",
             request->events);
    const char *const env[] = { name, events, NULL };
    struct proc_options options = { .argv = argv,
                                    .env = env,
                                    .limit_ns = TRIAL_NS };
    struct proc_result result;
    int error = proc_run(&options, &result);
    if (error)
        return command_complain(STATUS_BROKEN, "trace: cannot start %s: %s",
                                argv[0], strerror(-error));
    int status = judge(part, &result);
    proc_result_fini(&result);
    return status;
}

static int trace_one(struct tracing *tracing, const struct spec *spec)
{
    char message[256], base[64];
    struct part *part = &tracing->parts[tracing->traced];
    part->spec = spec;
    snprintf(base, sizeof base, "%s", spec->text);
    for (char *at = base; *at; at++)
        *at = *at == ':' ? '-' : *at;
    if (snprintf(part->file, sizeof part->file, "%s/%s.trace", tracing->out,
                 base) >= (int)sizeof part->file)
        return command_complain(STATUS_USAGE, "trace: the path is too long");
    int status = run_trial(tracing, part);
    if (status != STATUS_FINE)
        return status;
    int error = trace_read(&part->trace, part->file, message, sizeof message);
    if (error)
        return command_complain(STATUS_BROKEN, "trace: %s: %s (%s)", part->file,
                                message, strerror(-error));
    tracing->traced++;
    return STATUS_FINE;
}

/* ---- showing ---- */

static FILE *open_out(const struct tracing *tracing, const char *name)
{
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/%s", tracing->out, name);
    FILE *file = fopen(path, "we");
    if (!file)
        command_complain(STATUS_BROKEN, "trace: %s: %s", path, strerror(errno));
    return file;
}

static int close_out(FILE *file, const char *name)
{
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed)
        return command_complain(STATUS_BROKEN, "trace: %s: %s", name,
                                strerror(failed ? EIO : errno));
    return STATUS_FINE;
}

static void print_all(FILE *out, const struct tracing *tracing,
                      unsigned columns)
{
    for (int i = 0; i < tracing->traced; i++) {
        if (i > 0)
            fputs("\n\n", out);
        trace_print(out, &tracing->parts[i].trace, tracing->request.workload,
                    columns);
    }
}

static int write_text(const struct tracing *tracing)
{
    FILE *file = open_out(tracing, "trace.txt");
    if (!file)
        return STATUS_BROKEN;
    print_all(file, tracing, COLUMNS_PLAIN);
    return close_out(file, "trace.txt");
}

static int write_json(const struct tracing *tracing)
{
    FILE *file = open_out(tracing, "trace.json");
    if (!file)
        return STATUS_BROKEN;
    chrome_begin(file);
    for (int i = 0; i < tracing->traced; i++)
        chrome_add(file, &tracing->parts[i].trace, tracing->request.workload,
                   (unsigned)i + 1);
    chrome_end(file);
    return close_out(file, "trace.json");
}

static int write_rows(const struct tracing *tracing)
{
    FILE *file = open_out(tracing, "timeline.tsv");
    if (!file)
        return STATUS_BROKEN;
    for (int i = 0; i < tracing->traced; i++)
        trace_print_rows(file, &tracing->parts[i].trace,
                         tracing->parts[i].spec->text);
    return close_out(file, "timeline.tsv");
}

static int draw(const struct tracing *tracing)
{
    char script[PATH_MAX];
    if (env_script(tracing->folder, "timeline.sh", script, sizeof script) != 0)
        return command_complain(STATUS_BROKEN,
                                "trace: scripts/timeline.sh is missing");
    const char *const argv[] = { "/bin/sh", script, tracing->out,
                                 tracing->request.workload, NULL };
    struct proc_options options = { .argv = argv, .limit_ns = DRAW_NS };
    struct proc_result result;
    int error = proc_run(&options, &result);
    if (error)
        return command_complain(STATUS_BROKEN, "trace: cannot start %s: %s",
                                script, strerror(-error));
    bool drawn = result.end == PROC_EXITED && result.code == 0;
    /* Without gnuplot there is no picture, and all else. */
    bool missing = result.end == PROC_EXITED && result.code == 3;
    if (!drawn)
        fputs(result.err.data ? result.err.data : "", stderr);
    proc_result_fini(&result);
    return drawn || missing ? STATUS_FINE : STATUS_BROKEN;
}

static int show(const struct tracing *tracing)
{
    bool terminal = isatty(STDOUT_FILENO);
    print_all(stdout, tracing,
              terminal ? (unsigned)progress_columns(STDOUT_FILENO)
                       : COLUMNS_PLAIN);
    int status = write_text(tracing);
    if (status == STATUS_FINE)
        status = write_json(tracing);
    if (status == STATUS_FINE)
        status = write_rows(tracing);
    if (status == STATUS_FINE)
        status = draw(tracing);
    printf("\n%s: trace.txt timeline.svg trace.json (for ui.perfetto.dev)\n",
           tracing->out);
    fflush(stdout);
    return status;
}

/* Where a trial fails or is skipped, the others are traced nevertheless. */
static int trace_each(struct tracing *tracing)
{
    int worst = STATUS_FINE;
    for (int i = 0; i < tracing->specs_n; i++) {
        int status = trace_one(tracing, &tracing->specs[i]);
        if (status != STATUS_FINE)
            worst = status;
        if (status != STATUS_FINE && status != STATUS_FAILED)
            break;
    }
    return worst;
}

static int trace_all(struct tracing *tracing)
{
    int status = check_workload(tracing);
    if (status == STATUS_FINE)
        status = add_specs(tracing);
    if (status == STATUS_FINE)
        status = make_folder(tracing);
    if (status == STATUS_FINE)
        status = trace_each(tracing);
    if (tracing->traced == 0) {
        rmdir(tracing->out); /* if it is empty */
        return status;
    }
    int shown = show(tracing);
    return status != STATUS_FINE ? status : shown;
}

int command_trace(int argc, char **argv)
{
    static char coro[] = "coro";
    struct tracing tracing = { .request = { .runtimes = coro,
                                            .events = RECORDER_EVENTS } };
    int status = parse(&tracing.request, argc, argv);
    if (status != STATUS_FINE)
        return status;
    if (tracing.request.help) {
        fputs(help, stdout);
        return STATUS_FINE;
    }
    interrupt_catch();
    if (catalog_folder(tracing.folder, sizeof tracing.folder) != 0 ||
        catalog_read(&tracing.catalog, tracing.folder) != 0)
        return command_complain(STATUS_BROKEN,
                                "trace: no trial programs; run make");
    status = trace_all(&tracing);
    for (int i = 0; i < tracing.traced; i++)
        trace_fini(&tracing.parts[i].trace);
    catalog_fini(&tracing.catalog);
    return status;
}
