/* SPDX-License-Identifier: MIT */
/*
 * cobench list: what can be measured.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "catalog.h"
#include "command.h"
#include "spec.h"

static const char help[] =
    "usage: cobench list [--json]\n"
    "Lists the runtimes (the programs trial-* beside cobench, or in the\n"
    "folder that COBENCH_BIN names) and the workloads with what they answer\n"
    "and their parameters.  --json prints what the programs say themselves.\n";

/* What a parameter takes, "1 .. 100" or "yield|chan|pipe". */
static void print_range(const json_t *param)
{
    const json_t *choices = json_object_get(param, "choices");
    char low[64], high[64];
    if (spec_is_target(param)) {
        fputs(choices ? "URL" : "HOST:PORT", stdout);
        return;
    }
    if (!choices) {
        printf("%s .. %s",
               spec_value_text(json_object_get(param, "low"), low, sizeof low),
               spec_value_text(json_object_get(param, "high"), high,
                               sizeof high));
        return;
    }
    size_t i;
    json_t *choice;
    json_array_foreach(choices, i, choice)
    {
        printf("%s%s", i ? "|" : "", json_string_value(choice));
    }
}

static void print_workload(const json_t *workload)
{
    const char *calibrated = catalog_text(workload, "calibrated");
    printf("\n  %s: %s\n", catalog_text(workload, "name"),
           catalog_text(workload, "question"));
    size_t i;
    json_t *param;
    json_array_foreach(json_object_get(workload, "params"), i, param)
    {
        const char *name = catalog_text(param, "name");
        char value[64];
        printf("    %-10s ", name);
        print_range(param);
        if (strcmp(name, calibrated) == 0)
            printf(" (calibrated)");
        else if (!spec_is_target(param))
            printf(" (%s)", spec_value_text(json_object_get(param, "value"),
                                            value, sizeof value));
        printf("  %s\n", catalog_text(param, "help"));
    }
}

static void print_runtime(const json_t *program)
{
    const json_t *info = json_object_get(program, "runtime");
    const char *options = catalog_text(info, "options");
    bool third_party = json_is_true(json_object_get(info, "third_party"));
    printf("  %-10s %s%s%s", catalog_text(info, "name"),
           catalog_is_reference(program) ? "(reference) " : "",
           third_party ? "(third-party) " : "", catalog_text(info, "summary"));
    bool workers = strstr(options, "workers") != NULL;
    if (workers || strstr(options, "stack")) {
        json_int_t value = json_integer_value(
            json_object_get(info, workers ? "workers" : "stack_bytes"));
        printf(workers ? " [:WORKERS" : " [:STACK");
        /* 0: the program leaves the default to rt.h or to the system. */
        if (value > 0)
            printf(workers ? ", %lld]" : ", %lldk]",
                   workers ? value : value >> 10);
        else
            putchar(']');
    }
    putchar('\n');
}

static void print_all(const struct catalog *catalog)
{
    size_t i;
    json_t *item, *workloads = catalog_workloads(catalog);
    puts("runtimes");
    json_array_foreach(catalog->programs, i, item)
    {
        print_runtime(item);
    }
    puts("\nworkloads, with the values and (default) of their parameters");
    json_array_foreach(workloads, i, item)
    {
        print_workload(item);
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
        print_all(&catalog);
    }
    catalog_fini(&catalog);
    return fflush(stdout) == 0 ? STATUS_FINE : STATUS_BROKEN;
}
