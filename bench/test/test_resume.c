/* SPDX-License-Identifier: MIT */
/*
 * Runs that are interrupted, killed or stopped by a full disk keep what was
 * measured, and go on from there.
 */
#include "fakes.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Waits for the end of an orphan that came to us. */
static void wait_orphan(pid_t pid)
{
    assert_true(pid > 1);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Starts a run and waits until its trial of `stuck` hangs; the trial's number
 * in *trial. */
static struct fakes_child start_stuck(const struct fakes *f, pid_t *trial)
{
    assert_int_equal(mkfifo("bin/hold", 0666), 0);
    struct fakes_child child =
        fakes_start(f, "run --profile quick --workload good,stuck --seed 1", 0,
                    0);
    FILE *hold = fopen("bin/hold", "r");
    int pid = 0;
    assert_non_null(hold);
    assert_int_equal(fscanf(hold, "%d", &pid), 1);
    fclose(hold);
    unlink("bin/hold");
    *trial = (pid_t)pid;
    return child;
}

/* After an interruption everything is there exactly once. */
static void check_resumed(struct fakes *f)
{
    struct trials before = fakes_read("results/local/latest");
    assert_int_equal(fakes_run(f, "run --resume"), 0);
    struct trials after = fakes_read("results/local/latest");
    assert_int_equal(fakes_count(&after, "good", "measure", "ok"), 9);
    assert_int_equal(fakes_count(&after, "stuck", "measure", "ok"), 3);
    assert_string_equal(fakes_text(after.end, "reason"), "complete");
    assert_true(json_equal(before.run, after.run));
    for (size_t i = 0; i < json_array_size(before.trials); i++)
        assert_true(json_equal(json_array_get(before.trials, i),
                               json_array_get(after.trials, i)));
    trials_fini(&before);
    trials_fini(&after);
}

/* ---- what stops a run ---- */

static void ctrl_c_keeps_what_was_measured_and_leaves_no_process(void **state)
{
    struct fakes *f = *state;
    static const int signals[] = { SIGINT, SIGTERM };
    for (int i = 0; i < 2; i++) {
        pid_t trial;
        struct fakes_child child = start_stuck(f, &trial);
        kill(child.pid, signals[i]);
        assert_int_equal(fakes_finish(f, child), 128 + signals[i]);
        assert_int_equal(kill(trial, 0), -1);
        assert_true(fakes_ended());
        struct trials t = fakes_read("results/local/latest");
        assert_true(json_is_true(json_object_get(t.end, "interrupted")));
        assert_int_equal(fakes_count(&t, "stuck", NULL, "interrupted"), 1);
        trials_fini(&t);
        check_resumed(f);
    }
}

static void a_killed_driver_takes_its_trial_along(void **state)
{
    struct fakes *f = *state;
    pid_t trial;
    struct fakes_child child = start_stuck(f, &trial);
    kill(child.pid, SIGKILL);
    assert_int_equal(fakes_finish(f, child), 128 + SIGKILL);
    wait_orphan(trial);
    check_resumed(f);
}

static void a_full_disk_keeps_what_was_measured(void **state)
{
    struct fakes *f = *state;
    /* Room for the first line, env.json, and some trials. */
    struct fakes_child child =
        fakes_start(f,
                    "run --profile quick --workload good --repetitions 500 "
                    "--out r",
                    RLIMIT_FSIZE, 16 << 10);
    assert_int_equal(fakes_finish(f, child), 4);
    assert_non_null(strstr(f->output, "cannot write r/trials.jsonl"));
    assert_non_null(
        strstr(f->output, "free space, then: cobench run --resume=r\n"));
    assert_non_null(strstr(f->output, "3 cells: "));
    struct trials t = fakes_read("r");
    assert_false(t.truncated);
    assert_true(json_array_size(t.trials) > 3);
    trials_fini(&t);
}

/* ---- going on with it ---- */

static void a_truncated_last_line_is_cut_when_resuming(void **state)
{
    struct fakes *f = *state;
    pid_t trial;
    struct fakes_child child = start_stuck(f, &trial);
    kill(child.pid, SIGKILL);
    fakes_finish(f, child);
    wait_orphan(trial);
    FILE *file = fopen("results/local/latest/trials.jsonl", "a");
    assert_non_null(file);
    fputs("{\"cell\": \"good/n:1", file);
    fclose(file);
    check_resumed(f);
    assert_non_null(strstr(f->output, "cut off"));
}

/* Of a run that lacks no more than its end. */
static void what_failed_before_counts_when_resuming(void **state)
{
    struct fakes *f = *state;
    const char *said = "cobench: 2 trials failed, 1 cell skipped";
    assert_int_equal(
        fakes_run(f, "run --profile quick --workload failing,skipping,good "
                     "--out r"),
        1);
    assert_non_null(strstr(f->output, said));
    assert_int_equal(system("sed -i '$d' r/trials.jsonl"), 0);
    assert_int_equal(fakes_run(f, "run --resume=r"), 1);
    assert_non_null(strstr(f->output, said));
}

/* Leaves the first lines of r/trials.jsonl. */
static void cut_after(int keep)
{
    char command[96];
    snprintf(command, sizeof command,
             "sed -i '%d,$d' r/trials.jsonl && rm r/results.json", keep + 1);
    assert_int_equal(system(command), 0);
}

static void extra_rounds_are_resumed(void **state)
{
    struct fakes *f = *state;
    const char *run = "run --profile quick --workload noisy --precision 2%"
                      " --out r";
    assert_int_equal(fakes_run(f, run), 0);
    cut_after(1 + 1 + 40); /* the plan, the warm-up, rounds 1 to 40 */
    assert_int_equal(fakes_run(f, "run --resume=r"), 0);
    struct trials t = fakes_read("r");
    assert_string_equal(fakes_text(t.end, "reason"), "complete");
    assert_int_equal(fakes_count(&t, "noisy", "measure", "ok"), 100);
    size_t i, expected = 0;
    json_t *line;
    json_array_foreach(t.trials, i, line)
    {
        if (strcmp(fakes_text(line, "phase"), "measure") == 0)
            assert_int_equal(json_integer_value(json_object_get(line, "round")),
                             ++expected);
    }
    trials_fini(&t);
}

static void a_run_of_another_build_is_not_resumed(void **state)
{
    struct fakes *f = *state;
    const char *run = "run --profile quick --workload good --repetitions 500 "
                      "--budget 1 --seed 5";
    assert_int_equal(fakes_run(f, run), 0);
    FILE *program = fopen("bin/trial-fake", "a");
    assert_non_null(program);
    fputs("# rebuilt\n", program);
    fclose(program);
    char first[PATH_MAX] = "", second[PATH_MAX] = "";
    assert_true(readlink("results/local/latest", first, sizeof first - 1) > 0);
    assert_int_equal(fakes_run(f, "run --resume=results/local/latest"), 2);
    assert_int_equal(fakes_lines(f->output), 1);
    assert_non_null(strstr(f->output, "was measured with another build"));
    /* With its arguments, but from the beginning. */
    assert_int_equal(fakes_run(f, "run --resume"), 0);
    assert_non_null(strstr(f->output, "another build: starting a new one"));
    assert_true(readlink("results/local/latest", second, sizeof second - 1) >
                0);
    assert_string_not_equal(first, second);
    struct trials t = fakes_read("results/local/latest");
    assert_int_equal(json_array_size(t.cells), 3);
    assert_int_equal(json_integer_value(json_object_get(t.run, "seed")), 5);
    trials_fini(&t);
}

static void a_run_of_other_cells_is_not_resumed(void **state)
{
    struct fakes *f = *state;
    assert_int_equal(fakes_run(f, "run --profile quick --workload good "
                                  "--repetitions 500 --budget 1 --out r"),
                     0);
    assert_int_equal(system("sed -i s/n=1,2,3/n=1,2,4/ bin/description"), 0);
    assert_int_equal(fakes_run(f, "run --resume=r"), 4);
    assert_int_equal(fakes_lines(f->output), 1);
    assert_non_null(
        strstr(f->output, "measure other cells than when it began"));
}

static void there_is_nothing_to_resume_in_a_complete_run(void **state)
{
    struct fakes *f = *state;
    assert_int_equal(
        fakes_run(f, "run --profile quick --workload good --resume"), 0);
    assert_non_null(strstr(f->output, "no run to go on with"));
    char first[PATH_MAX] = "", second[PATH_MAX] = "";
    assert_true(readlink("results/local/latest", first, sizeof first - 1) > 0);
    assert_int_equal(
        fakes_run(f, "run --profile quick --workload good --resume"), 0);
    assert_non_null(strstr(f->output, "is complete: starting a new one"));
    assert_true(readlink("results/local/latest", second, sizeof second - 1) >
                0);
    assert_string_not_equal(first, second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKES(ctrl_c_keeps_what_was_measured_and_leaves_no_process),
        FAKES(a_killed_driver_takes_its_trial_along),
        FAKES(a_full_disk_keeps_what_was_measured),
        FAKES(a_truncated_last_line_is_cut_when_resuming),
        FAKES(what_failed_before_counts_when_resuming),
        FAKES(extra_rounds_are_resumed),
        FAKES(a_run_of_another_build_is_not_resumed),
        FAKES(a_run_of_other_cells_is_not_resumed),
        FAKES(there_is_nothing_to_resume_in_a_complete_run),
    };
    return cmocka_run_group_tests(tests, fakes_find, NULL);
}
