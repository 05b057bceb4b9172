/* SPDX-License-Identifier: MIT */
/*
 * Takes the samples of a duel.  A round counts once both sides have ended
 * well; whatever goes wrong stops the taking, never the deciding.
 */

#include "duel.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "env.h"
#include "interrupt.h"
#include "order.h"
#include "proc.h"
#include "progress.h"

enum {
    PAD_BYTES = 4096,
    /* Page-sized differences of a loader and an allocator. */
    PEAK_ABS_FLOOR = 256 << 10
};
#define PEAK_HIDDEN 1.1 /* times the shell's own */
static const int64_t TICK_NS = INT64_C(1000) * 1000 * 1000;

/* What happened to a process, a round or a stage. */
enum outcome {
    WENT_WELL,
    CUT_SHORT, /* by the budget or an interrupt */
    FAILED     /* duel->failure says why */
};

/* A duel under way. */
struct taking {
    struct duel *duel;
    struct progress progress;
    int64_t started;
    int null_fd;
    unsigned draws; /* of padding, so far */
};

const char *duel_measure_name(enum duel_measure measure)
{
    static const char *const names[DUEL_MEASURES] = {
        [DUEL_WALL] = "wall",
        [DUEL_CPU] = "CPU",
        [DUEL_PEAK] = "peak memory",
    };
    return names[measure];
}

/* ---- one process ---- */

/* The first line of its standard error, with a separator before it. */
static void add_complaint(char *text, size_t size, const struct proc_text *err)
{
    size_t n = err->data ? strcspn(err->data, "\n") : 0, used = strlen(text);
    if (n == 0)
        return;
    snprintf(text + used, size - used, ": %.*s", (int)(n < 200 ? n : 200),
             err->data);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
}

static enum outcome complain(struct duel *duel, const char *command,
                             const struct proc_result *result)
{
    char how[64];
    if (result->end == PROC_FLOODED)
        snprintf(how, sizeof how, "writes without end to its standard error");
    else if (result->end == PROC_SIGNALED)
        snprintf(how, sizeof how, "was ended by signal %d", result->code);
    else
        snprintf(how, sizeof how, "failed with exit status %d", result->code);
    snprintf(duel->failure, sizeof duel->failure, "'%.100s' %s", command, how);
    if (result->end != PROC_FLOODED)
        add_complaint(duel->failure, sizeof duel->failure, &result->err);
    return FAILED;
}

static enum outcome judge_end(struct duel *duel, const char *command,
                              const struct proc_result *result)
{
    if (result->end == PROC_INTERRUPTED || result->end == PROC_TIMEOUT)
        return CUT_SHORT;
    if (result->end == PROC_EXITED && result->code == 0)
        return WENT_WELL;
    return complain(duel, command, result);
}

static double in_ns(struct timeval time)
{
    return (double)time.tv_sec * 1e9 + (double)time.tv_usec * 1e3;
}

static void read_values(double values[DUEL_MEASURES],
                        const struct proc_result *result)
{
    values[DUEL_WALL] = (double)result->ns;
    values[DUEL_CPU] =
        in_ns(result->usage.ru_utime) + in_ns(result->usage.ru_stime);
    values[DUEL_PEAK] = (double)result->usage.ru_maxrss * 1024;
}

/* What is left of the budget; 0 stands for no limit. */
static int64_t time_left(const struct taking *t)
{
    int64_t budget = t->duel->options->budget_ns;
    if (budget == 0)
        return 0;
    int64_t left = t->started + budget - proc_now();
    return left > 1 ? left : 1;
}

/* Random padding of the environment moves the stack and what is aligned with
 * it: a layout that happens to suit one side becomes noise. */
static void make_pad(struct taking *t, char pad[PAD_BYTES + 16])
{
    uint64_t seed = t->duel->options->seed;
    size_t bytes = (size_t)order_draw(seed, t->draws++, 0, PAD_BYTES);
    int used = snprintf(pad, 16, "COBENCH_PAD=");
    memset(pad + used, 'x', bytes);
    pad[(size_t)used + bytes] = 0;
}

static enum outcome run_command(struct taking *t, const char *command,
                                double values[DUEL_MEASURES])
{
    struct duel *duel = t->duel;
    char pad[PAD_BYTES + 16];
    make_pad(t, pad);
    const char *const argv[] = { "/bin/sh", "-c", command, NULL };
    const char *const env[] = { pad, NULL };
    struct proc_options options = {
        .argv = argv,
        .env = env,
        .limit_ns = time_left(t),
        .tick_ns = TICK_NS,
        .tick = progress_tick,
        .tick_arg = &t->progress,
        .out_fd = duel->options->show_output ? STDERR_FILENO : t->null_fd,
    };
    struct proc_result result;
    int error = proc_run(&options, &result);
    if (error) {
        snprintf(duel->failure, sizeof duel->failure,
                 "/bin/sh cannot be started: %s", strerror(-error));
        return FAILED;
    }
    enum outcome outcome = judge_end(duel, command, &result);
    read_values(values, &result);
    proc_result_fini(&result);
    return outcome;
}

/* ---- rounds ---- */

static enum outcome run_round(struct taking *t, unsigned round,
                              double values[DUEL_SIDES][DUEL_MEASURES])
{
    const struct duel_options *options = t->duel->options;
    int first = order_swapped(options->seed, round, 0) ? DUEL_B : DUEL_A;
    enum outcome outcome =
        run_command(t, options->commands[first], values[first]);
    if (outcome != WENT_WELL)
        return outcome;
    return run_command(t, options->commands[!first], values[!first]);
}

/* Whether one more round of the mean length is within the budget. */
static bool fits(const struct taking *t, int64_t since, size_t rounds)
{
    if (t->duel->options->budget_ns == 0)
        return true;
    int64_t mean = rounds ? (proc_now() - since) / (int64_t)rounds : INT64_C(0);
    return time_left(t) > 1 + mean;
}

static void show(struct taking *t, const char *what, const struct duel_stage *s,
                 int64_t since)
{
    int64_t mean =
        s->rounds ? (proc_now() - since) / (int64_t)s->rounds : INT64_C(0);
    t->progress.total = s->planned;
    progress_set(&t->progress, s->rounds, what,
                 mean * (int64_t)(s->planned - s->rounds));
}

/* round0: numbers of the rounds, for their order, begin there. */
static enum outcome run_stage(struct taking *t, struct duel_stage *s,
                              const char *what, unsigned round0)
{
    int64_t since = proc_now();
    for (s->rounds = 0; s->rounds < s->planned; s->rounds++) {
        double values[DUEL_SIDES][DUEL_MEASURES];
        show(t, what, s, since);
        if (interrupt_pending() || !fits(t, since, s->rounds))
            return CUT_SHORT;
        enum outcome outcome =
            run_round(t, round0 + (unsigned)s->rounds, values);
        if (outcome != WENT_WELL)
            return outcome;
        for (int side = 0; side < DUEL_SIDES; side++)
            for (int m = 0; m < DUEL_MEASURES; m++)
                if (s->values[m][side])
                    s->values[m][side][s->rounds] = values[side][m];
    }
    return WENT_WELL;
}

static int stage_init(struct duel_stage *s, size_t planned)
{
    s->planned = planned;
    for (int m = 0; m < DUEL_MEASURES; m++)
        for (int side = 0; side < DUEL_SIDES; side++)
            if (!(s->values[m][side] = calloc(planned, sizeof(double))))
                return -ENOMEM;
    return 0;
}

static void stage_fini(struct duel_stage *s)
{
    for (int m = 0; m < DUEL_MEASURES; m++)
        for (int side = 0; side < DUEL_SIDES; side++)
            free(s->values[m][side]);
}

/* The metrics with what was measured of them so far. */
static void bind_samples(struct duel *duel)
{
    for (int m = 0; m < DUEL_MEASURES; m++) {
        struct decide_metric *metric = &duel->metrics[m];
        *metric = (struct decide_metric){
            .name = duel_measure_name((enum duel_measure)m),
            .floor = duel->options->floor,
            .abs_floor = m == DUEL_PEAK ? PEAK_ABS_FLOOR : 0,
        };
        for (int k = 0; k < DECIDE_STAGES; k++)
            metric->stages[k] = (struct decide_pairs){
                .base = duel->stages[k].values[m][DUEL_A],
                .head = duel->stages[k].values[m][DUEL_B],
                .n = duel->stages[k].rounds,
            };
    }
    if (duel_peak_hidden(duel))
        duel->metrics[DUEL_PEAK].role = DECIDE_INFORM;
}

bool duel_peak_hidden(const struct duel *duel)
{
    const struct duel_stage *s = &duel->stages[DECIDE_SCREEN];
    double least = INFINITY;
    for (int side = 0; side < DUEL_SIDES; side++)
        for (size_t i = 0; i < s->rounds; i++)
            least = fmin(least, s->values[DUEL_PEAK][side][i]);
    return least <= PEAK_HIDDEN * duel->shell_peak;
}

static int needs_confirming(bool *out, struct duel *duel,
                            const struct decide_rule *rule)
{
    *out = false;
    bind_samples(duel);
    for (int m = 0; m < DUEL_MEASURES; m++) {
        bool goes_on;
        int error = decide_screen(&goes_on, &duel->metrics[m], rule);
        if (error)
            return error;
        *out |= goes_on;
    }
    return 0;
}

/* The shell alone, so that its memory is known; then the uncounted rounds. */
static enum outcome warm_up(struct taking *t)
{
    double shell[DUEL_MEASURES];
    struct duel_stage uncounted = { .planned = t->duel->options->warmup };
    enum outcome outcome = run_command(t, ":", shell);
    if (outcome != WENT_WELL)
        return outcome;
    t->duel->shell_peak = shell[DUEL_PEAK];
    return run_stage(t, &uncounted, "warming up", 0);
}

static int take(struct taking *t, const struct decide_rule *rule,
                enum outcome *outcome)
{
    struct duel *duel = t->duel;
    struct duel_stage *stages = duel->stages;
    unsigned rounds = duel->options->rounds;
    *outcome = warm_up(t);
    if (*outcome == WENT_WELL)
        *outcome = run_stage(t, &stages[DECIDE_SCREEN], "measuring", 0);
    if (*outcome != WENT_WELL)
        return 0;
    bool confirm;
    int error = needs_confirming(&confirm, duel, rule);
    if (!error && confirm)
        /* Rounds of a block must not be torn apart. */
        *outcome =
            run_stage(t, &stages[DECIDE_CONFIRM],
                      "confirming with fresh rounds", rounds + rounds % 2);
    return error;
}

static int conclude(struct duel *duel, enum outcome outcome,
                    const struct decide_rule *rule)
{
    duel->cut_short = outcome == CUT_SHORT;
    struct decide_facts facts = {
        .broken = outcome == FAILED,
        .cut_short = duel->cut_short,
        .steal_percent = duel->steal_percent,
    };
    bind_samples(duel);
    int error = decide_all(duel->decisions, duel->metrics, DUEL_MEASURES, rule);
    if (!error)
        duel->status = decide_status(&duel->reason, duel->decisions,
                                     duel->metrics, DUEL_MEASURES, &facts);
    if (!error && facts.broken)
        duel->reason = "a command failed";
    return error;
}

static int run_all(struct duel *duel, const struct decide_rule *rule)
{
    struct taking t = { .duel = duel, .started = proc_now() };
    enum outcome outcome = FAILED;
    t.null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (t.null_fd < 0)
        return -errno;
    progress_start(&t.progress, 0);
    env_steal_begin();
    int error = take(&t, rule, &outcome);
    double steal = env_steal_percent();
    progress_stop(&t.progress);
    close(t.null_fd);
    duel->steal_percent = isnan(steal) ? 0 : steal;
    duel->ns = proc_now() - t.started;
    return error ? error : conclude(duel, outcome, rule);
}

int duel_run(struct duel *out, const struct duel_options *options)
{
    size_t rounds = options->rounds;
    struct decide_rule rule = { .rounds = { rounds, 2 * rounds } };
    *out = (struct duel){ .options = options };
    int error = stage_init(&out->stages[DECIDE_SCREEN], rounds);
    if (!error)
        error = stage_init(&out->stages[DECIDE_CONFIRM], 2 * rounds);
    if (!error)
        error = run_all(out, &rule);
    if (error)
        duel_fini(out);
    return error;
}

void duel_fini(struct duel *duel)
{
    for (int k = 0; k < DECIDE_STAGES; k++)
        stage_fini(&duel->stages[k]);
    *duel = (struct duel){ 0 };
}
