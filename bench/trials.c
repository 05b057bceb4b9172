/* SPDX-License-Identifier: MIT */
/*
 * trials.jsonl, read and written.  A line is in the file completely or not at
 * all, except where the machine went down in the middle of it.
 */
#include "trials.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "line.h"

static int file_path(char *path, size_t size, const char *dir)
{
    int n = snprintf(path, size, "%s/trials.jsonl", dir);
    return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* ---- reading ---- */

static int read_all(const char *path, char **out, size_t *out_bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int err = 0;
    char *text = NULL;
    struct stat st;
    if (fstat(fd, &st) != 0) {
        err = -errno;
        goto out_close;
    }
    text = malloc((size_t)st.st_size + 1);
    if (!text) {
        err = -ENOMEM;
        goto out_close;
    }
    size_t used = 0;
    while (used < (size_t)st.st_size) {
        ssize_t n = read(fd, text + used, (size_t)st.st_size - used);
        if (n < 0)
            err = -errno;
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    if (err == 0) {
        *out = text;
        *out_bytes = used;
        text = NULL;
    }
out_close:
    free(text);
    close(fd);
    return err;
}

/* While the lines are gone through. */
struct reader {
    struct trials *out;
    json_t *names; /* of the cells, an object used as a set */
    char why[256]; /* the line under way is refused */
};

static int take_run(struct reader *reader, json_t *run)
{
    struct trials *out = reader->out;
    size_t i;
    json_t *cell;
    if (out->run) {
        snprintf(reader->why, sizeof reader->why, "the beginning of a run");
        return -EBADMSG;
    }
    int err = line_check_run(run, reader->why, sizeof reader->why);
    if (err != 0)
        return err;
    out->run = json_incref(run);
    out->cells = json_object_get(run, "cells");
    json_array_foreach(out->cells, i, cell)
    {
        const char *name = json_string_value(json_object_get(cell, "name"));
        json_object_set_new(reader->names, name, json_true());
    }
    return 0;
}

/* Sorts one parsed line into *out. */
static int take_line(struct reader *reader, json_t *line)
{
    struct trials *out = reader->out;
    json_t *run = json_object_get(line, "run");
    if (run)
        return take_run(reader, run);
    if (!out->run)
        return -EBADMSG;
    json_t *end = json_object_get(line, "end");
    json_decref(out->end);
    out->end = json_incref(end);
    if (end)
        return 0;
    int err =
        line_check_trial(line, reader->names, reader->why, sizeof reader->why);
    if (err != 0)
        return err;
    return json_array_append(out->trials, line) == 0 ? 0 : -ENOMEM;
}

/* Returns 0, or the number of the line that is broken. */
static int take_text(struct reader *reader, const char *text, size_t bytes)
{
    struct trials *out = reader->out;
    int number = 0;
    const char *at = text, *end = text + bytes;
    while (at < end) {
        number++;
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        json_t *line = stop ? json_loadb(at, (size_t)(stop - at),
                                         JSON_REJECT_DUPLICATES, NULL)
                            : NULL;
        int err = line ? take_line(reader, line) : 0;
        json_decref(line);
        if (err != 0)
            return number;
        if (!line) {
            /* Only the last line can have been cut off by a crash. */
            out->truncated = out->run && (!stop || stop + 1 == end);
            return out->truncated ? 0 : number;
        }
        at = stop + 1;
        out->bytes = at - text;
    }
    return 0;
}

int trials_read(struct trials *out, const char *dir, char *message,
                size_t message_size)
{
    char path[PATH_MAX], *text = NULL;
    size_t bytes = 0;
    message[0] = 0;
    *out = (struct trials){ .trials = json_array() };
    int err = out->trials ? file_path(path, sizeof path, dir) : -ENOMEM;
    if (err == 0)
        err = read_all(path, &text, &bytes);
    if (err != 0) {
        snprintf(message, message_size, "cannot read %s/trials.jsonl: %s", dir,
                 strerror(-err));
        trials_fini(out);
        return err;
    }
    struct reader reader = { .out = out,
                             .names = json_object(),
                             .why = "not what cobench writes" };
    if (bytes == 0)
        snprintf(reader.why, sizeof reader.why, "the file is empty");
    int broken = take_text(&reader, text, bytes);
    json_decref(reader.names);
    free(text);
    if (broken == 0 && out->run) {
        if (out->truncated)
            snprintf(message, message_size,
                     "%s: the last line is cut off and was ignored", path);
        return 0;
    }
    snprintf(message, message_size, "%s:%d: %s", path, broken ? broken : 1,
             reader.why);
    trials_fini(out);
    return -EBADMSG;
}

void trials_fini(struct trials *trials)
{
    json_decref(trials->run);
    json_decref(trials->trials);
    json_decref(trials->end);
    *trials = (struct trials){ 0 };
}

/* ---- writing ---- */

/* Everything, or the first error. */
static int write_all(int fd, const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, data, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        data += n;
        bytes -= (size_t)n;
    }
    return 0;
}

int trials_append(int fd, const json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (!text)
        return -ENOMEM;
    size_t bytes = strlen(text);
    text[bytes] = '\n'; /* in place of the NUL */
    off_t start = lseek(fd, 0, SEEK_END);
    int err = start < 0 ? -errno : write_all(fd, text, bytes + 1);
    if (err != 0 && start >= 0 && ftruncate(fd, start) != 0)
        err = -EIO; /* half a line remains; the reader ignores it */
    free(text);
    return err;
}

int trials_create(const char *dir, json_t *run)
{
    char path[PATH_MAX];
    int err = file_path(path, sizeof path, dir);
    if (err != 0)
        return err;
    json_t *line = json_pack("{s:O}", "run", run);
    if (!line)
        return -ENOMEM;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    err = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 ? -errno
                                                      : trials_append(fd, line);
    json_decref(line);
    if (err == 0)
        return fd;
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    return err;
}

int trials_reopen(const char *dir, json_int_t bytes)
{
    char path[PATH_MAX];
    int err = file_path(path, sizeof path, dir);
    if (err != 0)
        return err;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    /* Locked first: what another cobench writes must not be cut off. */
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 || ftruncate(fd, (off_t)bytes) != 0) {
        err = -errno;
        close(fd);
        return err;
    }
    return fd;
}
