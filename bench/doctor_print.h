/* SPDX-License-Identifier: MIT */
#ifndef BENCH_DOCTOR_PRINT_H
#define BENCH_DOCTOR_PRINT_H

/*
 * Findings of the doctor, and the noise floor, in lines of so many columns.
 */

#include <stdio.h>

#include "doctor.h"
#include "floor.h"

/* "?", "ok", "note", "BAD" */
const char *doctor_grade_name(enum doctor_grade grade);

/* What was found; unless that is fine, what it means, and the remedy. */
void doctor_print(FILE *file, const struct finding *finding, int columns);

/* null: of a trial that does nothing, cpu: of one that computes. */
void doctor_print_floors(FILE *file, const struct floor *null,
                         const struct floor *cpu, int columns);

#endif
