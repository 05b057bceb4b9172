/* SPDX-License-Identifier: MIT */
/*
 * Traces: what is made of a file of events, and `cobench trace` from outside.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "program.h"
#include "trace/chrome.h"
#include "trace/recorder.h"
#include "trace/trace.h"

struct fixture {
    char dir[64], path[96];
    struct program program;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    strcpy(f->dir, "/tmp/test_trace.XXXXXX");
    *state = f;
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->path, sizeof f->path, "%s/x.trace", f->dir);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
    int status = system(command);
    free(f);
    return status;
}

static void write_file(const struct fixture *f, const char *text)
{
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Main spawns a task named "x\"y", which sleeps 600 ns and ends while main
 * waits for it.  Main yields once. */
static const char story[] = "cobench-trace 1 coro 12 3\n"
                            "0\t1\tspawn\t0\t0\t-\t-\n"
                            "0\t1\trun\t0\t0\t-\t-\n"
                            "100\t2\tspawn\t1\t0\t-\tx\"y\n"
                            "150\t1\tpark\t0\t0\tyield\t-\n"
                            "200\t2\trun\t0\t0\t-\tx\"y\n"
                            "300\t2\tpark\t0\t0\tsleep\tx\"y\n"
                            "300\t1\trun\t0\t0\t-\t-\n"
                            "400\t1\tpark\t0\t0\tjoin\t-\n"
                            "900\t2\twake\t0\t0\t-\tx\"y\n"
                            "950\t2\trun\t0\t0\t-\tx\"y\n"
                            "1000\t2\tfinish\t0\t-5\t-\tx\"y\n"
                            "1000\t1\twake\t2\t0\t-\t-\n";

static void read_story(struct fixture *f, struct trace *trace)
{
    char message[256];
    write_file(f, story);
    assert_int_equal(trace_read(trace, f->path, message, sizeof message), 0);
}

static void the_time_of_each_state_is_added_up(void **state)
{
    struct trace trace;
    read_story(*state, &trace);
    assert_int_equal(trace.tasks_n, 2);
    const struct trace_task *main_task = &trace.tasks[0];
    assert_int_equal(main_task->state_ns[TRACE_RUNNING], 150 + 100);
    /* After the yield; the readiness at the end has lasted no time. */
    assert_int_equal(main_task->state_ns[TRACE_READY], 150);
    assert_int_equal(main_task->state_ns[TRACE_WAITING], 600);
    assert_int_equal(main_task->turns, 2);
    assert_int_equal(main_task->longest_turn_ns, 150);
    assert_int_equal(main_task->ended_ns, -1);
    const struct trace_task *x = &trace.tasks[1];
    assert_string_equal(x->name, "x\"y");
    assert_int_equal(x->parent, 1);
    assert_int_equal(x->born_ns, 100);
    assert_int_equal(x->state_ns[TRACE_READY], 100 + 50);
    assert_int_equal(x->state_ns[TRACE_WAITING], 600);
    assert_int_equal(x->longest_ready_ns, 100);
    assert_int_equal(x->ended_ns, 1000);
    assert_int_equal(x->status, -5);
    trace_fini(&trace);
}

static void parks_are_counted_by_reason(void **state)
{
    struct trace trace;
    read_story(*state, &trace);
    assert_int_equal(trace.reasons_n, 3);
    assert_string_equal(trace.reasons[0], "yield");
    assert_string_equal(trace.reasons[2], "join");
    assert_int_equal(trace.tasks[0].parks[0], 1);
    assert_int_equal(trace.tasks[0].parks[1], 0);
    assert_int_equal(trace.tasks[0].parks[2], 1);
    assert_int_equal(trace.tasks[1].parks[1], 1);
    trace_fini(&trace);
}

static void a_life_line_shows_what_is_rarest(void **state)
{
    struct trace trace;
    uint8_t states[10];
    read_story(*state, &trace);
    trace_line(&trace, 1, states, 10);
    const uint8_t expected[10] = { TRACE_ABSENT,  TRACE_READY,   TRACE_RUNNING,
                                   TRACE_RUNNING, TRACE_WAITING, TRACE_WAITING,
                                   TRACE_WAITING, TRACE_WAITING, TRACE_WAITING,
                                   TRACE_RUNNING };
    assert_memory_equal(states, expected, sizeof states);
    trace_fini(&trace);
}

static void what_was_dropped_is_said(void **state)
{
    struct trace trace;
    char *text = NULL;
    size_t bytes = 0;
    read_story(*state, &trace);
    FILE *out = open_memstream(&text, &bytes);
    trace_print(out, &trace, "story", 80);
    fclose(out);
    assert_non_null(strstr(text, "3 later events did not fit"));
    for (const char *line = text; *line; line = strchr(line, '\n') + 1)
        assert_true(strcspn(line, "\n") <= 100);
    free(text);
    trace_fini(&trace);
}

/* A picture of the beginning is no picture of the whole. */
static void files_say_what_they_leave_out(void **state)
{
    struct trace trace;
    char *text = NULL;
    size_t bytes = 0;
    read_story(*state, &trace);
    FILE *out = open_memstream(&text, &bytes);
    trace_print_rows(out, &trace, "coro");
    chrome_add(out, &trace, "story", 1);
    trace.dropped = 0;
    trace_print_rows(out, &trace, "whole");
    fclose(out);
    char cut[96];
    snprintf(cut, sizeof cut, "the first %d of %d events", (int)trace.events,
             (int)trace.events + 3);
    const char *row = strstr(text, cut), *viewer = strstr(text, "story on");
    assert_non_null(row);
    assert_true(row < viewer);
    assert_non_null(strstr(viewer, cut));
    assert_null(strstr(strstr(text, "whole\t"), "the first"));
    free(text);
    trace_fini(&trace);
}

/* The events that were dropped may be those of others. */
static void a_cut_trace_has_at_least_those_tasks(void **state)
{
    struct fixture *f = *state;
    struct trace trace;
    char message[256], *text = NULL;
    size_t bytes = 0;
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    fputs("cobench-trace 1 coro 200 3\n", file);
    for (int i = 1; i <= 200; i++)
        fprintf(file, "%d\t%d\tspawn\t1\t0\t-\t-\n", i, i);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(trace_read(&trace, f->path, message, sizeof message), 0);
    FILE *out = open_memstream(&text, &bytes);
    trace_print(out, &trace, "spawner", 80);
    trace_print_rows(out, &trace, "coro");
    fclose(out);
    assert_non_null(strstr(text, "spawner on coro: at least 200 tasks"));
    assert_non_null(strstr(text, " of at least 200 tasks, the first 200 of "));
    free(text);
    trace_fini(&trace);
}

/* What the format wants of each event (its specification, "Event
 * Descriptions"). */
static void check_event(json_t *event)
{
    const char *ph = program_text(event, "ph");
    assert_true(json_is_integer(json_object_get(event, "pid")));
    assert_true(json_is_integer(json_object_get(event, "tid")));
    assert_true(json_is_string(json_object_get(event, "name")));
    if (strcmp(ph, "X") == 0) {
        assert_true(json_is_number(json_object_get(event, "ts")));
        assert_true(json_number_value(json_object_get(event, "dur")) > 0);
    } else {
        assert_string_equal(ph, "M");
        assert_true(json_is_object(json_object_get(event, "args")));
    }
}

static size_t check_document(json_t *root)
{
    json_t *events = json_object_get(root, "traceEvents"), *event;
    size_t i, spans = 0;
    assert_true(json_is_array(events));
    json_array_foreach(events, i, event)
    {
        check_event(event);
        spans += strcmp(program_text(event, "ph"), "X") == 0;
    }
    return spans;
}

static void viewers_get_the_format_they_read(void **state)
{
    struct trace trace;
    char *text = NULL;
    size_t bytes = 0;
    read_story(*state, &trace);
    FILE *out = open_memstream(&text, &bytes);
    chrome_begin(out);
    chrome_add(out, &trace, "st\"ory", 1);
    chrome_end(out);
    fclose(out);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    assert_int_equal(check_document(root), trace.spans_n);
    json_decref(root);
    free(text);
    trace_fini(&trace);
}

static void a_broken_file_is_refused_by_its_line(void **state)
{
    static const struct {
        const char *text, *complaint;
    } broken[] = {
        { "", "line 0: the file is empty" },
        { "something else\n", "line 1: not a trace" },
        { "cobench-trace 1 coro 2 0\n0\t1\trun\t0\t0\t-\t-\n",
          "line 2: 2 events were announced" },
        { "cobench-trace 1 coro 1 0\n0\t1\trun\n", "line 2: not an event" },
        { "cobench-trace 1 coro 1 0\n0\t0\trun\t0\t0\t-\t-\n",
          "line 2: no task has the number 0" },
        { "cobench-trace 1 coro 2 0\n5\t1\trun\t0\t0\t-\t-\n"
          "4\t1\tpark\t0\t0\tjoin\t-\n",
          "line 3: the clock goes backwards" },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct trace trace;
        char message[256] = "";
        write_file(f, broken[i].text);
        assert_int_equal(trace_read(&trace, f->path, message, sizeof message),
                         -EINVAL);
        assert_ptr_equal(strstr(message, broken[i].complaint), message);
    }
}

/* ---- in the trial ---- */

static void a_full_recorder_counts_on(void **state)
{
    struct fixture *f = *state;
    struct rt_options options = { 0 };
    struct recorder *recorder;
    struct trace trace;
    char message[256], name[64] = "a\tname\nthat is longer than is kept here";
    assert_int_equal(recorder_new(&recorder, 2, &options), 0);
    for (int i = 0; i < 5; i++) {
        struct rt_trace_event event = {
            .what = RT_TRACE_RUN, .when_ns = 1000 + i, .task = 1, .name = name
        };
        options.trace(options.trace_arg, &event);
    }
    memset(name, 0, sizeof name); /* it was copied */
    assert_int_equal(recorder_write(recorder, f->path, "coro"), 0);
    recorder_free(recorder);
    assert_int_equal(trace_read(&trace, f->path, message, sizeof message), 0);
    assert_int_equal(trace.events, 2);
    assert_int_equal(trace.dropped, 3);
    assert_int_equal(trace.end_ns, 1);
    assert_ptr_equal(strstr(trace.tasks[0].name, "a name that is"),
                     trace.tasks[0].name);
    trace_fini(&trace);
}

/* ---- the command ---- */

static void every_runtime_is_traced_side_by_side(void **state)
{
    struct fixture *f = *state;
    program_run(&f->program,
                "$BIN/cobench trace lifecycle --runtime coro,pool:3,thread "
                "--param scale=0.01 --out %s/out 2>%s/err",
                f->dir, f->dir);
    assert_int_equal(f->program.status, 0);
    assert_non_null(strstr(f->program.output, "lifecycle on coro: 4 tasks"));
    assert_non_null(strstr(f->program.output, "lifecycle on pool: 4 tasks"));
    assert_non_null(strstr(f->program.output, "lifecycle on thread: 4 tasks"));
    assert_non_null(strstr(f->program.output, "sleep 3"));
    char path[128];
    snprintf(path, sizeof path, "%s/out/trace.json", f->dir);
    json_t *root = json_load_file(path, 0, NULL);
    assert_non_null(root);
    assert_true(check_document(root) > 3 * 4);
    json_decref(root);
}

static void a_skipped_runtime_hides_no_other(void **state)
{
    struct fixture *f = *state;
    program_run(&f->program,
                "$BIN/cobench trace sleepers --runtime pool:2,coro "
                "--param tasks=4 --param sleep_s=0.01 --out %s/out 2>&1",
                f->dir);
    assert_int_equal(f->program.status, 1);
    assert_non_null(strstr(f->program.output, "pool too small"));
    assert_non_null(strstr(f->program.output, "sleepers on coro: 5 tasks"));
}

static void memory_is_bounded(void **state)
{
    struct fixture *f = *state;
    program_run(&f->program,
                "$BIN/cobench trace switch_pair --param rounds=1000 "
                "--events 100 --out %s/out 2>&1",
                f->dir);
    assert_int_equal(f->program.status, 0);
    assert_non_null(strstr(f->program.output, "100 events"));
    assert_non_null(strstr(f->program.output, "later events did not fit"));
}

static void mistakes_have_one_line_and_status_2(void **state)
{
    static const struct {
        const char *arguments, *complaint;
    } mistakes[] = {
        { "", "give one workload" },
        { "lifecicle", "unknown workload 'lifecicle'" },
        { "null --runtime nobody", "unknown runtime 'nobody'" },
        { "null --runtime epoll", "does not tell what its tasks do" },
        { "null --runtime coro,coro", "coro is named twice" },
        { "null --events 0", "--events '0'" },
        { "null --event", "needs a value" },
        { "null --what", "'--what' is no option" },
        { "lifecycle --param scale=x", "scale" },
        { "lifecycle --param more=1", "no parameter 'more'" },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        program_run(&f->program,
                    "export COBENCH_BIN=$(realpath $BIN); cd %s && "
                    "$COBENCH_BIN/cobench trace %s 2>&1",
                    f->dir, mistakes[i].arguments);
        assert_int_equal(f->program.status, 2);
        assert_non_null(strstr(f->program.output, mistakes[i].complaint));
    }
}

#define FIXED(function) \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FIXED(the_time_of_each_state_is_added_up),
        FIXED(parks_are_counted_by_reason),
        FIXED(a_life_line_shows_what_is_rarest),
        FIXED(what_was_dropped_is_said),
        FIXED(files_say_what_they_leave_out),
        FIXED(a_cut_trace_has_at_least_those_tasks),
        FIXED(viewers_get_the_format_they_read),
        FIXED(a_broken_file_is_refused_by_its_line),
        FIXED(a_full_recorder_counts_on),
        FIXED(every_runtime_is_traced_side_by_side),
        FIXED(a_skipped_runtime_hides_no_other),
        FIXED(memory_is_bounded),
        FIXED(mistakes_have_one_line_and_status_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
