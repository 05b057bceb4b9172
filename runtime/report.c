/* SPDX-License-Identifier: MIT */
/* report.c: the sink for reports, and the texts all runtimes share. */

#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    TEXT_BYTES = 256
};

static struct {
    void (*report)(void *arg, const char *text);
    void *arg;
} sink;

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void write_text(void *arg, const char *text)
{
    (void)arg;
    size_t bytes = strlen(text);
    while (bytes > 0) {
        ssize_t sent = write(STDERR_FILENO, text, bytes);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return; /* nowhere else to say it */
        text += sent;
        bytes -= (size_t)sent;
    }
}

void report_start(const struct rt_options *options)
{
    sink.report = options && options->report ? options->report : write_text;
    sink.arg = options ? options->report_arg : NULL;
}

void report_text(const char *text)
{
    pthread_mutex_lock(&one_at_a_time);
    sink.report(sink.arg, text);
    pthread_mutex_unlock(&one_at_a_time);
}

void report_unjoined(const char *name, int status)
{
    if (status >= 0 || status == -ECANCELED)
        return;
    const char *error = strerrordesc_np(-status);
    char text[TEXT_BYTES];
    snprintf(text, sizeof text,
             "task \"%.100s\" failed and nobody joined it: %d (%s)\n",
             name ? name : "unnamed", status, error ? error : "unknown error");
    report_text(text);
}

void report_alive(uint64_t tasks)
{
    char text[TEXT_BYTES];
    snprintf(text, sizeof text, "%" PRIu64 " %s alive:\n", tasks,
             tasks == 1 ? "task" : "tasks");
    report_text(text);
}

/* Writes what it does at the moment. */
static void describe(char *out, size_t bytes, const struct report_task *task)
{
    if (!task->reason)
        snprintf(out, bytes, "%s", task->running ? "is running" : "is ready");
    else if (task->waits_ns < 0)
        snprintf(out, bytes, "waits (%s)", task->reason);
    else
        snprintf(out, bytes, "waits (%s), %" PRId64 " ms", task->reason,
                 task->waits_ns / 1000000);
}

void report_task(const struct report_task *task)
{
    char text[TEXT_BYTES];
    char state[64];
    describe(state, sizeof state, task);
    const char *quote = task->name ? "\"" : "";
    snprintf(text, sizeof text, "  task %" PRIu64 " %s%.100s%s%s%s\n",
             task->number, quote, task->name ? task->name : "", quote,
             task->name ? " " : "", state);
    report_text(text);
}
