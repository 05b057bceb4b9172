/* SPDX-License-Identifier: MIT */
/*
 * Writes the files of a run of the gate.
 */
#include "gate_output.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog.h"
#include "env.h"
#include "folder.h"
#include "gate_file.h"
#include "gate_report.h"
#include "proc.h"
#include "progress.h"

static const int64_t CHART_NS = INT64_C(60) * 1000 * 1000 * 1000;

/* ---- texts ---- */

/* What a report prints, as text; NULL without memory. */
static char *render(const struct gate *gate, size_t *bytes,
                    void (*report)(FILE *out, const struct gate *gate))
{
    char *text = NULL;
    FILE *f = open_memstream(&text, bytes);
    if (!f)
        return NULL;
    report(f, gate);
    if (fclose(f) == 0)
        return text;
    free(text);
    return NULL;
}

static int write_report(const struct gate *gate, const char *dir,
                        const char *name,
                        void (*report)(FILE *out, const struct gate *gate))
{
    char path[PATH_MAX];
    size_t bytes = 0;
    char *text = render(gate, &bytes, report);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int err = text ? gate_write_text(path, text, bytes) : -ENOMEM;
    free(text);
    return err;
}

static int append_summary(const struct gate *gate)
{
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    FILE *f = path && *path ? fopen(path, "ae") : NULL;
    if (!f)
        return path && *path ? -errno : 0;
    gate_markdown(f, gate);
    return fclose(f) == 0 ? 0 : -errno;
}

/* ---- charts ---- */

/* The pairs of an entry as gnuplot reads them: round, base, head, stage. */
static int write_pairs(const struct gate_entry *entry, const char *path)
{
    FILE *f = fopen(path, "we");
    size_t round = 0;
    if (!f)
        return -errno;
    for (int stage = 0; stage < DECIDE_STAGES; stage++)
        for (size_t i = 0; i < entry->stages[stage].n; i++)
            fprintf(f, "%zu\t%.9g\t%.9g\t%d\n", ++round,
                    entry->stages[stage].base[i], entry->stages[stage].head[i],
                    stage + 1);
    return fclose(f) == 0 ? 0 : -errno;
}

static int draw(const struct gate_entry *entry, const char *script,
                const char *dir, const char *subtitle)
{
    char pairs[PATH_MAX], svg[PATH_MAX], name[GATE_NAME], title[GATE_NAME + 64];
    gate_file_name(name, sizeof name, entry);
    snprintf(pairs, sizeof pairs, "%.*s/charts/%s.tsv",
             PATH_MAX - GATE_NAME - 16, dir, name);
    snprintf(svg, sizeof svg, "%.*s/charts/%s.svg", PATH_MAX - GATE_NAME - 16,
             dir, name);
    snprintf(title, sizeof title, "%s: %.2fx", entry->name,
             entry->decision.ratio);
    int err = write_pairs(entry, pairs);
    if (err != 0)
        return err;
    const char *const argv[] = { "/usr/bin/env", "gnuplot", "-c",  script,
                                 pairs,          svg,       title, subtitle,
                                 entry->unit,    NULL };
    /* In the plain C locale gnuplot 5.4 corrupts its memory over the names it
     * makes in UTF-8. */
    const char *const env[] = { "LC_ALL=C.UTF-8", NULL };
    struct proc_options options = { .argv = argv,
                                    .env = env,
                                    .limit_ns = CHART_NS };
    struct proc_result result;
    err = proc_run(&options, &result);
    if (err != 0)
        return err;
    if (result.end != PROC_EXITED || result.code != 0)
        err = -EPROTO;
    proc_result_fini(&result);
    return err;
}

/* Whether all could be drawn. */
static bool draw_charts(const struct gate *gate, const char *dir,
                        const char *folder)
{
    char script[PATH_MAX], charts[PATH_MAX], subtitle[512];
    snprintf(charts, sizeof charts, "%s/charts", dir);
    for (size_t i = 0; i < gate->n; i++) {
        const struct gate_entry *entry = &gate->entries[i];
        if (entry->decision.verdict != DECIDE_REGRESSED)
            continue;
        int err = env_script(folder, "paired.gp", script, sizeof script);
        if (err == 0)
            err = folder_make(charts);
        if (err == 0)
            err = draw(entry, script, dir,
                       gate_sides(subtitle, sizeof subtitle, gate));
        if (err != 0) {
            fprintf(stderr, "cobench: no charts: gnuplot or its script is "
                            "missing or failed\n");
            return false;
        }
    }
    return true;
}

/* ---- all ---- */

int gate_show(const struct gate *gate)
{
    errno = 0;
    gate_print(stdout, gate, progress_colour(STDOUT_FILENO));
    if ((fflush(stdout) == 0 && !ferror(stdout)) || errno == EPIPE)
        return 0;
    int err = errno ? -errno : -EIO;
    fprintf(stderr, "cobench regress: cannot print the table: %s\n",
            strerror(-err));
    return err;
}

int gate_output(const struct gate *gate, const char *dir, const char *folder)
{
    char path[PATH_MAX];
    int shown = gate_show(gate);
    snprintf(path, sizeof path, "%s/regress.json", dir);
    int err = folder_make(dir);
    if (err == 0)
        err = gate_write(gate, path);
    bool charts = err == 0 && draw_charts(gate, dir, folder);
    if (err == 0)
        err = write_report(gate, dir, "regress.md",
                           charts ? gate_markdown_charts : gate_markdown);
    if (err == 0)
        err = write_report(gate, dir, "regress.xml", gate_junit);
    if (err != 0)
        fprintf(stderr, "cobench regress: cannot write into %s: %s\n", dir,
                strerror(-err));
    int summary = append_summary(gate);
    if (summary != 0)
        fprintf(stderr,
                "cobench regress: cannot write GITHUB_STEP_SUMMARY: "
                "%s\n",
                strerror(-summary));
    return err ? err : shown ? shown : summary;
}
