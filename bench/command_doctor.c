/* SPDX-License-Identifier: MIT */
/*
 * cobench doctor: what would disturb a measurement on this machine, and how
 * much the same thing varies here.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "catalog.h"
#include "command.h"
#include "doctor_print.h"
#include "env.h"
#include "interrupt.h"
#include "progress.h"
#include "wrap.h"

static const char help[] =
    "usage: cobench doctor [--strict] [--json]\n"
    "Looks for what would disturb a measurement here: what it means for the\n"
    "numbers and how to mend it.  Then measures for ten seconds how much one\n"
    "and the same trial varies.\n"
    "\n"
    "  --strict  exit status 4 when something disturbs\n"
    "  --json    the findings and the environment as JSON\n"
    "\n"
    "Exit status: 0 fine, 2 usage, 4 no trial programs, or with --strict.\n";

static const int64_t FLOOR_NS = INT64_C(4500000000);

enum {
    OPT_STRICT = 1,
    OPT_JSON,
    OPT_HELP
};
static const struct option table[] = {
    { "strict", no_argument, NULL, OPT_STRICT },
    { "json", no_argument, NULL, OPT_JSON },
    { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

struct request {
    bool strict, json, help;
};

/* Stolen time is known only of a stretch of time. */
static json_t *look(const char *folder)
{
    json_t *env = env_read(folder, NULL);
    struct timespec second = { .tv_sec = 1 };
    nanosleep(&second, NULL);
    if (env)
        env_finish(env);
    return env;
}

static int measure_floors(const struct catalog *catalog, struct floor floors[2])
{
    static const char *const null_arguments[] = { "null", NULL };
    static const char *const cpu_arguments[] = { "cpu", "kernel=sha256",
                                                 "tasks=20", "cpus=1", NULL };
    const json_t *coro = catalog_program(catalog, "coro");
    if (!coro)
        return -ENOENT;
    const char *path = catalog_text(coro, "path");
    int n = floor_measure(&floors[0], path, null_arguments, FLOOR_NS);
    return n < 0 ? n : floor_measure(&floors[1], path, cpu_arguments, FLOOR_NS);
}

/* ---- as JSON ---- */

static json_t *finding_json(const struct finding *f)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "what", f->what, "grade",
                     doctor_grade_name(f->grade), "found", f->found, "source",
                     f->source, "means", f->means, "remedy", f->remedy);
}

static json_t *floor_json(const struct floor *f)
{
    return json_pack("{s:f, s:f, s:f, s:I}", "wall_s", f->wall.median,
                     "spread_80", f->spread, "nine_rounds", f->nine, "trials",
                     (json_int_t)f->wall.n);
}

static int print_json(json_t *env, const struct finding *findings, size_t n,
                      const struct floor *floors)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, finding_json(&findings[i]));
    json_t *root = json_pack("{s:o, s:{s:o, s:o}, s:O}", "findings", list,
                             "noise_floor", "null", floor_json(&floors[0]),
                             "cpu", floor_json(&floors[1]), "context", env);
    bool failed = !root || json_dumpf(root, stdout, JSON_INDENT(1)) != 0 ||
                  putchar('\n') == EOF;
    json_decref(root);
    return failed || fflush(stdout) != 0
               ? command_complain(STATUS_BROKEN,
                                  "doctor: the result cannot be written")
               : STATUS_FINE;
}

/* ---- the command ---- */

static int take(void *to, int option)
{
    struct request *request = to;
    if (option == OPT_STRICT)
        request->strict = true;
    else if (option == OPT_JSON)
        request->json = true;
    else
        request->help = true;
    return STATUS_FINE;
}

static int parse(struct request *request, int argc, char **argv)
{
    int status = command_options(argc, argv, ":", table, take, request);
    if (status == STATUS_FINE && optind < argc)
        status = command_complain(STATUS_USAGE,
                                  "doctor: unexpected argument '%s'; see "
                                  "cobench doctor --help",
                                  argv[optind]);
    return status;
}

static int complain_floor(int error)
{
    if (interrupt_pending())
        return 128 + interrupt_pending();
    return command_complain(STATUS_BROKEN,
                            "doctor: the noise could not be measured: %s",
                            error == -EIO ? "a trial failed"
                                          : strerror(-error));
}

static int examine(const struct request *request, const struct catalog *catalog,
                   json_t *env)
{
    struct finding findings[DOCTOR_MAX];
    struct floor floors[2];
    size_t n = doctor_judge(env, findings), bad = 0;
    int columns = isatty(STDOUT_FILENO) ? progress_columns(STDOUT_FILENO) : 80;
    for (size_t i = 0; i < n; i++) {
        bad += findings[i].grade == DOCTOR_DISTURBS;
        if (!request->json)
            doctor_print(stdout, &findings[i], columns);
    }
    fflush(stdout);
    int measured = measure_floors(catalog, floors);
    if (measured < 0)
        return complain_floor(measured);
    if (request->json) {
        int status = print_json(env, findings, n, floors);
        if (status != STATUS_FINE)
            return status;
    } else {
        doctor_print_floors(stdout, &floors[0], &floors[1], columns);
        putchar('\n');
        wrap_print(stdout,
                   bad ? "What is BAD makes numbers of this machine doubtful; "
                         "cobench run says so in its head."
                       : "Nothing found that makes numbers doubtful.",
                   0, 0, columns);
    }
    return bad && request->strict ? STATUS_BROKEN : STATUS_FINE;
}

int command_doctor(int argc, char **argv)
{
    struct request request = { 0 };
    struct catalog catalog;
    char folder[PATH_MAX];
    int status = parse(&request, argc, argv);
    if (status != STATUS_FINE)
        return status;
    if (request.help) {
        fputs(help, stdout);
        return STATUS_FINE;
    }
    interrupt_catch();
    if (catalog_folder(folder, sizeof folder) != 0 ||
        catalog_read(&catalog, folder) != 0)
        return command_complain(STATUS_BROKEN,
                                "doctor: no trial programs; run make");
    json_t *env = look(folder);
    status = env ? examine(&request, &catalog, env)
                 : command_complain(STATUS_BROKEN, "doctor: no memory");
    json_decref(env);
    catalog_fini(&catalog);
    return status;
}
