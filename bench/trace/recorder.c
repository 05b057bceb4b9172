/* SPDX-License-Identifier: MIT */
/*
 * Owns the events of a run.  All memory is there and touched before it begins;
 * the hook runs on a task's stack, one call at a time.
 */
#include "trace/recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAMES = 1024, /* different ones; tasks beyond that go unnamed */
    NAME_BYTES = 32
};

struct kept {
    int64_t when_ns;
    const char *reason; /* a constant of the runtime */
    uint32_t task, by;
    int status;
    uint16_t name; /* its number in names; 0: none */
    uint8_t what;
};

struct recorder {
    uint64_t room, n, dropped;
    unsigned names_n; /* 1 more than there are: number 0 means none */
    char names[NAMES][NAME_BYTES];
    struct kept events[];
};

/* A name may be gone when its task is: copies each one once. */
static uint16_t keep_name(struct recorder *recorder, const char *name)
{
    if (name == NULL)
        return 0;
    char text[NAME_BYTES];
    size_t n = 0;
    for (; name[n] != '\0' && n + 1 < sizeof(text); n++)
        text[n] = (unsigned char)name[n] < ' ' ? ' ' : name[n];
    text[n] = '\0';
    /* The latest is the likeliest. */
    for (unsigned i = recorder->names_n; --i > 0;)
        if (strcmp(recorder->names[i], text) == 0)
            return (uint16_t)i;
    if (recorder->names_n == NAMES)
        return 0;
    memcpy(recorder->names[recorder->names_n], text, n + 1);
    return (uint16_t)recorder->names_n++;
}

static void take(void *arg, const struct rt_trace_event *event)
{
    struct recorder *recorder = arg;
    if (recorder->n == recorder->room) {
        recorder->dropped++;
        return;
    }
    recorder->events[recorder->n++] = (struct kept){
        .when_ns = event->when_ns,
        .reason = event->reason,
        .task = (uint32_t)event->task,
        .by = (uint32_t)event->by,
        .status = event->status,
        .name = keep_name(recorder, event->name),
        .what = (uint8_t)event->what,
    };
}

int recorder_new(struct recorder **out, uint64_t events,
                 struct rt_options *options)
{
    size_t bytes = sizeof(struct recorder) + events * sizeof(struct kept);
    struct recorder *recorder = malloc(bytes);
    if (recorder == NULL)
        return -ENOMEM;
    memset(recorder, 0, bytes);
    recorder->room = events;
    recorder->names_n = 1;
    options->trace = take;
    options->trace_arg = recorder;
    *out = recorder;
    return 0;
}

static void write_event(FILE *file, const struct recorder *recorder,
                        const struct kept *event)
{
    static const char *const whats[] = { [RT_TRACE_SPAWN] = "spawn",
                                         [RT_TRACE_RUN] = "run",
                                         [RT_TRACE_PARK] = "park",
                                         [RT_TRACE_WAKE] = "wake",
                                         [RT_TRACE_FINISH] = "finish" };
    fprintf(file, "%" PRId64 "\t%u\t%s\t%u\t%d\t%s\t%s\n",
            event->when_ns - recorder->events[0].when_ns, event->task,
            whats[event->what], event->by, event->status,
            event->reason != NULL ? event->reason : "-",
            event->name != 0 ? recorder->names[event->name] : "-");
}

int recorder_write(const struct recorder *recorder, const char *path,
                   const char *runtime)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return -errno;
    fprintf(file, "cobench-trace 1 %s %" PRIu64 " %" PRIu64 "\n", runtime,
            recorder->n, recorder->dropped);
    for (uint64_t i = 0; i < recorder->n; i++)
        write_event(file, recorder, &recorder->events[i]);
    bool failed = ferror(file) != 0;
    int error = fclose(file) != 0 ? -errno : 0;
    return failed && error == 0 ? -EIO : error;
}

void recorder_free(struct recorder *recorder)
{
    free(recorder);
}
