/* SPDX-License-Identifier: MIT */
/*
 * The gate's verdicts as JUnit XML, which CI systems show as tests.
 */
#include "catalog.h"
#include "command.h"
#include "gate_report.h"
#include "human.h"

/* Text in an attribute; XML has no way to write most control characters. */
static void put_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '"')
            fputs("&quot;", out);
        else if ((unsigned char)*text < ' ')
            fputc('?', out);
        else
            fputc(*text, out);
    }
}

static void put_case(FILE *out, const char *name, const char *element,
                     const char *message)
{
    fputs("  <testcase classname=\"cobench.regress\" name=\"", out);
    put_text(out, name);
    if (!element) {
        fputs("\"/>\n", out);
        return;
    }
    fprintf(out, "\">\n    <%s message=\"", element);
    put_text(out, message);
    fputs("\"/>\n  </testcase>\n", out);
}

static void put_entry(FILE *out, const struct gate_entry *entry)
{
    const struct decision *decision = &entry->decision;
    char base[HUMAN], head[HUMAN], ratio[HUMAN], message[512];
    snprintf(message, sizeof message, "%s: %s, was %s (%s)%s%s",
             decide_verdict_name(decision->verdict),
             gate_figure(head, sizeof head, entry, decision->head),
             gate_figure(base, sizeof base, entry, decision->base),
             human_ratio(ratio, decision->ratio), *entry->remark ? "; " : "",
             entry->remark);
    put_case(out, entry->name,
             decision->verdict == DECIDE_REGRESSED    ? "failure"
             : decision->verdict == DECIDE_BROKEN     ? "error"
             : decision->verdict == DECIDE_UNMEASURED ? "skipped"
                                                      : NULL,
             message);
}

struct tally {
    size_t tests, failures, errors, skipped;
};

static struct tally count(const struct gate *gate)
{
    struct tally tally = { .tests = 1,
                           .skipped = json_array_size(gate->left_out) };
    for (size_t i = 0; i < gate->n; i++) {
        enum decide_verdict verdict = gate->entries[i].decision.verdict;
        if (gate->entries[i].role != DECIDE_GATE)
            continue;
        tally.tests++;
        tally.failures += verdict == DECIDE_REGRESSED;
        tally.errors += verdict == DECIDE_BROKEN;
        tally.skipped += verdict == DECIDE_UNMEASURED;
    }
    tally.tests += json_array_size(gate->left_out);
    tally.errors += gate->status > STATUS_FAILED;
    return tally;
}

void gate_junit(FILE *out, const struct gate *gate)
{
    struct tally tally = count(gate);
    size_t i;
    json_t *item;
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuite name=\"cobench regress\" tests=\"%zu\" "
            "failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n",
            tally.tests, tally.failures, tally.errors, tally.skipped);
    put_case(out, "the run", gate->status > STATUS_FAILED ? "error" : NULL,
             gate->reason);
    for (i = 0; i < gate->n; i++)
        if (gate->entries[i].role == DECIDE_GATE)
            put_entry(out, &gate->entries[i]);
    json_array_foreach(gate->left_out, i, item)
    {
        put_case(out, catalog_text(item, "name"), "skipped",
                 catalog_text(item, "why"));
    }
    fputs("</testsuite>\n", out);
}
