/* SPDX-License-Identifier: MIT */
/*
 * null: one empty task.  What remains is the harness: start-up, teardown, the
 * memory of the bare runtime, the cost of reading the clocks.
 */

#include "workload.h"

static int body(struct work *work)
{
    work_begin(work);
    work_end(work);
    work_receipt(work, &(struct receipt){ .ops = 1 });
    return 0;
}

const struct workload workload_null = {
    .name = "null",
    .question = "What does a runtime cost before it does anything?",
    .op = "run",
    .cells = { { "coro,pool:20,thread,seq", "", "", "" } },
    .body = body,
};
