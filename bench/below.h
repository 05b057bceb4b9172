/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BELOW_H
#define BENCH_BELOW_H

/*
 * What stands below the table: who is cheapest, latencies, how costs grow,
 * memory per task, all workloads together, and what one has to know to read
 * it.
 */

#include "analysis.h"
#include "sheet.h"

void below_print(const struct sheet *sheet, const struct analysis *analysis);

#endif
