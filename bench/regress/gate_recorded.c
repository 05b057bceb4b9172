/* SPDX-License-Identifier: MIT */
/*
 * `cobench regress` without a base: ratios against those that are recorded.
 */
#include "gate_session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "env.h"
#include "gate_baseline.h"
#include "gate_ratio.h"

static int screen_none(bool *goes_on, const struct gate_entry *entry, void *arg)
{
    (void)entry;
    (void)arg;
    *goes_on = false;
    return 0;
}

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
        json_object_set_new(ratios, entry->name,
                            json_real(gate_ratio_now(entry)));
    }
    return json_pack("{s:s, s:s, s:o}", "date", env_date(date, sizeof date),
                     "commit", session->build.head_commit, "ratios", ratios);
}

static int record(struct session *session)
{
    char path[PATH_MAX];
    const struct gate *gate = &session->gate;
    int status = session_conclude(session);
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

int session_ratios(struct session *session, const char *inject)
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
        return session_status(session, err, STATUS_BROKEN);
    err = session_catalog(session, &session->head, build->head);
    if (err != 0)
        return session_status(session, err, session_head_status(session));
    struct gate_wishes wishes = session_wishes(session, inject);
    err = gate_plan_ratios(&session->plan, gate, &session->head, &wishes,
                           session->message, sizeof session->message);
    if (err != 0)
        return session_status(session, err, STATUS_USAGE);
    if (session_is_empty(session))
        return session_refuse_empty(session);
    struct gate_effort effort = {
        .screen = records ? screen_none : gate_ratio_screen,
        .screen_arg = gate->baseline,
    };
    err = session_measure(session, &effort);
    if (err != 0)
        return session_status(session, err, STATUS_BROKEN);
    return records ? record(session) : session_conclude(session);
}
