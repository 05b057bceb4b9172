/* SPDX-License-Identifier: MIT */
/*
 * file_rand: tasks read blocks of 4 KiB at random from a file of 256 MiB.  On
 * an event loop that is done by threads nobody sees: threads_mid_run of the
 * record counts them.  The file is in the page cache, or with cold=1 dropped
 * from it first: then a read costs less the more came before it, so that their
 * number is the same for all.
 */

#include <fcntl.h>

#include "workload.h"

enum {
    WORDS = 512 /* in a block */
};

struct reader {
    struct share my;
    struct rt_file *file;
    uint64_t block[WORDS];
};

static int open_reader(void *arg)
{
    struct reader *reader = arg;
    return rt_file_open(&reader->file, work_file(reader->my.work), O_RDONLY, 0);
}

static void close_reader(void *arg)
{
    struct reader *reader = arg;
    if (reader->file != NULL)
        rt_file_close(reader->file);
}

static int run(void *arg)
{
    struct reader *reader = arg;
    struct share *my = &reader->my;
    for (; my->ops < my->rounds; my->ops++) {
        uint64_t word = work_hash(my->index << 32 | my->ops) %
                        (WORK_FILE_WORDS / WORDS) * WORDS;
        ssize_t n = rt_file_pread(reader->file, reader->block, WORDS * 8,
                                  (int64_t)word * 8);
        if (n != WORDS * 8)
            return n < 0 ? (int)n : -EIO;
        if (reader->block[0] != word || reader->block[511] != word + 511)
            return -EBADMSG;
        my->bytes += (uint64_t)n;
    }
    return 0;
}

const struct workload workload_file_rand = {
    .name = "file_rand",
    .question = "What does it cost to read a file beside other work?",
    .op = "read",
    .version = 1, /* 0: what is not cold was what others had left */
    .axis = "tasks",
    .calibrated = "rounds",
    .flags = WORK_FILE | WORK_OFFLOADS,
    .params = { { "tasks", "16", 1, 10000 },
                { "cold", "0" },
                { "rounds", "10000", 1, 1e7 } },
    .cells = { { "coro,pool:20,thread", NULL, NULL,
                 "tasks=1,16,256 cold=0 cpus=1,all | "
                 "tasks=1,16,256 cold=1 rounds=4000 cpus=1,all" } },
    .tasks = "tasks",
    .fds = "tasks",
    .item = { sizeof(struct reader), open_reader, close_reader },
    .run = run,
};
