/* SPDX-License-Identifier: MIT */
#ifndef GATE_OUTPUT_H
#define GATE_OUTPUT_H

/*
 * Everything a run of the gate leaves behind in its folder.
 */

#include "gate.h"

/* Prints the table.  -ENOSPC, ... after a line on standard error; a reader that
 * went away has read enough. */
int gate_show(const struct gate *gate);

/*
 * Prints the table, and writes regress.json, regress.md, regress.xml and the
 * charts of what regressed into dir, which is made; appends the Markdown to
 * the file that GITHUB_STEP_SUMMARY names.  folder: of the programs, to find
 * the charts' script.  0, or the first negative errno, after a line on
 * standard error.  Charts that cannot be drawn are only mentioned.
 */
int gate_output(const struct gate *gate, const char *dir, const char *folder);

#endif
