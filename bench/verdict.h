/* SPDX-License-Identifier: MIT */
#ifndef BENCH_VERDICT_H
#define BENCH_VERDICT_H

/*
 * The answer of a run: for each kind of work, who wins on this machine, by
 * how much, and where that changes.  Never more than the data says.
 *
 * Kinds of work, and what speaks for them:
 *
 *   waiting on the network (HTTP or sockets)
 *                             echo, echo_server, http_delay, http_get,
 *                             sem_crawl, ws_echo: time; CPU
 *   memory of waiting tasks   sleepers, sleepers_touch: memory per parked
 *                             task, with page tables and kernel stacks
 *   computing                 cpu: time
 *   waiting and computing     mixed: time
 *   making and switching tasks  brigade, broadcast, cancel, chan_mpmc,
 *                             fanin_ready, forkjoin, gen, mutex, ring,
 *                             skynet, spawn_join, submit, switch_pair,
 *                             timeout, timers: cost
 *   staying responsive while a task computes or blocks
 *                             blocking, mixed_lat: latency of requests,
 *                             lateness of heartbeats
 *   other workloads           all else that creates tasks: cost
 *
 * Time is wall time and left out where the test server was the bottleneck; cost
 * is time, or CPU where that or mere waiting makes time no measure of it
 * (compare_cost()).  Of latencies it is the highest of p99, p90 and p50 that
 * every trial of both sides has.
 *
 * Who: coroutines (coro), coroutines with offload (coro where the workload's
 * parameter offload is 1), threads (one for each task, any stack), pools (any
 * number of workers).  seq, references and third-party runtimes are measured
 * beside them and have no say.
 *
 * One sentence compares two of these by one measure in one CPU view, over all
 * points both were measured at (offload aside), paired by round.  A point is
 *
 *   decided    its interval gives a verdict (stats_verdict(): faster, slower
 *              or the same) at the sentence's level
 *   unclear    it does not: "cannot tell"
 *   refused    the two did unequal work: "not compared"
 *
 * The intervals of a sentence are those of level_step_up() over its points:
 * of the statements it makes, at most one in twenty is expected to be wrong.
 * Holm's correction, which bounds the chance of any wrong statement, confirms
 * nothing in nine rounds among more than twelve points: 2 * 2^-9 * 13 > 0.05.
 *
 * The winner of a kind of work has won at least one point and lost none, in
 * any of its sentences.  Several may have, of which none beat another.  If
 * all who won also lost it depends, and the first two of which one has beaten
 * the other and lost to it at no point are named with it; if nobody won there
 * is no difference, or one cannot tell.  A series of points that differ in
 * nothing but the workload's axis and do not all say the same makes it depend
 * on size, and the sentence names the sizes between which the answer changes;
 * so does the answer, of the first sentence in which it does.
 *
 * Where threads win over coroutines is told apart for each CPU view, by
 * onset.h, of the first of the kind's measures by which a point is decided.
 *
 * A kind of work none of whose workloads was planned has no answer; one with
 * workloads but no point measured on two sides has one that says so (except
 * the other workloads).
 */

#include <stddef.h>
#include <stdio.h>

#include "analysis.h"

enum {
    ANSWER_GAIN = 1024,
    ANSWER_THREADS = 512,
    ANSWER_LINE = ANSWER_GAIN + 256 /* heading, winner and gain */
};

struct answer {
    const char *heading; /* "computing" */
    /* "coroutines", "threads or pools", "coroutines, depending on size",
     * "it depends on size", "it depends, but coroutines over threads", "no
     * difference", "cannot tell" */
    char winner[128];
    /* "1.05x [1.01, 1.16] to 2.06x [1.60, 2.45] faster (3 of 8 points, 5
     * unclear) on all CPUs than coroutines" (nothing is said of pinned ones):
     * the winner's, in the first pairing and view it won; of several winners
     * each, with its name.  Then where size changes it (contest_turns()).
     * Memory is also told in bytes, in full and as RSS shows it, of the most
     * tasks.  "" where nobody won. */
    char gain[ANSWER_GAIN];
    /* "on one CPU: at no size measured (1 to 100 connections)": where threads
     * win over coroutines, by onset.h, in each CPU view; "not measured". */
    char threads[ANSWER_THREADS];
    char **sentences; /* each ends with a full stop */
    size_t n;
};

struct answers {
    struct answer *answers;
    size_t n;
    size_t warnings; /* what env.json says disturbed the run */
};

/* What the numbers in brackets are; for below the answers. */
extern const char *const verdict_note;

/* "2 things disturbed this run: ..."; "" where nothing did. */
const char *verdict_caution(char *text, size_t size,
                            const struct answers *answers);

/* 0 or -ENOMEM.  The analysis may go. */
int verdict_make(struct answers *out, const struct analysis *analysis);
void verdict_fini(struct answers *answers);

/* For a terminal, lines of at most `columns`, bold where asked: the sentences,
 * and below them, where they stay in sight, the answers.  Nothing where there
 * is none. */
void verdict_print(FILE *file, const struct answers *answers, int columns,
                   bool bold);

#endif
