/* SPDX-License-Identifier: MIT */
/*
 * The made-up programs are one shell script, whose manners the workload's name
 * chooses.
 */
#include "fakes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* ---- set-up ---- */

void fakes_put(const char *dir, const char *name, const char *text, mode_t mode)
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
static void find_programs(struct fakes *f)
{
    const char *given = getenv("COBENCH_TEST_PROGRAMS");
    char folder[PATH_MAX];
    assert_non_null(given);
    assert_non_null(realpath(given, folder));
    snprintf(f->program, sizeof f->program, "%.4000s/cobench", folder);
    snprintf(f->origin, sizeof f->origin, "%.4000s/origin", folder);
}

int fakes_set_up(void **state)
{
    struct fakes *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    find_programs(f);
    strcpy(f->dir, "/tmp/cobench-cli-XXXXXX");
    if (!mkdtemp(f->dir) || chdir(f->dir) != 0 || mkdir("bin", 0777) != 0)
        return -1;
    char *text = expand_description();
    fakes_put("bin", "description", text, 0666);
    free(text);
    fakes_put("bin", "trial-fake", script, 0777);
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

int fakes_tear_down(void **state)
{
    struct fakes *f = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", f->dir);
    int status = chdir("/") == 0 ? system(command) : -1;
    free(f->output);
    free(f);
    return status;
}

int fakes_find(void **state)
{
    (void)state;
    const char *bin = getenv("COBENCH_BIN");
    char path[PATH_MAX];
    if (bin && realpath(bin, path))
        return setenv("COBENCH_TEST_PROGRAMS", path, 1);
    /* By hand: this is BUILD/test/bench/test_NAME. */
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);
    if (n < 0)
        return -1;
    path[n] = 0;
    *strrchr(path, '/') = 0;
    strcat(path, "/../../bin");
    return setenv("COBENCH_TEST_PROGRAMS", path, 1);
}

/* ---- running it ---- */

static void limit(int resource, rlim_t value)
{
    struct rlimit r;
    getrlimit(resource, &r);
    r.rlim_cur = value;
    setrlimit(resource, &r);
}

struct fakes_child fakes_start(const struct fakes *f, const char *arguments,
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
    return (struct fakes_child){ pid, ends[0] };
}

int fakes_finish(struct fakes *f, struct fakes_child child)
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

int fakes_run(struct fakes *f, const char *arguments)
{
    return fakes_finish(f, fakes_start(f, arguments, 0, 0));
}

/* ---- looking at what it did ---- */

struct trials fakes_read(const char *dir)
{
    struct trials trials;
    char message[512];
    assert_int_equal(trials_read(&trials, dir, message, sizeof message), 0);
    return trials;
}

const char *fakes_text(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    return text ? text : "";
}

int fakes_count(const struct trials *trials, const char *workload,
                const char *phase, const char *outcome)
{
    int n = 0;
    size_t i;
    json_t *line;
    json_array_foreach(trials->trials, i, line)
    {
        if (workload &&
            strncmp(fakes_text(line, "cell"), workload, strlen(workload)) != 0)
            continue;
        if (phase && strcmp(fakes_text(line, "phase"), phase) != 0)
            continue;
        n += !outcome || strcmp(fakes_text(line, "outcome"), outcome) == 0;
    }
    return n;
}

int fakes_lines(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

bool fakes_exist(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

bool fakes_ended(void)
{
    while (waitpid(-1, NULL, 0) > 0)
        ;
    return errno == ECHILD;
}
