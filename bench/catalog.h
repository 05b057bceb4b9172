/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CATALOG_H
#define BENCH_CATALOG_H

/*
 * The catalogue: which runtimes and workloads there are.  It is read from the
 * trial programs themselves (trial-NAME --describe, see describe.h), which lie
 * beside cobench.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct catalog {
    char *folder;     /* of the programs */
    json_t *programs; /* array of descriptions, each with its "path" added;
                         runtimes first, references last */
};

/* Asks every trial-* in the folder.  One that cannot be asked is left out
 * with a warning on standard error.  -ENOENT: there is none, or no folder;
 * -ENOEXEC: none could be asked. */
int catalog_read(struct catalog *out, const char *folder);
void catalog_fini(struct catalog *catalog);

/* The folder that holds cobench itself, or the one COBENCH_BIN names. */
int catalog_folder(char *path, size_t size);

/* All of these belong to the catalogue; NULL where there is none. */
json_t *catalog_program(const struct catalog *catalog, const char *runtime);
json_t *catalog_workload(const struct catalog *catalog, const char *name);
/* A parameter of a workload. */
json_t *catalog_param(const json_t *workload, const char *name);
bool catalog_has(const json_t *program, const char *workload);
bool catalog_is_reference(const json_t *program);

/* Every workload once, in the order found; an array of the caller's. */
json_t *catalog_workloads(const struct catalog *catalog);

/* Looks the text up under key; "" when it is not there. */
const char *catalog_text(const json_t *object, const char *key);

#endif
