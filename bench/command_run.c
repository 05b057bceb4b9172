/* SPDX-License-Identifier: MIT */
/*
 * cobench run: from the command line to the finished run.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "attempt.h"
#include "catalog.h"
#include "command.h"
#include "env.h"
#include "finish.h"
#include "folder.h"
#include "interrupt.h"
#include "options.h"
#include "plan.h"
#include "progress.h"
#include "run.h"
#include "source.h"
#include "trials.h"
#include "version.h"
#include "wrap.h"

enum {
    MESSAGE = PATH_MAX + 256,
    ARGUMENTS_MAX = 256
};

/* Everything a run needs, from its first line to its last. */
struct session {
    struct options options;
    struct catalog catalog;
    struct plan plan;
    struct run run;
    struct trials before; /* what an earlier part measured */
    bool resumes;
    json_t *env;
    int fd; /* trials.jsonl */
    char folder[PATH_MAX], dir[PATH_MAX];
};

/* ---- going on with an earlier run ---- */

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
    char message[MESSAGE];
    size_t n = json_array_size(list);
    for (size_t i = 0; i < n && i < ARGUMENTS_MAX; i++)
        argv[i + 1] =
            (char *)json_string_value(json_array_get(list, i)); /* unchanged */
    struct options old;
    if (n > ARGUMENTS_MAX ||
        options_parse(&old, (int)n + 1, argv, message, sizeof message) != 0)
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

/* Decides whether there is something to go on with.  Sets `resumes`, or says
 * why a fresh run is started; *done: there is nothing to do at all. */
static int find_before(struct session *session, bool *done)
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

/* The cells must be those of the first line: other programs would make
 * another run of it. */
static int check_cells(const struct session *session)
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

/* ---- preparing ---- */

static int make_plan(struct session *session)
{
    struct options *options = &session->options;
    char message[MESSAGE];
    int err = catalog_folder(session->folder, sizeof session->folder);
    if (err == 0)
        err = catalog_read(&session->catalog, session->folder);
    if (interrupt_pending())
        return 128 + interrupt_pending();
    if (err != 0)
        return command_complain(STATUS_BROKEN,
                                err == -ENOEXEC
                                    ? "run: none of the trial programs in %s "
                                      "can be used, for the reasons above"
                                    : "run: no trial program in %s; build "
                                      "them with make",
                                session->folder);
    err = plan_make(&session->plan, &session->catalog, options, message,
                    sizeof message);
    if (err != 0)
        return command_complain(err == -EINVAL || err == -ENODATA
                                    ? STATUS_USAGE
                                    : STATUS_BROKEN,
                                "run: %s", message);
    if (!options->seed_given) {
        uint32_t seed = 0;
        if (getrandom(&seed, sizeof seed, 0) < 0)
            seed = (uint32_t)getpid();
        options->seed = seed;
    }
    if (run_init(&session->run, &session->plan, options, session->folder) != 0)
        return command_complain(STATUS_BROKEN, "run: out of memory");
    return session->resumes ? check_cells(session) : STATUS_FINE;
}

/* Times of the latest run make better guesses than none. */
static void learn(struct session *session)
{
    struct trials latest;
    char message[MESSAGE];
    if (trials_read(&latest, folder_latest, message, sizeof message) != 0)
        return;
    run_learn(&session->run, latest.trials);
    trials_fini(&latest);
}

static const char *plural(unsigned long n)
{
    return n == 1 ? "" : "s";
}

/* Where words for people go: not between what a program reads. */
static FILE *words(const struct session *session)
{
    bool table = session->options.format == FORMAT_TABLE;
    return table || session->options.dry_run ? stdout : stderr;
}

static void say(FILE *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* To a terminal in lines that fit. */
static void say(FILE *file, const char *format, ...)
{
    char text[2 * PATH_MAX];
    int fd = fileno(file);
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wrap_print(file, text, 0, 2, isatty(fd) ? progress_columns(fd) : INT_MAX);
    fflush(file);
}

static void show_plan(const struct session *session)
{
    const struct run *run = &session->run;
    char time[32];
    say(words(session),
        "cobench " VERSION_COBENCH ", profile %s: %zu cell%s, %u round%s, %lu "
        "trial%s%s, about %s; seed %llu",
        session->options.profile, session->plan.count,
        plural(session->plan.count), run->repetitions, plural(run->repetitions),
        run_trials_left(run), plural(run_trials_left(run)),
        session->resumes ? " left" : "",
        progress_duration(run_estimate(run), time, sizeof time),
        (unsigned long long)run->seed);
    if (session->options.precision > 0)
        say(words(session),
            "then up to %u rounds of what is less precise than %.4g%%, widest "
            "first",
            run->rounds_max - run->repetitions,
            100 * session->options.precision);
}

/* ---- the folder ---- */

/* In trials.jsonl and env.json, where one was asked for. */
static void put_precision(const struct session *session, json_t *object)
{
    if (session->options.precision > 0)
        json_object_set_new(object, "precision",
                            json_real(session->options.precision));
}

static json_t *first_line(const struct session *session)
{
    const char *slash = strrchr(session->dir, '/');
    char date[64];
    return json_pack("{s:i, s:s, s:s, s:s, s:I, s:I, s:I, s:O, s:o}", "schema",
                     1, "id", slash ? slash + 1 : session->dir, "started",
                     env_date(date, sizeof date), "profile",
                     session->options.profile, "seed",
                     (json_int_t)session->run.seed, "repetitions",
                     (json_int_t)session->run.repetitions, "target_ns",
                     (json_int_t)session->run.target_ns, "arguments",
                     session->options.arguments, "cells",
                     plan_cells(&session->plan));
}

static int complain_folder(const struct session *session, int err)
{
    if (err == -EEXIST)
        return command_complain(STATUS_USAGE,
                                "run: --out '%s' holds a run already; add "
                                "--resume, or give another folder",
                                session->dir);
    if (err == -EWOULDBLOCK)
        return command_complain(STATUS_BROKEN,
                                "run: another cobench is writing into %s",
                                session->dir);
    return command_complain(STATUS_BROKEN, "run: cannot write into %s: %s",
                            session->dir, strerror(-err));
}

/* What make_folder() would complain of, for a run that is only planned. */
static int check_folder(struct session *session)
{
    const char *out = session->options.out;
    char path[PATH_MAX + 16];
    if (session->resumes)
        return STATUS_FINE;
    snprintf(session->dir, sizeof session->dir, "%s",
             out ? out : "results/local");
    snprintf(path, sizeof path, "%s/trials.jsonl", session->dir);
    int err = folder_check(session->dir);
    if (err == 0 && out && access(path, F_OK) == 0)
        err = -EEXIST;
    return err == 0 ? STATUS_FINE : complain_folder(session, err);
}

static int make_folder(struct session *session)
{
    const char *out = session->options.out;
    int err;
    if (out) {
        snprintf(session->dir, sizeof session->dir, "%s", out);
        err = folder_make(out);
    } else {
        snprintf(session->dir, sizeof session->dir, "results/local");
        err = folder_new(session->dir, sizeof session->dir);
    }
    if (err != 0)
        return complain_folder(session, err);
    json_t *run = first_line(session);
    put_precision(session, run);
    session->fd = run ? trials_create(session->dir, run) : -ENOMEM;
    json_decref(run);
    return session->fd < 0 ? complain_folder(session, session->fd)
                           : STATUS_FINE;
}

static int open_folder(struct session *session)
{
    if (!session->resumes)
        return make_folder(session);
    session->fd = trials_reopen(session->dir, session->before.bytes);
    return session->fd < 0 ? complain_folder(session, session->fd)
                           : STATUS_FINE;
}

static int dry_run(struct session *session)
{
    int status = check_folder(session);
    if (status != STATUS_FINE)
        return status;
    show_plan(session);
    for (size_t i = 0; i < session->plan.count; i++) {
        const struct cell *cell = &session->plan.cells[i];
        printf("  %s%s%s", cell->name, cell->calibrated ? "  calibrates " : "",
               cell->calibrated ? cell->calibrated : "");
        if (cell->offload_threads > 0)
            printf("  offloads to %u threads", cell->offload_threads);
        putchar('\n');
    }
    return fflush(stdout) == 0 ? STATUS_FINE : STATUS_BROKEN;
}

/* ---- the environment ---- */

/* A resumed run keeps what its first part saw. */
static int make_env(struct session *session)
{
    session->env = env_read(session->folder, session->dir);
    if (session->resumes) {
        char path[PATH_MAX + 16];
        snprintf(path, sizeof path, "%s/env.json", session->dir);
        json_t *old = json_load_file(path, 0, NULL);
        if (json_is_object(old)) {
            json_decref(session->env);
            session->env = old;
        } else {
            json_decref(old);
        }
    }
    const char *slash = strrchr(session->dir, '/');
    if (!session->resumes) {
        json_object_set_new(session->env, "run_id",
                            json_string(slash ? slash + 1 : session->dir));
        json_object_set_new(session->env, "profile",
                            json_string(session->options.profile));
        json_object_set_new(session->env, "seed",
                            json_integer((json_int_t)session->run.seed));
        json_object_set(session->env, "arguments", session->options.arguments);
        put_precision(session, session->env);
        const char *threads = getenv("UV_THREADPOOL_SIZE");
        json_object_set_new(session->env, "uv_threadpool_size",
                            json_integer(threads ? atoi(threads) : 4));
    }
    int err = session->env ? env_write(session->env, session->dir) : -ENOMEM;
    return err != 0 ? complain_folder(session, err) : STATUS_FINE;
}

/* What disturbs, to standard error; returns how much. */
static size_t show_warnings(const json_t *env)
{
    const json_t *warnings = json_object_get(env, "warnings");
    size_t i;
    json_t *warning;
    json_array_foreach(warnings, i, warning)
    {
        say(stderr, "warning: %s", json_string_value(warning));
    }
    return json_array_size(warnings);
}

/* --strict: before anything is written. */
static int refuse_disturbed(const struct session *session)
{
    json_t *env = env_read(session->folder, NULL);
    size_t n = show_warnings(env);
    json_decref(env);
    if (n == 0)
        return STATUS_FINE;
    return command_complain(STATUS_BROKEN,
                            "run: --strict: nothing measured while that "
                            "disturbs; cobench doctor says more");
}

static void show_env(const struct session *session)
{
    const char *machine = catalog_text(session->env, "machine");
    const char *commit = catalog_text(session->env, "commit");
    bool dirty = json_is_true(json_object_get(session->env, "dirty"));
    say(words(session), "%s%s%.12s%s; writing %s", machine,
        *commit ? "; commit " : "", commit, dirty ? "-dirty" : "",
        session->dir);
    show_warnings(session->env);
}

/* ---- running ---- */

/* Adds what came of the earlier parts of a run: a failure stays one. */
static void count_before(const struct session *session,
                         struct run_summary *summary)
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

/* Nothing can be written any more, but what was measured can be shown. */
static int conclude_early(const struct session *session,
                          const struct run_summary *summary)
{
    int error = -summary->error;
    bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    command_complain(STATUS_BROKEN,
                     "run: cannot write %s/trials.jsonl: %s; stopped, what was "
                     "measured is kept",
                     session->dir, strerror(error));
    fprintf(stderr, "cobench: %s, then: cobench run --resume=%s\n",
            full ? "free space" : "see to it", session->dir);
    if (summary->ok > 0)
        finish_show(session->dir, session->options.format);
    return STATUS_BROKEN;
}

static int conclude(struct session *session, const struct run_summary *summary)
{
    if (summary->error != 0)
        return conclude_early(session, summary);
    env_finish(session->env);
    int err = env_write(session->env, session->dir);
    if (err != 0)
        complain_folder(session, err);
    if (summary->signal)
        fprintf(stderr,
                "cobench: ended by %s; cobench run --resume=%s goes "
                "on\n",
                summary->reason, session->dir);
    bool measured = summary->ok > 0;
    int unequal = 0;
    if (measured) {
        int failed = finish(session->dir, session->folder,
                            !summary->signal && !session->options.no_charts,
                            session->options.format, &unequal);
        if (err == 0 && failed < 0)
            err = failed;
    }
    if (summary->signal)
        return 128 + summary->signal;
    if (summary->failed || summary->skipped)
        fprintf(stderr, "cobench: %lu trial%s failed, %lu cell%s skipped\n",
                summary->failed, plural(summary->failed), summary->skipped,
                plural(summary->skipped));
    if (summary->wide)
        fprintf(stderr, "cobench: %lu cell%s not within %.4g%%\n",
                summary->wide, summary->wide == 1 ? " is" : "s are",
                100 * session->options.precision);
    if (!measured)
        return command_complain(STATUS_BROKEN, "run: nothing was measured");
    if (err != 0)
        return STATUS_BROKEN;
    return summary->failed || unequal > 0 ? STATUS_FAILED : STATUS_FINE;
}

static int measure(struct session *session)
{
    int status = open_folder(session);
    if (status == STATUS_FINE)
        status = make_env(session);
    if (status != STATUS_FINE)
        return status;
    show_plan(session);
    if (!session->options.out && !session->resumes) {
        int err = folder_link(session->dir);
        if (err != 0)
            fprintf(stderr, "cobench: warning: cannot point %s to %s: %s\n",
                    folder_latest, session->dir, strerror(-err));
    }
    show_env(session);
    struct run_summary summary;
    run_rounds(&session->run, session->fd, &summary);
    count_before(session, &summary);
    return conclude(session, &summary);
}

static int go(struct session *session)
{
    bool done = false;
    if (session->options.resume) {
        int status = find_before(session, &done);
        if (status != STATUS_FINE || done)
            return status;
    }
    int status = make_plan(session);
    if (status != STATUS_FINE)
        return status;
    learn(session);
    if (session->resumes)
        run_resume(&session->run, session->before.trials);
    if (session->options.dry_run)
        return dry_run(session);
    if (session->options.strict) {
        status = refuse_disturbed(session);
        if (status != STATUS_FINE)
            return status;
    }
    return measure(session);
}

int command_run(int argc, char **argv)
{
    struct session session = { .fd = -1 };
    char message[MESSAGE];
    if (options_parse(&session.options, argc, argv, message, sizeof message) !=
        0)
        return command_complain(STATUS_USAGE, "run: %s", message);
    int status = STATUS_FINE;
    if (session.options.help) {
        fputs(options_help, stdout);
    } else {
        interrupt_catch();
        status = go(&session);
    }
    if (session.fd >= 0)
        close(session.fd);
    json_decref(session.env);
    run_fini(&session.run);
    plan_fini(&session.plan);
    if (session.catalog.programs)
        catalog_fini(&session.catalog);
    if (session.before.run)
        trials_fini(&session.before);
    options_fini(&session.options);
    return status;
}
