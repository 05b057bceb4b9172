/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TEST_PROGRAM_H
#define BENCH_TEST_PROGRAM_H

/*
 * Runs the programs under test as a shell would, and reads what they print.
 * COBENCH_BIN names their folder (scripts/test.sh sets it).
 */

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct program {
    int status;         /* of the shell: the program's exit status */
    char output[65536]; /* standard output of the command */
};

static inline const char *program_folder(void)
{
    const char *folder = getenv("COBENCH_BIN");
    return folder == NULL ? "build/bin" : folder;
}

/* Is there such a program?  Says so when not. */
static inline int program_exists(const char *name)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", program_folder(), name);
    if (access(path, X_OK) == 0)
        return 1;
    printf("SKIP: no program %s\n", path);
    return 0;
}

/* Runs the shell command with BIN set to the folder of the programs. */
static inline void program_run(struct program *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void program_run(struct program *program, const char *format, ...)
{
    char command[4096];
    int length =
        snprintf(command, sizeof(command), "BIN='%s'; ", program_folder());
    va_list list;
    va_start(list, format);
    vsnprintf(command + length, sizeof(command) - (size_t)length, format, list);
    va_end(list);
    program->status = -1;
    program->output[0] = '\0';
    fflush(stdout);
    FILE *pipe = popen(command, "re");
    if (pipe == NULL)
        return;
    size_t n = fread(program->output, 1, sizeof(program->output) - 1, pipe);
    program->output[n] = '\0';
    int status = pclose(pipe);
    program->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The output as JSON, owned by the caller; NULL when it is not one document
 * on one line. */
static inline json_t *program_record(const struct program *program)
{
    const char *end = strchr(program->output, '\n');
    if (end == NULL || end[1] != '\0')
        return NULL;
    return json_loads(program->output, JSON_REJECT_DUPLICATES, NULL);
}

/* A text or number in nested objects, "memory.before.rss"; "" and -1 when
 * there is none. */
static inline json_t *program_at(json_t *record, const char *path)
{
    char copy[128], *save = NULL;
    snprintf(copy, sizeof(copy), "%s", path);
    for (char *key = strtok_r(copy, ".", &save); key != NULL;
         key = strtok_r(NULL, ".", &save))
        record = json_object_get(record, key);
    return record;
}

static inline const char *program_text(json_t *record, const char *path)
{
    const char *text = json_string_value(program_at(record, path));
    return text == NULL ? "" : text;
}

static inline long long program_int(json_t *record, const char *path)
{
    json_t *value = program_at(record, path);
    return json_is_integer(value) ? json_integer_value(value) : -1;
}

#endif
