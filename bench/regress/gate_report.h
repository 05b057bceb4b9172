/* SPDX-License-Identifier: MIT */
#ifndef GATE_REPORT_H
#define GATE_REPORT_H

/*
 * A judged run of the gate for people and for CI systems.
 */

#include <stdio.h>

#include "gate.h"

/* A table, worst first, and the verdict.  With colour when asked. */
void gate_print(FILE *out, const struct gate *gate, bool colour);
/* Markdown; and with a chart of each regression, charts/NAME.svg beside it. */
void gate_markdown(FILE *out, const struct gate *gate);
void gate_markdown_charts(FILE *out, const struct gate *gate);
/* JUnit XML: a test case for each gating metric, failed when it REGRESSED,
 * skipped when it was not compared, an error when it is BROKEN; and one, "the
 * run", that fails when the exit status is neither 0 nor 1. */
void gate_junit(FILE *out, const struct gate *gate);

/* "14.2 ns", "4.25K", "0.12x": a figure in the entry's unit. */
char *gate_figure(char *text, size_t size, const struct gate_entry *entry,
                  double figure);
/* The verdict's name; "noted" where there is nothing to judge by. */
const char *gate_verdict(const struct gate_entry *entry);
/* The entry's name as that of a file: "echo_conns_100_cpus_1_...". */
char *gate_file_name(char *text, size_t size, const struct gate_entry *entry);
/* "base 1a2b3c4d5e6f, head 2b3c4d5e6f70-dirty", what was compared. */
char *gate_sides(char *text, size_t size, const struct gate *gate);
/* "passed", "REGRESSED", "inconclusive", ...: the status in a word. */
const char *gate_status_name(const struct gate *gate);

#endif
