/* SPDX-License-Identifier: MIT */
/* The record: one line of JSON in which what is missing is absent. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "program.h"
#include "record.h"

static int no_body(struct work *work)
{
    (void)work;
    return 0;
}

static const struct workload sample = {
    .name = "sample",
    .question = "?",
    .op = "thing",
    .params = { { "conns", "100", 1, 1000, NULL, "" },
                { "scale", "0.5", 0, 1, NULL, "", PARAM_REAL },
                { "via", "b", 0, 0, "a,b", "" } },
    .body = no_body,
};

static struct work work;

static struct record sample_record(void)
{
    work_init(&work, &sample);
    work.receipt = (struct receipt){ .units = 3,
                                     .ops = 4,
                                     .bytes = 5,
                                     .digest = 0xfedcba9876543210,
                                     .peak = 2 };
    work.has_receipt = true;
    work.measure.wall_ns = 1000;
    work.measure.peak_rss = 4096;
    work.measure.before.rss = 1024;
    work.measure.before.slab_system = MEASURE_MISSING;
    return (struct record){
        .work = &work,
        .info = { .name = "r", .summary = "s", .guard = "none", .helped = 7 }
    };
}

static void parameters_stand_typed_and_in_order(void **state)
{
    (void)state;
    struct record record = sample_record();
    json_t *json = record_json(&record);
    char *params = json_dumps(json_object_get(json, "params"), JSON_COMPACT);
    assert_string_equal(params, "{\"conns\":100,\"scale\":0.5,\"via\":\"b\"}");
    free(params);
    json_decref(json);
}

static void a_good_trial_has_its_receipt(void **state)
{
    (void)state;
    struct record record = sample_record();
    json_t *json = record_json(&record);
    assert_string_equal(program_text(json, "status"), "ok");
    assert_int_equal(program_int(json, "units"), 3);
    assert_int_equal(program_int(json, "units_peak"), 2);
    assert_int_equal(program_int(json, "ops"), 4);
    assert_int_equal(program_int(json, "bytes"), 5);
    assert_string_equal(program_text(json, "digest"), "fedcba9876543210");
    assert_int_equal(program_int(json, "runtime.helped"), 7);
    json_decref(json);
}

static void what_is_missing_is_absent(void **state)
{
    (void)state;
    struct record record = sample_record();
    json_t *json = record_json(&record);
    assert_int_equal(program_int(json, "memory.before.rss"), 1024);
    assert_null(program_at(json, "memory.before.slab_system"));
    assert_null(program_at(json, "memory.parked"));
    assert_null(program_at(json, "counts"));
    assert_null(program_at(json, "latency"));
    assert_null(program_at(json, "origin"));
    assert_null(program_at(json, "runtime.switches"));
    assert_null(program_at(json, "error"));
    assert_null(program_at(json, "skip"));
    json_decref(json);
}

static void a_failed_trial_says_why_and_has_no_figures(void **state)
{
    (void)state;
    struct record record = sample_record();
    record.error = work_fail(&work, -EBADMSG, "sum is %d", 3);
    json_t *json = record_json(&record);
    assert_string_equal(program_text(json, "status"), "failed");
    assert_string_equal(program_text(json, "error.errno"), "EBADMSG");
    assert_string_equal(program_text(json, "error.message"), "sum is 3");
    assert_null(program_at(json, "wall_ns"));
    json_decref(json);
}

static void the_first_failure_is_the_one_reported(void **state)
{
    (void)state;
    work_init(&work, &sample);
    assert_int_equal(work_fail(&work, -EIO, "first"), -EIO);
    assert_int_equal(work_fail(&work, -EPIPE, "second"), -EPIPE);
    assert_int_equal(work.error, -EIO);
    assert_string_equal(work.message, "first");
}

static void a_skipped_trial_says_what_it_needs(void **state)
{
    (void)state;
    struct record record = sample_record();
    record.skip = (struct skip){ .reason = "pool too small",
                                 .needed = 100,
                                 .limit = 20,
                                 .remedy = "workers=100" };
    json_t *json = record_json(&record);
    assert_string_equal(program_text(json, "status"), "skipped");
    assert_string_equal(program_text(json, "skip.reason"), "pool too small");
    assert_int_equal(program_int(json, "skip.needed"), 100);
    assert_int_equal(program_int(json, "skip.limit"), 20);
    assert_string_equal(program_text(json, "skip.remedy"), "workers=100");
    assert_null(program_at(json, "wall_ns"));
    json_decref(json);
}

static void a_trial_without_a_receipt_is_no_good(void **state)
{
    (void)state;
    work_init(&work, &sample);
    assert_int_equal(work_check(&work, 0), -EPROTO);
    work_init(&work, &sample);
    work.has_receipt = true;
    assert_int_equal(work_check(&work, 0), -ENODATA);
    work_init(&work, &sample);
    assert_int_equal(work_check(&work, -ECONNREFUSED), -ECONNREFUSED);
    assert_string_equal(work.message, strerror(ECONNREFUSED));
}

static void fewer_tasks_alive_than_declared_is_a_failure(void **state)
{
    (void)state;
    static struct workload paired;
    paired = sample;
    paired.live = "2";
    work_init(&work, &paired);
    work.has_receipt = true;
    work.receipt = (struct receipt){ .ops = 1, .peak = 1 };
    assert_int_equal(work_check(&work, 0), -EBADMSG);
    work_init(&work, &paired);
    work.has_receipt = true;
    work.receipt = (struct receipt){ .ops = 1, .peak = 2 };
    assert_int_equal(work_check(&work, 0), 0);
}

static void connections_the_origin_did_not_see_are_a_failure(void **state)
{
    (void)state;
    work_init(&work, &sample);
    work.has_receipt = true;
    work.receipt = (struct receipt){ .ops = 1, .connections = 3 };
    work.origin_first.connections = 10;
    work.origin_end.connections = 12;
    assert_int_equal(work_check(&work, 0), -EBADMSG);
    work_init(&work, &sample);
    work.has_receipt = true;
    work.receipt = (struct receipt){ .ops = 1, .connections = 3 };
    work.origin_first.connections = 10;
    work.origin_end.connections = 13;
    assert_int_equal(work_check(&work, 0), 0);
}

static void latencies_stand_with_the_percentiles_there_are_enough_for(
    void **state)
{
    (void)state;
    struct record record = sample_record();
    assert_int_equal(work_latencies_new(&work), 0);
    for (int i = 1; i <= 100; i++)
        work_latency(&work, WORK_LATENCY, i);
    work_latency(&work, WORK_HEARTBEAT, 1000000);
    json_t *json = record_json(&record);
    work_fini(&work);
    assert_int_equal(program_int(json, "latency.count"), 100);
    assert_int_equal(program_int(json, "latency.sum_ns"), 5050);
    assert_int_equal(program_int(json, "latency.min_ns"), 1);
    assert_int_equal(program_int(json, "latency.p50_ns"), 50);
    assert_int_equal(program_int(json, "latency.p90_ns"), 90);
    assert_null(program_at(json, "latency.p99_ns"));
    assert_int_equal(program_int(json, "latency.max_ns"), 100);
    json_t *buckets = program_at(json, "latency.buckets");
    assert_int_equal(json_array_size(buckets), 100);
    char *first = json_dumps(json_array_get(buckets, 0), JSON_COMPACT);
    assert_string_equal(first, "[1,1]");
    free(first);
    buckets = program_at(json, "heartbeat.buckets");
    assert_int_equal(json_array_size(buckets), 1);
    assert_int_equal(program_int(json, "heartbeat.max_ns"), 1000000);
    assert_null(program_at(json, "heartbeat.p50_ns"));
    json_decref(json);
}

static void it_is_written_as_one_line(void **state)
{
    (void)state;
    struct record record = sample_record();
    int pipe_fds[2];
    struct program program = { 0 };
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    assert_int_equal(record_write(&record, pipe_fds[1]), 0);
    close(pipe_fds[1]);
    assert_true(read(pipe_fds[0], program.output, sizeof(program.output) - 1) >
                0);
    close(pipe_fds[0]);
    json_t *json = program_record(&program);
    assert_non_null(json);
    json_decref(json);
    assert_int_equal(record_write(&record, -1), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_stand_typed_and_in_order),
        cmocka_unit_test(a_good_trial_has_its_receipt),
        cmocka_unit_test(what_is_missing_is_absent),
        cmocka_unit_test(a_failed_trial_says_why_and_has_no_figures),
        cmocka_unit_test(the_first_failure_is_the_one_reported),
        cmocka_unit_test(a_skipped_trial_says_what_it_needs),
        cmocka_unit_test(a_trial_without_a_receipt_is_no_good),
        cmocka_unit_test(fewer_tasks_alive_than_declared_is_a_failure),
        cmocka_unit_test(connections_the_origin_did_not_see_are_a_failure),
        cmocka_unit_test(
            latencies_stand_with_the_percentiles_there_are_enough_for),
        cmocka_unit_test(it_is_written_as_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
