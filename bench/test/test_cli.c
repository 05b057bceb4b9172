/* SPDX-License-Identifier: MIT */
/*
 * The `cobench` command from outside, against made-up trial programs that
 * crash, hang, flood and lie.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>

#include "trials.h"

/* One workload per way to behave.  Sizes are small: every trial is a shell. */
static const char description[] =
    "{'schema': 1, 'runtime': {'name': 'fake', 'summary': 's', 'options': '',"
    " 'reference': false}, 'workloads': ["
    "@counted@'calibrated': 'rounds', 'params': [{'name': 'rounds', 'kind':"
    " 'int', 'value': 10, 'low': 1, 'high': 1000000, 'help': 'h'}],"
    " 'cells': [{'runtimes': 'fake', 'quick': ''}]},"
    "@good@'params': [{'name': 'n', 'kind': 'int', 'value': 1, 'low': 1,"
    " 'high': 9, 'help': 'h'}],"
    " 'cells': [{'runtimes': 'fake', 'quick': 'n=1,2,3'}]},"
    "@crash@%,@hang@%,@garbage@%,@silent@%,@flood@%,@failing@%,@skipping@%,"
    "@stuck@%,@noisy@%,@odd@%,@absurd@%,@poor@%,@needy@'origin': true, %,@killer@'origin': true, %]}";

static const char script[] =
    "#!/bin/sh\n"
    "here=${0%/*}\n"
    "ok() {\n"
    "    printf '{\"schema\": 1, \"workload\": \"%s\", \"params\": "
    "{\"rounds\": %s}, \"cpus\": \"1\", \"runtime\": {\"name\": \"fake\"}, "
    "\"status\": \"ok\", \"wall_ns\": %s, \"user_ns\": 1000, \"sys_ns\": "
    "1000, \"setup_ns\": 1, \"teardown_ns\": 1, \"units\": 1, \"units_peak\": "
    "1, \"ops\": %s, \"bytes\": 0, \"digest\": \"00\"}\\n' "
    "\"$1\" \"$2\" \"$2\"000 \"$2\" >&3\n"
    "}\n"
    "case $1 in\n"
    "--describe) exec cat \"$here/description\" ;;\n"
    "counted) for a; do case $a in rounds=*) ok counted \"${a#*=}\" ;; esac; "
    "done ;;\n"
    "noisy)\n"
    "    echo >>\"$here/tries\"\n"
    "    t=$(($(wc -l <\"$here/tries\") % 2 + 1))000\n"
    "    ok noisy 1 3>&1 | sed \"s/1000/$t/\" >&3 ;;\n"
    "good | needy) ok \"$1\" 1 ;;\n"
    "crash) echo 'about to go wrong' >&2; kill -SEGV $$ ;;\n"
    "hang) exec sleep 1000 ;;\n"
    "garbage) echo '{\"not\": \"a record\"' >&3 ;;\n"
    "silent) exit 3 ;;\n"
    "flood) exec cat /dev/zero ;;\n"
    "failing) echo '{\"schema\": 1, \"workload\": \"failing\", \"status\": "
    "\"failed\", \"error\": {\"errno\": \"EIO\", \"message\": \"no luck\"}}' "
    ">&3; exit 1 ;;\n"
    "skipping) echo '{\"schema\": 1, \"workload\": \"skipping\", \"status\": "
    "\"skipped\", \"skip\": {\"reason\": \"too small\", "
    "\"needed\": 132, \"limit\": 64, \"remedy\": \"ulimit -n 132\"}}' >&3 ;;\n"
    "odd) ok odd $$ ;;\n"
    "absurd) ok absurd 1 3>&1 | sed 's/\"user_ns\": 1/&0000000000000/' >&3 ;;\n"
    "poor) ok poor 1 3>&1 | sed 's/\"units\": 1, //' >&3 ;;\n"
    "stuck)\n"
    "    [ ! -e \"$here/hold\" ] || { echo $$ >\"$here/hold\"; "
    "exec sleep 1000; }\n"
    "    ok stuck 1 ;;\n"
    "killer)\n"
    "    for p in $(cat /proc/$PPID/task/$PPID/children); do\n"
    "        [ \"$p\" = $$ ] && continue\n"
    "        kill -KILL \"$p\"\n"
    "        until grep -q ') Z ' \"/proc/$p/stat\"; do :; done\n"
    "    done\n"
    "    ok killer 1 ;;\n"
    "esac\n";

struct fixture {
    char program[PATH_MAX]; /* cobench */
    char origin[PATH_MAX];
    char dir[64]; /* the working folder; bin/ in it holds the fakes */
    char *output; /* of the last command, both streams */
};

/* ---- set-up ---- */

static void write_file(const char *dir, const char *name, const char *text,
                       mode_t mode)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* The description written out: '@name@' begins a workload, '%' stands for no
 * parameters and one cell. */
static char *expand_description(void)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    bool in_name = false;
    for (const char *c = description; *c; c++) {
        if (*c == '@') {
            fputs(in_name ? "\", \"question\": \"q\", \"op\": \"thing\", "
                          : "{\"name\": \"",
                  f);
            in_name = !in_name;
        } else if (*c == '%') {
            fputs("\"params\": [], \"cells\": [{\"runtimes\": \"fake\", "
                  "\"quick\": \"\"}]}",
                  f);
        } else {
            fputc(*c == '\'' ? '"' : *c, f);
        }
    }
    fclose(f);
    return text;
}

/* The folder of the real programs. */
static void find_programs(struct fixture *f)
{
    const char *given = getenv("COBENCH_TEST_PROGRAMS");
    char folder[PATH_MAX];
    assert_non_null(given);
    assert_non_null(realpath(given, folder));
    snprintf(f->program, sizeof f->program, "%.4000s/cobench", folder);
    snprintf(f->origin, sizeof f->origin, "%.4000s/origin", folder);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    find_programs(f);
    strcpy(f->dir, "/tmp/cobench-cli-XXXXXX");
    if (!mkdtemp(f->dir) || chdir(f->dir) != 0 || mkdir("bin", 0777) != 0)
        return -1;
    char *text = expand_description();
    write_file("bin", "description", text, 0666);
    free(text);
    write_file("bin", "trial-fake", script, 0777);
    if (symlink(f->origin, "bin/origin") != 0)
        return -1;
    char bin[96];
    snprintf(bin, sizeof bin, "%s/bin", f->dir);
    setenv("COBENCH_BIN", bin, 1);
    /* Orphans come to us, so that their end can be waited for. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", f->dir);
    int status = chdir("/") == 0 ? system(command) : -1;
    free(f->output);
    free(f);
    return status;
}

/* ---- running it ---- */

struct child {
    pid_t pid;
    int fd; /* what it prints */
};

static void limit(int resource, rlim_t value)
{
    struct rlimit r;
    getrlimit(resource, &r);
    r.rlim_cur = value;
    setrlimit(resource, &r);
}

/* Starts `cobench` with blank-separated arguments; a limit of 0 is none. */
static struct child start(const struct fixture *f, const char *arguments,
                          int resource, rlim_t value)
{
    char text[512], *argv[32] = { (char[]){ "cobench" } };
    int argc = 1, ends[2];
    snprintf(text, sizeof text, "%s", arguments);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        if (value)
            limit(resource, value);
        execv(f->program, argv);
        _exit(99);
    }
    close(ends[1]);
    return (struct child){ pid, ends[0] };
}

/* Waits for the end; keeps what it printed; the status as a shell has it. */
static int finish(struct fixture *f, struct child child)
{
    size_t used = 0, size = 1 << 20;
    free(f->output);
    f->output = calloc(1, size);
    ssize_t n;
    while ((n = read(child.fd, f->output + used, size - used - 1)) > 0)
        used += (size_t)n;
    close(child.fd);
    int status = 0;
    assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int cobench(struct fixture *f, const char *arguments)
{
    return finish(f, start(f, arguments, 0, 0));
}

/* ---- looking at what it did ---- */

static struct trials read_run(const char *dir)
{
    struct trials trials;
    char message[512];
    assert_int_equal(trials_read(&trials, dir, message, sizeof message), 0);
    return trials;
}

static const char *text_of(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    return text ? text : "";
}

/* Lines of that workload, phase and outcome; NULL: any. */
static int count(const struct trials *trials, const char *workload,
                 const char *phase, const char *outcome)
{
    int n = 0;
    size_t i;
    json_t *line;
    json_array_foreach(trials->trials, i, line)
    {
        if (workload &&
            strncmp(text_of(line, "cell"), workload, strlen(workload)) != 0)
            continue;
        if (phase && strcmp(text_of(line, "phase"), phase) != 0)
            continue;
        n += !outcome || strcmp(text_of(line, "outcome"), outcome) == 0;
    }
    return n;
}

static int lines(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static bool exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* Waits for the end of an orphan that came to us. */
static void wait_orphan(pid_t pid)
{
    assert_true(pid > 1);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Everything that was started has ended: what is left are orphans that were
 * killed and that nobody has taken away yet.  One that lives on would keep us
 * here until the time limit of the test. */
static bool no_children(void)
{
    while (waitpid(-1, NULL, 0) > 0)
        ;
    return errno == ECHILD;
}

/* ---- tests ---- */

static void bad_input_gets_one_line_and_status_2(void **state)
{
    struct fixture *f = *state;
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
        assert_int_equal(cobench(f, cases[i]), 2);
        assert_int_equal(lines(f->output), 1);
        assert_int_equal(strncmp(f->output, "cobench", 7), 0);
    }
    assert_false(exists("results"));
}

static void help_and_version_go_to_standard_output(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[] = { "--help", "run --help", "list --help",
                                         "report --help", "--version" };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(cobench(f, cases[i]), 0);
        assert_true(lines(f->output) >= 1);
    }
}

static void list_shows_runtimes_and_workloads(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(cobench(f, "list"), 0);
    assert_non_null(strstr(f->output, "fake"));
    assert_non_null(strstr(f->output, "good: q"));
    assert_int_equal(cobench(f, "list --json"), 0);
    json_t *doc = json_loads(f->output, 0, NULL);
    assert_int_equal(json_array_size(doc), 1);
    json_decref(doc);
}

static void without_trial_programs_the_status_is_4(void **state)
{
    struct fixture *f = *state;
    unlink("bin/trial-fake");
    assert_int_equal(cobench(f, "run"), 4);
    assert_int_equal(lines(f->output), 1);
    assert_int_equal(cobench(f, "list"), 4);
    assert_int_equal(lines(f->output), 1);
}

static void a_program_that_cannot_describe_itself_is_left_out(void **state)
{
    struct fixture *f = *state;
    write_file("bin", "trial-odd", "#!/bin/sh\necho '{}'\n", 0777);
    assert_int_equal(cobench(f, "run --profile quick --workload good"), 0);
    assert_non_null(strstr(f->output, "trial-odd is left out"));
}

static void a_run_measures_every_cell_in_every_round(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(cobench(f, "run --profile quick --workload good,counted"),
                     0);
    struct trials t = read_run("results/local/latest");
    assert_int_equal(json_array_size(t.cells), 4);
    assert_int_equal(count(&t, "good", "warmup", "ok"), 3);
    assert_int_equal(count(&t, "good", "measure", "ok"), 9);
    assert_int_equal(count(&t, "counted", "warmup", "ok"), 1);
    assert_int_equal(count(&t, "counted", "measure", "ok"), 3);
    assert_string_equal(text_of(t.end, "reason"), "complete");
    size_t i;
    json_t *line;
    json_array_foreach(t.trials, i, line)
    {
        /* 1 us each: the target of 50 ms is 50 000, within a factor. */
        json_int_t rounds = json_integer_value(json_object_get(
            json_object_get(json_object_get(line, "record"), "params"),
            "rounds"));
        if (strcmp(text_of(line, "phase"), "measure") == 0 &&
            strncmp(text_of(line, "cell"), "counted", 7) == 0)
            assert_in_range(rounds, 25000, 80000);
    }
    trials_fini(&t);
    json_t *env = json_load_file("results/local/latest/env.json", 0, NULL);
    assert_true(json_integer_value(json_object_get(env, "num_cpus")) > 0);
    json_decref(env);
    assert_true(exists("results/local/latest/results.json"));
}

static void the_same_seed_gives_the_same_order(void **state)
{
    struct fixture *f = *state;
    static const char *const dirs[] = { "a", "b", "c" };
    char arguments[128];
    json_t *orders[3];
    for (int i = 0; i < 3; i++) {
        snprintf(arguments, sizeof arguments,
                 "run --profile quick --workload good --repetitions 5 --seed "
                 "%d --out %s",
                 i == 2 ? 8 : 7, dirs[i]);
        assert_int_equal(cobench(f, arguments), 0);
        struct trials t = read_run(dirs[i]);
        size_t k;
        json_t *line;
        orders[i] = json_array();
        json_array_foreach(t.trials, k, line)
        {
            json_array_append(orders[i], json_object_get(line, "cell"));
        }
        trials_fini(&t);
    }
    assert_true(json_equal(orders[0], orders[1]));
    assert_false(json_equal(orders[0], orders[2]));
    for (int i = 0; i < 3; i++)
        json_decref(orders[i]);
}

static void a_trial_that_goes_wrong_is_recorded_and_the_rest_goes_on(
    void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *workload, *outcome;
    } cases[] = {
        { "crash", "crashed" },   { "hang", "timeout" },
        { "garbage", "garbage" }, { "silent", "crashed" },
        { "flood", "garbage" },   { "failing", "failed" },
    };
    assert_int_equal(cobench(f,
                             "run --profile quick --workload "
                             "crash,garbage,silent,flood,failing,good --out r"),
                     1);
    assert_int_equal(cobench(f,
                             "run --profile quick --time-limit 3 --no-warmup "
                             "--workload hang,good --out h"),
                     1);
    struct trials r = read_run("r"), h = read_run("h");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct trials *t =
            strcmp(cases[i].workload, "hang") == 0 ? &h : &r;
        /* Twice, and then no more. */
        assert_int_equal(count(t, cases[i].workload, NULL, NULL), 2);
        assert_int_equal(count(t, cases[i].workload, NULL, cases[i].outcome),
                         2);
    }
    assert_int_equal(count(&h, "good", "measure", "ok"), 9);
    assert_int_equal(count(&r, "good", "measure", "ok"), 9);
    assert_non_null(strstr(f->output, "timeout: hang"));
    trials_fini(&r);
    trials_fini(&h);
    assert_true(no_children());
}

static void a_record_that_cannot_be_true_is_garbage(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        cobench(f, "run --profile quick --workload absurd,poor,good --out r"),
        1);
    struct trials t = read_run("r");
    assert_int_equal(count(&t, "absurd", NULL, "garbage"), 2);
    assert_int_equal(count(&t, "poor", NULL, "garbage"), 2);
    assert_int_equal(count(&t, "good", "measure", "ok"), 9);
    trials_fini(&t);
    assert_non_null(strstr(f->output, "no usable user_ns"));
    assert_non_null(strstr(f->output, "no usable units"));
}

/* Its operations are the number of its process. */
static void work_that_is_not_the_same_is_status_1(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(cobench(f, "run --profile quick --workload odd,good"), 1);
    const char *line = strstr(f->output, "cobench: unequal work, not compared");
    assert_non_null(line);
    assert_non_null(strstr(line, "odd/cpus:1/runtime:fake"));
    assert_null(strstr(line, "good/"));
}

static void a_skipped_cell_is_recorded_once_and_is_no_failure(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        cobench(f, "run --profile quick --workload skipping,good --out r"), 0);
    struct trials t = read_run("r");
    assert_int_equal(count(&t, "skipping", NULL, NULL), 1);
    assert_int_equal(count(&t, "skipping", NULL, "skipped"), 1);
    trials_fini(&t);
    assert_non_null(strstr(f->output, "runtime:fake: too small (needs 132, "
                                      "limit 64): ulimit -n 132\n"));
    /* Nothing but that: nothing was measured. */
    assert_int_equal(
        cobench(f, "run --profile quick --workload skipping --out s"), 4);
    assert_int_equal(cobench(f, "report s"), 4);
    assert_non_null(strstr(f->output, "skipped: too small"));
    assert_non_null(strstr(f->output, "nothing was measured in s"));
}

/* Ended before its first trial. */
static void a_run_without_trials_has_no_report(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(cobench(f, "run --profile quick --workload good --out r"),
                     0);
    assert_int_equal(system("mkdir empty && head -n 1 r/trials.jsonl "
                            ">empty/trials.jsonl && cp r/env.json empty"),
                     0);
    assert_int_equal(cobench(f, "report empty"), 4);
    assert_non_null(strstr(f->output, "there are no trials in empty"));
    assert_null(strstr(f->output, "cannot tell"));
    assert_int_not_equal(system("test -e empty/report.html"), 0);
    assert_int_equal(cobench(f, "compare r empty"), 4);
    assert_int_equal(cobench(f, "run --resume=empty"), 0);
    assert_int_equal(cobench(f, "report empty"), 0);
}

static void an_origin_that_dies_fails_its_cells_and_no_others(void **state)
{
    struct fixture *f = *state;
    if (!exists(f->origin)) {
        printf("SKIP: %s is not built\n", f->origin);
        skip();
    }
    assert_int_equal(
        cobench(f, "run --profile quick --workload killer,needy,good --out r"),
        1);
    struct trials t = read_run("r");
    assert_int_equal(count(&t, "killer", NULL, "failed"), 2);
    assert_int_equal(count(&t, "needy", "measure", "ok"), 3);
    assert_int_equal(count(&t, "good", "measure", "ok"), 9);
    trials_fini(&t);
    assert_non_null(strstr(f->output, "the origin died"));
    assert_true(no_children());
}

static void a_missing_origin_fails_only_what_needs_it(void **state)
{
    struct fixture *f = *state;
    unlink("bin/origin");
    assert_int_equal(
        cobench(f, "run --profile quick --workload needy,good --out r"), 1);
    struct trials t = read_run("r");
    assert_int_equal(count(&t, "needy", NULL, "failed"), 2);
    assert_int_equal(count(&t, "good", "measure", "ok"), 9);
    trials_fini(&t);
}

static void a_dry_run_measures_nothing(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(cobench(f, "run --profile quick --dry-run"), 0);
    assert_non_null(strstr(f->output, "18 cells"));
    assert_non_null(strstr(f->output, "good/n:2/cpus:1/runtime:fake"));
    assert_false(exists("results"));
}

static void an_output_folder_that_cannot_be_written_is_status_4(void **state)
{
    struct fixture *f = *state;
    write_file(".", "file", "x", 0666);
    assert_int_equal(cobench(f, "run --profile quick --workload good --out "
                                "file/sub"),
                     4);
    assert_int_equal(lines(f->output), 1);
    assert_non_null(strstr(f->output, "cannot write into file/sub"));
    assert_int_equal(cobench(f, "run --profile quick --workload good --out "
                                "file/sub --dry-run"),
                     4);
    assert_int_equal(cobench(f, "run --profile quick --workload good --out "
                                "new/sub --dry-run"),
                     0);
    assert_false(exists("new"));
    write_file(".", "results", "x", 0666);
    assert_int_equal(cobench(f, "run --profile quick --workload good"), 4);
    assert_non_null(strstr(f->output, "cannot write into results/local"));
}

static void a_folder_that_holds_a_run_is_not_overwritten(void **state)
{
    struct fixture *f = *state;
    const char *run = "run --profile quick --workload good --out r";
    assert_int_equal(cobench(f, run), 0);
    assert_int_equal(cobench(f, run), 2);
    assert_int_equal(lines(f->output), 1);
    assert_non_null(strstr(f->output, "holds a run already"));
    assert_int_equal(
        cobench(f, "run --profile quick --workload good --out r --dry-run"), 2);
}

static void a_full_disk_keeps_what_was_measured(void **state)
{
    struct fixture *f = *state;
    /* Room for the first line, env.json, and some trials. */
    struct child child =
        start(f,
              "run --profile quick --workload good --repetitions 500 "
              "--out r",
              RLIMIT_FSIZE, 16 << 10);
    assert_int_equal(finish(f, child), 4);
    assert_non_null(strstr(f->output, "cannot write r/trials.jsonl"));
    assert_non_null(
        strstr(f->output, "free space, then: cobench run --resume=r\n"));
    assert_non_null(strstr(f->output, "3 cells: "));
    struct trials t = read_run("r");
    assert_false(t.truncated);
    assert_true(json_array_size(t.trials) > 3);
    trials_fini(&t);
}

static void few_descriptors_are_enough(void **state)
{
    struct fixture *f = *state;
    struct child child = start(f, "run --profile quick --workload good,counted",
                               RLIMIT_NOFILE, 64);
    assert_int_equal(finish(f, child), 0);
}

/* Starts a run and waits until its trial of `stuck` hangs; the trial's number
 * in *trial. */
static struct child start_stuck(const struct fixture *f, pid_t *trial)
{
    assert_int_equal(mkfifo("bin/hold", 0666), 0);
    struct child child =
        start(f, "run --profile quick --workload good,stuck --seed 1", 0, 0);
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
static void check_resumed(struct fixture *f)
{
    struct trials before = read_run("results/local/latest");
    assert_int_equal(cobench(f, "run --resume"), 0);
    struct trials after = read_run("results/local/latest");
    assert_int_equal(count(&after, "good", "measure", "ok"), 9);
    assert_int_equal(count(&after, "stuck", "measure", "ok"), 3);
    assert_string_equal(text_of(after.end, "reason"), "complete");
    assert_true(json_equal(before.run, after.run));
    for (size_t i = 0; i < json_array_size(before.trials); i++)
        assert_true(json_equal(json_array_get(before.trials, i),
                               json_array_get(after.trials, i)));
    trials_fini(&before);
    trials_fini(&after);
}

static void ctrl_c_keeps_what_was_measured_and_leaves_no_process(void **state)
{
    struct fixture *f = *state;
    static const int signals[] = { SIGINT, SIGTERM };
    for (int i = 0; i < 2; i++) {
        pid_t trial;
        struct child child = start_stuck(f, &trial);
        kill(child.pid, signals[i]);
        assert_int_equal(finish(f, child), 128 + signals[i]);
        assert_int_equal(kill(trial, 0), -1);
        assert_true(no_children());
        struct trials t = read_run("results/local/latest");
        assert_true(json_is_true(json_object_get(t.end, "interrupted")));
        assert_int_equal(count(&t, "stuck", NULL, "interrupted"), 1);
        trials_fini(&t);
        check_resumed(f);
    }
}

static void a_killed_driver_takes_its_trial_along(void **state)
{
    struct fixture *f = *state;
    pid_t trial;
    struct child child = start_stuck(f, &trial);
    kill(child.pid, SIGKILL);
    assert_int_equal(finish(f, child), 128 + SIGKILL);
    wait_orphan(trial);
    check_resumed(f);
}

static void a_truncated_last_line_is_cut_when_resuming(void **state)
{
    struct fixture *f = *state;
    pid_t trial;
    struct child child = start_stuck(f, &trial);
    kill(child.pid, SIGKILL);
    finish(f, child);
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
    struct fixture *f = *state;
    const char *said = "cobench: 2 trials failed, 1 cell skipped";
    assert_int_equal(
        cobench(f, "run --profile quick --workload failing,skipping,good "
                   "--out r"),
        1);
    assert_non_null(strstr(f->output, said));
    assert_int_equal(system("sed -i '$d' r/trials.jsonl"), 0);
    assert_int_equal(cobench(f, "run --resume=r"), 1);
    assert_non_null(strstr(f->output, said));
}

static void a_run_of_another_build_is_not_resumed(void **state)
{
    struct fixture *f = *state;
    const char *run = "run --profile quick --workload good --repetitions 500 "
                      "--budget 1 --seed 5";
    assert_int_equal(cobench(f, run), 0);
    FILE *program = fopen("bin/trial-fake", "a");
    assert_non_null(program);
    fputs("# rebuilt\n", program);
    fclose(program);
    char first[PATH_MAX] = "", second[PATH_MAX] = "";
    assert_true(readlink("results/local/latest", first, sizeof first - 1) > 0);
    assert_int_equal(cobench(f, "run --resume=results/local/latest"), 2);
    assert_int_equal(lines(f->output), 1);
    assert_non_null(strstr(f->output, "was measured with another build"));
    /* With its arguments, but from the beginning. */
    assert_int_equal(cobench(f, "run --resume"), 0);
    assert_non_null(strstr(f->output, "another build: starting a new one"));
    assert_true(readlink("results/local/latest", second, sizeof second - 1) >
                0);
    assert_string_not_equal(first, second);
    struct trials t = read_run("results/local/latest");
    assert_int_equal(json_array_size(t.cells), 3);
    assert_int_equal(json_integer_value(json_object_get(t.run, "seed")), 5);
    trials_fini(&t);
}

static void there_is_nothing_to_resume_in_a_complete_run(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(cobench(f, "run --profile quick --workload good --resume"),
                     0);
    assert_non_null(strstr(f->output, "no run to go on with"));
    char first[PATH_MAX] = "", second[PATH_MAX] = "";
    assert_true(readlink("results/local/latest", first, sizeof first - 1) > 0);
    assert_int_equal(cobench(f, "run --profile quick --workload good --resume"),
                     0);
    assert_non_null(strstr(f->output, "is complete: starting a new one"));
    assert_true(readlink("results/local/latest", second, sizeof second - 1) >
                0);
    assert_string_not_equal(first, second);
}

static void a_run_stops_when_its_budget_is_used_up(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(cobench(f, "run --profile quick --workload good "
                                "--repetitions 10000 --budget 1 --out r"),
                     0);
    struct trials t = read_run("r");
    assert_string_equal(text_of(t.end, "reason"), "budget");
    assert_true(count(&t, "good", "measure", "ok") < 30000);
    trials_fini(&t);
}

static bool has_converged(const char *dir, const char *cell)
{
    char path[64];
    snprintf(path, sizeof path, "%s/results.json", dir);
    json_t *root = json_load_file(path, 0, NULL), *entry;
    const json_t *found = NULL;
    size_t i;
    json_array_foreach(json_object_get(root, "precision"), i, entry)
    {
        if (strcmp(text_of(entry, "name"), cell) == 0)
            found = json_object_get(entry, "converged");
    }
    assert_true(json_is_boolean(found));
    bool yes = json_is_true(found);
    json_decref(root);
    return yes;
}

/* Times that never vary need six rounds for an interval; those that jump
 * between one and two units never have a narrow one. */
static void what_is_not_precise_gets_more_rounds(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(cobench(f, "run --profile quick --workload good,noisy "
                                "--param n=1 --precision 2% --out r"),
                     0);
    struct trials t = read_run("r");
    assert_string_equal(text_of(t.end, "reason"), "complete");
    assert_true(json_real_value(json_object_get(t.run, "precision")) == 0.02);
    assert_int_equal(count(&t, "good", "measure", "ok"), 6);
    assert_int_equal(count(&t, "noisy", "measure", "ok"), 100);
    trials_fini(&t);
    assert_non_null(strstr(f->output, "noisy/cpus:1/runtime:fake: within 33% "
                                      "after 100 rounds"));
    assert_non_null(strstr(f->output, "1 cell is not within 2%"));
    assert_true(has_converged("r", "good/n:1/cpus:1/runtime:fake"));
    assert_false(has_converged("r", "noisy/cpus:1/runtime:fake"));
    json_t *env = json_load_file("r/env.json", 0, NULL);
    assert_true(json_real_value(json_object_get(env, "precision")) == 0.02);
    json_decref(env);
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
    struct fixture *f = *state;
    const char *run = "run --profile quick --workload noisy --precision 2%"
                      " --out r";
    assert_int_equal(cobench(f, run), 0);
    cut_after(1 + 1 + 40); /* the plan, the warm-up, rounds 1 to 40 */
    assert_int_equal(cobench(f, "run --resume=r"), 0);
    struct trials t = read_run("r");
    assert_string_equal(text_of(t.end, "reason"), "complete");
    assert_int_equal(count(&t, "noisy", "measure", "ok"), 100);
    size_t i, expected = 0;
    json_t *line;
    json_array_foreach(t.trials, i, line)
    {
        if (strcmp(text_of(line, "phase"), "measure") == 0)
            assert_int_equal(json_integer_value(json_object_get(line, "round")),
                             ++expected);
    }
    trials_fini(&t);
}

static void report_makes_the_results_again(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(cobench(f, "report"), 4);
    assert_int_equal(lines(f->output), 1);
    assert_int_equal(cobench(f, "run --profile quick --workload good"), 0);
    unlink("results/local/latest/results.json");
    unlink("results/local/latest/summary.csv");
    assert_int_equal(cobench(f, "report"), 0);
    assert_true(exists("results/local/latest/results.json"));
    assert_true(exists("results/local/latest/summary.csv"));
    write_file("results/local/latest", "trials.jsonl", "nonsense\n", 0666);
    assert_int_equal(cobench(f, "report"), 4);
    assert_int_equal(lines(f->output), 1);
}

/* The exit status of a shell command in which $C is the program; what it says
 * on standard error is in the file `errors`. */
static int shell(const struct fixture *f, const char *command)
{
    char text[2 * PATH_MAX];
    snprintf(text, sizeof text, "C=%s; { %s; } 2>errors", f->program, command);
    int status = system(text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Nothing is lost in silence, and a reader who has enough is no error. */
static void a_full_disk_under_standard_output_is_said(void **state)
{
    const struct fixture *f = *state;
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
    const struct fixture *f = *state;
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
    struct fixture *f = *state;
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

static void charts_that_cannot_be_drawn_are_said(void **state)
{
    struct fixture *f = *state;
    char bin[96], path[PATH_MAX];
    const char *old = getenv("PATH");
    assert_int_equal(mkdir("x", 0777), 0);
    assert_int_equal(rename("bin", "x/bin"), 0);
    assert_int_equal(mkdir("scripts", 0777), 0);
    write_file("scripts", "plots.sh",
               "echo plots.sh: wall: gnuplot failed with exit status 9 >&2\n"
               "exit 4\n",
               0666);
    write_file("x/bin", "gnuplot", "#!/bin/sh\nexit 9\n", 0777);
    snprintf(bin, sizeof bin, "%s/x/bin", f->dir);
    snprintf(path, sizeof path, "%s/x/bin:%s", f->dir, old);
    char *kept = strdup(old);
    setenv("COBENCH_BIN", bin, 1);
    setenv("PATH", path, 1);
    int ran = cobench(f, "run --profile quick --workload good");
    bool said = strstr(f->output, "could not be drawn") &&
                strstr(f->output, "exit status 9");
    int reported = cobench(f, "report");
    setenv("PATH", kept, 1);
    free(kept);
    assert_int_equal(ran, 0);
    assert_true(said);
    assert_int_equal(reported, 4);
    assert_non_null(strstr(f->output, "exit status 9"));
    assert_null(strstr(f->output, " charts summary.csv"));
}

static int find_binaries(void **state)
{
    (void)state;
    const char *bin = getenv("COBENCH_BIN");
    char path[PATH_MAX];
    if (bin && realpath(bin, path))
        return setenv("COBENCH_TEST_PROGRAMS", path, 1);
    /* By hand: this is BUILD/test/bench/test_cli. */
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);
    if (n < 0)
        return -1;
    path[n] = 0;
    *strrchr(path, '/') = 0;
    strcat(path, "/../../bin");
    return setenv("COBENCH_TEST_PROGRAMS", path, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(bad_input_gets_one_line_and_status_2),
        TEST(help_and_version_go_to_standard_output),
        TEST(list_shows_runtimes_and_workloads),
        TEST(without_trial_programs_the_status_is_4),
        TEST(a_program_that_cannot_describe_itself_is_left_out),
        TEST(a_run_measures_every_cell_in_every_round),
        TEST(the_same_seed_gives_the_same_order),
        TEST(a_trial_that_goes_wrong_is_recorded_and_the_rest_goes_on),
        TEST(a_record_that_cannot_be_true_is_garbage),
        TEST(work_that_is_not_the_same_is_status_1),
        TEST(a_skipped_cell_is_recorded_once_and_is_no_failure),
        TEST(a_run_without_trials_has_no_report),
        TEST(an_origin_that_dies_fails_its_cells_and_no_others),
        TEST(a_missing_origin_fails_only_what_needs_it),
        TEST(a_dry_run_measures_nothing),
        TEST(an_output_folder_that_cannot_be_written_is_status_4),
        TEST(a_folder_that_holds_a_run_is_not_overwritten),
        TEST(a_full_disk_keeps_what_was_measured),
        TEST(few_descriptors_are_enough),
        TEST(ctrl_c_keeps_what_was_measured_and_leaves_no_process),
        TEST(a_killed_driver_takes_its_trial_along),
        TEST(a_truncated_last_line_is_cut_when_resuming),
        TEST(what_failed_before_counts_when_resuming),
        TEST(a_run_of_another_build_is_not_resumed),
        TEST(there_is_nothing_to_resume_in_a_complete_run),
        TEST(a_run_stops_when_its_budget_is_used_up),
        TEST(what_is_not_precise_gets_more_rounds),
        TEST(extra_rounds_are_resumed),
        TEST(report_makes_the_results_again),
        TEST(a_full_disk_under_standard_output_is_said),
        TEST(list_fits_a_narrow_terminal),
        TEST(what_a_program_reads_is_not_mixed_with_words),
        TEST(charts_that_cannot_be_drawn_are_said),
    };
    return cmocka_run_group_tests(tests, find_binaries, NULL);
}
