/* SPDX-License-Identifier: MIT */
/* A server of the user's own in place of the origin.  Here it is an origin that
 * the trials are not told of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "origin.h"
#include "program.h"

struct server {
    struct origin origin;
    char http[64], ws[64], echo[64];
};

static int set_up(void **state)
{
    static struct server server;
    char path[1024];
    snprintf(path, sizeof(path), "%s/origin", program_folder());
    if (origin_start(&server.origin, path, -1) != 0)
        return -1;
    snprintf(server.http, sizeof(server.http), "http://127.0.0.1:%u/",
             server.origin.http_port);
    snprintf(server.ws, sizeof(server.ws), "ws://127.0.0.1:%u/",
             server.origin.ws_port);
    snprintf(server.echo, sizeof(server.echo), "127.0.0.1:%u",
             server.origin.echo_port);
    *state = &server;
    return 0;
}

static int tear_down(void **state)
{
    struct server *server = *state;
    origin_stop(&server->origin);
    return 0;
}

/* Plays it on a runtime; the record. */
static json_t *trial(const char *runtime, const char *workload,
                     const char *target, const char *rest)
{
    static struct program program;
    program_run(&program, "timeout 60 \"$BIN\"/trial-%s %s=%s%s", runtime,
                workload, target, rest);
    json_t *record = program_record(&program);
    if (program.status != 0 || record == NULL)
        fail_msg("trial-%s %s=%s%s: %d, %s", runtime, workload, target, rest,
                 program.status, program.output);
    return record;
}

static void every_runtime_plays_it_and_claims_no_more_than_it_knows(
    void **state)
{
    static const char *const runtimes[] = { "coro", "pool", "thread", "seq" };
    const struct server *server = *state;
    const struct {
        const char *workload, *target, *rest;
    } plays[] = {
        { "http_get url", server->http, "bytes/500 requests=50 conns=3" },
        { "http_delay url", server->http, " requests=6 scale=0.01" },
        { "ws_echo url", server->ws, " conns=3 rounds=30" },
        { "echo connect", server->echo, " conns=3 rounds=30" },
    };
    for (int i = 0; i < 4; i++) {
        char digest[32] = "";
        for (int r = 0; r < 4; r++) {
            json_t *record = trial(runtimes[r], plays[i].workload,
                                   plays[i].target, plays[i].rest);
            assert_null(json_object_get(record, "origin"));
            assert_null(json_object_get(record, "connections"));
            if (r > 0)
                assert_string_equal(digest, program_text(record, "digest"));
            snprintf(digest, sizeof(digest), "%s",
                     program_text(record, "digest"));
            json_decref(record);
        }
    }
}

static void the_record_names_the_server(void **state)
{
    const struct server *server = *state;
    json_t *record =
        trial("coro", "http_get url", server->http, "bytes/500 requests=50");
    assert_true(strncmp(program_text(record, "params.url"), server->http,
                        strlen(server->http)) == 0);
    assert_null(program_at(record, "params.delay_ms"));
    assert_int_equal(program_int(record, "bytes"), 25000);
    json_decref(record);
}

static void an_answer_that_is_no_success_is_a_failure(void **state)
{
    const struct server *server = *state;
    static struct program program;
    program_run(&program, "\"$BIN\"/trial-coro http_get url=%snothing 2>&1",
                server->http);
    assert_int_equal(program.status, 1);
    assert_non_null(strstr(program.output, "HTTP status 404"));
}

static void what_is_no_address_is_refused_in_one_line(void **state)
{
    static const struct {
        const char *arguments, *says;
    } wrong[] = {
        { "http_get url=foo", "must be a URL like http://host:8080/path" },
        { "http_get url=http://", "must be a URL like" },
        { "http_get url=ws://x/", "must be a URL like" },
        { "http_get 'url=http://a b/'", "must be a URL like" },
        { "ws_echo url=http://x/", "must be a URL like ws://" },
        { "echo connect=host", "must be an address like host:7" },
        { "echo connect=:7", "must be an address like" },
        { "echo connect=host:0", "must be an address like" },
        { "echo connect=host:65536", "must be an address like" },
        { "echo connect=host:7x", "must be an address like" },
        { "echo connect=::1:7", "must be an address like" },
    };
    static struct program program;
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        program_run(&program, "\"$BIN\"/trial-coro %s 2>&1",
                    wrong[i].arguments);
        char *end = strchr(program.output, '\n');
        if (program.status != 2 || end == NULL || end[1] != '\0' ||
            strstr(program.output, wrong[i].says) == NULL)
            fail_msg("%s: %d, %s", wrong[i].arguments, program.status,
                     program.output);
    }
}

static void a_run_measures_only_what_can_be_played(void **state)
{
    static struct program program;
    (void)state;
    program_run(&program, "\"$BIN\"/cobench run --dry-run --profile quick "
                          "--connect '[::1]:7777'");
    assert_int_equal(program.status, 0);
    assert_non_null(strstr(program.output, "echo/conns:1/connect:[::1]:7777/"));
    assert_null(strstr(program.output, "http"));
    program_run(&program, "\"$BIN\"/cobench run --dry-run --profile quick "
                          "--url http://localhost:1/a/b");
    assert_non_null(strstr(
        program.output, "http_get/conns:16/url:http:%2F%2Flocalhost:1%2Fa%2Fb/"
                        "schedule:closed/"));
    assert_null(strstr(program.output, "echo"));
}

static void a_run_refuses_what_means_nothing_to_the_server(void **state)
{
    static const struct {
        const char *arguments, *says;
    } wrong[] = {
        { "--url http://x/ --param bytes=5", "bytes: means nothing" },
        { "--url gopher://x/", "must be a URL like" },
        { "--connect host", "must be an address like" },
        { "--url http://x/ --url http://y/", "given before" },
    };
    static struct program program;
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        program_run(&program, "\"$BIN\"/cobench run --dry-run %s 2>&1",
                    wrong[i].arguments);
        if (program.status != 2 ||
            strstr(program.output, wrong[i].says) == NULL)
            fail_msg("%s: %d, %s", wrong[i].arguments, program.status,
                     program.output);
    }
}

static void a_run_against_it_has_ratios_of_its_own(void **state)
{
    const struct server *server = *state;
    static struct program program;
    program_run(
        &program,
        "dir=$(mktemp -d); \"$BIN\"/cobench run --profile quick "
        "--runtime coro,thread --connect %s --param conns=2 "
        "--param rounds=50 --out \"$dir/run\" >/dev/null 2>&1; "
        "echo status $?; grep -c '\"record\":' \"$dir/run/trials.jsonl\"; "
        "grep -o '\"contender\": *\"thread\"' \"$dir/run/results.json\" "
        "| head -n 1; rm -r \"$dir\"",
        server->echo);
    assert_non_null(strstr(program.output, "status 0\n8\n"));
    assert_non_null(strstr(program.output, "thread"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            every_runtime_plays_it_and_claims_no_more_than_it_knows),
        cmocka_unit_test(the_record_names_the_server),
        cmocka_unit_test(an_answer_that_is_no_success_is_a_failure),
        cmocka_unit_test(what_is_no_address_is_refused_in_one_line),
        cmocka_unit_test(a_run_measures_only_what_can_be_played),
        cmocka_unit_test(a_run_refuses_what_means_nothing_to_the_server),
        cmocka_unit_test(a_run_against_it_has_ratios_of_its_own),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
