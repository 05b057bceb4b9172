/* SPDX-License-Identifier: MIT */
/*
 * Links between the tasks of a group: each item holds the way out to the next
 * and the way in from the one before.
 */

#include "work.h"

#include <errno.h>

static struct work_link *next_of(const struct work_link *link)
{
    return work_item(link->my.work, link->my.index + 1);
}

int work_link_chan(void *arg)
{
    struct work_link *link = arg;
    int status = rt_chan_new(&link->out, sizeof(uint64_t), 1);
    next_of(link)->in = link->out;
    return status;
}

int work_link_pipe(void *arg)
{
    struct work_link *link = arg;
    return rt_sock_pipe(&next_of(link)->reader, &link->writer);
}

void work_link_close(void *arg)
{
    struct work_link *link = arg;
    rt_chan_free(link->out);
    if (link->writer != NULL)
        rt_sock_close(link->writer);
    if (link->reader != NULL)
        rt_sock_close(link->reader);
}

int work_link_send(struct work_link *link, unsigned char byte)
{
    ssize_t n = rt_sock_write(link->writer, &byte, 1, RT_FOREVER);
    return n < 0 ? (int)n : 0;
}

int work_link_recv(struct work_link *link, unsigned char *byte)
{
    ssize_t n = rt_sock_read(link->reader, byte, 1, RT_FOREVER);
    return n == 1 ? 0 : n == 0 ? -EPIPE : (int)n;
}

int work_link_pass(struct work_link *link)
{
    unsigned char byte;
    int status = work_link_recv(link, &byte);
    return status != 0 ? status : work_link_send(link, byte);
}

int work_link_round(struct work_link *link, unsigned char byte)
{
    struct rt_info info;
    unsigned char got = 0;
    rt_info(&info);
    bool alone = info.concurrency == 1;
    int status = work_link_send(link, byte);
    for (int64_t i = 1; alone && i < given.tasks && status == 0; i++)
        status = work_link_pass(work_item(link->my.work, (uint64_t)i));
    if (status == 0)
        status = work_link_recv(link, &got);
    return status == 0 && got != byte ? -EBADMSG : status;
}
