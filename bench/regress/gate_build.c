/* SPDX-License-Identifier: MIT */
/*
 * Lets git and make do their work.  Invariant: `scratch` names a folder that
 * is ours to remove, or is empty.
 */
#include "gate_build.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "proc.h"

enum {
    ARGUMENTS = 16,
    OUTPUT = 1 << 20,
    MESSAGE_LINES = 3
};
static const int64_t LIMIT_NS = INT64_C(1800) * 1000 * 1000 * 1000;

static int fail(char *message, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(char *message, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(message, size, format, args);
    va_end(args);
    return interrupt_pending() ? -EINTR : -EINVAL;
}

/* ---- programs of others ---- */

/* Runs a program found by PATH; the result is the caller's to free.  0 when
 * it ended well. */
static int run(struct proc_result *result, bool insist,
               const char *const arguments[])
{
    const char *argv[ARGUMENTS + 2] = { "/usr/bin/env" };
    for (int i = 0; i < ARGUMENTS && arguments[i]; i++)
        argv[i + 1] = arguments[i];
    struct proc_options options = {
        .argv = argv, .limit_ns = LIMIT_NS, .out_keep = OUTPUT, .insist = insist
    };
    int err = proc_run(&options, result);
    if (err != 0)
        return err;
    return result->end == PROC_EXITED && result->code == 0 ? 0 : -EINVAL;
}

/* Copies the first line of what a program prints; its status. */
static int ask(char *line, size_t size, const char *const arguments[])
{
    struct proc_result result;
    int err = run(&result, false, arguments);
    const char *text = result.out.data ? result.out.data : "";
    snprintf(line, size, "%.*s", (int)strcspn(text, "\n"), text);
    proc_result_fini(&result);
    return err;
}

/* ---- git ---- */

static int find_tree(struct gate_build *build, const char *folder)
{
    const char *const argv[] = {
        "git", "-C", folder, "rev-parse", "--show-toplevel", NULL
    };
    return ask(build->tree, sizeof build->tree, argv);
}

void gate_build_describe(struct gate_build *build, const char *head)
{
    char line[256];
    snprintf(build->head, sizeof build->head, "%s", head);
    if (!*build->tree && find_tree(build, head) != 0) {
        build->tree[0] = 0;
        return;
    }
    const char *const commit[] = { "git",       "-C",   build->tree,
                                   "rev-parse", "HEAD", NULL };
    if (ask(build->head_commit, sizeof build->head_commit, commit) != 0)
        build->head_commit[0] = 0;
    /* What --record writes is not what was measured. */
    const char *const status[] = { "git",         "-C",
                                   build->tree,   "status",
                                   "--porcelain", "--",
                                   ".",           ":(exclude)results/baseline",
                                   NULL };
    build->dirty = ask(line, sizeof line, status) != 0 || *line;
}

static int find_base(struct gate_build *build, const char *revision,
                     char *message, size_t size)
{
    char wanted[256];
    snprintf(wanted, sizeof wanted, "%s^{commit}", revision);
    const char *const exists[] = {
        "git",      "-C",      build->tree,        "rev-parse",
        "--verify", "--quiet", "--end-of-options", wanted,
        NULL
    };
    if (ask(build->base_commit, sizeof build->base_commit, exists) != 0)
        return fail(message, size, "no revision '%s' in %s", revision,
                    build->tree);
    char commit[64];
    snprintf(commit, sizeof commit, "%s", build->base_commit);
    const char *const argv[] = { "git",  "-C",   build->tree, "merge-base",
                                 commit, "HEAD", NULL };
    if (ask(build->base_commit, sizeof build->base_commit, argv) != 0)
        return fail(message, size,
                    "'%s' and HEAD have no common ancestor here; in a shallow "
                    "clone, fetch more of the history",
                    revision);
    return 0;
}

static int read_trailers(struct gate_build *build)
{
    char range[140];
    snprintf(range, sizeof range, "%s..HEAD", build->base_commit);
    const char *const argv[] = {
        "git",
        "-C",
        build->tree,
        "log",
        "--format=%(trailers:key=Perf-Accept,valueonly,unfold)",
        range,
        NULL
    };
    struct proc_result result;
    if (run(&result, false, argv) == 0 && result.out.data)
        build->trailers = strdup(result.out.data);
    proc_result_fini(&result);
    return 0;
}

static int check_out(struct gate_build *build, char *message, size_t size)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(build->scratch, sizeof build->scratch, "%.*s/cobench-XXXXXX",
             PATH_MAX - 64, temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(build->scratch)) {
        int err = errno;
        build->scratch[0] = 0;
        return fail(message, size, "no temporary folder: %s", strerror(err));
    }
    char path[PATH_MAX + 8];
    snprintf(path, sizeof path, "%s/base", build->scratch);
    const char *const argv[] = { "git",      "-C",  build->tree,
                                 "worktree", "add", "--quiet",
                                 "--detach", path,  build->base_commit,
                                 NULL };
    struct proc_result result;
    int err = run(&result, false, argv);
    if (err != 0)
        err = fail(message, size, "git worktree: %s",
                   result.err.data ? result.err.data : "failed");
    proc_result_fini(&result);
    return err;
}

/* ---- make ---- */

/* The first lines of what make complained about, on one. */
static void first_lines(char *out, size_t size, const char *text)
{
    size_t used = 0;
    out[0] = 0;
    for (int i = 0; text && *text && i < MESSAGE_LINES; i++) {
        size_t n = strcspn(text, "\n");
        int wrote = snprintf(out + used, size - used, "%s%.*s", i ? " | " : "",
                             (int)(n < 200 ? n : 200), text);
        used += wrote > 0 && (size_t)wrote < size - used ? (size_t)wrote : 0;
        text += n + (text[n] == '\n');
    }
}

/* Builds the tree into its folder `name`. */
static int make(const char *tree, const char *name, const char *side,
                char *message, size_t size)
{
    char jobs[32], folder[300], said[768];
    snprintf(jobs, sizeof jobs, "-j%ld", sysconf(_SC_NPROCESSORS_ONLN));
    snprintf(folder, sizeof folder, "BUILD=%s", name);
    const char *const argv[] = { "make", "-s",   jobs,  "-C",
                                 tree,   folder, "all", NULL };
    struct proc_result result;
    int err = run(&result, false, argv);
    if (err != 0) {
        first_lines(said, sizeof said, result.err.data);
        err = fail(message, size, "%s does not build: %s", side, said);
    }
    proc_result_fini(&result);
    return err;
}

/* The name of the build folder: that above the programs. */
static void build_name(char *name, size_t size, const char *programs)
{
    char path[PATH_MAX];
    snprintf(name, size, "build");
    if (!realpath(programs, path))
        return;
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = 0;
    slash = strrchr(path, '/');
    if (slash)
        snprintf(name, size, "%s", slash + 1);
}

void gate_build_flags(char *text, size_t size, const char *programs)
{
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/../flags", programs);
    FILE *f = fopen(path, "re");
    text[0] = 0;
    if (!f)
        return;
    text[fread(text, 1, size - 1, f)] = 0;
    text[strcspn(text, "\n")] = 0;
    fclose(f);
}

static int check_flags(const struct gate_build *build, char *message,
                       size_t size)
{
    char base[4096], head[4096];
    gate_build_flags(base, sizeof base, build->base);
    gate_build_flags(head, sizeof head, build->head);
    if (!*base || !*head || strcmp(base, head) == 0)
        return 0;
    return fail(message, size,
                "base was built with other flags than head: give make the same "
                "variables for both (make CFLAGS=... regress)");
}

int gate_build_make(struct gate_build *build, const char *head,
                    const char *revision, char *message, size_t size)
{
    char name[256];
    *build = (struct gate_build){ 0 };
    if (find_tree(build, head) != 0)
        return fail(message, size,
                    "%s is not within a git checkout of the source", head);
    gate_build_describe(build, head);
    int err = find_base(build, revision, message, size);
    if (err == 0)
        err = read_trailers(build);
    if (err == 0)
        err = check_out(build, message, size);
    if (err != 0)
        return err;
    build_name(name, sizeof name, head);
    char tree[PATH_MAX + 8];
    snprintf(tree, sizeof tree, "%s/base", build->scratch);
    snprintf(build->base, sizeof build->base, "%.*s/base/%s/bin",
             PATH_MAX - 300, build->scratch, name);
    fprintf(stderr, "cobench: building base, %.12s, in %s\n",
            build->base_commit, tree);
    err = make(tree, name, "base", message, size);
    if (err == 0)
        err = make(build->tree, name, "head", message, size);
    return err == 0 ? check_flags(build, message, size) : err;
}

void gate_build_fini(struct gate_build *build)
{
    free(build->trailers);
    build->trailers = NULL;
    if (!*build->scratch)
        return;
    /* Not `worktree prune`: that would also forget worktrees of the user's
     * whose disk is not there now.  Forced twice: a checkout that was cut
     * short is locked. */
    char path[PATH_MAX + 8];
    snprintf(path, sizeof path, "%s/base", build->scratch);
    const char *const forget_it[] = { "git",      "-C",     build->tree,
                                      "worktree", "remove", "--force",
                                      "--force",  path,     NULL };
    const char *const remove_it[] = { "rm", "-rf", build->scratch, NULL };
    struct proc_result result;
    run(&result, true, forget_it);
    proc_result_fini(&result);
    run(&result, true, remove_it);
    proc_result_fini(&result);
    build->scratch[0] = 0;
}

/* ---- the same programs ---- */

static bool same_file(const char *a_path, const char *b_path)
{
    char a[16384], b[sizeof a];
    FILE *fa = fopen(a_path, "re"), *fb = fopen(b_path, "re");
    bool same = fa && fb;
    for (size_t n = 1; same && n > 0;) {
        n = fread(a, 1, sizeof a, fa);
        same = fread(b, 1, sizeof b, fb) == n && memcmp(a, b, n) == 0;
    }
    if (fa)
        fclose(fa);
    if (fb)
        fclose(fb);
    return same;
}

static int is_trial(const struct dirent *entry)
{
    return strncmp(entry->d_name, "trial-", 6) == 0;
}

/* How many trial programs of `from` are not the same in `to`; -1 when there
 * are none. */
static int differing(const char *from, const char *to)
{
    struct dirent **entries = NULL;
    int n = scandir(from, &entries, is_trial, alphasort), differ = 0;
    for (int i = 0; i < n; i++) {
        char a[PATH_MAX + 256], b[PATH_MAX + 256];
        snprintf(a, sizeof a, "%s/%s", from, entries[i]->d_name);
        snprintf(b, sizeof b, "%s/%s", to, entries[i]->d_name);
        differ += !same_file(a, b);
        free(entries[i]);
    }
    free(entries);
    return n > 0 ? differ : -1;
}

bool gate_build_same(const char *base, const char *head)
{
    return differing(base, head) == 0 && differing(head, base) == 0;
}
