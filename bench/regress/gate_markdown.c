/* SPDX-License-Identifier: MIT */
/*
 * The gate's verdicts as Markdown: what a reviewer reads first stands first.
 */
#include <math.h>
#include <stdlib.h>

#include "catalog.h"
#include "command.h"
#include "gate_report.h"
#include "human.h"

static bool is_quiet(const struct gate_entry *entry)
{
    bool same = entry->decision.verdict == DECIDE_SAME;
    return same || (entry->role != DECIDE_GATE && !gate_alarms(entry));
}

static void put_head(FILE *out, const struct gate *gate)
{
    fprintf(out,
            gate->baseline
                ? "| metric | verdict | change | recorded | now | allowed |\n"
                : "| metric | verdict | head / base | base | head | finds |\n");
    fprintf(out, "|---|---|---:|---:|---:|---:|\n");
}

/* Text in a cell of a table. */
static void put_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void put_row(FILE *out, const struct gate_entry *entry)
{
    const struct decision *decision = &entry->decision;
    char base[HUMAN], head[HUMAN], ratio[HUMAN], finds[16];
    bool loud = !is_quiet(entry);
    snprintf(finds, sizeof finds, "-");
    if (isfinite(decision->detectable))
        snprintf(finds, sizeof finds, "%.0f%%", 100 * decision->detectable);
    fprintf(out, "| `%s`%s", entry->name, *entry->remark ? ": " : "");
    put_text(out, entry->remark);
    fprintf(out, " | %s%s%s | %s", loud ? "**" : "", gate_verdict(entry),
            loud ? "**" : "", human_ratio(ratio, decision->ratio));
    if (isfinite(decision->low) && isfinite(decision->high))
        fprintf(out, " [%.2f, %.2f]", decision->low, decision->high);
    fprintf(out, " | %s | %s | %s |\n",
            gate_figure(base, sizeof base, entry, decision->base),
            gate_figure(head, sizeof head, entry, decision->head), finds);
}

/* The rows that are quiet, or those that are not; how many. */
static size_t put_rows(FILE *out, const struct gate *gate, const size_t *order,
                       bool quiet)
{
    size_t n = 0;
    for (size_t i = 0; i < gate->n; i++) {
        const struct gate_entry *entry = &gate->entries[order[i]];
        if (is_quiet(entry) != quiet)
            continue;
        if (n++ == 0 && out)
            put_head(out, gate);
        if (out)
            put_row(out, entry);
    }
    return n;
}

static void put_charts(FILE *out, const struct gate *gate, const size_t *order)
{
    for (size_t i = 0; i < gate->n; i++) {
        const struct gate_entry *entry = &gate->entries[order[i]];
        char name[GATE_NAME];
        if (entry->decision.verdict == DECIDE_REGRESSED)
            fprintf(out, "\n![%s](charts/%s.svg)\n", entry->name,
                    gate_file_name(name, sizeof name, entry));
    }
}

static void put_list(FILE *out, const char *title, const json_t *list)
{
    size_t i;
    json_t *item;
    if (json_array_size(list) > 0)
        fprintf(out, "\n%s:\n\n", title);
    json_array_foreach(list, i, item)
    {
        if (json_is_string(item))
            fprintf(out, "* %s\n", json_string_value(item));
        else
            fprintf(out, "* `%s`: %s\n", catalog_text(item, "name"),
                    catalog_text(item, "why"));
    }
}

static void put_all(FILE *out, const struct gate *gate, bool charts)
{
    const json_t *env = json_object_get(gate->about, "env");
    size_t *order = gate_ranking(gate);
    char sides[512];
    if (!order)
        return;
    fprintf(out, "## Performance: %s\n\n%s. %s; %s.\n\n",
            gate_status_name(gate), gate->reason,
            gate_sides(sides, sizeof sides, gate),
            catalog_text(env, "machine"));
    put_rows(out, gate, order, false);
    if (charts)
        put_charts(out, gate, order);
    put_list(out, "Broken", gate->broken);
    put_list(out, "Not compared", gate->left_out);
    size_t quiet = put_rows(NULL, gate, order, true);
    if (quiet > 0) {
        fprintf(out,
                "\n<details><summary>%zu metric%s the same%s"
                "</summary>\n\n",
                quiet, quiet == 1 ? "" : "s",
                gate->baseline ? "" : ", controls included");
        put_rows(out, gate, order, true);
        fprintf(out, "\n</details>\n");
    }
    free(order);
}

void gate_markdown(FILE *out, const struct gate *gate)
{
    put_all(out, gate, false);
}

void gate_markdown_charts(FILE *out, const struct gate *gate)
{
    put_all(out, gate, true);
}
