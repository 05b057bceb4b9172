/* SPDX-License-Identifier: MIT */
/* file.c: files, by plain system calls.  What has begun is completed. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"

struct rt_file {
    int fd;
};

int rt_file_open(struct rt_file **out, const char *path, int flags,
                 unsigned mode)
{
    if (os_cancel_check())
        return -ECANCELED;
    struct rt_file *file = malloc(sizeof *file);
    if (!file)
        return -ENOMEM;
    do {
        file->fd = open(path, flags | O_CLOEXEC, (mode_t)mode);
    } while (file->fd < 0 && errno == EINTR);
    if (file->fd < 0) {
        int err = -errno;
        free(file);
        return err;
    }
    *out = file;
    return 0;
}

ssize_t rt_file_pread(struct rt_file *file, void *buffer, size_t bytes,
                      int64_t offset)
{
    if (os_cancel_check())
        return -ECANCELED;
    ssize_t got;
    do {
        got = pread(file->fd, buffer, bytes, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

ssize_t rt_file_pwrite(struct rt_file *file, const void *buffer, size_t bytes,
                       int64_t offset)
{
    if (os_cancel_check())
        return -ECANCELED;
    ssize_t sent;
    do {
        sent = pwrite(file->fd, buffer, bytes, (off_t)offset);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int rt_file_sync(struct rt_file *file)
{
    if (os_cancel_check())
        return -ECANCELED;
    int got;
    do {
        got = fsync(file->fd);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : 0;
}

int rt_file_stat(struct rt_file *file, struct stat *out)
{
    if (os_cancel_check())
        return -ECANCELED;
    return fstat(file->fd, out) == 0 ? 0 : -errno;
}

void rt_file_close(struct rt_file *file)
{
    if (!file)
        return;
    close(file->fd);
    free(file);
}
