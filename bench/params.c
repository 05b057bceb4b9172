/* SPDX-License-Identifier: MIT */
/*
 * Parsing of parameters.  Every refusal names the parameter and what is
 * valid, in one line.
 */

#include "params.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
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
    } else if (param->kind == PARAM_URL) {
        snprintf(text, size, "%.*s://host:8080/path",
                 (int)strcspn(param->choices, ","), param->choices);
    } else if (param->kind == PARAM_ADDRESS) {
        snprintf(text, size, "host:7");
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

/* Printable, no blanks: fit for a request line and for one line of ours. */
static bool is_plain(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    return strlen(text) <= PARAM_TEXT_MAX;
}

/* "http://host...", with one of the schemes. */
static bool is_url(const char *schemes, const char *text)
{
    char scheme[16];
    for (int i = 0; param_choice(schemes, i, scheme, sizeof(scheme)) >= 0;
         i++) {
        size_t length = strlen(scheme);
        if (strncmp(text, scheme, length) == 0 &&
            strncmp(text + length, "://", 3) == 0)
            return strcspn(text + length + 3, "/?#:") > 0;
    }
    return false;
}

static bool is_address(const char *text)
{
    const char *colon = strrchr(text, ':');
    char *end;
    if (colon == NULL || colon == text || !isdigit((unsigned char)colon[1]))
        return false;
    unsigned long port = strtoul(colon + 1, &end, 10);
    /* An IPv6 address stands in brackets. */
    bool bare = memchr(text, ':', (size_t)(colon - text)) != NULL &&
                (text[0] != '[' || colon[-1] != ']');
    return *end == '\0' && port > 0 && port < 65536 && !bare;
}

/* Empty is the origin. */
static int parse_text(const struct param *param, const char *text,
                      struct param_value *value)
{
    bool good = param->kind == PARAM_URL ? is_url(param->choices, text)
                                         : is_address(text);
    if (*text != '\0' && (!good || !is_plain(text)))
        return -EINVAL;
    *value = (struct param_value){ .text = text };
    return 0;
}

static int parse(const struct param *param, const char *text,
                 struct param_value *value)
{
    switch (param->kind) {
    case PARAM_CHOICE:
        return parse_choice(param, text, value);
    case PARAM_URL:
    case PARAM_ADDRESS:
        return parse_text(param, text, value);
    default:
        return parse_number(param, text, value);
    }
}

int param_parse(const struct param *param, const char *text,
                struct param_value *value, char *message, size_t size)
{
    static const char *const kinds[] = { [PARAM_INT] = "a whole number",
                                         [PARAM_REAL] = "a number",
                                         [PARAM_CHOICE] = "one of",
                                         [PARAM_URL] = "a URL like",
                                         [PARAM_ADDRESS] = "an address like" };
    int error = parse(param, text, value);
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
