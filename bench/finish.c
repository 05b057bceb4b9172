/* SPDX-License-Identifier: MIT */
/*
 * Shows a run.
 */
#include "finish.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "env.h"
#include "proc.h"
#include "progress.h"
#include "results.h"
#include "table.h"
#include "verdict.h"
#include "wrap.h"

enum {
    NOTHING_TO_DRAW = 1, /* exit status of plots.sh */
    COLUMNS_PLAIN = 100  /* where there is no terminal */
};
static const int64_t CHARTS_NS = INT64_C(300) * 1000 * 1000 * 1000;

/* The last line a program wrote. */
static const char *last_line(char *text)
{
    if (!text)
        return "no reason given";
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == '\n')
        text[--n] = 0;
    const char *line = strrchr(text, '\n');
    return line ? line + 1 : text;
}

static bool have_gnuplot(void)
{
    const char *path = getenv("PATH");
    char file[PATH_MAX];
    while (path && *path) {
        size_t n = strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/gnuplot", (int)n, path);
        if (access(file, X_OK) == 0)
            return true;
        path += n + (path[n] == ':');
    }
    return false;
}

/* What was said, and whether it is a failure. */
static int judge_charts(const struct proc_result *result)
{
    if (result->end == PROC_EXITED && result->code == 0)
        return 0;
    if (result->end == PROC_EXITED && result->code == NOTHING_TO_DRAW) {
        fprintf(stderr, "cobench: charts: %s\n", last_line(result->err.data));
        return 0;
    }
    fprintf(stderr, "cobench: the charts could not be drawn: %s\n",
            result->end == PROC_TIMEOUT       ? "it took more than five minutes"
            : result->end == PROC_INTERRUPTED ? "interrupted"
                                              : last_line(result->err.data));
    return FINISH_NO_CHARTS;
}

static int draw_charts(const char *run_dir, const char *folder)
{
    char script[PATH_MAX];
    if (!have_gnuplot()) {
        fprintf(stderr,
                "cobench: no charts: gnuplot is not installed; run "
                "scripts/setup.sh, then cobench report %s\n",
                run_dir);
        return 0;
    }
    if (env_script(folder, "plots.sh", script, sizeof script) != 0) {
        fprintf(stderr, "cobench: no charts: scripts/plots.sh is missing\n");
        return 0;
    }
    const char *const argv[] = { "/bin/sh", script, run_dir, NULL };
    struct proc_options options = { .argv = argv, .limit_ns = CHARTS_NS };
    struct proc_result result;
    int err = proc_run(&options, &result);
    if (err != 0) {
        fprintf(stderr, "cobench: no charts: cannot start %s: %s\n", script,
                strerror(-err));
        return FINISH_NO_CHARTS;
    }
    int failed = judge_charts(&result);
    proc_result_fini(&result);
    return failed;
}

/* Names the files that are there. */
static void show_files(FILE *file, const char *run_dir)
{
    static const char *const names[] = { "report.html",  "report.md",
                                         "charts",       "summary.csv",
                                         "results.json", "trials.jsonl" };
    char text[2 * PATH_MAX];
    int fd = fileno(file);
    size_t used = (size_t)snprintf(text, sizeof text, "%s:", run_dir);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", run_dir, names[i]);
        if (access(path, R_OK) == 0 && used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, " %s",
                                     names[i]);
    }
    fputc('\n', file);
    wrap_print(file, text, 0, 2, isatty(fd) ? progress_columns(fd) : INT_MAX);
    fflush(file);
}

/* As setlocale(LC_CTYPE, "") would choose, without changing the program's. */
static bool is_utf8(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

/* The table, and below it, where it stays in sight, the verdict. */
static void show_table(const struct analysis *analysis)
{
    bool terminal = isatty(STDOUT_FILENO);
    struct table_style style = {
        .columns = terminal ? progress_columns(STDOUT_FILENO) : COLUMNS_PLAIN,
        .colour = progress_colour(STDOUT_FILENO),
        .utf8 = is_utf8(),
    };
    struct answers answers;
    table_print(stdout, analysis, &style);
    if (verdict_make(&answers, analysis) == 0) {
        verdict_print(stdout, &answers, style.columns, style.colour);
        verdict_fini(&answers);
    }
    fflush(stdout);
}

static int show(const struct analysis *analysis, enum format format)
{
    if (format == FORMAT_TABLE) {
        show_table(analysis);
        return 0;
    }
    errno = 0;
    int error = results_print(stdout, analysis, format);
    /* A reader who has gone has what he wanted. */
    if (!error || errno == EPIPE)
        return 0;
    fprintf(stderr, "cobench: the result cannot be written: %s\n",
            strerror(errno ? errno : -error));
    return error;
}

/* A table can be read while the charts are drawn; a report shows them. */
static int make(const struct analysis *analysis, const char *folder,
                bool charts, enum format format)
{
    bool table = format == FORMAT_TABLE;
    int err = results_write(analysis), shown = 0;
    if (table)
        show(analysis, format);
    if (err == 0 && charts) {
        int failed = draw_charts(analysis->dir, folder);
        err = results_report(analysis);
        err = err ? err : failed;
    }
    if (!table)
        shown = show(analysis, format);
    show_files(table ? stdout : stderr, analysis->dir);
    return err ? err : shown;
}

static int read_run(struct analysis *out, const char *run_dir)
{
    char message[PATH_MAX + 200];
    int err = analysis_init(out, run_dir, message, sizeof message);
    if (*message)
        fprintf(stderr, "cobench: %s%s\n", err ? "" : "warning: ", message);
    return err;
}

/* Nothing to show: a run that was ended before its first trial. */
static int complain_empty(const char *run_dir)
{
    fprintf(stderr,
            "cobench: there are no trials in %s: nothing was measured; "
            "cobench run --resume=%s does it\n",
            run_dir, run_dir);
    return -ENODATA;
}

/* Failures and reasons to skip can be shown, but they are no figures. */
static int complain_unmeasured(const char *run_dir)
{
    fprintf(stderr,
            "cobench: nothing was measured in %s: no trial ended well\n",
            run_dir);
    return -ENODATA;
}

int finish(const char *run_dir, const char *folder, bool charts,
           enum format format, int *unequal)
{
    struct analysis analysis;
    int err = read_run(&analysis, run_dir);
    if (err)
        return err;
    if (json_array_size(analysis.summary.trials.trials) == 0) {
        analysis_fini(&analysis);
        return complain_empty(run_dir);
    }
    err = make(&analysis, folder, charts, format);
    if (err == 0 && !analysis_measured(&analysis))
        err = complain_unmeasured(run_dir);
    if (unequal)
        *unequal = results_unequal(&analysis);
    analysis_fini(&analysis);
    return err;
}

int finish_show(const char *run_dir, enum format format)
{
    struct analysis analysis;
    int err = read_run(&analysis, run_dir);
    if (err)
        return err;
    err = show(&analysis, format);
    analysis_fini(&analysis);
    return err;
}
