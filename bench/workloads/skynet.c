/* SPDX-License-Identifier: MIT */
/*
 * skynet: a tree in which every task creates ten and waits for them; the
 * leaves return their numbers, and the root their sum.  A subtree of at most
 * `cut` leaves is summed by its task alone.  Timed: the whole tree.
 */

#include <errno.h>

#include "workload.h"

enum {
    CHILDREN = 10
};

struct node {
    uint64_t first, leaves, cut; /* numbers of the leaves below */
    uint64_t sum, units;         /* the result */
};

static int node_run(void *arg);

/* Creates the children of a node, joins them and adds up. */
static int node_split(struct node *node)
{
    struct node children[CHILDREN];
    struct rt_task *tasks[CHILDREN];
    int status = 0, n = 0;
    for (; n < CHILDREN && status == 0; n += status == 0) {
        uint64_t part = node->leaves / CHILDREN;
        children[n] = (struct node){ .first = node->first + (uint64_t)n * part,
                                     .leaves = part,
                                     .cut = node->cut };
        status = rt_spawn(&tasks[n], node_run, &children[n]);
    }
    for (int i = 0; i < n; i++) {
        int result = 0;
        int error = rt_join(tasks[i], &result, RT_FOREVER);
        node->sum += children[i].sum;
        node->units += children[i].units;
        if (status == 0)
            status = error != 0 ? error : result;
    }
    return status;
}

static int node_run(void *arg)
{
    struct node *node = arg;
    node->units = 1;
    if (node->leaves > node->cut)
        return node_split(node);
    for (uint64_t i = 0; i < node->leaves; i++)
        node->sum += node->first + i;
    return 0;
}

static uint64_t count_units(uint64_t leaves, uint64_t cut)
{
    return leaves <= cut ? 1
                         : 1 + CHILDREN * count_units(leaves / CHILDREN, cut);
}

static uint64_t power(const struct work *work, const char *name)
{
    static const uint64_t powers[] = { 1,     10,     100,     1000,
                                       10000, 100000, 1000000, 10000000 };
    uint64_t wanted = (uint64_t)work_int(work, name);
    int i = 0;
    while (powers[i] < wanted)
        i++;
    return powers[i];
}

static int body(struct work *work)
{
    struct node root = { .leaves = power(work, "leaves"),
                         .cut = power(work, "cut") };
    struct rt_task *task;
    int result = 0;
    if (root.leaves != (uint64_t)work_int(work, "leaves") ||
        root.cut != (uint64_t)work_int(work, "cut"))
        return work_fail(work, -EINVAL, "leaves and cut are powers of ten");
    work_begin(work);
    int status = rt_spawn(&task, node_run, &root);
    if (status == 0)
        status = rt_join(task, &result, RT_FOREVER);
    work_end(work);
    if (status != 0 || result != 0)
        return status != 0 ? status : result;
    uint64_t sum = root.leaves * (root.leaves - 1) / 2;
    uint64_t units = count_units(root.leaves, root.cut);
    if (root.sum != sum || root.units != units)
        return work_fail(work, -EBADMSG, "sum %llu of %llu units",
                         (unsigned long long)root.sum,
                         (unsigned long long)root.units);
    struct receipt receipt = { .units = units,
                               .ops = units,
                               .digest = work_hash(sum) };
    work_receipt(work, &receipt);
    return 0;
}

static void needs(const struct work *work, struct needs *needs)
{
    needs->tasks = count_units((uint64_t)work_int(work, "leaves"),
                               (uint64_t)work_int(work, "cut"));
}

const struct workload workload_skynet = {
    .name = "skynet",
    .question = "What does a tree of short tasks cost?",
    .op = "unit",
    .axis = "leaves",
    .params = { { "leaves", PARAM_INT, "100000", 1, 1e7, NULL,
                  "leaves of the tree, a power of ten" },
                { "cut", PARAM_INT, "1", 1, 1e6, NULL,
                  "leaves one task sums alone, a power of ten" } },
    .cells = { { "coro,pool:20,seq", "leaves=10000 cut=1",
                 "leaves=100000 cut=1", "leaves=10000,100000,1000000 cut=1" },
               { "coro,pool:20,thread,seq", "leaves=100000 cut=1000",
                 "leaves=1000000 cut=1000", "leaves=100000,1000000 cut=1000" },
               { "thread", NULL, NULL, "leaves=10000 cut=1" } },
    .needs = needs,
    .body = body,
};
