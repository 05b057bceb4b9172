/* SPDX-License-Identifier: MIT */
/*
 * cobench regress: from the command line to the verdict.
 */
#include <errno.h>
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
#include "regress/gate_accept.h"
#include "regress/gate_file.h"
#include "regress/gate_output.h"
#include "regress/gate_session.h"

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

/* ---- base against head ---- */

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

static int compare_sides(struct session *session, const char *inject)
{
    struct gate *gate = &session->gate;
    const struct gate_build *build = &session->build;
    gate->identical = !session->options.force && !inject &&
                      gate_build_same(build->base, build->head);
    if (gate->identical)
        return session_conclude(session);
    int err = session_catalog(session, &session->base, build->base);
    if (err != 0)
        return session_status(session, err, STATUS_USAGE);
    err = session_catalog(session, &session->head, build->head);
    if (err != 0)
        return session_status(session, err, session_head_status(session));
    struct gate_wishes wishes = session_wishes(session, inject);
    err = gate_plan_sides(&session->plan, gate, &session->base, &session->head,
                          &wishes, session->message, sizeof session->message);
    if (err != 0)
        return session_status(session, err, STATUS_USAGE);
    if (session_is_empty(session))
        return session_refuse_empty(session);
    struct gate_effort effort = { .screen = screen_sides };
    err = session_measure(session, &effort);
    return err != 0 ? session_status(session, err, STATUS_BROKEN)
                    : session_conclude(session);
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
        return session_complain(session,
                                err == -ENOENT ? STATUS_USAGE : STATUS_BROKEN);
    if (session->out)
        return session_conclude(session);
    err = gate_judge(&session->gate);
    if (err != 0)
        return command_complain(STATUS_BROKEN, "regress: %s: %s", path,
                                err == -ENOMEM ? "out of memory"
                                               : "has samples that cannot be");
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
        err = session_catalog(session, &session->head,
                              head ? head : session->folder);
    if (err != 0)
        return session_status(session, err, session_head_status(session));
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
        return session_complain(session, STATUS_BROKEN);
    }
    err = catalog_folder(session->folder, sizeof session->folder);
    if (err == 0)
        err = find_sides(session);
    if (err != 0)
        return session_status(session, err, STATUS_USAGE);
    if (session->build.dirty && *session->build.base)
        fprintf(stderr, "cobench: head is the working tree, with changes that "
                        "are not committed\n");
    if (describe(session) != 0)
        return session_status(session, -ENOMEM, STATUS_BROKEN);
    read_accepts(session);
    const char *injected = *inject ? inject : NULL;
    return *session->build.base ? compare_sides(session, injected)
                                : session_ratios(session, injected);
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
    int status = gate_options_parse(&session.options, argc, argv);
    if (status != STATUS_FINE)
        return status;
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
