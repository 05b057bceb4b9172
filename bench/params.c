/* SPDX-License-Identifier: MIT */
/*
 * Parsing of parameters.  Every refusal names the parameter and what is
 * valid, in one line.
 */

#include "params.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the index-th item of a comma list starts, NULL past the last. */
static const char *choice_at(const char *choices, int index)
{
    while (index > 0 && choices != NULL) {
        choices = strchr(choices, ',');
        if (choices != NULL)
            choices++;
        index--;
    }
    return choices;
}

int param_choice(const char *choices, int index, char *text, size_t size)
{
    const char *start = index < 0 ? NULL : choice_at(choices, index);
    if (start == NULL)
        return -ENOENT;
    int length = (int)strcspn(start, ",");
    snprintf(text, size, "%.*s", length, start);
    return length;
}

char *param_valid(const struct param *param, char *text, size_t size)
{
    if (param->kind == PARAM_CHOICE) {
        snprintf(text, size, "%s", param->choices);
        for (char *comma = text; (comma = strchr(comma, ',')) != NULL;)
            *comma = '|';
    } else {
        snprintf(text, size, "%.15g..%.15g", param->low, param->high);
    }
    return text;
}

static int parse_choice(const struct param *param, const char *text,
                        struct param_value *value)
{
    char choice[64];
    for (int i = 0;; i++) {
        if (param_choice(param->choices, i, choice, sizeof(choice)) < 0)
            return -EINVAL;
        if (strcmp(choice, text) == 0) {
            *value = (struct param_value){ .integer = i };
            return 0;
        }
    }
}

static int parse_number(const struct param *param, const char *text,
                        struct param_value *value)
{
    /* strtod() alone would take blanks, hexadecimal, "inf" and "nan". */
    if (*text == '\0' || strspn(text, "0123456789.eE+-") != strlen(text))
        return -EINVAL;
    char *end;
    double number = strtod(text, &end);
    if (*end != '\0' || !isfinite(number))
        return -EINVAL;
    if (param->kind == PARAM_INT && number != floor(number))
        return -EINVAL;
    if (number < param->low || number > param->high)
        return -ERANGE;
    *value = (struct param_value){ .real = number };
    if (param->kind == PARAM_INT)
        value->integer = (int64_t)number;
    return 0;
}

int param_parse(const struct param *param, const char *text,
                struct param_value *value, char *message, size_t size)
{
    static const char *const kinds[] = { [PARAM_INT] = "a whole number",
                                         [PARAM_REAL] = "a number",
                                         [PARAM_CHOICE] = "one of" };
    int error = param->kind == PARAM_CHOICE ? parse_choice(param, text, value)
                                            : parse_number(param, text, value);
    if (error != 0) {
        char valid[256];
        snprintf(message, size, "%s=%.40s: must be %s %s", param->name, text,
                 kinds[param->kind], param_valid(param, valid, sizeof(valid)));
    }
    return error;
}

int param_find(const struct param *params, size_t max, const char *name,
               size_t name_length)
{
    for (size_t i = 0; i < max && params[i].name != NULL; i++)
        if (strlen(params[i].name) == name_length &&
            memcmp(params[i].name, name, name_length) == 0)
            return (int)i;
    return -ENOENT;
}
