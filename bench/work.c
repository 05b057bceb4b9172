/* SPDX-License-Identifier: MIT */
/*
 * The workload's view of its execution: parameters, the marks of the timed
 * region, the receipt and its checks.
 */

#include "work.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listen.h"

struct common common;

void work_init(struct work *work, const struct workload *workload)
{
    *work = (struct work){ .workload = workload,
                           .injected = -1,
                           .failing = ATOMIC_FLAG_INIT };
    char message[256];
    for (int i = 0; i < PARAMS_MAX && workload->params[i].name != NULL; i++) {
        struct param *param = &work->params[i];
        param_complete(&workload->params[i], param);
        int error = param_parse(param, param->value, &work->values[i], message,
                                sizeof(message));
        assert(error == 0 && "a workload's default is a valid value");
        (void)error;
    }
}

int work_inject(struct work *work, const char *text)
{
    size_t length = strcspn(text, ":");
    const struct param *params = work->params;
    int i = param_find(params, PARAMS_MAX, text, length);
    if (i < 0 || params[i].kind != PARAM_INT || text[length] == '\0')
        return -EINVAL;
    char *end;
    double factor = strtod(text + length + 1, &end);
    double wanted = round(factor * work->values[i].real);
    if (*end != '\0' || !(factor > 0) || !(wanted >= params[i].low) ||
        !(wanted <= params[i].high))
        return -EINVAL;
    work->injected = i;
    work->nominal = work->values[i].integer;
    work->given = (int64_t)wanted;
    work->values[i] =
        (struct param_value){ .integer = work->given, .real = wanted };
    return 0;
}

static const struct param_value *value(const struct work *work,
                                       const char *name)
{
    int i = param_find(work->params, PARAMS_MAX, name, strlen(name));
    assert(i >= 0 && "a workload asks for its own parameters only");
    return &work->values[i];
}

static uint64_t operand(const struct work *work, const char *text,
                        size_t length)
{
    char name[32];
    snprintf(name, sizeof(name), "%.*s", (int)length, text);
    return isdigit((unsigned char)*name) ? strtoull(name, NULL, 10)
                                         : (uint64_t)work_int(work, name);
}

static uint64_t applied(uint64_t left, char sign, uint64_t right)
{
    switch (sign) {
    case '+':
        return left + right;
    case '-':
        return left - right;
    case '*':
        return left * right;
    default:
        return left / right;
    }
}

uint64_t work_sum(const struct work *work, const char *sum)
{
    if (sum == NULL)
        return 0;
    uint64_t result = 0;
    for (char sign = '+';; sum++) {
        size_t length = strcspn(sum, "+-*/");
        result = applied(result, sign, operand(work, sum, length));
        sum += length;
        sign = *sum;
        if (sign == '\0')
            return result;
    }
}

bool work_has_origin(const struct work *work)
{
    for (int i = 0; work->params[i].name != NULL; i++)
        if (work->values[i].text != NULL && *work->values[i].text != '\0')
            return false;
    return (work->workload->flags & WORK_ORIGIN) != 0;
}

/* What work_fetch() fetches: the user's page, or bytes of the origin. */
static void make_url(struct work *work)
{
    if (*given.url != '\0') {
        snprintf(work->url, sizeof(work->url), "%s", given.url);
        return;
    }
    work->url_bytes = given.bytes == 0 ? 1024 : (size_t)given.bytes;
    int length = snprintf(work->url, sizeof(work->url),
                          "http://" WORK_HOST ":%u/bytes/%zu",
                          work_http_port(work), work->url_bytes);
    if (given.delay_ms > 0)
        snprintf(work->url + length, sizeof(work->url) - (size_t)length,
                 "?delay_ms=%lld", (long long)given.delay_ms);
}

void work_give(struct work *work)
{
    for (int i = 0; work->params[i].name != NULL; i++)
        param_give(&work->params[i], &work->values[i]);
    make_url(work);
}

void work_needs(const struct work *work, struct needs *needs)
{
    const struct workload *workload = work->workload;
    needs->live = work_sum(work, workload->live);
    needs->tasks =
        workload->tasks == NULL ? needs->live : work_sum(work, workload->tasks);
    needs->fds = work_sum(work, workload->fds);
    needs->clients = work_sum(work, workload->clients);
    if ((workload->flags & WORK_SEQ) != 0 && work->concurrency == 1)
        needs->live = 0;
}

int64_t work_int(const struct work *work, const char *name)
{
    return value(work, name)->integer;
}

double work_real(const struct work *work, const char *name)
{
    return value(work, name)->real;
}

int work_choice(const struct work *work, const char *name)
{
    return (int)value(work, name)->integer;
}

static int ask_origin(struct work *work, struct origin_stats *stats)
{
    if (work->origin == NULL)
        return 0;
    int error = origin_stats(work->origin, stats);
    if (error != 0)
        work_fail(work, error, "the origin does not answer: %s",
                  strerror(-error));
    return error;
}

static uint64_t origin_drops(const struct origin *origin)
{
    uint64_t http = listen_drops(origin->http_port);
    uint64_t echo = listen_drops(origin->echo_port);
    uint64_t ws = listen_drops(origin->ws_port);
    bool unknown = http == LISTEN_UNKNOWN || echo == LISTEN_UNKNOWN ||
                   ws == LISTEN_UNKNOWN;
    return unknown ? LISTEN_UNKNOWN : http + echo + ws;
}

uint64_t work_overflows(const struct work *work)
{
    if (work->origin == NULL)
        return LISTEN_UNKNOWN;
    uint64_t drops = origin_drops(work->origin), all = listen_overflows();
    if (drops == LISTEN_UNKNOWN || work->listen_drops == LISTEN_UNKNOWN ||
        all == LISTEN_UNKNOWN || work->listen_overflows == LISTEN_UNKNOWN)
        return LISTEN_UNKNOWN;
    drops -= work->listen_drops;
    all -= work->listen_overflows;
    return drops < all ? drops : all;
}

int work_attach(struct work *work, struct origin *origin)
{
    work->origin = origin;
    work->listen_drops = origin_drops(origin);
    work->listen_overflows = listen_overflows();
    return ask_origin(work, &work->origin_first);
}

void work_begin(struct work *work)
{
    assert(!work->begun);
    work->begun = true;
    if (work_latencies_new(work) != 0)
        work_fail(work, -ENOMEM, "no memory for histograms");
    ask_origin(work, &work->origin_begin);
    measure_begin(&work->measure);
}

void work_parked(struct work *work, uint64_t tasks)
{
    assert(work->begun && !work->ended && work->measure.parked_tasks == 0);
    bool waits = (work->workload->flags & WORK_WAITS) != 0;
    measure_parked(&work->measure, tasks, waits);
}

void work_end(struct work *work)
{
    assert(work->begun && !work->ended);
    work->ended = true;
    measure_end(&work->measure);
    ask_origin(work, &work->origin_end);
}

void work_receipt(struct work *work, const struct receipt *receipt)
{
    assert(work->ended && !work->has_receipt);
    work->has_receipt = true;
    work->receipt = *receipt;
}

void work_count(struct work *work, const char *name, uint64_t count)
{
    assert(work->count_n < WORK_COUNTS_MAX);
    work->counts[work->count_n++] =
        (struct work_counter){ .name = name, .value = count };
}

int work_fail(struct work *work, int error, const char *format, ...)
{
    if (atomic_flag_test_and_set(&work->failing))
        return error;
    va_list list;
    va_start(list, format);
    vsnprintf(work->message, sizeof(work->message), format, list);
    va_end(list);
    work->error = error;
    return error;
}

/* What the receipt says against what was asked for and what others saw. */
static void check_receipt(struct work *work)
{
    struct needs needs;
    work_needs(work, &needs);
    const struct receipt *receipt = &work->receipt;
    uint64_t seen =
        work->origin_end.connections - work->origin_first.connections;
    if (!work->has_receipt)
        work_fail(work, -EPROTO, "the workload gave no receipt");
    else if (receipt->ops == 0)
        work_fail(work, -ENODATA, "nothing was done");
    else if (receipt->peak < needs.live)
        work_fail(work, -EBADMSG,
                  "at most %llu tasks were alive at once, not %llu",
                  (unsigned long long)receipt->peak,
                  (unsigned long long)needs.live);
    else if (receipt->connections != 0 && receipt->connections != seen)
        work_fail(work, -EBADMSG, "the origin saw %llu connections, not %llu",
                  (unsigned long long)seen,
                  (unsigned long long)receipt->connections);
}

/* Of what grew with the injected parameter, the nominal part.  Exact where
 * each operation contributes equally. */
static void scale_back(const struct work *work, uint64_t *figure)
{
    uint64_t asked = (uint64_t)work->nominal, done = (uint64_t)work->given;
    *figure = *figure / done * asked + *figure % done * asked / done;
}

static void undo_injection(struct work *work)
{
    if (work->injected < 0)
        return;
    if (work->receipt.units == work->receipt.ops)
        scale_back(work, &work->receipt.units);
    scale_back(work, &work->receipt.ops);
    scale_back(work, &work->receipt.bytes);
    scale_back(work, &work->receipt.digest);
    scale_back(work, &work->measure.parked_tasks);
    work->values[work->injected] =
        (struct param_value){ .integer = work->nominal,
                              .real = (double)work->nominal };
}

int work_check(struct work *work, int status)
{
    if (status == -ENOTSUP)
        work_fail(work, status, "this runtime cannot do that");
    else if (status < 0)
        work_fail(work, status, "%s", strerror(-status));
    else
        check_receipt(work);
    undo_injection(work);
    return work->error;
}

const char *work_file(const struct work *work)
{
    return work->file;
}

unsigned work_http_port(const struct work *work)
{
    return work->origin == NULL ? 0 : work->origin->http_port;
}

unsigned work_echo_port(const struct work *work)
{
    return work->origin == NULL ? 0 : work->origin->echo_port;
}

unsigned work_ws_port(const struct work *work)
{
    return work->origin == NULL ? 0 : work->origin->ws_port;
}

unsigned work_control_port(const struct work *work)
{
    return work->origin == NULL ? 0 : work->origin->control_port;
}
