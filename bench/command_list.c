/* SPDX-License-Identifier: MIT */
/*
 * cobench list: what can be measured.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "catalog.h"
#include "command.h"
#include "progress.h"
#include "spec.h"
#include "wrap.h"

static const char help[] =
    "usage: cobench list [--json]\n"
    "Lists the runtimes (the programs trial-* beside cobench, or in the\n"
    "folder that COBENCH_BIN names) and the workloads with what they answer\n"
    "and their parameters.  --json prints what the programs say themselves.\n";

enum {
    VALUES = 15, /* where what a parameter takes begins, and */
    SUMMARY = 13 /* what a runtime is */
};

/* A name and what is to be said of it, in lines that fit. */
static void print_entry(const char *name, const char *text, int at, int columns)
{
    int used = printf("%*s%-10s ", at - 11, "", name);
    wrap_print(stdout, text, used, at, columns);
}

/* Adds what a parameter takes, "1 .. 100" or "yield|chan|pipe". */
static void add_range(char *text, size_t size, const json_t *param)
{
    const json_t *choices = json_object_get(param, "choices");
    char low[64], high[64];
    if (spec_is_target(param)) {
        snprintf(text, size, choices ? "URL" : "HOST:PORT");
        return;
    }
    if (!choices) {
        snprintf(
            text, size, "%s .. %s",
            spec_value_text(json_object_get(param, "low"), low, sizeof low),
            spec_value_text(json_object_get(param, "high"), high, sizeof high));
        return;
    }
    size_t i, used = 0;
    json_t *choice;
    json_array_foreach(choices, i, choice)
    {
        if (used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s",
                                     i ? "|" : "", json_string_value(choice));
    }
}

static void print_param(const json_t *param, bool calibrated, int columns)
{
    char text[512], range[256] = "", value[64], normal[96] = "";
    add_range(range, sizeof range, param);
    if (calibrated)
        snprintf(normal, sizeof normal, " (calibrated)");
    else if (!spec_is_target(param))
        snprintf(normal, sizeof normal, " (%s)",
                 spec_value_text(json_object_get(param, "value"), value,
                                 sizeof value));
    snprintf(text, sizeof text, "%s%s, %s", range, normal,
             catalog_text(param, "help"));
    print_entry(catalog_text(param, "name"), text, VALUES, columns);
}

static void print_workload(const json_t *workload, int columns)
{
    const char *calibrated = catalog_text(workload, "calibrated");
    char text[256];
    snprintf(text, sizeof text, "%s: %s", catalog_text(workload, "name"),
             catalog_text(workload, "question"));
    fputs("\n  ", stdout);
    wrap_print(stdout, text, 2, 6, columns);
    size_t i;
    json_t *param;
    json_array_foreach(json_object_get(workload, "params"), i, param)
    {
        print_param(param, strcmp(catalog_text(param, "name"), calibrated) == 0,
                    columns);
    }
}

/* " [:STACK, 64k]", or nothing. */
static void add_argument(char *text, size_t size, const json_t *info)
{
    const char *options = catalog_text(info, "options");
    bool workers = strstr(options, "workers") != NULL;
    json_int_t value = json_integer_value(
        json_object_get(info, workers ? "workers" : "stack_bytes"));
    if (!workers && !strstr(options, "stack"))
        return;
    /* 0: the program leaves the default to rt.h or to the system. */
    if (value == 0)
        snprintf(text, size, workers ? " [:WORKERS]" : " [:STACK]");
    else
        snprintf(text, size, workers ? " [:WORKERS, %lld]" : " [:STACK, %lldk]",
                 workers ? value : value >> 10);
}

static void print_runtime(const json_t *program, int columns)
{
    const json_t *info = json_object_get(program, "runtime");
    bool third_party = json_is_true(json_object_get(info, "third_party"));
    char text[512], argument[64] = "";
    add_argument(argument, sizeof argument, info);
    snprintf(text, sizeof text, "%s%s%s%s",
             catalog_is_reference(program) ? "(reference) " : "",
             third_party ? "(third-party) " : "", catalog_text(info, "summary"),
             argument);
    print_entry(catalog_text(info, "name"), text, SUMMARY, columns);
}

static void print_all(const struct catalog *catalog, int columns)
{
    size_t i;
    json_t *item, *workloads = catalog_workloads(catalog);
    puts("runtimes");
    json_array_foreach(catalog->programs, i, item)
    {
        print_runtime(item, columns);
    }
    putchar('\n');
    wrap_print(stdout,
               "workloads, with the values and (default) of their parameters",
               0, 2, columns);
    json_array_foreach(workloads, i, item)
    {
        print_workload(item, columns);
    }
    json_decref(workloads);
}

int command_list(int argc, char **argv)
{
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return STATUS_FINE;
    }
    if (argc > 1 && !json)
        return command_complain(STATUS_USAGE,
                                "list: unexpected argument '%s'; usage: "
                                "cobench list [--json]",
                                argv[1]);
    char folder[PATH_MAX];
    struct catalog catalog;
    int err = catalog_folder(folder, sizeof folder);
    if (err == 0)
        err = catalog_read(&catalog, folder);
    if (err != 0)
        return command_complain(STATUS_BROKEN,
                                "list: no %strial program in %s; build them "
                                "with make",
                                err == -ENOEXEC ? "usable " : "", folder);
    if (json) {
        json_dumpf(catalog.programs, stdout,
                   JSON_INDENT(2) | JSON_REAL_PRECISION(15));
        putchar('\n');
    } else {
        print_all(&catalog, isatty(STDOUT_FILENO)
                                ? progress_columns(STDOUT_FILENO)
                                : INT_MAX);
    }
    catalog_fini(&catalog);
    return STATUS_FINE;
}
