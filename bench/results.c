/* SPDX-License-Identifier: MIT */
/*
 * Writes the result files.  Each is complete under its name or not there: it
 * grows under a temporary name, which is renamed when everything has reached
 * the disk.
 */

#include "results.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct output {
    const char *name;
    int (*print)(FILE *file, const struct analysis *analysis);
    bool shows_charts;
} outputs[] = {
    { "results.json", results_json },
    { "results.ci.json", results_ci },
    { "results.bmf.json", results_bmf },
    { "summary.csv", results_csv },
    { "latency.csv", results_latency },
    { "captions.tsv", results_captions },
    { "samples.csv", results_samples },
    { "crossovers.csv", results_crossovers },
    { "verdict.csv", results_verdict },
    { "report.md", report_md, true },
    { "report.html", report_html, true },
};

/* The caller frees *text. */
static int print_text(const struct output *output,
                      const struct analysis *analysis, char **text,
                      size_t *size)
{
    *text = NULL;
    FILE *file = open_memstream(text, size);
    if (!file)
        return -errno;
    int error = output->print(file, analysis);
    if (!error && ferror(file))
        error = -ENOMEM;
    if (fclose(file) != 0 && !error)
        error = -ENOMEM;
    return error;
}

static int write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            text += n;
            size -= (size_t)n;
        }
    }
    return fsync(fd) != 0 && errno != EINVAL ? -errno : 0;
}

static int write_text(const char *path, const char *text, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return -errno;
    int error = write_all(fd, text, size);
    if (close(fd) != 0 && !error)
        error = -errno;
    return error;
}

static int write_file(const struct output *output,
                      const struct analysis *analysis)
{
    char path[PATH_MAX], temporary[PATH_MAX + 8], *text;
    size_t size;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", analysis->dir,
                         output->name) >= sizeof path)
        return -ENAMETOOLONG;
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    int error = print_text(output, analysis, &text, &size);
    if (!error) {
        error = write_text(temporary, text, size);
        if (!error && rename(temporary, path) != 0)
            error = -errno;
        if (error)
            unlink(temporary);
    }
    free(text);
    return error;
}

/* Those that show charts, or all. */
static int write_files(const struct analysis *analysis, bool reports)
{
    int error = 0;
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        if (reports && !outputs[i].shows_charts)
            continue;
        int failed = write_file(&outputs[i], analysis);
        if (!failed)
            continue;
        fprintf(stderr, "cobench: cannot write %s/%s: %s\n", analysis->dir,
                outputs[i].name, strerror(-failed));
        if (!error)
            error = failed;
    }
    return error;
}

int results_write(const struct analysis *analysis)
{
    return write_files(analysis, false);
}

int results_report(const struct analysis *analysis)
{
    return write_files(analysis, true);
}

int results_print(FILE *file, const struct analysis *analysis,
                  enum format format)
{
    static int (*const prints[FORMATS])(FILE *, const struct analysis *) = {
        [FORMAT_CSV] = results_csv,
        [FORMAT_JSON] = results_json,
        [FORMAT_MD] = report_md,
        [FORMAT_HTML] = report_html,
    };
    int error = prints[format](file, analysis);
    if (!error && (fflush(file) != 0 || ferror(file)))
        error = -EIO;
    return error;
}

/* What is wrong with the work of a cell; NULL when nothing is. */
static const char *complaint(const struct analysis *a, const struct cell *cell)
{
    static const char known[] = "unequal work: ";
    const struct comparison *c = compare_find(&a->compared, cell);
    /* Not to keep up with an open loop is a result and no fault. */
    if (cell->behind || (c && c->baseline->behind))
        return NULL;
    if (c && c->refused[0])
        return strncmp(c->refused, known, sizeof known - 1) == 0
                   ? c->refused + sizeof known - 1
                   : c->refused;
    return cell->receipts_differ ? "its work differs from trial to trial"
                                 : NULL;
}

int results_unequal(const struct analysis *analysis)
{
    enum {
        NAMED = 8
    };
    int n = 0;
    for (size_t i = 0; i < analysis->summary.n; i++) {
        const char *what = complaint(analysis, analysis->shown[i]);
        if (what && n++ < NAMED)
            fprintf(stderr, "%s%s (%s)",
                    n == 1 ? "cobench: unequal work, not compared: " : "; ",
                    analysis->shown[i]->name, what);
    }
    if (n > NAMED)
        fprintf(stderr, "; and %d more", n - NAMED);
    if (n > 0)
        fputc('\n', stderr);
    return n;
}
