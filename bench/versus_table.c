/* SPDX-License-Identifier: MIT */
/* Runs against each other for a terminal, and as CSV. */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "row.h"
#include "versus_words.h"
#include "wrap.h"

#define BOLD  "\033[1m"
#define GREEN "\033[32m"
#define RED   "\033[31m"
#define PLAIN "\033[0m"

enum {
    COLUMNS_MIN = 36,
    PROSE_MAX = 100,
    /* Widths of columns, with the blanks before them. */
    RUNTIME_MAX = 15,
    MEASURE = 10,
    VALUE = 10,
    RATIO = 8,
    INTERVAL = 14,
    VERDICT = 9
};

struct sheet {
    FILE *file;
    int columns, prose, runtime;
    bool colour;
    char letter;                    /* of the run that is set against A */
    bool values, ratios, intervals; /* which there is room for */
};

static void choose_columns(struct sheet *s, const struct versus *v)
{
    int room = s->columns - MEASURE - RATIO - VERDICT;
    s->runtime = room < RUNTIME_MAX ? room : RUNTIME_MAX;
    int used = s->runtime + MEASURE;
    s->ratios = !v->apart[0];
    used += s->ratios ? RATIO + VERDICT : 0;
    s->values = !s->ratios || used + 2 * VALUE <= s->columns;
    used += s->values ? 2 * VALUE : 0;
    s->intervals = s->ratios && used + INTERVAL <= s->columns;
}

static void sentence(const struct sheet *s, const char *text)
{
    wrap_print(s->file, text, 0, 2, s->prose);
}

static void title(const struct sheet *s, const char *text)
{
    fputc('\n', s->file);
    fputs(s->colour ? BOLD : "", s->file);
    wrap_print(s->file, text, 0, 2, s->columns);
    fputs(s->colour ? PLAIN : "", s->file);
}

static const char *colour_of(const struct sheet *s, enum versus_verdict verdict)
{
    if (!s->colour)
        return "";
    return verdict == VERSUS_FASTER   ? GREEN
           : verdict == VERSUS_SLOWER ? RED
                                      : "";
}

static void draw_heads(const struct sheet *s)
{
    char ratio[] = { s->letter, '/', 'A', 0 }, other[] = { s->letter, 0 };
    fprintf(s->file, "%*s", s->runtime + MEASURE, "");
    if (s->values)
        fprintf(s->file, "%*s%*s", VALUE, "A", VALUE, other);
    if (s->ratios)
        fprintf(s->file, "%*s", RATIO, ratio);
    if (s->intervals)
        fprintf(s->file, " %-*s", INTERVAL - 1, "95%");
    fputs(s->ratios ? "  verdict\n" : "\n", s->file);
}

static void draw_figure(const struct sheet *s, const char *runtime,
                        const struct versus_figure *f)
{
    struct versus_texts texts;
    versus_texts(&texts, f);
    fprintf(s->file, "  %-*.*s %-*.*s", s->runtime - 3, s->runtime - 3, runtime,
            MEASURE - 1, MEASURE - 1, versus_figure_name(f));
    if (s->values)
        fprintf(s->file, "%*s%*s", VALUE, texts.a, VALUE, texts.b);
    if (s->ratios)
        fprintf(s->file, "%*s", RATIO, texts.ratio);
    if (s->intervals)
        fprintf(s->file, " %-*s", INTERVAL - 1, texts.interval);
    const char *colour = colour_of(s, f->verdict);
    if (s->ratios)
        fprintf(s->file, "  %s%s%s", colour, versus_verdict_name(f->verdict),
                colour[0] ? PLAIN : "");
    fputc('\n', s->file);
}

static void draw_row(const struct sheet *s, const struct versus_row *row)
{
    const char *runtime = versus_cell(row)->runtime;
    if (row->refused[0]) {
        char text[256];
        snprintf(text, sizeof text, "  %s not compared: %s", runtime,
                 row->refused);
        fputs("  ", s->file);
        wrap_print(s->file, text, 2, 4, s->columns);
        return;
    }
    for (int m = 0; m < VERSUS_MEASURES; m++) {
        if (!versus_shown(row, m))
            continue;
        draw_figure(s, runtime, &row->figures[m]);
        runtime = "";
    }
}

static void draw_rows(const struct sheet *s, const struct versus *v)
{
    const char *point = "";
    draw_heads(s);
    for (size_t i = 0; i < v->n; i++) {
        const struct versus_row *row = &v->rows[i];
        if (!row->a || !row->b)
            continue;
        if (strcmp(point, row->a->point) != 0) {
            char text[512];
            snprintf(text, sizeof text, "%s", row->a->point);
            for (char *c = text; *c; c++)
                *c = *c == '/' ? ' ' : *c;
            wrap_print(s->file, text, 0, 2, s->columns);
        }
        point = row->a->point;
        draw_row(s, row);
    }
}

static void draw_versus(struct sheet *s, const struct versus *v)
{
    char text[4096];
    snprintf(text, sizeof text, "%c against A", s->letter);
    title(s, text);
    versus_method_text(text, sizeof text, v);
    sentence(s, text);
    if (v->different[0]) {
        snprintf(text, sizeof text, "%s: %s.",
                 v->apart[0] ? "Also different" : "Different", v->different);
        sentence(s, text);
    }
    choose_columns(s, v);
    draw_rows(s, v);
    for (int alone = 0; alone < 2; alone++)
        if (versus_alone_text(text, sizeof text, v, alone, s->letter)[0])
            sentence(s, text);
    versus_total_text(text, sizeof text, v);
    sentence(s, text);
}

static void draw_answer(const struct sheet *s, const char *heading,
                        const struct answers *answers, size_t n)
{
    wrap_print(s->file, heading, 0, 2, s->prose);
    for (size_t i = 0; i < n; i++) {
        char text[ANSWER_LINE];
        fprintf(s->file, "  %c ", (char)('A' + i));
        versus_says(text, sizeof text, &answers[i], heading);
        wrap_print(s->file, text, 4, 4, s->prose);
    }
}

static void draw_answers(const struct sheet *s, const struct versus_runs *runs,
                         const struct answers *answers)
{
    title(s, "What each run says by itself");
    for (size_t i = 0; i < runs->n; i++)
        for (size_t k = 0; k < answers[i].n; k++) {
            const char *heading = answers[i].answers[k].heading;
            char text[ANSWER_LINE];
            bool said = false;
            for (size_t j = 0; j < i; j++)
                said |= versus_says(text, sizeof text, &answers[j], heading);
            if (!said)
                draw_answer(s, heading, answers, runs->n);
        }
}

int versus_table(FILE *file, const struct versus_runs *runs, int columns,
                 bool colour)
{
    struct sheet s = { .file = file,
                       .columns = columns > COLUMNS_MIN ? columns : COLUMNS_MIN,
                       .colour = colour };
    s.prose = s.columns < PROSE_MAX ? s.columns : PROSE_MAX;
    struct answers *answers;
    int error = versus_answers(&answers, runs);
    if (error)
        return error;
    for (size_t i = 0; i < runs->n; i++) {
        char text[1024];
        fprintf(file, "%c ", (char)('A' + i));
        versus_run_text(text, sizeof text, runs, i);
        wrap_print(file, text, 2, 2, s.prose);
    }
    for (size_t i = 1; i < runs->n; i++) {
        s.letter = (char)('A' + i);
        draw_versus(&s, &runs->all[i - 1]);
    }
    draw_answers(&s, runs, answers);
    versus_answers_free(answers, runs);
    return 0;
}

/* ---- CSV ---- */

static void print_field(FILE *file, const char *text)
{
    for (; *text; text++)
        fputc(*text == ',' || *text == '\n' || *text == '\r' ? ';' : *text,
              file);
    fputc(',', file);
}

static void print_estimate(FILE *file, const struct estimate *e)
{
    if (e->n > 0)
        fprintf(file, "%.10g,", e->median);
    else
        fputs("-,", file);
    if (e->n > 0 && e->interval)
        fprintf(file, "%.10g,%.10g,", e->low, e->high);
    else
        fputs("-,-,", file);
}

static void print_row(FILE *file, const char *run, const struct versus *v,
                      const struct versus_row *row)
{
    const struct cell *cell = versus_cell(row);
    for (int m = 0; m < VERSUS_MEASURES; m++) {
        const struct versus_figure *f = &row->figures[m];
        if (!versus_shown(row, m))
            continue;
        print_field(file, run);
        print_field(file, cell->name);
        print_field(file, cell->workload);
        print_field(file, cell->cpus);
        print_field(file, cell->runtime);
        print_field(file, metric_name(f->metric));
        print_field(file, metric_unit(f->metric));
        print_estimate(file, &f->a);
        print_estimate(file, &f->b);
        print_estimate(file, &f->ratio);
        fprintf(file, "%s\n",
                !row->b           ? "only base"
                : !row->a         ? "only other"
                : row->refused[0] ? "refused"
                : v->apart[0]     ? "side by side"
                                  : versus_verdict_name(f->verdict));
    }
}

int versus_csv(FILE *file, const struct versus_runs *runs)
{
    fputs("run,cell,workload,cpus,runtime,metric,unit,base,base_low,base_high,"
          "other,other_low,other_high,ratio,low,high,verdict\n",
          file);
    for (size_t i = 1; i < runs->n; i++)
        for (size_t k = 0; k < runs->all[i - 1].n; k++)
            print_row(file, runs->dirs[i], &runs->all[i - 1],
                      &runs->all[i - 1].rows[k]);
    return 0;
}
