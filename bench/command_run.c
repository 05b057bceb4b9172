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

#include "command.h"
#include "env.h"
#include "finish.h"
#include "folder.h"
#include "interrupt.h"
#include "progress.h"
#include "resume.h"
#include "session.h"
#include "version.h"
#include "wrap.h"

enum {
    MESSAGE = PATH_MAX + 256
};

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
    return session->resumes ? resume_check(session) : STATUS_FINE;
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
        session->options.profile->name, session->plan.count,
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
                     session->options.profile->name, "seed",
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
        const struct plan_cell *cell = &session->plan.cells[i];
        printf("  %s%s%s", cell->name, cell->calibrated ? "  calibrates " : "",
               cell->calibrated ? cell->calibrated : "");
        if (cell->offload_threads > 0)
            printf("  offloads to %u threads", cell->offload_threads);
        putchar('\n');
    }
    return STATUS_FINE;
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
                            json_string(session->options.profile->name));
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
    resume_count(session, &summary);
    return conclude(session, &summary);
}

static int go(struct session *session)
{
    bool done = false;
    if (session->options.resume) {
        int status = resume_find(session, &done);
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
    int status = options_parse(&session.options, argc, argv);
    if (status != STATUS_FINE)
        return status;
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
