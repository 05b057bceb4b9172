/* SPDX-License-Identifier: MIT */
/* The control connection's few lines. */

#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int tell(struct load *load, const char *line)
{
    size_t length = strlen(line);
    ssize_t n = send(load->control, line, length, MSG_NOSIGNAL);
    return n == (ssize_t)length ? 0 : -EPIPE;
}

void load_init(struct load *load, struct work *work)
{
    *load = (struct load){ .work = work,
                           .conns = (uint64_t)work_int(work, "conns"),
                           .bytes = (size_t)work_int(work, "bytes"),
                           .control = -1 };
}

int load_start(struct load *load, unsigned port)
{
    char line[128];
    load->control = reference_connect(work_control_port(load->work));
    if (load->control < 0)
        return load->control;
    snprintf(line, sizeof(line), "load " WORK_HOST " %u %llu %llu %zu hold\n",
             port, (unsigned long long)load->conns,
             (unsigned long long)work_int(load->work, "rounds"), load->bytes);
    return tell(load, line);
}

int load_read(struct load *load)
{
    ssize_t n = recv(load->control, load->line + load->length,
                     sizeof(load->line) - 1 - load->length, 0);
    if (n <= 0)
        return n == 0 ? -ECONNRESET : -errno;
    load->length += (size_t)n;
    load->line[load->length] = '\0';
    if (load->line[load->length - 1] != '\n')
        return 0;
    load->length = 0;
    if (strcmp(load->line, "ready\n") == 0) {
        work_begin(load->work);
        return tell(load, "go\n");
    }
    load->done = true;
    if (strncmp(load->line, "ok ", 3) != 0)
        return work_fail(load->work, -EPROTO, "the load generator says: %s",
                         load->line);
    work_end(load->work);
    return 0;
}

void load_close(struct load *load)
{
    if (load->control >= 0)
        close(load->control);
    load->control = -1;
}

int load_check(struct load *load, uint64_t served)
{
    unsigned long long rounds, bytes, digest;
    if (sscanf(load->line, "ok rounds=%llu bytes=%llu digest=%llx", &rounds,
               &bytes, &digest) != 3)
        return work_fail(load->work, -EPROTO, "the load generator says: %s",
                         load->line);
    /* Each connection's first message is not counted. */
    struct receipt receipt = { .units = load->conns,
                               .peak = load->conns,
                               .bytes = served - load->conns * load->bytes,
                               .digest = digest };
    receipt.ops = receipt.bytes / load->bytes;
    if (receipt.ops != rounds || receipt.bytes != bytes)
        return work_fail(load->work, -EBADMSG,
                         "%llu messages served, %llu asked for",
                         (unsigned long long)receipt.ops, rounds);
    work_receipt(load->work, &receipt);
    return 0;
}
