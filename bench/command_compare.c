/* SPDX-License-Identifier: MIT */
/*
 * cobench compare: runs that exist already, against each other.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "format.h"
#include "progress.h"
#include "versus.h"

static const char help[] =
    "usage: cobench compare [OPTION]... A B [C]...\n"
    "Compares runs, given by their folders, cell by cell with A.  Machines that\n"
    "differ are only set side by side; cells that are defined otherwise or did\n"
    "other work are named and not compared.\n"
    "\n"
    "  --paired            by round; only where the rounds of the runs took\n"
    "                      turns.  Else the machine's own drift is in every\n"
    "                      ratio: to compare two builds, cobench regress\n"
    "                      interleaves them\n"
    "  --floor PERCENT     changes below it do not count (5 where pinned to one\n"
    "                      CPU, else 10)\n"
    "  --fail              exit 1 when something has become worse, 3 when\n"
    "                      nothing could be compared\n"
    "  --format table|csv|json|md|html\n"
    "\n"
    "Exit status: 0 fine, 1 worse (with --fail), 2 usage, or --paired without\n"
    "turns, 3 nothing compared (with --fail), 4 a run cannot be read or holds\n"
    "no measurement.\n";

enum {
    OPT_PAIRED = 1,
    OPT_FLOOR,
    OPT_FAIL,
    OPT_FORMAT,
    OPT_HELP,
    RUNS_MAX = 8,
    MESSAGE = PATH_MAX + 200
};
static const struct option table[] = {
    { "paired", no_argument, NULL, OPT_PAIRED },
    { "floor", required_argument, NULL, OPT_FLOOR },
    { "fail", no_argument, NULL, OPT_FAIL },
    { "format", required_argument, NULL, OPT_FORMAT },
    { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

struct request {
    struct versus_rule rule;
    enum format format;
    bool fail, help;
    const char *dirs[RUNS_MAX];
    size_t n;
};

/* ---- the command line ---- */

static int take_floor(struct request *request)
{
    char *end;
    double value = strtod(optarg, &end);
    if (end == optarg || *end || !(value >= 0 && value <= 1000))
        return command_complain(STATUS_USAGE,
                                "compare: --floor '%s': give a number from 0 "
                                "to 1000",
                                optarg);
    request->rule.floor = value / 100;
    return STATUS_FINE;
}

static int take(void *to, int option)
{
    struct request *request = to;
    switch (option) {
    case OPT_PAIRED:
        request->rule.paired = true;
        return STATUS_FINE;
    case OPT_FLOOR:
        return take_floor(request);
    case OPT_FAIL:
        request->fail = true;
        return STATUS_FINE;
    case OPT_FORMAT:
        if (format_find(&request->format, optarg) == 0)
            return STATUS_FINE;
        return command_complain(STATUS_USAGE,
                                "compare: --format '%s': valid: %s", optarg,
                                format_names);
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
    request->n = (size_t)(argc - optind);
    if (request->n < 2 || request->n > RUNS_MAX)
        return command_complain(STATUS_USAGE,
                                "compare: give the folders of two to %d runs; "
                                "see cobench compare --help",
                                RUNS_MAX);
    for (size_t i = 0; i < request->n; i++)
        request->dirs[i] = argv[optind + (int)i];
    return STATUS_FINE;
}

/* ---- the runs ---- */

struct session {
    const struct request *request;
    struct analysis analyses[RUNS_MAX];
    struct versus all[RUNS_MAX];
    size_t read, compared;
};

static int read_runs(struct session *s)
{
    for (; s->read < s->request->n; s->read++) {
        const char *dir = s->request->dirs[s->read];
        struct analysis *a = &s->analyses[s->read];
        char message[MESSAGE];
        if (analysis_init(a, dir, message, sizeof message) != 0)
            return command_complain(STATUS_BROKEN, "compare: %s", message);
        if (*message)
            fprintf(stderr, "cobench: warning: %s\n", message);
        if (!analysis_measured(a)) {
            analysis_fini(a);
            return command_complain(STATUS_BROKEN,
                                    "compare: nothing was measured in %s", dir);
        }
    }
    return STATUS_FINE;
}

/* What never differs is no news of a copy. */
static void warn_of_copy(const struct analysis *a, const struct analysis *b)
{
    if (json_equal(a->summary.trials.trials, b->summary.trials.trials))
        fprintf(stderr,
                "cobench: warning: %s and %s hold the same trials: one is a "
                "copy of the other\n",
                a->dir, b->dir);
}

static int compare_runs(struct session *s)
{
    const struct request *request = s->request;
    for (; s->compared + 1 < request->n; s->compared++) {
        const struct analysis *a = &s->analyses[0];
        const struct analysis *b = &s->analyses[s->compared + 1];
        char why[128] = "";
        warn_of_copy(a, b);
        if (request->rule.paired)
            versus_take_turns(why, sizeof why, a, b);
        if (why[0])
            return command_complain(STATUS_USAGE,
                                    "compare: --paired: %s and %s did not "
                                    "take turns: %s",
                                    a->dir, b->dir, why);
        int error = versus_make(&s->all[s->compared], a, b, &request->rule);
        if (error)
            return command_complain(STATUS_BROKEN, "compare: %s",
                                    strerror(-error));
    }
    return STATUS_FINE;
}

static int print(const struct session *s)
{
    const struct versus_runs runs = { s->request->dirs, s->analyses, s->all,
                                      s->request->n };
    bool terminal = isatty(STDOUT_FILENO);
    switch (s->request->format) {
    case FORMAT_CSV:
        return versus_csv(stdout, &runs);
    case FORMAT_JSON:
        return versus_json(stdout, &runs);
    case FORMAT_MD:
        return versus_md(stdout, &runs);
    case FORMAT_HTML:
        return versus_html(stdout, &runs);
    default:
        return versus_table(stdout, &runs,
                            terminal ? progress_columns(STDOUT_FILENO) : 100,
                            progress_colour(STDOUT_FILENO));
    }
}

static int show(const struct session *s)
{
    errno = 0;
    int error = print(s);
    if (!error && (fflush(stdout) != 0 || ferror(stdout)))
        error = -EIO;
    /* A reader who has gone has what he wanted. */
    if (error && errno != EPIPE)
        return command_complain(STATUS_BROKEN,
                                "compare: the result cannot be written: %s",
                                strerror(errno ? errno : -error));
    size_t worse = 0, compared = 0;
    for (size_t i = 0; i < s->compared; i++) {
        worse += s->all[i].counts[VERSUS_SLOWER];
        compared += s->all[i].compared;
    }
    if (!s->request->fail)
        return STATUS_FINE;
    return worse > 0       ? STATUS_FAILED
           : compared == 0 ? STATUS_INCONCLUSIVE
                           : STATUS_FINE;
}

int command_compare(int argc, char **argv)
{
    struct request request = { .rule = { .floor = -1 } };
    int status = parse(&request, argc, argv);
    if (status != STATUS_FINE)
        return status;
    if (request.help) {
        fputs(help, stdout);
        return STATUS_FINE;
    }
    struct session session = { .request = &request };
    status = read_runs(&session);
    if (status == STATUS_FINE)
        status = compare_runs(&session);
    if (status == STATUS_FINE)
        status = show(&session);
    while (session.compared > 0)
        versus_fini(&session.all[--session.compared]);
    while (session.read > 0)
        analysis_fini(&session.analyses[--session.read]);
    return status;
}
