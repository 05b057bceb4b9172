/* SPDX-License-Identifier: MIT */
/* What there is to go on with, and whether it fits. */

#include "resume.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "attempt.h"
#include "command.h"
#include "folder.h"
#include "source.h"

enum {
    MESSAGE = PATH_MAX + 256,
    ARGUMENTS_MAX = 256
};

static bool is_complete(const struct trials *trials)
{
    const char *reason =
        json_string_value(json_object_get(trials->end, "reason"));
    return reason && strcmp(reason, "complete") == 0;
}

/* Parses the arguments of the earlier run in place of ours; the texts live in
 * its first line. */
static int take_arguments(struct session *session)
{
    const json_t *run = session->before.run;
    const json_t *list = json_object_get(run, "arguments");
    char name[] = "run", *argv[ARGUMENTS_MAX + 2] = { name };
    size_t n = json_array_size(list);
    for (size_t i = 0; i < n && i < ARGUMENTS_MAX; i++)
        argv[i + 1] =
            (char *)json_string_value(json_array_get(list, i)); /* unchanged */
    struct options old;
    if (n > ARGUMENTS_MAX || options_parse(&old, (int)n + 1, argv) != 0)
        return command_complain(STATUS_BROKEN,
                                "run: %s: its arguments cannot be understood",
                                session->dir);
    old.resume = true;
    old.dry_run = session->options.dry_run;
    old.out = session->options.out;
    old.format = session->options.format;
    old.seed_given = true;
    old.seed = (uint64_t)json_integer_value(json_object_get(run, "seed"));
    old.repetitions =
        (unsigned)json_integer_value(json_object_get(run, "repetitions"));
    options_fini(&session->options);
    session->options = old;
    return STATUS_FINE;
}

/* Figures of two builds must not be mixed. */
static bool is_other_build(const struct session *session)
{
    char path[PATH_MAX + 16], folder[PATH_MAX];
    snprintf(path, sizeof path, "%s/env.json", session->dir);
    json_t *env = json_load_file(path, 0, NULL);
    bool other = json_is_object(env) &&
                 catalog_folder(folder, sizeof folder) == 0 &&
                 source_differs(env, folder, session->dir);
    json_decref(env);
    return other;
}

int resume_find(struct session *session, bool *done)
{
    const struct options *options = &session->options;
    char message[MESSAGE];
    snprintf(session->dir, sizeof session->dir, "%s",
             options->out ? options->out : folder_latest);
    int err =
        trials_read(&session->before, session->dir, message, sizeof message);
    if (err == -ENOENT) {
        fprintf(stderr, "cobench: no run to go on with in %s: starting one\n",
                session->dir);
        return STATUS_FINE;
    }
    if (err != 0)
        return command_complain(STATUS_BROKEN, "run: %s", message);
    if (*message)
        fprintf(stderr, "cobench: warning: %s\n", message);
    const json_t *arguments = json_object_get(session->before.run, "arguments");
    const char *why = NULL;
    if (is_complete(&session->before))
        why = "is complete";
    else if (json_array_size(options->arguments) > 0 &&
             !json_equal(options->arguments, arguments))
        why = "was started with other arguments";
    bool rebuilt = !why && is_other_build(session);
    if (rebuilt)
        why = "was measured with another build";
    if (!why) {
        session->resumes = true;
        return take_arguments(session);
    }
    *done = options->out && strcmp(why, "is complete") == 0;
    if (options->out && !*done)
        return command_complain(STATUS_USAGE, "run: --resume: the run in %s %s",
                                session->dir, why);
    fprintf(stderr, "cobench: the run in %s %s: %s\n", session->dir, why,
            *done ? "nothing to do" : "starting a new one");
    return rebuilt ? take_arguments(session) : STATUS_FINE;
}

int resume_check(const struct session *session)
{
    json_t *cells = plan_cells(&session->plan);
    size_t n = json_array_size(cells), same = 0;
    while (same < n &&
           json_equal(json_object_get(json_array_get(cells, same), "name"),
                      json_object_get(
                          json_array_get(session->before.cells, same), "name")))
        same++;
    json_decref(cells);
    if (same == n && n == json_array_size(session->before.cells))
        return STATUS_FINE;
    return command_complain(STATUS_BROKEN,
                            "run: %s cannot be resumed: the programs measure "
                            "other cells than when it began",
                            session->dir);
}

void resume_count(const struct session *session, struct run_summary *summary)
{
    size_t i;
    json_t *line;
    if (!session->resumes)
        return;
    json_array_foreach(session->before.trials, i, line)
    {
        if (attempt_is(line, "ok"))
            summary->ok += strcmp(attempt_phase(line), "measure") == 0;
        else if (attempt_is(line, "skipped"))
            summary->skipped++;
        else if (!attempt_is(line, "interrupted"))
            summary->failed++;
    }
}
