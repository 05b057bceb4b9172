/* SPDX-License-Identifier: MIT */
/* Runs against each other for programs. */

#include "document.h"
#include "versus_words.h"

static json_t *estimate_json(struct document *d, const struct estimate *e)
{
    json_t *object = json_object();
    document_number(d, object, "median", e->median);
    if (e->interval) {
        document_number(d, object, "low", e->low);
        document_number(d, object, "high", e->high);
    }
    document_number(d, object, "n", (double)e->n);
    return object;
}

static json_t *figure_json(struct document *d, const struct versus_figure *f)
{
    json_t *object = json_object();
    document_text(d, object, "metric", metric_name(f->metric));
    document_text(d, object, "unit", metric_unit(f->metric));
    if (f->a.n > 0)
        document_put(d, object, "base", estimate_json(d, &f->a));
    if (f->b.n > 0)
        document_put(d, object, "other", estimate_json(d, &f->b));
    if (f->ratio.n > 0)
        document_put(d, object, "ratio", estimate_json(d, &f->ratio));
    if (f->verdict != VERSUS_NONE)
        document_text(d, object, "verdict", versus_verdict_name(f->verdict));
    return object;
}

static json_t *row_json(struct document *d, const struct versus *v,
                        const struct versus_row *row)
{
    json_t *object = json_object(), *figures = json_array();
    document_text(d, object, "cell", versus_cell(row)->name);
    document_text(d, object, "status",
                  !row->b           ? "only base"
                  : !row->a         ? "only other"
                  : row->refused[0] ? "refused"
                  : v->apart[0]     ? "side by side"
                                    : "compared");
    document_text(d, object, "reason", row->refused[0] ? row->refused : NULL);
    for (int m = 0; m < VERSUS_MEASURES; m++)
        if (versus_shown(row, m))
            document_append(d, figures, figure_json(d, &row->figures[m]));
    document_put(d, object, "figures", figures);
    return object;
}

static json_t *run_json(struct document *d, const struct versus_runs *runs,
                        size_t i)
{
    const struct analysis *a = &runs->analyses[i];
    json_t *object = json_object();
    document_text(d, object, "folder", runs->dirs[i]);
    document_copy(d, object, "machine", a->env, "machine");
    document_copy(d, object, "commit", a->env, "commit");
    document_copy(d, object, "dirty", a->env, "dirty");
    document_copy(d, object, "started", a->summary.trials.run, "started");
    document_number(d, object, "rounds", (double)analysis_rounds(a));
    return object;
}

static json_t *versus_object(struct document *d, const struct versus *v)
{
    json_t *object = json_object(), *rows = json_array(),
           *counts = json_object();
    document_put(d, object, "paired", json_boolean(v->paired));
    document_text(d, object, "apart", v->apart[0] ? v->apart : NULL);
    document_text(d, object, "different",
                  v->different[0] ? v->different : NULL);
    for (int i = VERSUS_UNCLEAR; i < VERSUS_VERDICTS; i++)
        document_number(d, counts, versus_verdict_name((enum versus_verdict)i),
                        (double)v->counts[i]);
    document_put(d, object, "counts", counts);
    for (size_t i = 0; i < v->n; i++)
        document_append(d, rows, row_json(d, v, &v->rows[i]));
    document_put(d, object, "cells", rows);
    return object;
}

int versus_json(FILE *file, const struct versus_runs *runs)
{
    struct document d = { 0 };
    json_t *root = json_object(), *others = json_array();
    document_put(&d, root, "schema", json_integer(1));
    document_put(&d, root, "base", run_json(&d, runs, 0));
    for (size_t i = 1; i < runs->n; i++) {
        json_t *other = run_json(&d, runs, i);
        document_merge(&d, other, versus_object(&d, &runs->all[i - 1]));
        document_append(&d, others, other);
    }
    document_put(&d, root, "others", others);
    return document_print(&d, root, file);
}
