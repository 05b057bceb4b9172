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

/* Offloads and returns what fn does. */
static int carry_out(rt_task_fn fn, void *arg)
{
    int status = 0;
    int error = rt_offload(fn, arg, &status);
    return error ? error : status;
}

struct open_call {
    const char *path;
    int flags;
    unsigned mode;
};

static int open_fn(void *arg)
{
    const struct open_call *call = arg;
    int fd;
    do
        fd = open(call->path, call->flags | O_CLOEXEC, (mode_t)call->mode);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

int rt_file_open(struct rt_file **out, const char *path, int flags,
                 unsigned mode)
{
    struct open_call call = { path, flags, mode };
    struct rt_file *file = malloc(sizeof *file);
    if (!file)
        return -ENOMEM;
    file->fd = carry_out(open_fn, &call);
    if (file->fd < 0) {
        int error = file->fd;
        free(file);
        return error;
    }
    *out = file;
    return 0;
}

struct transfer {
    int fd;
    void *buffer;
    size_t bytes;
    int64_t offset;
    ssize_t n; /* the result, in place of a status, which is an int */
};

static int read_fn(void *arg)
{
    struct transfer *t = arg;
    do
        t->n = pread(t->fd, t->buffer, t->bytes, (off_t)t->offset);
    while (t->n < 0 && errno == EINTR);
    return t->n < 0 ? -errno : 0;
}

static int write_fn(void *arg)
{
    struct transfer *t = arg;
    do
        t->n = pwrite(t->fd, t->buffer, t->bytes, (off_t)t->offset);
    while (t->n < 0 && errno == EINTR);
    return t->n < 0 ? -errno : 0;
}

ssize_t rt_file_pread(struct rt_file *file, void *buffer, size_t bytes,
                      int64_t offset)
{
    struct transfer t = { file->fd, buffer, bytes, offset, 0 };
    int error = carry_out(read_fn, &t);
    return error ? error : t.n;
}

ssize_t rt_file_pwrite(struct rt_file *file, const void *buffer, size_t bytes,
                       int64_t offset)
{
    /* Only read from. */
    void *from = (void *)(uintptr_t)buffer;
    struct transfer t = { file->fd, from, bytes, offset, 0 };
    int error = carry_out(write_fn, &t);
    return error ? error : t.n;
}

static int sync_fn(void *arg)
{
    int *fd = arg;
    int error;
    do
        error = fsync(*fd) ? -errno : 0;
    while (error == -EINTR);
    return error;
}

int rt_file_sync(struct rt_file *file)
{
    return carry_out(sync_fn, &file->fd);
}

struct stat_call {
    int fd;
    struct stat *out;
};

static int stat_fn(void *arg)
{
    const struct stat_call *call = arg;
    return fstat(call->fd, call->out) ? -errno : 0;
}

int rt_file_stat(struct rt_file *file, struct stat *out)
{
    struct stat_call call = { file->fd, out };
    return carry_out(stat_fn, &call);
}

void rt_file_close(struct rt_file *file)
{
    if (!file)
        return;
    close(file->fd);
    free(file);
}
