/* SPDX-License-Identifier: MIT */
/*
 * skynet: a tree in which every task creates ten and waits for them; the
 * leaves return their numbers, and the root their sum.  A subtree of at most
 * `cut` leaves is summed by its task alone.  Timed: the whole tree.
 */

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

static bool is_power(uint64_t n)
{
    while (n % 10 == 0)
        n /= 10;
    return n == 1;
}

static int body(struct work *work)
{
    uint64_t leaves = (uint64_t)given.leaves;
    uint64_t cut = (uint64_t)given.cut;
    uint64_t units = leaves <= cut ? 1 : work_sum(work, "10*leaves/cut/9");
    if (!is_power(leaves) || !is_power(cut))
        return work_fail(work, -EINVAL, "leaves and cut are powers of ten");
    struct node root = { .leaves = leaves, .cut = cut };
    work_begin(work);
    int status = work_waves(node_run, &root, sizeof(root), 1);
    work_end(work);
    if (status != 0)
        return status;
    if (root.sum != leaves * (leaves - 1) / 2 || root.units != units)
        return work_fail(work, -EBADMSG, "a wrong sum or number of units");
    struct receipt receipt = { .units = units,
                               .ops = units,
                               .digest = work_hash(root.sum) };
    work_receipt(work, &receipt);
    return 0;
}

const struct workload workload_skynet = {
    .name = "skynet",
    .question = "What does a tree of short tasks cost?",
    .op = "unit",
    .axis = "leaves",
    .params = { { "leaves", "100000", 1, 1e7, NULL,
                  "leaves of the tree, a power of ten" },
                { "cut", "1", 1, 1e6, NULL,
                  "leaves one task sums alone, a power of ten" } },
    .cells = { { "coro,pool:20,seq", "leaves=10000 cut=1",
                 "leaves=100000 cut=1", "leaves=10000,100000,1000000 cut=1" },
               { "coro,pool:20,thread,seq", "leaves=100000 cut=1000",
                 "leaves=1000000 cut=1000", "leaves=100000,1000000 cut=1000" },
               { "thread", NULL, NULL, "leaves=10000 cut=1" } },
    .tasks = "10*leaves/cut/9",
    .body = body,
};
