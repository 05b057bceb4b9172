/* SPDX-License-Identifier: MIT */
/* scripts/plots.sh: draws what there is, and says what there is not. */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define HEADER                                                             \
    "cell,workload,group,axis,x,cpus,runtime,metric,unit,median,low,high," \
    "min,max,n,verdict\n"

/* A sweep with memory, and a workload without an axis. */
static const char *const small_run = HEADER
    "e/1/coro,echo,echo/cpus:1,conns,1,1,coro,ns_per_op,ns,9e3,8e3,1e4,8e3,"
    "1e4,9,-\n"
    "e/9/coro,echo,echo/cpus:1,conns,9,1,coro,ns_per_op,ns,7e3,6e3,8e3,6e3,"
    "8e3,9,-\n"
    "e/1/thread,echo,echo/cpus:1,conns,1,1,thread,ns_per_op,ns,9e5,-,-,9e5,"
    "9e5,1,-\n"
    "e/9/thread,echo,echo/cpus:1,conns,9,1,thread,ns_per_op,ns,7e5,-,-,7e5,"
    "7e5,1,-\n"
    "e/9/coro,echo,echo/cpus:1,conns,9,1,coro,ops_per_s,1/s,1e5,9e4,2e5,9e4,"
    "2e5,9,-\n"
    "e/9/thread,echo,echo/cpus:1,conns,9,1,thread,wall_vs_coro,ratio,99,90,"
    "110,80,120,9,slower\n"
    "s/1/coro,nap,nap/cpus:1,tasks,1000,1,coro,parked_rss,bytes,4e6,4e6,4e6,"
    "4e6,4e6,9,-\n"
    "s/1/coro,nap,nap/cpus:1,tasks,1000,1,coro,parked_full,bytes,5e6,5e6,5e6,"
    "5e6,5e6,9,-\n"
    "s/2/coro,nap,nap/cpus:1,tasks,9000,1,coro,parked_rss,bytes,4e7,4e7,4e7,"
    "4e7,4e7,9,-\n"
    "s/2/coro,nap,nap/cpus:1,tasks,9000,1,coro,parked_full,bytes,5e7,5e7,5e7,"
    "5e7,5e7,9,-\n"
    "s/coro,nap,nap/cpus:1,-,-,1,coro,full_slope,bytes,5120,5000,5200,5000,"
    "5200,9,-\n"
    "e/n/coro,echo,echo/nodelay:0/cpus:1,-,-,1,coro,ns_per_op,ns,9e3,8e3,1e4,"
    "8e3,1e4,9,-\n"
    "e/o/coro,echo,echo/schedule:fixed/cpus:1,-,-,1,coro,ns_per_op,ns,9e9,8e9,"
    "1e10,8e9,1e10,9,-\n"
    "p/coro,pair,pair/via:a&b/cpus:1,-,-,1,coro,ns_per_op,ns,20,19,21,19,21,9,"
    "-\n"
    "p/pool,pair,pair/via:a&b/cpus:1,-,-,1,pool:20,ns_per_op,ns,2000,1900,"
    "2100,1900,2100,9,-\n"
    "p/x,pair,pair/via:a&b/cpus:1,-,-,1,stranger,ns_per_op,ns,200,190,"
    "210,190,210,9,-\n";

static const char *const captions = "machine\tTwo <slow> CPUs\n"
                                    "commit\tabcdef\n"
                                    "rounds\t9\n"
                                    "workload\tpair\tns_per_op\tswitch\t"
                                    "Is \"a\" < b & c?\n";

/* 90 %, 99 % and 99.9 % as points of two curves, and what a chart leaves
 * out. */
static const char *const curves =
    "cell,workload,point,runtime,which,share,ns,count\n"
    "p/1/coro,pair,pair/offload:0/cpus:1,coro,heartbeat,0,1,9999\n"
    "p/1/coro,pair,pair/offload:0/cpus:1,coro,heartbeat,0.5,1e6,9999\n"
    "p/1/coro,pair,pair/offload:0/cpus:1,coro,heartbeat,0.9,2e6,9999\n"
    "p/1/coro,pair,pair/offload:0/cpus:1,coro,heartbeat,0.99,5e7,9999\n"
    "p/2/pool,pair,pair/offload:1/cpus:1,pool:20,heartbeat,0.5,1e5,99999\n"
    "p/2/pool,pair,pair/offload:1/cpus:1,pool:20,heartbeat,0.999,2e5,99999\n"
    "p/3/seq,lone,lone/cpus:1,seq,latency,0,100,15\n";

struct fixture {
    char dir[64];
    char output[8192]; /* what the script said */
};

static void put(const struct fixture *f, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Formats to the end of *text, which is the caller's to free. */
static void add(char **text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add(char **text, const char *format, ...)
{
    char *more, *both;
    va_list args;
    va_start(args, format);
    assert_true(vasprintf(&more, format, args) >= 0);
    va_end(args);
    assert_true(asprintf(&both, "%s%s", *text, more) >= 0);
    free(*text);
    free(more);
    *text = both;
}

/* Writes summary.csv: the text, which it frees. */
static void put_summary(const struct fixture *f, char *text)
{
    put(f, "summary.csv", text);
    free(text);
}

/* The file's content, to be freed, or NULL where there is no such file. */
static char *get(const struct fixture *f, const char *name, size_t *size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    struct stat st;
    assert_int_equal(fstat(fileno(file), &st), 0);
    char *text = calloc(1, (size_t)st.st_size + 1);
    assert_non_null(text);
    *size = fread(text, 1, (size_t)st.st_size, file);
    fclose(file);
    return text;
}

static int exists(const struct fixture *f, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return access(path, F_OK) == 0;
}

/* The exit status of `sh -c command`; its output goes to f->output. */
static int shell(struct fixture *f, const char *command)
{
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t size = fread(f->output, 1, sizeof f->output - 1, pipe);
    f->output[size] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int plots(struct fixture *f, const char *environment)
{
    const char *scripts = getenv("COBENCH_SCRIPTS");
    char command[PATH_MAX + 256];
    snprintf(command, sizeof command, "%s /bin/sh '%s/plots.sh' '%s' 2>&1",
             environment, scripts ? scripts : "scripts", f->dir);
    return shell(f, command);
}

static void need_gnuplot(void)
{
    if (system("command -v gnuplot >/dev/null 2>&1") != 0) {
        print_message("SKIP: gnuplot is not installed\n");
        skip();
    }
}

static void assert_says(const struct fixture *f, const char *text)
{
    if (!strstr(f->output, text))
        fail_msg("\"%s\" is not in: %s", text, f->output);
}

/* The chart is whole, and that text is in it or not. */
static void assert_svg(const struct fixture *f, const char *name,
                       const char *text, bool there)
{
    size_t size;
    char *svg = get(f, name, &size);
    assert_non_null(svg);
    assert_non_null(strstr(svg, "<svg"));
    assert_non_null(strstr(svg, "</svg>"));
    if (there != (strstr(svg, text) != NULL))
        fail_msg("\"%s\" is %sin %s", text, there ? "not " : "", name);
    free(svg);
}

static void assert_svg_has(const struct fixture *f, const char *name,
                           const char *text)
{
    assert_svg(f, name, text, true);
}

static void assert_svg_lacks(const struct fixture *f, const char *name,
                             const char *text)
{
    assert_svg(f, name, text, false);
}

static void assert_png(const struct fixture *f, const char *name)
{
    size_t size;
    char *png = get(f, name, &size);
    assert_non_null(png);
    assert_true(size > 1000);
    assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
    assert_memory_equal(png + size - 8, "IEND", 4);
    free(png);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    strcpy(f->dir, "/tmp/cobench-charts-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
    int status = system(command);
    free(f);
    return status;
}

static void each_kind_of_chart_is_drawn(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    put(f, "summary.csv", small_run);
    put(f, "captions.tsv", captions);
    assert_int_equal(plots(f, ""), 0);
    static const char *const charts[] = { "wall-echo", "wall-echo-fixed",
                                          "wall-pair", "memory-nap",
                                          "speedup-wall" };
    for (size_t i = 0; i < sizeof charts / sizeof *charts; i++) {
        char name[64];
        snprintf(name, sizeof name, "charts/%s.svg", charts[i]);
        assert_svg_has(f, name, "<path");
        snprintf(name, sizeof name, "charts/%s.png", charts[i]);
        assert_png(f, name);
    }
}

static void every_runtime_is_named_and_marked(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    put(f, "summary.csv", small_run);
    assert_int_equal(plots(f, ""), 0);
    /* Its name stands beside its line, in a colour of its own. */
    static const struct {
        const char *chart, *name, *colour;
    } expected[] = {
        { "charts/wall-pair.svg", "<text>coro</text>", "rgb(  0, 114, 178)" },
        { "charts/wall-pair.svg", "<text>pool:20</text>",
          "rgb(230, 159,   0)" },
        { "charts/wall-pair.svg", "<text>stranger</text>",
          "rgb(  0,   0,   0)" },
        { "charts/wall-echo.svg", "<text>coro</text>", "rgb(  0, 114, 178)" },
        { "charts/wall-echo.svg", "<text>thread</text>", "rgb(213,  94,   0)" },
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_svg_has(f, expected[i].chart, expected[i].name);
        assert_svg_has(f, expected[i].chart, expected[i].colour);
    }
    assert_svg_has(f, "charts/memory-nap.svg", "5.00 KiB per task</text>");
}

static void what_a_schedule_takes_is_no_time_of_an_operation(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    put(f, "summary.csv", small_run);
    assert_int_equal(plots(f, ""), 0);
    size_t size;
    char *svg = get(f, "charts/wall-echo-fixed.svg", &size);
    assert_non_null(strstr(svg, "nodelay:0"));
    assert_null(strstr(svg, "schedule"));
    free(svg);
}

static void an_origin_bound_ratio_is_left_out_and_counted(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    char *text = strdup(small_run);
    add(&text, "e/1/pool,echo,echo/cpus:1,conns,1,1,pool:20,"
               "wall_vs_coro,ratio,7,6,8,6,8,9,origin-bound\n");
    put_summary(f, text);
    assert_int_equal(plots(f, ""), 0);
    const char *chart = "charts/speedup-wall.svg";
    assert_svg_has(f, chart,
                   "1 left out where the test server was the bottleneck");
    assert_svg_has(f, chart, "<text>coro: the line at 1</text>");
    assert_svg_has(f, chart, "<text>thread</text>");
    size_t size;
    char *svg = get(f, chart, &size);
    assert_null(strstr(svg, "pool:20"));
    free(svg);
}

static void distributions_stand_on_an_axis_of_nines(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    put(f, "summary.csv", small_run);
    put(f, "captions.tsv", captions);
    put(f, "latency.csv", curves);
    assert_int_equal(plots(f, ""), 0);
    static const char *const texts[] = {
        "<text>50 %</text>",       "<text>90 %</text>",
        "<text>99 %</text>",       "<text>99.9 %</text>",
        "<text>coro</text>",       "<text>pool:20, offloaded</text>",
        "lateness of a heartbeat", ">pair  cpus:1 ",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_svg_has(f, "charts/heartbeat-pair.svg", texts[i]);
    assert_png(f, "charts/heartbeat-pair.png");
    /* Too few values for half of them. */
    assert_false(exists(f, "charts/latency-lone.svg"));
}

static void every_sample_is_drawn_and_those_far_off_are_ringed(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    put(f, "summary.csv", small_run);
    put(f, "samples.csv",
        "cell,workload,point,runtime,metric,round,value,relative,outlier\n"
        "a,pair,pair/via:x/cpus:1,coro,ns_per_op,1,90,0.9,0\n"
        "a,pair,pair/via:x/cpus:1,coro,ns_per_op,2,100,1,0\n"
        "a,pair,pair/via:x/cpus:1,coro,ns_per_op,3,150,1.5,1\n"
        "b,pair,pair/via:x/cpus:1,thread,ns_per_op,1,5,1,0\n"
        "c,pair,pair/via:y/cpus:1,coro,ns_per_op,1,5,1,0\n");
    assert_int_equal(plots(f, ""), 0);
    static const char *const texts[] = { "<text>3 samples, 1 ringed</text>",
                                         "<text>1 sample</text>",
                                         "<text>via:x</text>",
                                         "<text>via:y</text>",
                                         "<text>thread</text>",
                                         ">pair  cpus:1</text>" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_svg_has(f, "charts/spread-pair.svg", texts[i]);
    assert_png(f, "charts/spread-pair.png");
}

static void the_verdict_is_drawn_kind_by_kind(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    put(f, "summary.csv", small_run);
    put(f, "verdict.csv",
        "kind,way,measure,cpus,cell,ratio,low,high,winner\n"
        "computing,coroutines,time,1,a,1.01,.9,1.1,unclear\n"
        "computing,coroutines,time,all,b,.5,.4,.6,threads\n"
        "computing,coroutines,time,all,c,3,-,-,coroutines\n"
        "calm,coroutines with offload,lateness,1,d,2,1.5,3,coroutines\n");
    assert_int_equal(plots(f, ""), 0);
    static const char *const texts[] = {
        "Where are coroutines better, and where threads?</text>",
        "<text>computing</text>",
        "<text>time, one CPU</text>",
        "<text>time, all CPUs</text>",
        "<text>lateness, one CPU, with offload</text>",
        "<text>threads are better</text>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_svg_has(f, "charts/verdict.svg", texts[i]);
    assert_png(f, "charts/verdict.png");
    /* Nothing to draw: no old picture either. */
    put(f, "verdict.csv", "kind,way,measure,cpus,cell,ratio,low,high,winner\n");
    assert_int_equal(plots(f, ""), 0);
    assert_false(exists(f, "charts/verdict.svg"));
}

/* The height of a picture as it says itself. */
static double height_of(const struct fixture *f, const char *name)
{
    size_t size;
    double height = 0;
    char *svg = get(f, name, &size);
    assert_non_null(svg);
    assert_int_equal(
        sscanf(strstr(svg, "viewBox="), "viewBox=\"0 0 %*f %lf\"", &height), 1);
    free(svg);
    return height;
}

static void what_is_too_long_for_a_sheet_goes_on_on_the_next(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    char *text = strdup(HEADER);
    /* "b" takes a sheet and a half, so that "c" fits behind it. */
    static const int points[] = { 20, 100, 10 };
    for (int w = 0; w < 3; w++)
        for (int i = 1; i <= points[w]; i++)
            add(&text,
                "%c,%c,%c/cpus:1,tasks,%d,1,thread,wall_vs_coro,ratio,2,1.9,"
                "2.1,1.8,2.2,9,slower\n",
                'a' + w, 'a' + w, 'a' + w, i);
    put_summary(f, text);
    assert_int_equal(plots(f, ""), 0);
    static const struct {
        const char *chart, *here, *away;
    } sheets[] = {
        { "charts/speedup-wall.svg", "<text>a</text>", "<text>b</text>" },
        { "charts/speedup-wall-2.svg", "<text>b</text>", "<text>a</text>" },
        { "charts/speedup-wall-3.svg", "<text>c</text>", "<text>a</text>" },
    };
    for (size_t i = 0; i < sizeof sheets / sizeof *sheets; i++) {
        char of[16];
        snprintf(of, sizeof of, "(%zu of 3)", i + 1);
        assert_svg_has(f, sheets[i].chart, sheets[i].here);
        assert_svg_has(f, sheets[i].chart, of);
        assert_svg_lacks(f, sheets[i].chart, sheets[i].away);
        assert_true(height_of(f, sheets[i].chart) < 1250);
    }
    assert_false(exists(f, "charts/speedup-wall-4.svg"));
    /* Its head stands on both of its sheets. */
    assert_svg_has(f, "charts/speedup-wall-3.svg", "<text>b</text>");
}

static void what_a_stack_in_use_holds_is_drawn_over_its_size(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    char *text = strdup(small_run);
    add(&text, "x,deep,deep/touch_kib:0/cpus:1,tasks,1000,1,coro,parked_rss,"
               "bytes,4e6,4e6,4e6,4e6,4e6,9,-\n"
               "x,deep,deep/touch_kib:0/cpus:1,tasks,9000,1,coro,parked_rss,"
               "bytes,4e7,4e7,4e7,4e7,4e7,9,-\n"
               "x,deep,deep/touch_kib:0/cpus:1,tasks,9000,1,coro,"
               "full_per_task,bytes,4096,4e3,5e3,4e3,5e3,9,-\n"
               "x,deep,deep/touch_kib:16/cpus:1,tasks,9000,1,coro,"
               "full_per_task,bytes,20480,2e4,3e4,2e4,3e4,9,-\n");
    put_summary(f, text);
    assert_int_equal(plots(f, ""), 0);
    static const char *const texts[] = { "<text>stack used, KiB</text>",
                                         "<text>16</text>",
                                         "<text>20 KiB</text>", "tasks:9000" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_svg_has(f, "charts/stack-deep.svg", texts[i]);
    assert_false(exists(f, "charts/stack-nap.svg"));
}

/* The y of the label with this text. */
static double label_y(const struct fixture *f, const char *chart,
                      const char *label)
{
    size_t size;
    double y = 0;
    char *svg = get(f, chart, &size);
    assert_non_null(svg);
    char *at = strstr(svg, label);
    assert_non_null(at);
    while (at > svg && strncmp(at, "translate(", 10) != 0)
        at--;
    assert_int_equal(sscanf(at, "translate(%*f,%lf", &y), 1);
    free(svg);
    return y;
}

static void what_two_rings_say_does_not_overlap(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    char *text = strdup(HEADER);
    for (int i = 0; i < 6; i++) {
        static const char *const runtimes[] = { "coro", "thread" };
        int x = i / 2 == 0 ? 1 : i / 2 == 1 ? 10 : 100;
        double ns = (i / 2 + 1) * (i % 2 ? 1.01 : 1);
        add(&text,
            "e,echo,echo/cpus:1,conns,%d,1,%s,cpu_ns_per_op,ns,%g,%g,%g,1,9,9,"
            "-\ne,echo,echo/cpus:1,conns,%d,1,%s,cpu_growth,ratio,%d.5,1,9,1,"
            "9,9,%s\n",
            x, runtimes[i % 2], ns, ns, ns, x, runtimes[i % 2], i % 2 + 2,
            i / 2 == 1 ? "breaks" : "holds");
    }
    put_summary(f, text);
    assert_int_equal(plots(f, ""), 0);
    const char *chart = "charts/cost-echo.svg";
    double apart = label_y(f, chart, ">2.50x<") - label_y(f, chart, ">3.50x<");
    if (!(apart > 11 || apart < -11))
        fail_msg("they are %g pixels apart", apart);
}

static void the_change_of_winner_is_a_band_with_an_answer(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    put(f, "summary.csv", small_run);
    put(f, "crossovers.csv",
        "workload,param,a,b,metric,answer,low,high,below,above,x,ratio,ci_low,"
        "ci_high\n"
        "echo,conns,coro,thread,wall,found,10,40,thread,coro,100,2,1.8,2.2\n"
        "echo,conns,coro,thread,wall,found,10,40,thread,coro,10,.8,.7,.9\n"
        "echo,conns,coro,thread,wall,found,10,40,thread,coro,20,1,.9,1.1\n"
        "echo,conns,coro,thread,cpu,undecided,-,-,-,-,10,-,-,-\n");
    assert_int_equal(plots(f, ""), 0);
    const char *chart = "charts/crossover-wall.svg";
    assert_svg_has(f, chart, "thread wins up to 10, coro wins from 40 on<");
    assert_svg_has(f, chart, "As conns grows, where does the winner change");
    assert_svg_has(f, chart, "rgb(213,  94,   0)");
    assert_svg_has(f, chart, "rgb(153, 153, 153)");
    assert_png(f, "charts/crossover-wall.png");
    assert_false(exists(f, "charts/crossover-cpu.svg"));
}

static void where_a_cost_stops_to_be_linear_it_is_ringed(void **state)
{
    static const char *const run = HEADER
        "s/1/coro,nap,nap/cpus:1,tasks,10,1,coro,cpu_ns_per_op,ns,100,90,110,"
        "90,110,9,-\n"
        "s/2/coro,nap,nap/cpus:1,tasks,100,1,coro,cpu_ns_per_op,ns,100,90,110,"
        "90,110,9,-\n"
        "s/3/coro,nap,nap/cpus:1,tasks,1000,1,coro,cpu_ns_per_op,ns,320,310,"
        "330,310,330,9,-\n"
        "s/1/thread,nap,nap/cpus:1,tasks,10,1,thread,cpu_ns_per_op,ns,9e3,8e3,"
        "1e4,8e3,1e4,9,-\n"
        "s/2/thread,nap,nap/cpus:1,tasks,100,1,thread,cpu_ns_per_op,ns,9e3,8e3,"
        "1e4,8e3,1e4,9,-\n"
        "s/2/coro,nap,nap/cpus:1,tasks,100,1,coro,cpu_growth,ratio,1,0.9,1.1,"
        "0.9,1.1,9,holds\n"
        "s/3/coro,nap,nap/cpus:1,tasks,1000,1,coro,cpu_growth,ratio,3.2,3.1,"
        "3.3,3.1,3.3,9,breaks\n";
    struct fixture *f = *state;
    need_gnuplot();
    put(f, "summary.csv", run);
    put(f, "captions.tsv",
        "workload\tnap\tcpu_ns_per_op\tnap \"at\" `echo ran` @FACE \\n\tq\n");
    assert_int_equal(plots(f, ""), 0);
    assert_svg_has(f, "charts/cost-nap.svg", "3.20x</text>");
    assert_svg_lacks(f, "charts/cost-nap.svg", "1.00x</text>");
    /* Of two sizes nothing can be said. */
    assert_svg_lacks(f, "charts/cost-nap.svg", "thread");
    /* Nothing in a text is for gnuplot to run. */
    assert_svg_has(f, "charts/cost-nap.svg", "`echo ran` @FACE \\n");
    assert_png(f, "charts/cost-nap.png");
}

static void what_is_not_ours_is_said_beside_its_name(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    put(f, "summary.csv", small_run);
    put(f, "captions.tsv",
        "runtime\tstranger\tthird-party\nruntime\tpool:20\treference\n");
    assert_int_equal(plots(f, ""), 0);
    const char *chart = "charts/wall-pair.svg";
    assert_svg_has(f, chart, "<text>stranger (third-party)</text>");
    assert_svg_has(f, chart, "<text>pool:20 (reference)</text>");
    assert_svg_has(f, chart, "<text>coro</text>");
}

static void labels_say_what_holds_for_one_size_or_a_pool_only(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    static const char row[] =
        "n/x/%s,%s,%s/cpus:1,%s,%d,1,%s,%s,1/s,%d,-,-,1,1,9,-\n";
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    fputs(HEADER, file);
    for (int x = 1000; x <= 2000; x += 1000) {
        fprintf(file, row, "p", "echo", "echo", "conns", x, "pool:20",
                "ops_per_s", x);
        fprintf(file, row, "c", "nap", "nap", "tasks", x, "coro", "parked_rss",
                x * 3000);
        fprintf(file, row, "c", "nap", "nap", "tasks", x, "coro",
                "rss_per_task", 3072);
    }
    fclose(file);
    put(f, "summary.csv", text);
    free(text);
    assert_int_equal(plots(f, ""), 0);
    assert_svg_has(f, "charts/throughput-echo.svg",
                   "<text>pool:20 (20 in flight)</text>");
    assert_svg_has(f, "charts/memory-nap.svg",
                   "3.00 KiB per task, with 2000 tasks</text>");
    assert_svg_has(f, "charts/memory-parts.svg", "<text>RSS 3.00 KiB</text>");
}

static void captions_are_shown_and_escaped(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    put(f, "summary.csv", small_run);
    put(f, "captions.tsv", captions);
    assert_int_equal(plots(f, ""), 0);
    const char *svg = "charts/wall-pair.svg";
    assert_svg_has(f, svg, "<title>Is \"a\" &lt; b &amp; c?</title>");
    assert_svg_has(f, svg, "Two &lt;slow> CPUs");
    assert_svg_has(f, svg, "commit abcdef");
    assert_svg_has(f, svg, "rounds: 9");
    assert_svg_has(f, svg, "time per switch");
}

static void what_has_no_data_is_said_and_not_drawn(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    put(f, "summary.csv", small_run);
    char stale[128];
    snprintf(stale, sizeof stale, "%s/charts", f->dir);
    assert_int_equal(mkdir(stale, 0755), 0);
    put(f, "charts/speedup-cpu.svg", "old");
    put(f, "charts/other.svg", "not ours");
    assert_int_equal(plots(f, ""), 0);
    assert_says(f, "speedup-cpu: no data, not drawn");
    assert_says(f, "wall-nap: no data, not drawn");
    assert_false(exists(f, "charts/speedup-cpu.svg"));
    assert_true(exists(f, "charts/other.svg"));
}

static void an_empty_run_draws_nothing_and_fails(void **state)
{
    struct fixture *f = *state;
    need_gnuplot();
    put(f, "summary.csv", HEADER);
    assert_int_equal(plots(f, ""), 1);
    assert_says(f, "nothing to draw");
    put(f, "summary.csv", "");
    assert_int_equal(plots(f, ""), 1);
    assert_says(f, "empty");
    assert_false(exists(f, "charts/wall-echo.svg"));
}

static void a_missing_column_is_an_error(void **state)
{
    struct fixture *f = *state;
    put(f, "summary.csv", "cell,workload,group,axis\na,b,c,d\n");
    assert_int_equal(plots(f, ""), 1);
    assert_says(f, "no column 'x'");
}

static void a_short_line_is_an_error(void **state)
{
    struct fixture *f = *state;
    put(f, "summary.csv", HEADER "a,b,c\n");
    assert_int_equal(plots(f, ""), 1);
    assert_says(f, "line 2 has 3 fields");
}

static void a_gnuplot_that_fails_is_an_error(void **state)
{
    struct fixture *f = *state;
    char set[192];
    put(f, "summary.csv", small_run);
    put(f, "gnuplot", "#!/bin/sh\nexit 7\n");
    snprintf(set, sizeof set, "chmod +x %s/gnuplot; PATH=%s:$PATH", f->dir,
             f->dir);
    assert_int_equal(plots(f, set), 4);
    assert_says(f, "gnuplot failed with exit status 7\n");
    assert_false(exists(f, "charts"));
}

/* gnuplot 5.4 may crash in the plain C locale, as its heap happens to be. */
static void gnuplot_runs_in_a_locale_of_utf8(void **state)
{
    struct fixture *f = *state;
    char set[512];
    put(f, "summary.csv", small_run);
    put(f, "gnuplot", "#!/bin/sh\necho \"in $LC_ALL\"\nexit 7\n");
    snprintf(set, sizeof set,
             "LC_ALL=C; export LC_ALL; chmod +x %s/gnuplot; "
             "PATH=%s:$PATH",
             f->dir, f->dir);
    assert_int_equal(plots(f, set), 4);
    assert_says(f, "in C.UTF-8");
    snprintf(set, sizeof set,
             "export PATH=%s:$PATH LC_ALL=C; sh scripts/timeline.sh %s x 2>&1 "
             "| grep -q 'in C.UTF-8'",
             f->dir, f->dir);
    assert_int_equal(system(set), 0);
}

static void no_summary_is_an_error(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(plots(f, ""), 1);
    assert_says(f, "summary.csv: cannot be read");
}

/* A folder of links to the few tools the script needs before gnuplot. */
static void no_gnuplot_is_status_3(void **state)
{
    struct fixture *f = *state;
    char command[512];
    snprintf(command, sizeof command,
             "mkdir '%s/bin' && for t in awk dirname; do"
             " ln -s \"$(command -v $t)\" '%s/bin/'; done",
             f->dir, f->dir);
    assert_int_equal(system(command), 0);
    put(f, "summary.csv", small_run);
    char path[128];
    snprintf(path, sizeof path, "PATH='%s/bin'", f->dir);
    assert_int_equal(plots(f, path), 3);
    assert_says(f, "gnuplot is not installed");
    assert_false(exists(f, "charts"));
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(each_kind_of_chart_is_drawn),
        test(every_runtime_is_named_and_marked),
        test(what_a_schedule_takes_is_no_time_of_an_operation),
        test(an_origin_bound_ratio_is_left_out_and_counted),
        test(distributions_stand_on_an_axis_of_nines),
        test(every_sample_is_drawn_and_those_far_off_are_ringed),
        test(the_verdict_is_drawn_kind_by_kind),
        test(what_is_too_long_for_a_sheet_goes_on_on_the_next),
        test(what_a_stack_in_use_holds_is_drawn_over_its_size),
        test(what_two_rings_say_does_not_overlap),
        test(the_change_of_winner_is_a_band_with_an_answer),
        test(where_a_cost_stops_to_be_linear_it_is_ringed),
        test(what_is_not_ours_is_said_beside_its_name),
        test(labels_say_what_holds_for_one_size_or_a_pool_only),
        test(captions_are_shown_and_escaped),
        test(what_has_no_data_is_said_and_not_drawn),
        test(an_empty_run_draws_nothing_and_fails),
        test(a_missing_column_is_an_error),
        test(a_short_line_is_an_error),
        test(a_gnuplot_that_fails_is_an_error),
        test(gnuplot_runs_in_a_locale_of_utf8),
        test(no_summary_is_an_error),
        test(no_gnuplot_is_status_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
