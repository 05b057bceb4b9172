/* SPDX-License-Identifier: MIT */
/* Which workloads are of which kind, and who is set against whom in it. */

#include "kinds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct kind kinds[KINDS] = {
    { "waiting on the network (HTTP or sockets)",
      { MEASURE_TIME, MEASURE_CPU },
      { "echo", "echo_server", "http_delay", "http_get", "sem_crawl",
        "ws_echo" } },
    { "memory of waiting tasks",
      { MEASURE_MEMORY },
      { "sleepers", "sleepers_touch" } },
    { "computing", { MEASURE_TIME }, { "cpu" } },
    { "waiting and computing", { MEASURE_TIME }, { "mixed" } },
    { "making and switching tasks",
      { MEASURE_COST },
      { "brigade", "broadcast", "cancel", "chan_mpmc", "fanin_ready",
        "forkjoin", "gen", "mutex", "ring", "skynet", "spawn_join", "submit",
        "switch_pair", "timeout", "timers" } },
    { "staying responsive while a task computes or blocks",
      { MEASURE_LATENCY, MEASURE_HEARTBEAT },
      { "blocking", "mixed_lat" } },
    { "other workloads", { MEASURE_COST }, { NULL } },
};

/* Who is set against whom, for either CPU view. */
static const struct {
    enum side a, b;
} pairings[KIND_PAIRINGS] = {
    { SIDE_COROUTINES, SIDE_THREADS },   { SIDE_COROUTINES, SIDE_POOLS },
    { SIDE_OFFLOADED, SIDE_COROUTINES }, { SIDE_OFFLOADED, SIDE_THREADS },
    { SIDE_OFFLOADED, SIDE_POOLS },
};
const char *const kind_views[KIND_VIEWS] = { "1", "all" };

static bool is_named(const struct kind *kind, const char *workload)
{
    for (size_t i = 0; i < KIND_WORKLOADS && kind->workloads[i]; i++)
        if (strcmp(kind->workloads[i], workload) == 0)
            return true;
    return false;
}

static bool belongs(const struct kind *kind, const char *workload)
{
    if (kind->workloads[0])
        return is_named(kind, workload);
    for (size_t i = 0; i < KINDS; i++)
        if (is_named(&kinds[i], workload))
            return false;
    return true;
}

static size_t choose(const struct cell **cells, const struct analysis *a,
                     const struct kind *kind)
{
    size_t n = 0;
    for (size_t i = 0; i < a->summary.n; i++)
        if (belongs(kind, a->shown[i]->workload))
            cells[n++] = a->shown[i];
    return n;
}

/* Every pairing that meets, by every measure and in every view. */
static int hold_all(struct contest *contests, size_t *held,
                    const struct kind *kind, const struct cell *const *cells,
                    size_t n)
{
    for (int p = 0; p < KIND_PAIRINGS; p++)
        for (int v = 0; v < KIND_VIEWS; v++)
            for (int m = 0; m < KIND_MEASURES; m++) {
                struct contest *c = &contests[*held];
                if (m > 0 && kind->measures[m] == 0)
                    continue;
                int error =
                    contest_make(c, pairings[p].a, pairings[p].b,
                                 kind->measures[m], kind_views[v], cells, n);
                if (error)
                    return error;
                if (c->n > 0)
                    ++*held;
                else
                    contest_fini(c);
            }
    return 0;
}

int kind_contests(struct contest contests[KIND_CONTESTS], size_t *held,
                  bool *planned, const struct kind *kind,
                  const struct analysis *a)
{
    const struct cell **cells = calloc(a->summary.n + 1, sizeof *cells);
    *held = 0;
    if (!cells)
        return -ENOMEM;
    size_t n = choose(cells, a, kind);
    *planned = n > 0 && kind->workloads[0];
    int error = hold_all(contests, held, kind, cells, n);
    free(cells);
    if (error) {
        kind_end(contests, *held);
        *held = 0;
    }
    return error;
}

void kind_end(struct contest *contests, size_t held)
{
    while (held > 0)
        contest_fini(&contests[--held]);
}
