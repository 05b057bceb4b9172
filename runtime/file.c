/* SPDX-License-Identifier: MIT */
/*
 * file.c: files, each system call offloaded, for it may block wherever the
 * disk does.  Made of rt_offload() alone, the same object in every runtime.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rt.h"

struct rt_file {
    int fd;
};

/* One system call: its arguments, and what it has returned. */
struct call {
    enum {
        OPEN,
        PREAD,
        PWRITE,
        FSYNC,
        FSTAT
    } what;
    int fd;
    void *memory; /* only read from by PWRITE */
    size_t bytes;
    int64_t offset;
    const char *path;
    int flags;
    unsigned mode;
    ssize_t result;
};

static ssize_t make(const struct call *call)
{
    switch (call->what) {
    case OPEN:
        return open(call->path, call->flags | O_CLOEXEC, (mode_t)call->mode);
    case PREAD:
        return pread(call->fd, call->memory, call->bytes, (off_t)call->offset);
    case PWRITE:
        return pwrite(call->fd, call->memory, call->bytes, (off_t)call->offset);
    case FSYNC:
        return fsync(call->fd);
    default:
        return fstat(call->fd, call->memory);
    }
}

static int carry_out(void *arg)
{
    struct call *call = arg;
    do
        call->result = make(call);
    while (call->result < 0 && errno == EINTR);
    if (call->result < 0)
        call->result = -errno;
    return 0;
}

static ssize_t offload(struct call *call)
{
    int error = rt_offload(carry_out, call, NULL);
    return error ? error : call->result;
}

int rt_file_open(struct rt_file **out, const char *path, int flags,
                 unsigned mode)
{
    struct call call = { OPEN, .path = path, .flags = flags, .mode = mode };
    struct rt_file *file = malloc(sizeof *file);
    if (!file)
        return -ENOMEM;
    file->fd = (int)offload(&call);
    if (file->fd < 0) {
        int error = file->fd;
        free(file);
        return error;
    }
    *out = file;
    return 0;
}

ssize_t rt_file_pread(struct rt_file *file, void *buffer, size_t bytes,
                      int64_t offset)
{
    struct call call = { PREAD, file->fd, buffer, bytes, offset };
    return offload(&call);
}

ssize_t rt_file_pwrite(struct rt_file *file, const void *buffer, size_t bytes,
                       int64_t offset)
{
    void *from = (void *)(uintptr_t)buffer;
    struct call call = { PWRITE, file->fd, from, bytes, offset };
    return offload(&call);
}

int rt_file_sync(struct rt_file *file)
{
    struct call call = { FSYNC, file->fd };
    return (int)offload(&call);
}

int rt_file_stat(struct rt_file *file, struct stat *out)
{
    struct call call = { FSTAT, file->fd, out };
    return (int)offload(&call);
}

void rt_file_close(struct rt_file *file)
{
    if (!file)
        return;
    close(file->fd);
    free(file);
}
