/* SPDX-License-Identifier: MIT */
/* crossovers.csv: what cobench crossover has found, for its chart. */

#include "analysis.h"

/* A text or number of an object, or "-"; no comma inside. */
static void print_field(FILE *file, const json_t *object, const char *key,
                        char end)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_is_string(value) ? json_string_value(value) : "-";
    if (json_is_number(value))
        fprintf(file, "%.10g", json_number_value(value));
    else
        for (; *text; text++)
            fputc(*text == ',' || (unsigned char)*text < ' ' ? ' ' : *text,
                  file);
    fputc(end, file);
}

static void print_point(FILE *file, const json_t *found, const json_t *point)
{
    static const char *const keys[] = { "workload", "param",  "a",   "b",
                                        "metric",   "answer", "low", "high" };
    bool everywhere = json_object_get(found, "winner") != NULL;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        print_field(file, found, keys[i], ',');
    print_field(file, found, everywhere ? "winner" : "winner_below", ',');
    print_field(file, found, everywhere ? "winner" : "winner_above", ',');
    print_field(file, point, "x", ',');
    print_field(file, point, "ratio", ',');
    print_field(file, point, "ci_low", ',');
    print_field(file, point, "ci_high", '\n');
}

int results_crossovers(FILE *file, const struct analysis *analysis)
{
    json_t *all = analysis_crossovers(analysis), *found, *point;
    size_t i, j;
    fputs("workload,param,a,b,metric,answer,low,high,below,above,x,ratio,"
          "ci_low,ci_high\n",
          file);
    json_array_foreach(all, i, found)
    {
        json_array_foreach(json_object_get(found, "points"), j, point)
        {
            print_point(file, found, point);
        }
    }
    json_decref(all);
    return 0;
}
