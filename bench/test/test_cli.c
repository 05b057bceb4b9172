/* SPDX-License-Identifier: MIT */
/*
 * The command line: what is refused, what is listed, which files are written,
 * and what standard output gets.
 */
#include "fakes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void bad_input_gets_one_line_and_status_2(void **state)
{
    struct fakes *f = *state;
    static const char *const cases[] = {
        "walk",
        "compare",
        "run --workload god",
        "run --runtime fak",
        "run --runtime fake:3",
        "run --param m=1",
        "run --param n=one",
        "run --param n=10",
        "run --profile slow",
        "run --repetitions none",
        "run --workloat good",
        "run good",
        "run --seed",
        "list everything",
        "report a b",
        "report --colour",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(fakes_run(f, cases[i]), 2);
        assert_int_equal(fakes_lines(f->output), 1);
        assert_int_equal(strncmp(f->output, "cobench", 7), 0);
    }
    assert_false(fakes_exist("results"));
}

static void where_there_are_no_parameters_none_is_suggested(void **state)
{
    struct fakes *f = *state;
    assert_int_equal(fakes_run(f, "run --workload crash --param foo=1"), 2);
    assert_non_null(
        strstr(f->output, "unknown parameter 'foo'; there is none\n"));
}

static void help_and_version_go_to_standard_output(void **state)
{
    struct fakes *f = *state;
    static const char *const cases[] = { "--help", "run --help", "list --help",
                                         "report --help", "--version" };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(fakes_run(f, cases[i]), 0);
        assert_true(fakes_lines(f->output) >= 1);
    }
}

static void list_shows_runtimes_and_workloads(void **state)
{
    struct fakes *f = *state;
    assert_int_equal(fakes_run(f, "list"), 0);
    assert_non_null(strstr(f->output, "fake"));
    assert_non_null(strstr(f->output, "good: q"));
    assert_int_equal(fakes_run(f, "list --json"), 0);
    json_t *doc = json_loads(f->output, 0, NULL);
    assert_int_equal(json_array_size(doc), 1);
    json_decref(doc);
}

static void without_trial_programs_the_status_is_4(void **state)
{
    struct fakes *f = *state;
    unlink("bin/trial-fake");
    assert_int_equal(fakes_run(f, "run"), 4);
    assert_int_equal(fakes_lines(f->output), 1);
    assert_int_equal(fakes_run(f, "list"), 4);
    assert_int_equal(fakes_lines(f->output), 1);
}

static void a_program_that_cannot_describe_itself_is_left_out(void **state)
{
    struct fakes *f = *state;
    fakes_put("bin", "trial-odd", "#!/bin/sh\necho '{}'\n", 0777);
    assert_int_equal(fakes_run(f, "run --profile quick --workload good"), 0);
    assert_non_null(strstr(f->output, "trial-odd is left out"));
}

/* ---- files ---- */

static void a_dry_run_measures_nothing(void **state)
{
    struct fakes *f = *state;
    assert_int_equal(fakes_run(f, "run --profile quick --dry-run"), 0);
    assert_non_null(strstr(f->output, "18 cells"));
    assert_non_null(strstr(f->output, "good/n:2/cpus:1/runtime:fake"));
    assert_false(fakes_exist("results"));
}

static void an_output_folder_that_cannot_be_written_is_status_4(void **state)
{
    struct fakes *f = *state;
    fakes_put(".", "file", "x", 0666);
    assert_int_equal(fakes_run(f, "run --profile quick --workload good --out "
                                  "file/sub"),
                     4);
    assert_int_equal(fakes_lines(f->output), 1);
    assert_non_null(strstr(f->output, "cannot write into file/sub"));
    assert_int_equal(fakes_run(f, "run --profile quick --workload good --out "
                                  "file/sub --dry-run"),
                     4);
    assert_int_equal(fakes_run(f, "run --profile quick --workload good --out "
                                  "new/sub --dry-run"),
                     0);
    assert_false(fakes_exist("new"));
    fakes_put(".", "results", "x", 0666);
    assert_int_equal(fakes_run(f, "run --profile quick --workload good"), 4);
    assert_non_null(strstr(f->output, "cannot write into results/local"));
}

static void a_folder_that_holds_a_run_is_not_overwritten(void **state)
{
    struct fakes *f = *state;
    const char *run = "run --profile quick --workload good --out r";
    assert_int_equal(fakes_run(f, run), 0);
    assert_int_equal(fakes_run(f, run), 2);
    assert_int_equal(fakes_lines(f->output), 1);
    assert_non_null(strstr(f->output, "holds a run already"));
    assert_int_equal(
        fakes_run(f, "run --profile quick --workload good --out r --dry-run"),
        2);
}

/* Ended before its first trial. */
static void a_run_without_trials_has_no_report(void **state)
{
    struct fakes *f = *state;
    assert_int_equal(
        fakes_run(f, "run --profile quick --workload good --out r"), 0);
    assert_int_equal(system("mkdir empty && head -n 1 r/trials.jsonl "
                            ">empty/trials.jsonl && cp r/env.json empty"),
                     0);
    assert_int_equal(fakes_run(f, "report empty"), 4);
    assert_non_null(strstr(f->output, "there are no trials in empty"));
    assert_null(strstr(f->output, "cannot tell"));
    assert_int_not_equal(system("test -e empty/report.html"), 0);
    assert_int_equal(fakes_run(f, "compare r empty"), 4);
    assert_int_equal(fakes_run(f, "run --resume=empty"), 0);
    assert_int_equal(fakes_run(f, "report empty"), 0);
}

static void report_makes_the_results_again(void **state)
{
    struct fakes *f = *state;
    assert_int_equal(fakes_run(f, "report"), 4);
    assert_int_equal(fakes_lines(f->output), 1);
    assert_int_equal(fakes_run(f, "run --profile quick --workload good"), 0);
    unlink("results/local/latest/results.json");
    unlink("results/local/latest/summary.csv");
    assert_int_equal(fakes_run(f, "report"), 0);
    assert_true(fakes_exist("results/local/latest/results.json"));
    assert_true(fakes_exist("results/local/latest/summary.csv"));
    fakes_put("results/local/latest", "trials.jsonl", "nonsense\n", 0666);
    assert_int_equal(fakes_run(f, "report"), 4);
    assert_int_equal(fakes_lines(f->output), 1);
}

static void charts_that_cannot_be_drawn_are_said(void **state)
{
    struct fakes *f = *state;
    char bin[96], path[PATH_MAX];
    const char *old = getenv("PATH");
    assert_int_equal(mkdir("x", 0777), 0);
    assert_int_equal(rename("bin", "x/bin"), 0);
    assert_int_equal(mkdir("scripts", 0777), 0);
    fakes_put("scripts", "plots.sh",
              "echo plots.sh: wall: gnuplot failed with exit status 9 >&2\n"
              "exit 4\n",
              0666);
    fakes_put("x/bin", "gnuplot", "#!/bin/sh\nexit 9\n", 0777);
    snprintf(bin, sizeof bin, "%s/x/bin", f->dir);
    snprintf(path, sizeof path, "%s/x/bin:%s", f->dir, old);
    char *kept = strdup(old);
    setenv("COBENCH_BIN", bin, 1);
    setenv("PATH", path, 1);
    int ran = fakes_run(f, "run --profile quick --workload good");
    bool said = strstr(f->output, "could not be drawn") &&
                strstr(f->output, "exit status 9");
    int reported = fakes_run(f, "report");
    setenv("PATH", kept, 1);
    free(kept);
    assert_int_equal(ran, 0);
    assert_true(said);
    assert_int_equal(reported, 4);
    assert_non_null(strstr(f->output, "exit status 9"));
    assert_null(strstr(f->output, " charts summary.csv"));
}

/* ---- standard output ---- */

/* The exit status of a shell command in which $C is the program; what it says
 * on standard error is in the file `errors`. */
static int shell(const struct fakes *f, const char *command)
{
    char text[2 * PATH_MAX];
    snprintf(text, sizeof text, "C=%s; { %s; } 2>errors", f->program, command);
    int status = system(text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Nothing is lost in silence, and a reader who has enough is no error. */
static void a_full_disk_under_standard_output_is_said(void **state)
{
    const struct fakes *f = *state;
    static const char *const commands[] = { "list",
                                            "list --json",
                                            "--help",
                                            "--version",
                                            "run --workload good --dry-run",
                                            "report r",
                                            "report r --format json",
                                            "report r --format csv",
                                            "report r --format md",
                                            "report r --format html",
                                            "compare r r --format csv",
                                            "doctor --help" };
    assert_int_equal(shell(f, "$C run --profile quick --workload good --out r "
                              "--no-charts >out"),
                     0);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char text[192];
        snprintf(text, sizeof text, "$C %s >/dev/full", commands[i]);
        assert_int_equal(shell(f, text), 4);
        assert_int_equal(system("grep -q 'cannot be written' errors"), 0);
        snprintf(text, sizeof text, "{ $C %s; echo $? >status; } | true",
                 commands[i]);
        assert_int_equal(shell(f, text), 0);
        assert_int_equal(shell(f, "grep -qx 0 status"), 0);
        assert_int_not_equal(system("grep -q 'cannot be written' errors"), 0);
    }
}

/* In a terminal of 40 columns. */
static void list_fits_a_narrow_terminal(void **state)
{
    const struct fakes *f = *state;
    if (shell(f, "command -v script >out") != 0)
        skip();
    assert_int_equal(shell(f, "script -qec \"stty cols 40; $C list\" /dev/null "
                              ">out"),
                     0);
    assert_int_equal(shell(f, "grep -q '^runtimes' out"), 0);
    assert_int_equal(shell(f, "tr -d '\\r' <out | grep -q '.\\{41\\}'"), 1);
}

static void what_a_program_reads_is_not_mixed_with_words(void **state)
{
    struct fakes *f = *state;
    char command[PATH_MAX + 128];
    snprintf(command, sizeof command,
             "%s run --profile quick --workload good --format json 2>errors "
             ">results.json",
             f->program);
    assert_int_equal(system(command), 0);
    json_t *results = json_load_file("results.json", 0, NULL);
    assert_true(json_is_array(json_object_get(results, "benchmarks")));
    json_decref(results);
    assert_int_equal(system("grep -q 'profile quick' errors"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKES(bad_input_gets_one_line_and_status_2),
        FAKES(where_there_are_no_parameters_none_is_suggested),
        FAKES(help_and_version_go_to_standard_output),
        FAKES(list_shows_runtimes_and_workloads),
        FAKES(without_trial_programs_the_status_is_4),
        FAKES(a_program_that_cannot_describe_itself_is_left_out),
        FAKES(a_dry_run_measures_nothing),
        FAKES(an_output_folder_that_cannot_be_written_is_status_4),
        FAKES(a_folder_that_holds_a_run_is_not_overwritten),
        FAKES(a_run_without_trials_has_no_report),
        FAKES(report_makes_the_results_again),
        FAKES(charts_that_cannot_be_drawn_are_said),
        FAKES(a_full_disk_under_standard_output_is_said),
        FAKES(list_fits_a_narrow_terminal),
        FAKES(what_a_program_reads_is_not_mixed_with_words),
    };
    return cmocka_run_group_tests(tests, fakes_find, NULL);
}
