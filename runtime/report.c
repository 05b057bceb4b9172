/* SPDX-License-Identifier: MIT */
/* report.c: the sink for reports, and the texts all runtimes share. */

#include "report.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
    char text[REPORT_BYTES];
    snprintf(text, sizeof text,
             "task \"%.100s\" failed and nobody joined it: %d (%s)\n",
             name ? name : "unnamed", status, error ? error : "unknown error");
    report_text(text);
}

void report_add(struct report_line *line, const char *text)
{
    /* Room is kept for the line feed, which is never cut off. */
    while (*text && line->n < sizeof line->text - 2)
        line->text[line->n++] = *text++;
}

void report_begin(struct report_line *line, const char *text)
{
    line->n = 0;
    report_add(line, text);
}

void report_add_number(struct report_line *line, uint64_t number)
{
    char digits[24];
    char *at = digits + sizeof digits;
    *--at = '\0';
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    report_add(line, at);
}

void report_add_task(struct report_line *line, uint64_t number,
                     const char *name)
{
    report_add(line, "task ");
    report_add_number(line, number);
    if (!name)
        return;
    report_add(line, " \"");
    report_add(line, name);
    report_add(line, "\"");
}

static void end_line(struct report_line *line)
{
    line->text[line->n++] = '\n';
    line->text[line->n] = '\0';
}

void report_end(struct report_line *line)
{
    end_line(line);
    report_text(line->text);
}

void report_end_fatal(struct report_line *line)
{
    end_line(line);
    /* Whoever holds it may be the very one that was interrupted. */
    bool locked = pthread_mutex_trylock(&one_at_a_time) == 0;
    sink.report(sink.arg, line->text);
    if (locked)
        pthread_mutex_unlock(&one_at_a_time);
}

void report_alive(uint64_t tasks)
{
    struct report_line line;
    report_begin(&line, "");
    report_add_number(&line, tasks);
    report_add(&line, tasks == 1 ? " task alive:" : " tasks alive:");
    report_end(&line);
}

void report_deadlock(void)
{
    report_text("deadlock: no task can ever run again\n");
}

void report_task(const struct report_task *task)
{
    struct report_line line;
    report_begin(&line, "  ");
    report_add_task(&line, task->number, task->name);
    if (task->reason) {
        report_add(&line, " waits (");
        report_add(&line, task->reason);
        report_add(&line, ")");
    } else {
        report_add(&line, task->running ? " is running" : " is ready");
        if (task->stranded)
            report_add(&line, ", no worker free");
    }
    if (task->reason && task->waits_ns >= 0) {
        report_add(&line, ", ");
        report_add_number(&line, (uint64_t)task->waits_ns / 1000000);
        report_add(&line, " ms");
    }
    report_end(&line);
}

void report_more(uint64_t tasks)
{
    struct report_line line;
    if (tasks == 0)
        return;
    report_begin(&line, "  and ");
    report_add_number(&line, tasks);
    report_add(&line, " more");
    report_end(&line);
}
