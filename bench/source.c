/* SPDX-License-Identifier: MIT */
/*
 * The source by git, the programs by a hash of their bytes.
 */
#include "source.h"

#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"

/* Runs git; its answer, the caller's, or NULL. */
static char *git(const char *const *argv)
{
    static const char *const set[] = { "GIT_OPTIONAL_LOCKS=0", NULL };
    struct proc_options options = { .argv = argv,
                                    .env = set,
                                    .limit_ns = INT64_C(10000000000) };
    struct proc_result result;
    if (proc_run(&options, &result) != 0)
        return NULL;
    char *answer = NULL;
    if (result.end == PROC_EXITED && result.code == 0)
        answer = strdup(result.out.data ? result.out.data : "");
    proc_result_fini(&result);
    return answer;
}

/* The pathspec of everything in the tree but what lies in `own`: git refuses
 * one that names a folder elsewhere. */
static void except(char *spec, size_t size, const char *tree, const char *own)
{
    char top[PATH_MAX], inside[PATH_MAX];
    snprintf(spec, size, ".");
    if (!own || !realpath(tree, top) || !realpath(own, inside))
        return;
    size_t n = strlen(top);
    if (strncmp(inside, top, n) == 0 && inside[n] == '/' && inside[n + 1])
        snprintf(spec, size, ":(exclude,top,literal)%s", inside + n + 1);
}

static void put_dirty(json_t *env, const char *tree, const char *own)
{
    char others[PATH_MAX + 32];
    except(others, sizeof others, tree, own);
    const char *const argv[] = { "/usr/bin/env", "git", "-C", tree,   "status",
                                 "--porcelain",  "--",  ".",  others, NULL };
    char *status = git(argv);
    if (status)
        json_object_set_new(env, "dirty", json_boolean(*status));
    free(status);
}

static void put_commit(json_t *env, const char *folder, const char *own)
{
    char tree[PATH_MAX], mark[PATH_MAX + 8];
    int n = snprintf(tree, sizeof tree, "%s/../..", folder);
    if (n < 0 || (size_t)n >= sizeof tree)
        return;
    snprintf(mark, sizeof mark, "%s/.git", tree);
    if (access(mark, F_OK) != 0)
        return;
    const char *const argv[] = { "/usr/bin/env", "git",  "-C", tree,
                                 "rev-parse",    "HEAD", NULL };
    char *commit = git(argv);
    if (commit && strlen(commit) >= 40) {
        commit[strcspn(commit, "\n")] = 0;
        json_object_set_new(env, "commit", json_string(commit));
        put_dirty(env, tree, own);
    }
    free(commit);
}

/* FNV-1a, going on from hash. */
static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_file(uint64_t hash, const char *folder, const char *name)
{
    char path[PATH_MAX], bytes[16384];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f =
        length > 0 && (size_t)length < sizeof path ? fopen(path, "re") : NULL;
    hash = hash_bytes(hash, name, strlen(name) + 1);
    for (size_t n; f && (n = fread(bytes, 1, sizeof bytes, f)) > 0;)
        hash = hash_bytes(hash, bytes, n);
    if (f)
        fclose(f);
    return hash;
}

static int is_measured(const struct dirent *entry)
{
    return (strncmp(entry->d_name, "trial-", 6) == 0 &&
            !strchr(entry->d_name, '.')) ||
           strcmp(entry->d_name, "origin") == 0;
}

static void put_programs(json_t *env, const char *folder)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_measured, alphasort);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int i = 0; i < n; i++) {
        hash = hash_file(hash, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    char text[24];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    if (n > 0)
        json_object_set_new(env, "programs", json_string(text));
}

static bool same_member(const json_t *a, const json_t *b, const char *key)
{
    const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);
    return x && y ? json_equal(x, y) : x == y;
}

void source_describe(json_t *env, const char *folder, const char *own)
{
    put_commit(env, folder, own);
    put_programs(env, folder);
}

bool source_differs(const json_t *env, const char *folder, const char *own)
{
    json_t *now = json_object();
    source_describe(now, folder, own);
    bool same = same_member(env, now, "commit") &&
                same_member(env, now, "dirty") &&
                same_member(env, now, "programs");
    json_decref(now);
    return !same;
}
