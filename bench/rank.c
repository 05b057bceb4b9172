/* SPDX-License-Identifier: MIT */
/* Sorts the runtimes of a point, and says in words who comes after whom. */

#include "rank.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "row.h"
#include "wrap.h"

const char *const rank_note =
    "a < b: a costs less; a = b: the same within 3%; a ~ b: the rounds do not "
    "decide; each sign is the verdict on its two neighbours alone. Figures are "
    "operations per second of CPU.";

/* ---- the order ---- */

static double cost(const struct cell *cell, int which)
{
    return cell->estimates[compare_metric(cell, which)].median;
}

static bool has_cost(const struct cell *cell, int which)
{
    return cell->estimates[compare_metric(cell, which)].n > 0;
}

/* Into the place its median has, those before it having one. */
static void insert(struct ranking *r, const struct cell *cell, int which)
{
    size_t at = r->n++;
    while (at > 0 && cost(r->cells[at - 1].cell, which) > cost(cell, which)) {
        r->cells[at] = r->cells[at - 1];
        at--;
    }
    r->cells[at] = (struct ranked){ .cell = cell };
}

/* Puts in coro and those that are compared with it. */
static void take_cells(struct ranking *r, const struct compared *compared,
                       const struct cell *coro, int which)
{
    insert(r, coro, which);
    for (size_t i = 0; i < compared->n; i++) {
        const struct comparison *c = &compared->comparisons[i];
        if (c->baseline == coro && !c->refused[0] &&
            has_cost(c->contender, which))
            insert(r, c->contender, which);
    }
}

static int compare_step(struct ranked *cell, const struct ranked *before,
                        int which)
{
    struct pairs pairs;
    struct estimate ratio = { 0 };
    int error = pairs_make(&pairs, cell->cell, before->cell,
                           compare_metric(cell->cell, which));
    if (error)
        return error;
    if (pairs.n > 0)
        error = stats_ratio(&ratio, pairs.contender, pairs.baseline, pairs.n);
    pairs_fini(&pairs);
    enum verdict verdict = stats_verdict(&ratio);
    cell->step = verdict == VERDICT_FASTER ? VERDICT_INCONCLUSIVE : verdict;
    return error;
}

static bool is_origin_bound(const struct compared *compared,
                            const struct cell *coro)
{
    for (size_t i = 0; i < compared->n; i++)
        if (compared->comparisons[i].baseline == coro &&
            compared->comparisons[i].origin_bound)
            return true;
    return false;
}

int rank_make(struct ranking *out, const struct compared *compared,
              const struct cell *coro, int which)
{
    struct ranking r = { calloc(compared->n + 1, sizeof *r.cells), 0 };
    int error = 0;
    if (!r.cells)
        return -ENOMEM;
    bool useless = which == COMPARE_WALL && is_origin_bound(compared, coro);
    if (!useless && has_cost(coro, which))
        take_cells(&r, compared, coro, which);
    if (r.n == 1)
        r.n = 0;
    for (size_t i = 0; i < r.n && !error; i++) {
        r.cells[i].rank = i + 1;
        if (i == 0)
            continue;
        error = compare_step(&r.cells[i], &r.cells[i - 1], which);
        if (r.cells[i].step != VERDICT_SLOWER)
            r.cells[i].rank = r.cells[i - 1].rank;
    }
    if (error)
        rank_fini(&r);
    else
        *out = r;
    return error;
}

bool rank_any(const struct compared *compared)
{
    for (size_t i = 0; i < compared->n; i++)
        if (!compared->comparisons[i].refused[0])
            return true;
    return false;
}

void rank_fini(struct ranking *ranking)
{
    free(ranking->cells);
    *ranking = (struct ranking){ 0 };
}

/* ---- in words ---- */

static const char *sign(enum verdict step)
{
    return step == VERDICT_SLOWER ? " < "
           : step == VERDICT_SAME ? " = "
                                  : " ~ ";
}

void rank_text(char *text, size_t size, const struct analysis *analysis,
               const struct ranking *ranking, bool figures)
{
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < ranking->n && used < size; i++) {
        const struct cell *cell = ranking->cells[i].cell;
        const struct estimate *e = &cell->estimates[METRIC_OPS_PER_CPU_S];
        char rate[HUMAN];
        struct row row;
        row_make(&row, analysis, cell);
        bool known = figures && e->n > 0;
        used += (size_t)snprintf(text + used, size - used, "%s%s%s%s%s",
                                 i == 0 ? "" : sign(ranking->cells[i].step),
                                 row.runtime, known ? " " : "",
                                 known ? human_count(rate, e->median) : "",
                                 known ? "/s" : "");
    }
}

/* What is said of one point. */
enum {
    ORDER = 768
};
struct orders {
    char wall[ORDER], cpu[ORDER]; /* by signs alone; "" where there is none */
    char rates[ORDER];            /* as cpu, with figures */
};

static int order_text(char *text, char *rates, const struct analysis *a,
                      const struct cell *coro, int which)
{
    struct ranking ranking;
    int error = rank_make(&ranking, &a->compared, coro, which);
    if (error)
        return error;
    rank_text(text, ORDER, a, &ranking, false);
    if (rates)
        rank_text(rates, ORDER, a, &ranking, true);
    rank_fini(&ranking);
    return 0;
}

/* False where nothing is ranked. */
static bool orders_make(struct orders *out, const struct analysis *a,
                        const struct cell *coro)
{
    *out = (struct orders){ 0 };
    if (strcmp(coro->runtime, BASELINE) != 0 || coro->n == 0 ||
        order_text(out->wall, NULL, a, coro, COMPARE_WALL) != 0 ||
        order_text(out->cpu, out->rates, a, coro, COMPARE_CPU) != 0)
        return false;
    return out->wall[0] || out->cpu[0];
}

/* The same point with other CPUs, or NULL. */
static const struct cell *find_other(const struct analysis *a,
                                     const struct cell *coro)
{
    size_t n = strlen(coro->point) - strlen(coro->cpus);
    for (size_t i = 0; i < a->summary.n; i++) {
        const struct cell *cell = &a->summary.cells[i];
        if (strncmp(cell->point, coro->point, n) == 0 &&
            strcmp(cell->point + n, cell->cpus) == 0 && cell != coro &&
            strcmp(cell->cpus, coro->cpus) != 0 &&
            strcmp(cell->runtime, BASELINE) == 0)
            return cell;
    }
    return NULL;
}

static bool same_orders(const struct orders *a, const struct orders *b)
{
    return strcmp(a->wall, b->wall) == 0 && strcmp(a->cpu, b->cpu) == 0;
}

/* From shown[i] on, the first point to show: its cell of coro.  A point that
 * exists with other CPUs stands beside the one with cpus:1. */
static size_t next_point(const struct analysis *a, size_t i)
{
    for (; i < a->summary.n; i++) {
        const struct cell *cell = a->shown[i];
        if (strcmp(cell->runtime, BASELINE) == 0 &&
            (strcmp(cell->cpus, "1") == 0 || !find_other(a, cell)))
            break;
    }
    return i;
}

/* ---- for a terminal ---- */

enum {
    INDENT = 2,
    LABEL = 15
};

static void print_line(FILE *file, const char *cpus, const char *measure,
                       const char *text, int columns)
{
    char label[64];
    snprintf(label, sizeof label, "%s%s", cpus, measure);
    fprintf(file, "%*s%-*s", INDENT, "", LABEL, label);
    wrap_print(file, text, INDENT + LABEL, INDENT + LABEL, columns);
}

static void print_orders(FILE *file, const char *cpus, const struct orders *o,
                         int columns)
{
    if (strcmp(o->wall, o->cpu) == 0) {
        print_line(file, cpus, "both", o->rates, columns);
        return;
    }
    if (o->wall[0])
        print_line(file, cpus, "wall", o->wall, columns);
    if (o->cpu[0])
        print_line(file, cpus, "CPU", o->rates, columns);
}

static void print_title(FILE *file, const struct cell *coro, const char *also,
                        int columns)
{
    char point[512], text[640];
    row_point(point, sizeof point, coro);
    snprintf(text, sizeof text, "%s %s%s", coro->workload, point, also);
    wrap_print(file, text, 0, INDENT, columns);
}

static void print_point(FILE *file, const struct analysis *a,
                        const struct cell *coro, int columns)
{
    const struct cell *other = find_other(a, coro);
    struct orders here, there;
    bool ranked = orders_make(&here, a, coro);
    bool beside = other && orders_make(&there, a, other);
    if (ranked && beside && same_orders(&here, &there)) {
        print_title(file, coro, ", and the same under cpus:all", columns);
        print_orders(file, "", &here, columns);
    } else if (ranked && beside) {
        print_title(file, coro, " and cpus:all", columns);
        print_orders(file, "cpus:1 ", &here, columns);
        print_orders(file, "cpus:all ", &there, columns);
    } else if (ranked || beside) {
        print_title(file, ranked ? coro : other, "", columns);
        print_orders(file, "", ranked ? &here : &there, columns);
    }
}

void rank_print(FILE *file, const struct analysis *a, int columns)
{
    for (size_t i = next_point(a, 0); i < a->summary.n;
         i = next_point(a, i + 1))
        print_point(file, a, a->shown[i], columns);
}

/* ---- for a report ---- */

static bool print_row(struct page *page, const struct analysis *a,
                      const struct cell *coro, bool opened)
{
    static const struct page_column columns[] = {
        { "point" },
        { "order by wall time" },
        { "order by CPU time per op, with ops per second of CPU" },
    };
    struct orders orders;
    char point[512];
    if (!coro || !orders_make(&orders, a, coro))
        return opened;
    if (!opened)
        page_table(page, columns, sizeof columns / sizeof *columns);
    row_point(point, sizeof point, coro);
    page_cell(page, point);
    page_cell(page, orders.wall[0] ? orders.wall : "-");
    page_cell(page, orders.cpu[0] ? orders.rates : "-");
    return true;
}

void rank_page(struct page *page, const struct analysis *a,
               const char *workload)
{
    bool opened = false;
    for (size_t i = next_point(a, 0); i < a->summary.n;
         i = next_point(a, i + 1)) {
        const struct cell *coro = a->shown[i];
        if (strcmp(coro->workload, workload) != 0)
            continue;
        opened = print_row(page, a, coro, opened);
        opened = print_row(page, a, find_other(a, coro), opened);
    }
    if (opened)
        page_table_end(page);
}
