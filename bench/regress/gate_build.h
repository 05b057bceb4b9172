/* SPDX-License-Identifier: MIT */
#ifndef GATE_BUILD_H
#define GATE_BUILD_H

/*
 * The two sides of a comparison as folders of programs.  Base is the merge
 * base of a revision and HEAD, built in a git worktree in a temporary folder;
 * head is the working tree, built where it lies.  Both by the same `make`, in
 * build folders of the same name.
 */

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>

struct gate_build {
    char base[PATH_MAX], head[PATH_MAX];   /* folders of programs */
    char base_commit[64], head_commit[64]; /* "": unknown */
    bool dirty;     /* the working tree differs from head_commit, recorded
                     ratios apart */
    char *trailers; /* values of Perf-Accept in base..head, a line each */
    /* private */
    char tree[PATH_MAX], scratch[PATH_MAX];
};

/*
 * Finds the source above the folder of programs `head`, checks the merge base
 * of `revision` out and builds both.  Says on standard error what it does.
 * -EINVAL with one line in message: no source, no such revision, or one of
 * them does not build, or was built otherwise.  -EINTR: the user ended it.
 * Call gate_build_fini() in any case.
 */
int gate_build_make(struct gate_build *build, const char *head,
                    const char *revision, char *message, size_t size);
/* Removes the worktree, even after an interrupt. */
void gate_build_fini(struct gate_build *build);

/* Whether the trial programs in two folders are the same, byte by byte. */
bool gate_build_same(const char *base, const char *head);

/* How the programs in a folder were compiled and linked, as the Makefile put
 * it on file; "" where it did not. */
void gate_build_flags(char *text, size_t size, const char *programs);

/* Fills in commit and dirty of the source above a folder of programs, as far
 * as there is one. */
void gate_build_describe(struct gate_build *build, const char *head);

#endif
