/* SPDX-License-Identifier: MIT */

/* Every call of rt.h while the system gives no more memory, stacks, threads or
 * descriptors: it says so, leaves nothing behind, and works afterwards.  Which
 * of its allocations fails goes from the first to the last. */

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fault_calls.h"
#include "faults.h"
#include "server.h"

/* One call with the nth of a kind failing, and one with nothing failing. */
struct attempt {
    const struct fault_call *call;
    enum fault_kind kind;
    int nth;
    bool hit;
    int result, afterwards;
};

static int try(void *arg)
{
    struct attempt *a = arg;

    fault_arm(a->kind, a->nth);
    a->result = a->call->call();
    a->hit = fault_disarm(a->kind);
    a->afterwards = a->call->call();
    return 0;
}

/* The error itself, or what a library makes of it. */
static bool is_expected(const struct fault_call *call, int result, int error)
{
    bool expected = result == error;

    for (size_t i = 0; i < FAULT_INSTEAD; i++)
        expected = expected || (call->instead[i] && result == call->instead[i]);
    return expected;
}

static void expect(const struct attempt *a, int error)
{
    bool fine =
        a->result == 0 || (a->hit && is_expected(a->call, a->result, error));

    if (!fine || a->afterwards != 0)
        fail_msg("%s, failing at %d: %d, then %d", a->call->name, a->nth,
                 a->result, a->afterwards);
}

/* Returns how many attempts met the failure and passed it on. */
static int try_each(const struct fault_call *call, enum fault_kind kind,
                    int error)
{
    struct attempt a = { .call = call, .kind = kind, .hit = true };
    int refused = 0;

    for (a.nth = 1; a.hit; a.nth++) {
        assert_int_equal(test_run(call->tasks, try, &a), 0);
        expect(&a, error);
        refused += a.result != 0;
    }
    return refused;
}

static int try_all(enum fault_kind kind, int error)
{
    int refused = 0;

    for (size_t i = 0; i < fault_calls_count; i++)
        if (fault_call_possible(&fault_calls[i]))
            refused += try_each(&fault_calls[i], kind, error);
    return refused;
}

static void all_calls_report_missing_memory(void **state)
{
    (void)state;
    assert_true(try_all(FAULT_ALLOC, -ENOMEM) > 20);
}

static void all_calls_report_missing_maps(void **state)
{
    (void)state;
    try_all(FAULT_MAP, -ENOMEM);
}

static void all_calls_report_missing_threads(void **state)
{
    (void)state;
    try_all(FAULT_THREAD, -EAGAIN);
}

/* ---- descriptors ---- */

static struct rlimit old_limit;

/* Leaves room for so many more descriptors, if the lowest are all taken. */
static void allow_descriptors(unsigned more)
{
    int lowest = dup(STDOUT_FILENO);
    struct rlimit limit = { .rlim_max = old_limit.rlim_max };

    close(lowest);
    limit.rlim_cur = (rlim_t)lowest + more;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int try_with_few_descriptors(void *arg)
{
    struct attempt *a = arg;

    allow_descriptors((unsigned)a->nth);
    a->result = a->call->call();
    setrlimit(RLIMIT_NOFILE, &old_limit);
    a->hit = a->result != 0;
    a->afterwards = a->call->call();
    return 0;
}

static void all_calls_report_missing_descriptors(void **state)
{
    int refused = 0;

    (void)state;
    getrlimit(RLIMIT_NOFILE, &old_limit);
    for (size_t i = 0; i < fault_calls_count; i++) {
        struct attempt a = { .call = &fault_calls[i], .hit = true };

        if (!fault_call_possible(a.call))
            continue;
        for (a.nth = 0; a.hit; a.nth++) {
            assert_int_equal(
                test_run(a.call->tasks, try_with_few_descriptors, &a), 0);
            expect(&a, -EMFILE);
        }
        refused += a.nth - 1;
    }
    assert_true(refused > 15);
}

static int get_never(void *http)
{
    struct rt_http_reply reply;
    char url[SERVER_URL];

    return rt_http_get(http, server_url(url, "/never"), &reply, test_late());
}

/* Cancels a client that was made with so few descriptors left. */
static int cancel_client(void *arg)
{
    unsigned asked = atomic_load(&server_seen->requests);
    struct rt_task *task;
    struct rt_http *http;
    int status = 0;

    allow_descriptors(*(unsigned *)arg);
    int rc = rt_http_new(&http);
    setrlimit(RLIMIT_NOFILE, &old_limit);
    if (rc)
        return rc;
    CHECK_INT(rt_spawn(&task, get_never, http), 0);
    while (atomic_load(&server_seen->requests) == asked)
        CHECK_INT(rt_yield(), 0);
    /* By then libcurl has no timer left that ends its wait by itself: that for
     * another address is 200 ms. */
    CHECK_INT(rt_sleep(rt_in(INT64_C(400000000))), 0);
    rt_cancel(task);
    CHECK_INT(rt_join(task, &status, test_late()), 0);
    CHECK_INT(status, -ECANCELED);
    rt_http_free(http);
    return 0;
}

static void a_client_is_cancellable_or_not_made(void **state)
{
    (void)state;
    needs_tasks(1);
    if (!runtime_has_http())
        test_skip("the runtime has no HTTP");
    getrlimit(RLIMIT_NOFILE, &old_limit);
    for (unsigned more = 0; more < 3; more++) {
        int rc = test_run(1, cancel_client, &more);
        if (rc != 0)
            assert_int_equal(rc, -EMFILE);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SERVED(all_calls_report_missing_memory),
        SERVED(all_calls_report_missing_maps),
        SERVED(all_calls_report_missing_threads),
        SERVED(all_calls_report_missing_descriptors),
        SERVED(a_client_is_cancellable_or_not_made),
    };

    if (!faults_take_curl())
        return 1;
    return cmocka_run_group_tests(tests, fault_calls_begin, fault_calls_end);
}
