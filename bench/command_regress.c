/* SPDX-License-Identifier: MIT */
/*
 * cobench regress: from the command line to the verdict.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "catalog.h"
#include "command.h"
#include "env.h"
#include "folder.h"
#include "interrupt.h"
#include "proc.h"
#include "regress/gate_accept.h"
#include "regress/gate_baseline.h"
#include "regress/gate_build.h"
#include "regress/gate_file.h"
#include "regress/gate_options.h"
#include "regress/gate_output.h"
#include "regress/gate_ratio.h"
#include "regress/gate_rounds.h"

enum {
    MESSAGE = PATH_MAX + 1024,
    EXIT_UNCOUNTED = 77 /* of `cobench count` */
};

struct session {
    struct gate_options options;
    struct gate gate;
    struct gate_plan plan;
    struct gate_build build;
    struct catalog base, head;
    char folder[PATH_MAX]; /* of this program */
    char message[MESSAGE];
    const char *out;
};

static int complain(struct session *session, int status)
{
    return command_complain(status, "regress: %s", session->message);
}

/* ---- preparing ---- */

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static int describe(struct session *session)
{
    const struct gate_build *build = &session->build;
    const struct gate_options *options = &session->options;
    json_t *about = session->gate.about;
    put(about, "kind", json_string(*build->base ? "sides" : "ratios"));
    put(about, "seed", json_integer((json_int_t)options->seed));
    if (*build->base)
        put(about, "base",
            json_pack("{s:s*, s:s, s:s}", "revision", options->base, "commit",
                      build->base_commit, "programs", build->base));
    put(about, "head",
        json_pack("{s:s, s:b, s:s}", "commit", build->head_commit, "dirty",
                  build->dirty, "programs", build->head));
    put(about, "env", env_read(session->folder, NULL));
    return json_object_get(about, "env") ? 0 : -ENOMEM;
}

/* The folders of both sides; builds where a revision was given. */
static int find_sides(struct session *session)
{
    const struct gate_options *options = &session->options;
    struct gate_build *build = &session->build;
    const char *head = options->head_bin ? options->head_bin : session->folder;
    if (options->base)
        return gate_build_make(build, head, options->base, session->message,
                               sizeof session->message);
    gate_build_describe(build, head);
    if (options->base_bin)
        snprintf(build->base, sizeof build->base, "%s", options->base_bin);
    return 0;
}

static int read_catalog(struct session *session, struct catalog *catalog,
                        const char *folder)
{
    int err = catalog_read(catalog, folder);
    if (err != 0)
        snprintf(session->message, sizeof session->message,
                 "no trial program in %s can be used", folder);
    return err;
}

static void read_accepts(struct session *session)
{
    char bad[128];
    if (!session->build.trailers)
        return;
    gate_accept_read(session->gate.accepts, session->build.trailers, bad,
                     sizeof bad);
    if (*bad)
        fprintf(stderr,
                "cobench: warning: 'Perf-Accept: %s' is ignored: write <metric "
                "glob> +NN%% <reason>\n",
                bad);
}

/* Whether that can be counted here: asked of `cobench count`. */
static bool can_count(const struct session *session, enum attempt_count what)
{
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/cobench", session->folder);
    const char *const calls[] = { path, "count", path, "--version", NULL };
    const char *const allocations[] = { path, "count",     "--allocations",
                                        path, "--version", NULL };
    struct proc_options options = { .argv = what == COUNT_CALLS ? calls
                                                                : allocations };
    struct proc_result result;
    if (proc_run(&options, &result) != 0)
        return false;
    bool can = result.end != PROC_EXITED || result.code != EXIT_UNCOUNTED;
    proc_result_fini(&result);
    return can;
}

static struct gate_wishes make_wishes(const struct session *session,
                                      const char *inject)
{
    struct gate_wishes wishes = { .metrics = session->options.metrics,
                                  .seed = session->options.seed,
                                  .inject = inject };
    if (!can_count(session, COUNT_CALLS))
        wishes.lacks[COUNT_CALLS] = "tracing is not permitted here";
    if (!can_count(session, COUNT_ALLOCATIONS))
        wishes.lacks[COUNT_ALLOCATIONS] =
            "this build cannot count them (no count.so beside cobench)";
    return wishes;
}

/* ---- measuring ---- */

static int screen_sides(bool *goes_on, const struct gate_entry *entry,
                        void *arg)
{
    (void)arg;
    const struct gate_samples *stage = &entry->stages[DECIDE_SCREEN];
    struct decide_metric metric = { .name = entry->name,
                                    .role = entry->role,
                                    .exact = entry->exact,
                                    .floor = entry->floor,
                                    .abs_floor = entry->grain,
                                    .stages = { { .base = stage->base,
                                                  .head = stage->head,
                                                  .n = stage->n } } };
    return decide_screen(goes_on, &metric, &(struct decide_rule){ 0 });
}

static int screen_none(bool *goes_on, const struct gate_entry *entry, void *arg)
{
    (void)entry;
    (void)arg;
    *goes_on = false;
    return 0;
}

static int measure(struct session *session, struct gate_effort *effort)
{
    struct gate *gate = &session->gate;
    json_t *env = json_object_get(gate->about, "env");
    effort->folder = session->folder;
    effort->seed = session->options.seed;
    effort->budget_ns = session->options.budget_ns;
    int err = gate_measure(gate, &session->plan, effort);
    env_finish(env);
    gate->steal_percent =
        json_number_value(json_object_get(env, "steal_percent"));
    return err;
}

static int conclude(struct session *session)
{
    struct gate *gate = &session->gate;
    if (gate_judge(gate) != 0)
        return command_complain(STATUS_BROKEN, "regress: out of memory");
    if (gate_output(gate, session->out, session->folder) != 0)
        return STATUS_BROKEN;
    return gate->status;
}

/* What an error of the steps before means for the exit status. */
static int status_of(struct session *session, int err, int status)
{
    if (interrupt_pending())
        return 128 + interrupt_pending();
    if (err == -ENOMEM)
        return command_complain(STATUS_BROKEN, "regress: out of memory");
    return complain(session, status);
}

/* A glob with a slip in it must not pass for a run that found nothing. */
static int refuse_empty(struct session *session)
{
    snprintf(session->message, sizeof session->message,
             "no metric matches '%.200s'; cobench regress --list prints their "
             "names",
             session->options.metrics);
    return complain(session, STATUS_BROKEN);
}

static bool is_empty(const struct session *session)
{
    return session->options.metrics && session->plan.n == 0 &&
           json_array_size(session->gate.left_out) == 0;
}

/* Of programs that cannot be used, by whose they are. */
static int head_status(const struct session *session)
{
    return session->options.head_bin ? STATUS_USAGE : STATUS_BROKEN;
}

/* ---- base against head ---- */

static int compare_sides(struct session *session, const char *inject)
{
    struct gate *gate = &session->gate;
    const struct gate_build *build = &session->build;
    gate->identical = !session->options.force && !inject &&
                      gate_build_same(build->base, build->head);
    if (gate->identical)
        return conclude(session);
    int err = read_catalog(session, &session->base, build->base);
    if (err != 0)
        return status_of(session, err, STATUS_USAGE);
    err = read_catalog(session, &session->head, build->head);
    if (err != 0)
        return status_of(session, err, head_status(session));
    struct gate_wishes wishes = make_wishes(session, inject);
    err = gate_plan_sides(&session->plan, gate, &session->base, &session->head,
                          &wishes, session->message, sizeof session->message);
    if (err != 0)
        return status_of(session, err, STATUS_USAGE);
    if (is_empty(session))
        return refuse_empty(session);
    struct gate_effort effort = { .screen = screen_sides };
    err = measure(session, &effort);
    return err != 0 ? status_of(session, err, STATUS_BROKEN)
                    : conclude(session);
}

/* ---- ratios of two runtimes ---- */

static int read_baseline(struct session *session)
{
    char flags[4096];
    gate_build_flags(flags, sizeof flags, session->build.head);
    json_t *class_ =
        gate_baseline_class(json_object_get(session->gate.about, "env"), flags);
    session->gate.baseline =
        gate_baseline_read(session->build.tree, class_, session->message,
                           sizeof session->message);
    json_decref(class_);
    return session->gate.baseline ? 0 : -EINVAL;
}

/* The ratios of this run, as they are recorded. */
static json_t *make_run(const struct session *session)
{
    char date[64];
    json_t *ratios = json_object();
    for (size_t i = 0; i < session->gate.n; i++) {
        const struct gate_entry *entry = &session->gate.entries[i];
        put(ratios, entry->name, json_real(gate_ratio_now(entry)));
    }
    return json_pack("{s:s, s:s, s:o}", "date", env_date(date, sizeof date),
                     "commit", session->build.head_commit, "ratios", ratios);
}

static int record(struct session *session)
{
    char path[PATH_MAX];
    const struct gate *gate = &session->gate;
    int status = conclude(session);
    if (json_array_size(gate->broken) > 0 || gate->cut_short || gate->n == 0)
        return command_complain(status > STATUS_FAILED ? status : STATUS_BROKEN,
                                "regress: nothing is recorded: %s",
                                gate->reason);
    json_t *run = make_run(session);
    int err = gate_baseline_record(session->build.tree, gate->baseline, run,
                                   path, sizeof path);
    json_decref(run);
    if (err != 0)
        return command_complain(STATUS_BROKEN, "regress: %s: %s", path,
                                strerror(-err));
    printf("recorded in %s\n", path);
    return STATUS_FINE;
}

static int compare_ratios(struct session *session, const char *inject)
{
    struct gate *gate = &session->gate;
    const struct gate_build *build = &session->build;
    bool records = session->options.record;
    if (!*build->tree)
        return command_complain(STATUS_USAGE,
                                "regress: without a base this needs the source "
                                "tree, for results/baseline");
    if (records && (build->dirty || !*build->head_commit))
        return command_complain(STATUS_USAGE,
                                "regress: --record wants a clean tree: commit "
                                "or stash what is changed, and build again");
    int err = read_baseline(session);
    if (err != 0)
        return status_of(session, err, STATUS_BROKEN);
    err = read_catalog(session, &session->head, build->head);
    if (err != 0)
        return status_of(session, err, head_status(session));
    struct gate_wishes wishes = make_wishes(session, inject);
    err = gate_plan_ratios(&session->plan, gate, &session->head, &wishes,
                           session->message, sizeof session->message);
    if (err != 0)
        return status_of(session, err, STATUS_USAGE);
    if (is_empty(session))
        return refuse_empty(session);
    struct gate_effort effort = {
        .screen = records ? screen_none : gate_ratio_screen,
        .screen_arg = gate->baseline,
    };
    err = measure(session, &effort);
    if (err != 0)
        return status_of(session, err, STATUS_BROKEN);
    return records ? record(session) : conclude(session);
}

/* ---- the command ---- */

static int replay(struct session *session)
{
    const char *path = session->options.replay;
    /* Without it there are no charts, no more. */
    if (catalog_folder(session->folder, sizeof session->folder) != 0)
        session->folder[0] = 0;
    int err = gate_load(&session->gate, path, session->message,
                        sizeof session->message);
    if (err != 0)
        return complain(session, err == -ENOENT ? STATUS_USAGE : STATUS_BROKEN);
    if (session->out)
        return conclude(session);
    if (gate_judge(&session->gate) != 0)
        return command_complain(STATUS_BROKEN, "regress: out of memory");
    return gate_show(&session->gate) == 0 ? session->gate.status
                                          : STATUS_BROKEN;
}

static void list_pairs(const struct gate_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->pairs[i].entry.role != DECIDE_CONTROL)
            puts(plan->pairs[i].entry.name);
}

/* The names, by the programs that there are. */
static int list(struct session *session)
{
    const char *head = session->options.head_bin;
    struct gate_wishes wishes = { .metrics = session->options.metrics };
    int err = catalog_folder(session->folder, sizeof session->folder);
    if (err == 0)
        err = read_catalog(session, &session->head,
                           head ? head : session->folder);
    if (err != 0)
        return status_of(session, err, head_status(session));
    err = gate_plan_sides(&session->plan, &session->gate, &session->head,
                          &session->head, &wishes, session->message,
                          sizeof session->message);
    list_pairs(&session->plan);
    gate_plan_fini(&session->plan);
    if (err == 0)
        err = gate_plan_ratios(&session->plan, &session->gate, &session->head,
                               &wishes, session->message,
                               sizeof session->message);
    list_pairs(&session->plan);
    if (err == 0 && fflush(stdout) != 0)
        err = -EIO;
    return err == 0 ? STATUS_FINE : STATUS_BROKEN;
}

static int go(struct session *session)
{
    struct gate_options *options = &session->options;
    if (options->list)
        return list(session);
    session->out = options->out;
    if (options->replay)
        return replay(session);
    if (!session->out)
        session->out = "results/local/regress";
    if (!options->seed_given) {
        uint32_t seed = 0;
        if (getrandom(&seed, sizeof seed, 0) < 0)
            seed = (uint32_t)getpid();
        options->seed = seed;
    }
    /* It is for the trials that it names, not for all. */
    const char *given = getenv("COBENCH_INJECT");
    char inject[GATE_NAME + 32] = "";
    if (given)
        snprintf(inject, sizeof inject, "%s", given);
    unsetenv("COBENCH_INJECT");
    /* Before anything takes long. */
    int err = folder_make(session->out);
    if (err != 0) {
        snprintf(session->message, sizeof session->message,
                 "cannot write into %s: %s", session->out, strerror(-err));
        return complain(session, STATUS_BROKEN);
    }
    err = catalog_folder(session->folder, sizeof session->folder);
    if (err == 0)
        err = find_sides(session);
    if (err != 0)
        return status_of(session, err, STATUS_USAGE);
    if (session->build.dirty && *session->build.base)
        fprintf(stderr, "cobench: head is the working tree, with changes that "
                        "are not committed\n");
    if (describe(session) != 0)
        return status_of(session, -ENOMEM, STATUS_BROKEN);
    read_accepts(session);
    const char *injected = *inject ? inject : NULL;
    return *session->build.base ? compare_sides(session, injected)
                                : compare_ratios(session, injected);
}

static void do_nothing(int number)
{
    (void)number;
}

/* A reader that goes away must not keep us from removing the worktree.  Not
 * SIG_IGN: the trials would inherit that. */
static void outlive_readers(void)
{
    struct sigaction action = { .sa_handler = do_nothing };
    sigemptyset(&action.sa_mask);
    sigaction(SIGPIPE, &action, NULL);
}

int command_regress(int argc, char **argv)
{
    struct session session = { .out = NULL };
    int status;
    if (gate_options_parse(&session.options, argc, argv, session.message,
                           sizeof session.message) != 0)
        return complain(&session, STATUS_USAGE);
    if (session.options.help) {
        fputs(gate_options_help, stdout);
        return STATUS_FINE;
    }
    interrupt_catch();
    outlive_readers();
    status = gate_init(&session.gate) == 0 ? go(&session) : STATUS_BROKEN;
    gate_build_fini(&session.build);
    gate_plan_fini(&session.plan);
    if (session.base.programs)
        catalog_fini(&session.base);
    if (session.head.programs)
        catalog_fini(&session.head);
    gate_fini(&session.gate);
    return status;
}
