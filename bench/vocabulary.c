/* SPDX-License-Identifier: MIT */
/*
 * The words of the parameters: what each name means in every workload, so
 * that a workload need only say its default.
 */

#include "params.h"

#include <string.h>

static const struct param known[] = {
    { "bytes", "64", 1, 1 << 20, NULL, "length of a message or an answer" },
    { "conns", "100", 1, 20000, NULL, "connections, one task each" },
    { "cpu_us", "100", 0, 1e6, NULL, "computing, in microseconds" },
    { "delay_ms", "10", 0, 10000, NULL,
      "the server answers after so many milliseconds" },
    { "offload", "0", 0, 1, NULL, "1: compute on threads beside the loop" },
    { "rate", "0", 0, 1e6, NULL,
      "operations started per second, over all tasks; 0 in a closed loop" },
    { "requests", "1000", 1, 1e7, NULL, "requests in all" },
    { "rounds", "10000", 1, 1e9, NULL, "operations in all" },
    { "scale", "1", 0.001, 10, NULL, "seconds in a second", PARAM_REAL },
    { "schedule", "closed", 0, 0, "closed,poisson,fixed",
      "what starts an operation: the end of the last one, or a time",
      PARAM_CHOICE },
    { "sleep_s", "1", 0.001, 3600, NULL, "seconds each sleeps", PARAM_REAL },
    { "tasks", "1000", 1, 1e7, NULL, "tasks" },
};

void param_complete(const struct param *given, struct param *out)
{
    int i = param_find(known, sizeof(known) / sizeof(*known), given->name,
                       strlen(given->name));
    *out = *given;
    if (out->choices != NULL)
        out->kind = PARAM_CHOICE;
    if (i < 0)
        return;
    if (out->low == 0)
        out->low = known[i].low;
    if (out->high == 0)
        out->high = known[i].high;
    if (out->choices == NULL)
        out->choices = known[i].choices;
    if (out->help == NULL)
        out->help = known[i].help;
    if (out->kind == PARAM_INT)
        out->kind = known[i].kind;
}
