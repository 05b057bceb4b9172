/* SPDX-License-Identifier: MIT */
/* The machine, the settings, and the way back to the same numbers. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* A value of env.json in words. */
static void say_value(char *text, size_t size, const json_t *value)
{
    char *dump = NULL;
    if (json_is_string(value))
        snprintf(text, size, "%s", json_string_value(value));
    else if (json_is_boolean(value))
        snprintf(text, size, "%s", json_is_true(value) ? "yes" : "no");
    else if ((dump =
                  json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(4))))
        snprintf(text, size, "%s", dump);
    else
        snprintf(text, size, "?");
    free(dump);
}

static void print_pair(struct page *page, const char *key, const json_t *value)
{
    char text[1024];
    say_value(text, sizeof text, value);
    page_cell(page, key);
    page_cell(page, text);
}

/* Objects one level down are facts of their own: "limits.nofile". */
static void print_facts(struct page *page, json_t *env)
{
    const char *key, *inner;
    json_t *value, *member;
    char path[160];
    json_object_foreach(env, key, value)
    {
        if (strcmp(key, "warnings") == 0 || strcmp(key, "arguments") == 0)
            continue;
        if (!json_is_object(value)) {
            print_pair(page, key, value);
            continue;
        }
        json_object_foreach(value, inner, member)
        {
            snprintf(path, sizeof path, "%s.%s", key, inner);
            print_pair(page, path, member);
        }
    }
}

void report_environment(struct page *page, const struct analysis *a)
{
    static const struct page_column columns[] = { { "setting" }, { "value" } };
    page_heading(page, "Environment");
    if (json_object_size(a->env) == 0) {
        page_paragraph(page, "It was not recorded: there is no `env.json`.");
        return;
    }
    page_table(page, columns, 2);
    print_facts(page, a->env);
    page_table_end(page);
}

/* As a POSIX shell reads it. */
static void print_quoted(FILE *file, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-+=:,./%@";
    if (text[0] && text[strspn(text, plain)] == 0) {
        fputs(text, file);
        return;
    }
    fputc('\'', file);
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", file);
        else
            fputc((unsigned char)*text < ' ' ? ' ' : *text, file);
    fputc('\'', file);
}

static void print_commands(FILE *file, const struct analysis *a)
{
    const json_t *run = a->summary.trials.run;
    const json_t *seed = json_object_get(run, "seed"), *argument;
    char text[32];
    const char *commit = analysis_commit(a, text);
    bool seeded = false;
    size_t i;
    if (commit)
        fprintf(file, "git checkout %.12s\n", commit);
    fputs("make\nbuild/bin/cobench run", file);
    json_array_foreach(json_object_get(run, "arguments"), i, argument)
    {
        const char *word = json_string_value(argument);
        if (!word)
            continue;
        seeded |= strncmp(word, "--seed", 6) == 0;
        fputc(' ', file);
        print_quoted(file, word);
    }
    if (!seeded && json_is_integer(seed))
        fprintf(file, " --seed %" JSON_INTEGER_FORMAT,
                json_integer_value(seed));
    fputc('\n', file);
}

void report_reproduce(struct page *page, const struct analysis *a)
{
    char *commands;
    size_t size;
    FILE *file = open_memstream(&commands, &size);
    if (!file) {
        page->error = -ENOMEM;
        return;
    }
    print_commands(file, a);
    if (fclose(file) != 0)
        page->error = -ENOMEM;
    page_heading(page, "How to reproduce");
    page_code(page, commands);
    free(commands);
    page_paragraph(page,
                   "The seed fixes the order of the trials, not their times. "
                   "Every trial is in `trials.jsonl`; `build/bin/cobench "
                   "report` makes all other files from it again.");
}
