/* SPDX-License-Identifier: MIT */
/*
 * Steps of a run of `cobench regress`.
 */
#include "gate_session.h"

#include <errno.h>
#include <stdio.h>

#include "command.h"
#include "env.h"
#include "gate_output.h"
#include "interrupt.h"
#include "proc.h"

enum {
    EXIT_UNCOUNTED = 77 /* of `cobench count` */
};

int session_complain(struct session *session, int status)
{
    return command_complain(status, "regress: %s", session->message);
}

int session_status(struct session *session, int err, int status)
{
    if (interrupt_pending())
        return 128 + interrupt_pending();
    if (err == -ENOMEM)
        return command_complain(STATUS_BROKEN, "regress: out of memory");
    return session_complain(session, status);
}

int session_head_status(const struct session *session)
{
    return session->options.head_bin ? STATUS_USAGE : STATUS_BROKEN;
}

int session_catalog(struct session *session, struct catalog *catalog,
                    const char *folder)
{
    int err = catalog_read(catalog, folder);
    if (err != 0)
        snprintf(session->message, sizeof session->message,
                 "no trial program in %s can be used", folder);
    return err;
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

struct gate_wishes session_wishes(const struct session *session,
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

bool session_is_empty(const struct session *session)
{
    return session->options.metrics && session->plan.n == 0 &&
           json_array_size(session->gate.left_out) == 0;
}

/* A glob with a slip in it must not pass for a run that found nothing. */
int session_refuse_empty(struct session *session)
{
    snprintf(session->message, sizeof session->message,
             "no metric matches '%.200s'; cobench regress --list prints their "
             "names",
             session->options.metrics);
    return session_complain(session, STATUS_BROKEN);
}

int session_measure(struct session *session, struct gate_effort *effort)
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

int session_conclude(struct session *session)
{
    struct gate *gate = &session->gate;
    if (gate_judge(gate) != 0)
        return command_complain(STATUS_BROKEN, "regress: out of memory");
    if (gate_output(gate, session->out, session->folder) != 0)
        return STATUS_BROKEN;
    return gate->status;
}
