/* SPDX-License-Identifier: MIT */
/*
 * Makes, drops and warms the scratch file.  Invariant: a file of its name is
 * complete and on disk, since it gets that name last.
 */

#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

enum {
    WORDS = 1 << 16 /* written at a time */
};

static const char name[] = "random-256m";

/* Makes a folder and those above it. */
static int make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        int error = mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : -errno;
        if (slash == NULL)
            return error;
        *slash = '/';
    }
}

static int find_folder(char *path, size_t size)
{
    const char *own = getenv("COBENCH_CACHE"), *home = getenv("HOME");
    const char *cache = getenv("XDG_CACHE_HOME");
    int n;
    if (own != NULL && *own != '\0')
        n = snprintf(path, size, "%s", own);
    else if (cache != NULL && *cache != '\0')
        n = snprintf(path, size, "%s/cobench", cache);
    else if (home != NULL && *home != '\0')
        n = snprintf(path, size, "%s/.cache/cobench", home);
    else
        return -ENOENT;
    /* Room for the name and what tells a temporary file. */
    return n + 64 > (int)size ? -ENAMETOOLONG : make_folders(path);
}

static int fill(int fd)
{
    static uint64_t words[WORDS];
    for (uint64_t at = 0; at < SCRATCH_BYTES / sizeof(*words); at += WORDS) {
        for (uint64_t i = 0; i < WORDS; i++)
            words[i] = at + i;
        ssize_t n = write(fd, words, sizeof(words));
        if (n != (ssize_t)sizeof(words))
            return n < 0 ? -errno : -ENOSPC;
    }
    /* What is not on disk cannot be dropped from the cache. */
    return fsync(fd) == 0 ? 0 : -errno;
}

static int make_file(const char *path)
{
    char temporary[PATH_MAX + 32];
    snprintf(temporary, sizeof(temporary), "%s.%d", path, (int)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return -errno;
    int error = fill(fd);
    if (close(fd) != 0 && error == 0)
        error = -errno;
    if (error == 0 && rename(temporary, path) != 0)
        error = -errno;
    if (error != 0)
        unlink(temporary);
    return error;
}

static void refuse(struct skip *skip, const char *reason)
{
    skip->reason = reason;
    snprintf(skip->remedy, sizeof(skip->remedy),
             "COBENCH_CACHE=a folder on a disk");
}

static bool has_room(const struct statfs *fs, struct skip *skip)
{
    uint64_t space = (uint64_t)fs->f_bavail * (uint64_t)fs->f_bsize;
    if (fs->f_type == TMPFS_MAGIC || fs->f_type == RAMFS_MAGIC) {
        refuse(skip, "the cache folder is in memory, not on a disk");
    } else if (space < SCRATCH_BYTES + SCRATCH_BYTES / 4) {
        refuse(skip, "too little space in the cache folder (bytes)");
        skip->needed = SCRATCH_BYTES + SCRATCH_BYTES / 4;
        skip->limit = space;
    }
    return skip->reason == NULL;
}

void scratch_make(char *path, size_t size, struct skip *skip)
{
    struct stat stat_now;
    struct statfs fs;
    if (find_folder(path, size) != 0 || statfs(path, &fs) != 0) {
        refuse(skip, "no folder for the file to be read");
        return;
    }
    size_t length = strlen(path);
    snprintf(path + length, size - length, "/%s", name);
    bool there =
        stat(path, &stat_now) == 0 && stat_now.st_size == SCRATCH_BYTES;
    if (there)
        fs.f_bavail = SCRATCH_BYTES; /* blocks: enough */
    if (!has_room(&fs, skip) || there)
        return;
    fprintf(stderr, "making %s, 256 MiB, kept for later runs\n", path);
    if (make_file(path) != 0)
        refuse(skip, "the file to be read cannot be written");
}

int scratch_drop(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
    return -error;
}

int scratch_warm(const char *path)
{
    static char buffer[64 * 1024];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 1;
    while (n > 0)
        n = read(fd, buffer, sizeof(buffer));
    int error = n < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return error;
}
