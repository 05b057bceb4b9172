/* SPDX-License-Identifier: MIT */
/*
 * A side is a folder with one shell script for a trial program, and the file
 * that says how it behaves.
 */
#include "sides.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char description[] =
    "{\"schema\": 1, \"runtime\": {\"name\": \"coro\", \"options\": \"\"},"
    " \"workloads\": [{\"name\": \"switch_pair\", \"calibrated\": \"rounds\","
    " \"params\": [{\"name\": \"via\", \"kind\": \"choice\", \"value\":"
    " \"yield\", \"choices\": [\"yield\"]}, {\"name\": \"rounds\", \"kind\":"
    " \"int\", \"value\": 10, \"low\": 1, \"high\": 1000000000}],"
    " \"cells\": []}]}\n";

/* `manners` sets ns, a time per operation, and may do worse.  A few per cent
 * of noise come with the process's number. */
static const char script[] =
    "#!/bin/sh\n"
    "here=${0%/*} digest=1 unit=2\n"
    "[ \"$1\" != --describe ] || exec cat \"$here/description\"\n"
    "for a; do case $a in rounds=*) n=${a#*=} ;; esac; done\n"
    ". \"$here/manners\"\n"
    "wall=${wall-$((n * ns / 1000 * (1000 + $$ * 7919 % 61)))}\n"
    "printf '{\"schema\": 1, \"workload\": \"switch_pair\", \"params\": "
    "{\"rounds\": %s}, \"status\": \"ok\", \"wall_ns\": %s, \"user_ns\": %s, "
    "\"sys_ns\": 1, \"units\": 2, \"ops\": %s, \"bytes\": 0, \"digest\": "
    "\"%x\"}\\n' $n $wall $wall $n $((n * digest)) >&3\n";

char sides_folder[64];

void sides_put(const char *name, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", sides_folder, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* The programs of one side. */
static void put_side(const char *side, const char *manners)
{
    char name[64];
    struct program made;
    program_run(&made, "mkdir -p %s/%s", sides_folder, side);
    snprintf(name, sizeof name, "%s/trial-coro", side);
    sides_put(name, script);
    program_run(&made, "chmod +x %s/%s", sides_folder, name);
    snprintf(name, sizeof name, "%s/description", side);
    sides_put(name, description);
    snprintf(name, sizeof name, "%s/manners", side);
    sides_put(name, manners);
}

int sides_set_up(void **state)
{
    (void)state;
    strcpy(sides_folder, "/tmp/test-regress-XXXXXX");
    if (!mkdtemp(sides_folder))
        return -1;
    unsetenv("GITHUB_STEP_SUMMARY");
    unsetenv("COBENCH_INJECT");
    put_side("base", "ns=1000\n");
    put_side("head", "ns=1000\n");
    return 0;
}

int sides_tear_down(void **state)
{
    (void)state;
    struct program removed;
    program_run(&removed, "rm -rf %s", sides_folder);
    return 0;
}

void sides_compare(struct program *run, const char *before, const char *more)
{
    program_run(run,
                "%s \"$BIN\"/cobench regress --base-bin %s/base --head-bin "
                "%s/head --seed 1 --force --metric '%s' --out %s/out %s 2>&1",
                before, sides_folder, sides_folder, METRIC, sides_folder, more);
    sides_need_cpu(run);
}

/* These runs are over so soon that one pause of the host is enough. */
void sides_need_cpu(const struct program *run)
{
    if (!strstr(run->output, "the host took more than a fifth"))
        return;
    printf("SKIP: the host took the CPU away\n");
    skip();
}

void sides_assert(const struct program *run, int status, const char *file,
                  int line)
{
    if (run->status == status)
        return;
    print_error("the status is %d, not %d, after:\n%s", run->status, status,
                run->output);
    _fail(file, line);
}

void sides_need_git(void)
{
    struct program run;
    program_run(&run, "git --version");
    if (run.status == 0)
        return;
    printf("SKIP: no git\n");
    skip();
}
