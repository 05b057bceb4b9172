/* SPDX-License-Identifier: MIT */
/*
 * cpu: independent tasks that compute and never wait.  Timed: creating the
 * tasks, their work, joining them.
 */

#include <errno.h>
#include <stdlib.h>

#include "kernels.h"
#include "workload.h"

enum {
    SHA256_BYTES = 65536
};

static struct {
    unsigned char message[SHA256_BYTES];
    double a[KERNEL_MATRIX * KERNEL_MATRIX], b[KERNEL_MATRIX * KERNEL_MATRIX];
} input; /* only read by the tasks */

static uint64_t sumsq(void)
{
    return kernel_sumsq(1000000);
}

static uint64_t sha256(void)
{
    return kernel_sha256(input.message, SHA256_BYTES);
}

static uint64_t nqueens(void)
{
    return kernel_nqueens(12);
}

static uint64_t matmul(void)
{
    return (uint64_t)kernel_matmul(input.a, input.b);
}

/* In the order of the choices, with the results known from elsewhere. */
static const struct {
    uint64_t (*run)(void);
    uint64_t result;
} kernels[] = { { sumsq, 333332833333500000 },
                { sha256, 0xd790e413479d16f4 },
                { nqueens, 14200 },
                { matmul, 2863136768 } };

struct unit {
    uint64_t (*run)(void);
    uint64_t result;
};

static int unit_run(void *arg)
{
    struct unit *unit = arg;
    unit->result = unit->run();
    return 0;
}

static void make_input(void)
{
    for (size_t i = 0; i < SHA256_BYTES; i++)
        input.message[i] = (unsigned char)(i * 7);
    for (int i = 0; i < KERNEL_MATRIX; i++) {
        for (int j = 0; j < KERNEL_MATRIX; j++) {
            input.a[i * KERNEL_MATRIX + j] = i + j;
            input.b[i * KERNEL_MATRIX + j] = i - j;
        }
    }
}

static int check(struct work *work, const struct unit *units, size_t n,
                 uint64_t result, struct receipt *receipt)
{
    for (size_t i = 0; i < n; i++) {
        if (units[i].result != result)
            return work_fail(work, -EBADMSG, "unit %zu computed %llu", i,
                             (unsigned long long)units[i].result);
        receipt->ops++;
        receipt->digest += work_hash(units[i].result);
    }
    work_receipt(work, receipt);
    return 0;
}

static int body(struct work *work)
{
    size_t n = (size_t)work_int(work, "tasks");
    int kernel = work_choice(work, "kernel");
    struct unit *units = calloc(n, sizeof(*units));
    if (units == NULL)
        return -ENOMEM;
    make_input();
    for (size_t i = 0; i < n; i++)
        units[i].run = kernels[kernel].run;
    struct receipt receipt = { 0 };
    int status = work_tasks(work, unit_run, units, sizeof(*units), n, &receipt);
    if (status == 0)
        status = check(work, units, n, kernels[kernel].result, &receipt);
    free(units);
    return status;
}

static void needs(const struct work *work, struct needs *needs)
{
    needs->tasks = (uint64_t)work_int(work, "tasks");
}

const struct workload workload_cpu = {
    .name = "cpu",
    .question = "What do tasks gain that only compute?",
    .op = "unit",
    .axis = "tasks",
    .params = { { "kernel", PARAM_CHOICE, "sumsq", 0, 0,
                  "sumsq,sha256,nqueens,matmul", "what one unit computes" },
                { "tasks", PARAM_INT, "4", 1, 1e6, NULL,
                  "tasks of one unit each" } },
    .cells = { { "coro,pool:2,thread,seq", "tasks=100 cpus=all",
                 "kernel=sumsq,sha256,nqueens,matmul tasks=4 cpus=all | kernel=sumsq tasks=100 cpus=1,all",
                 NULL },
               { "coro,pool:2,pool:20,thread,seq", NULL, NULL,
                 "kernel=sumsq,sha256,nqueens,matmul tasks=4,100,1000 cpus=1,all | kernel=sumsq,sha256 tasks=10000 cpus=1,all" } },
    .needs = needs,
    .body = body,
};
