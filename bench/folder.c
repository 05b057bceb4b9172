/* SPDX-License-Identifier: MIT */
/*
 * Folders of runs.
 */
#include "folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char local[] = "results/local";
const char folder_latest[] = "results/local/latest";

/* An existing folder is as good, anything else of that name is not. */
static int make_one(const char *path)
{
    struct stat st;
    if (mkdir(path, 0777) == 0)
        return 0;
    int err = -errno;
    if (stat(path, &st) != 0)
        return err;
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int folder_make(const char *path)
{
    char part[PATH_MAX];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof part)
        return n ? -ENAMETOOLONG : -ENOENT;
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        snprintf(part, sizeof part, "%.*s", (int)i, path);
        int err = make_one(part);
        if (err != 0)
            return err;
    }
    return access(path, W_OK | X_OK) == 0 ? 0 : -errno;
}

int folder_check(const char *path)
{
    char part[PATH_MAX];
    struct stat st;
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof part)
        return n ? -ENAMETOOLONG : -ENOENT;
    memcpy(part, path, n + 1);
    /* The nearest folder that exists is the one to be written into. */
    while (stat(part, &st) != 0) {
        if (errno != ENOENT)
            return -errno;
        char *slash = strrchr(part, '/');
        if (!slash)
            strcpy(part, ".");
        else
            slash[slash == part] = 0;
    }
    if (!S_ISDIR(st.st_mode))
        return -ENOTDIR;
    return access(part, W_OK | X_OK) == 0 ? 0 : -errno;
}

int folder_new(char *path, size_t size)
{
    int err = folder_make(local);
    if (err != 0)
        return err;
    char stamp[32];
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &tm);
    snprintf(path, size, "%s/%s", local, stamp);
    /* Two runs started in the same second. */
    for (int i = 2; mkdir(path, 0777) != 0; i++) {
        if (errno != EEXIST || i > 99)
            return -errno;
        snprintf(path, size, "%s/%s-%d", local, stamp, i);
    }
    return 0;
}

int folder_link(const char *path)
{
    char temporary[64];
    const char *slash = strrchr(path, '/');
    snprintf(temporary, sizeof temporary, "%s/.latest-%d", local,
             (int)getpid());
    unlink(temporary);
    if (symlink(slash ? slash + 1 : path, temporary) != 0)
        return -errno;
    if (rename(temporary, folder_latest) == 0)
        return 0;
    int err = -errno;
    unlink(temporary);
    return err;
}
