/* SPDX-License-Identifier: MIT */
/*
 * The report as a page: whatever a run brings along stays text, charts get on
 * with each other, and nothing is shown that is not there.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "page.h"
#include "svg.h"
#include "synthetic.h"

#define EVIL "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&lt;\n|"

#define SVG(inside)                                                                   \
    "<?xml version=\"1.0\"?>\n<svg width=\"9\" height='8' viewBox=\"0 0 9 8\""        \
    " xmlns=\"http://www.w3.org/2000/svg\">\n<title>Who &amp; what?</title>\n" inside \
    "</svg>\n"

static size_t occurrences(const char *text, const char *wanted)
{
    size_t n = 0;
    for (; (text = strstr(text, wanted)); text++)
        n++;
    return n;
}

static void put_chart(const struct synthetic *s, const char *name,
                      const char *svg)
{
    char path[256];
    mkdir(synthetic_path(s, "charts", path, sizeof path), 0700);
    strcat(path, "/");
    strcat(path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(svg, file);
    assert_int_equal(fclose(file), 0);
}

static char *make_page(const struct synthetic *s)
{
    synthetic_write(s);
    assert_int_equal(synthetic_results(s->dir), 0);
    char *page = synthetic_read(s, "report.html");
    assert_non_null(page);
    return page;
}

static void measure(struct synthetic *s, const char *workload,
                    const char *runtime, const char *question, double ns)
{
    struct synthetic_cell cell = { .workload = workload,
                                   .params = "via:chan",
                                   .runtime = runtime,
                                   .question = question,
                                   .op = "switch",
                                   .calibrated = true };
    synthetic_rounds(s, synthetic_plan(s, &cell), 9, ns, ns, 1000, 0);
}

static void what_comes_from_outside_is_never_markup(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s);
    const char *const keys[] = { "machine", "host_name", "commit", EVIL };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        json_object_set_new(s.env, keys[i], json_string(EVIL));
    json_array_append_new(json_object_get(s.env, "warnings"),
                          json_string(EVIL));
    json_object_set_new(s.run, "profile", json_string(EVIL));
    json_array_append_new(json_object_get(s.run, "arguments"),
                          json_string(EVIL));
    struct synthetic_cell cell = {
        .workload = "echo", .params = EVIL, .question = EVIL, .op = EVIL
    };
    synthetic_rounds(&s, synthetic_plan(&s, &cell), 9, 1e9, 1e9, 1000, 0);
    cell.runtime = EVIL;
    synthetic_failure(&s, synthetic_plan(&s, &cell), 1, "crashed", EVIL);
    char *page = make_page(&s);
    assert_int_equal(occurrences(page, "<script"), 1);
    assert_null(strstr(page, "<img"));
    assert_null(strstr(page, "alert(1)</"));
    assert_true(occurrences(page, "&lt;script&gt;alert(1)") >= 8);
    free(page);
    synthetic_fini(&s);
}

static void the_page_loads_nothing(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s);
    measure(&s, "switch_pair", "coro", "What?", 2e8);
    char *page = make_page(&s);
    assert_non_null(strstr(page, "default-src 'none'"));
    static const char *const loads[] = { " src=", "@import", "url(",
                                         "http:", "https:" };
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++)
        assert_null(strstr(page, loads[i]));
    free(page);
    synthetic_fini(&s);
}

static void the_page_has_what_the_run_has(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s);
    measure(&s, "switch_pair", "coro", "What does a switch cost?", 2e8);
    measure(&s, "switch_pair", "thread", "What does a switch cost?", 4e8);
    struct synthetic_cell cell = { .workload = "echo", .runtime = "seq" };
    json_t *skipped = synthetic_failure(&s, synthetic_plan(&s, &cell), 0,
                                        "skipped", "needs two tasks");
    json_object_set_new(skipped, "skip",
                        json_pack("{s:s, s:i, s:i, s:s}", "reason",
                                  "needs two tasks", "needed", 2, "limit", 1,
                                  "remedy", "use pool"));
    char *page = make_page(&s);
    static const char *const parts[] = {
        "Made Up, 2 CPUs",
        ">Verdict for this machine</h2>",
        "load average is 3.00: wait",
        ">switch_pair: What does a switch cost?</h2>",
        "<td class=\"slower\">slower</td>",
        ">Failed, skipped and missing</h2>",
        "skipped: needs two tasks (needs 2, limit 1): use pool",
        "<td>host_name</td><td>nowhere</td>",
        "cobench run --workload echo --seed 7\n",
        "There is no chart of it.",
        "Nothing was measured.",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(page, parts[i]))
            fail_msg("\"%s\" is not in the page", parts[i]);
    free(page);
    synthetic_fini(&s);
}

static void has_all(const char *page, const char *const parts[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strstr(page, parts[i]))
            fail_msg("\"%s\" is not in the page", parts[i]);
}
#define HAS_ALL(page, parts) has_all(page, parts, sizeof parts / sizeof *parts)

/* Both forms of the report of a run in which threads were twice as slow. */
static void make_both(char **html, char **md)
{
    struct synthetic s;
    synthetic_init(&s);
    measure(&s, "switch_pair", "coro", "What does a switch cost?", 2e8);
    measure(&s, "switch_pair", "thread", "What does a switch cost?", 4e8);
    /* It was not measured on a pool. */
    struct synthetic_cell cell = { .workload = "switch_pair",
                                   .params = "via:chan",
                                   .runtime = "pool:2" };
    synthetic_failure(&s, synthetic_plan(&s, &cell), 0, "skipped", "why");
    put_chart(&s, "verdict.svg", SVG("<path d='M0,0 L1,1'/>"));
    *html = make_page(&s);
    *md = synthetic_read(&s, "report.md");
    assert_non_null(*md);
    synthetic_fini(&s);
}

static void the_answer_has_its_chart_beside_it_and_its_reasons_folded(
    void **state)
{
    char *html, *md;
    (void)state;
    make_both(&html, &md);
    static const char *const in_md[] = {
        "| kind of work | winner | by how much | where threads win |\n",
        "| making and switching tasks | coroutines | 2.00x",
        "| on one CPU: not at the only point measured |\n",
        "![verdict](charts/verdict.svg)\n\n<details>\n<summary>What speaks for ",
        ", point by point</summary>\n\n**making and switching tasks**\n\n* ",
        ".\n\n</details>\n\n## ",
        "](#words)",
        "\n## Words\n",
    };
    HAS_ALL(md, in_md);
    assert_int_equal(occurrences(html, "<svg "), 1);
    assert_true(strstr(html, "<svg ") < strstr(html, "<details>"));
    assert_true(strstr(html, "<details>") < strstr(html, "<nav"));
    free(html);
    free(md);
}

static void a_word_leads_to_its_meaning_the_first_time(void **state)
{
    char *html, *md;
    (void)state;
    make_both(&html, &md);
    static const char *const in_html[] = {
        "<td><a class=\"word\" href=\"#word-coroutine\" title=\"a task ",
        "\">coroutine</a>s</td>",
        "<b id=\"word-coroutine\">coroutine</b> \u2013 a task",
        "<b id=\"word-via-\">via:</b> \u2013 what it is done by",
    };
    HAS_ALL(html, in_html);
    assert_int_equal(occurrences(html, "href=\"#word-coroutine\""), 1);
    assert_non_null(strstr(md, "* **coroutine** \u2013 a task with a small"));
    free(html);
    free(md);
}

/* A whole word, of which the longest counts; a parameter with its value. */
static void a_word_is_found_as_a_whole(void **state)
{
    static const struct page_word words[] = { { "CPU", "a" },
                                              { "one CPU", "b" },
                                              { "via:", "c" } };
    static const struct {
        const char *text, *expected;
    } cases[] = {
        { "CPUs", "#word-cpu\"" },      { "one CPU", "#word-one-cpu\"" },
        { "via:chan", "#word-via-\"" }, { "GCPU", NULL },
        { "CPU-bound", NULL },          { "via: a", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct page page;
        char *text;
        size_t size;
        FILE *file = open_memstream(&text, &size);
        assert_non_null(file);
        assert_int_equal(page_open(&page, file, &page_html, "t"), 0);
        page_know(&page, words, 3);
        page_text(&page, cases[i].text);
        assert_int_equal(page_close(&page), 0);
        assert_int_equal(fclose(file), 0);
        if (cases[i].expected)
            assert_non_null(strstr(text, cases[i].expected));
        assert_int_equal(occurrences(text, "#word-"), !!cases[i].expected);
        free(text);
    }
}

static void only_words_that_are_needed_are_explained(void **state)
{
    char *html, *md;
    (void)state;
    make_both(&html, &md);
    static const char *const absent[] = {
        "pool", "seq", "heartbeat", "conns:", "all CPUs", "KiB", "server-bound"
    };
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        char line[64];
        snprintf(line, sizeof line, "\n* **%s** ", absent[i]);
        if (strstr(md, line))
            fail_msg("%s is explained, but not there", absent[i]);
    }
    free(html);
    free(md);
}

static void sections_are_listed_first_and_workloads_folded(void **state)
{
    char *html, *md;
    (void)state;
    make_both(&html, &md);
    const char *nav = strstr(html, "<nav");
    assert_non_null(nav);
    const char *words = strstr(nav, "<a href=\"#words\">Words</a>");
    const char *fold = strstr(nav, "<details><summary>Each workload");
    const char *workload =
        strstr(nav, "<a href=\"#topic-switch_pair\">switch_pair</a>");
    assert_non_null(words);
    assert_true(words < fold && fold < workload &&
                workload < strstr(nav, "</nav>"));
    free(html);
    free(md);
}

static void no_line_ends_within_a_date(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s);
    json_object_set_new(s.run, "started",
                        json_string("2026-01-02T03:04:05+00:00"));
    measure(&s, "ring", "coro", "Two?", 2e8);
    char *page = make_page(&s);
    static const char *const parts[] = {
        "<span class=\"fact\">2026-01-02T03:04:05+00:00</span>",
        ".fact { white-space: nowrap }",
    };
    HAS_ALL(page, parts);
    free(page);
    synthetic_fini(&s);
}

/* ---- charts ---- */

/* What svg_print() makes of it, to be freed; NULL for a broken picture. */
static char *print_svg(const char *svg)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    int error = svg_print(file, svg, "p-", "a < \"b\"");
    assert_int_equal(fclose(file), 0);
    if (!error)
        return text;
    assert_int_equal(error, -EBADMSG);
    assert_int_equal(size, 0);
    free(text);
    return NULL;
}

static void a_picture_has_a_title_and_a_description(void **state)
{
    (void)state;
    char *text = print_svg(SVG("<path d='M0,0 L9,9'/>"));
    assert_non_null(text);
    assert_string_equal(
        text, "<svg role=\"img\" aria-labelledby=\"p-title p-description\" "
              "viewBox=\"0 0 9 8\"><desc id=\"p-description\">a &lt; "
              "&quot;b&quot;</desc><title id=\"p-title\">Who &amp; "
              "what?</title><path d=\"M0,0 L9,9\"/></svg>");
    free(text);
}

static void what_could_reach_out_of_a_picture_is_left_out(void **state)
{
    (void)state;
    char *text = print_svg(SVG(
        "<script>alert(1)</script><style>* { fill: red }</style>"
        "<g onclick='alert(2)' fill='url(http://evil)' style='x' color='red'>"
        "<foreignObject><g><text>gone</text></g></foreignObject>"
        "<use xlink:href='http://evil#a'/><use href='javascript:1'/>"
        "<text x='\"><b onload=1>' y='1'>a &lt; b</text><!-- > --></g>"));
    assert_non_null(text);
    assert_string_equal(
        strstr(text, "</title>"),
        "</title><g color=\"red\"><use/><use/><text x=\"&quot;>&lt;b "
        "onload=1>\" y=\"1\">a &lt; b</text></g></svg>");
    free(text);
}

static void identifiers_and_references_are_the_pictures_own(void **state)
{
    (void)state;
    char *text = print_svg(
        SVG("<defs><circle id='dot' r='1'/></defs><use xlink:href='#dot'/>"));
    assert_non_null(text);
    assert_non_null(strstr(text, "<circle id=\"p-dot\" r=\"1\"/>"));
    assert_non_null(strstr(text, "<use href=\"#p-dot\"/>"));
    free(text);
}

static void groups_with_nothing_in_them_are_left_out(void **state)
{
    (void)state;
    char *text = print_svg(
        SVG("<g fill='red'>\n <g>\n<text></text></g>\n</g><rect width='1'/>"));
    assert_non_null(text);
    assert_string_equal(strstr(text, "</title>"),
                        "</title><rect width=\"1\"/></svg>");
    free(text);
}

static void half_a_picture_is_none(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "",
        "no picture",
        "<html></html>",
        "<svg><g></svg>",
        "<svg><g>",
        "<svg><path d='M0,0",
        "<svg></svg><svg></svg>",
        "</svg>",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        if (print_svg(broken[i]))
            fail_msg("accepted: %s", broken[i]);
}

static void no_two_things_on_the_page_have_the_same_identifier(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s);
    measure(&s, "switch_pair", "coro", "One?", 2e8);
    measure(&s, "ring", "coro", "Two?", 2e8);
    const char *svg =
        SVG("<defs><circle id='dot'/></defs><use xlink:href='#dot'/>");
    put_chart(&s, "wall-switch_pair.svg", svg);
    put_chart(&s, "wall-ring.svg", svg);
    char *page = make_page(&s);
    assert_int_equal(occurrences(page, "<svg "), 2);
    size_t ids = 0;
    for (char *id = page; (id = strstr(id, " id=\"")); id++, ids++) {
        char whole[128];
        snprintf(whole, sizeof whole, "%.*s\"", (int)strcspn(id + 5, "\"") + 5,
                 id);
        assert_int_equal(occurrences(page, whole), 1);
    }
    assert_true(ids > 8);
    free(page);
    synthetic_fini(&s);
}

static void a_chart_that_cannot_be_shown_is_named(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s);
    measure(&s, "ring", "coro", "Two?", 2e8);
    put_chart(&s, "wall-ring.svg", "<svg><g>");
    char *page = make_page(&s);
    assert_null(strstr(page, "<svg"));
    assert_non_null(strstr(page, "The chart wall-ring cannot be shown: its "
                                 "file is no whole picture."));
    free(page);
    synthetic_fini(&s);
}

static void charts_are_described_by_their_numbers(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s);
    measure(&s, "ring", "coro", "Two?", 2e8);
    put_chart(&s, "wall-ring.svg", SVG("<path d='M0,0 L1,1'/>"));
    char *page = make_page(&s);
    assert_non_null(strstr(page, "via:chan cpus:1 coro: 200 us ["));
    free(page);
    synthetic_fini(&s);
}

static void further_charts_of_a_kind_repeat_no_numbers(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s);
    measure(&s, "ring", "coro", "Two?", 2e8);
    measure(&s, "ring", "thread", "Two?", 4e8);
    put_chart(&s, "speedup-wall.svg", SVG("<path d='M0,0 L1,1'/>"));
    put_chart(&s, "speedup-wall-2.svg", SVG("<path d='M0,0 L1,1'/>"));
    char *page = make_page(&s);
    assert_int_equal(occurrences(page, "<svg "), 2);
    assert_int_equal(occurrences(page, "intervals. Continued.</desc>"), 1);
    free(page);
    synthetic_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_from_outside_is_never_markup),
        cmocka_unit_test(the_page_loads_nothing),
        cmocka_unit_test(the_page_has_what_the_run_has),
        cmocka_unit_test(
            the_answer_has_its_chart_beside_it_and_its_reasons_folded),
        cmocka_unit_test(a_word_leads_to_its_meaning_the_first_time),
        cmocka_unit_test(a_word_is_found_as_a_whole),
        cmocka_unit_test(only_words_that_are_needed_are_explained),
        cmocka_unit_test(sections_are_listed_first_and_workloads_folded),
        cmocka_unit_test(no_line_ends_within_a_date),
        cmocka_unit_test(a_picture_has_a_title_and_a_description),
        cmocka_unit_test(what_could_reach_out_of_a_picture_is_left_out),
        cmocka_unit_test(identifiers_and_references_are_the_pictures_own),
        cmocka_unit_test(groups_with_nothing_in_them_are_left_out),
        cmocka_unit_test(half_a_picture_is_none),
        cmocka_unit_test(no_two_things_on_the_page_have_the_same_identifier),
        cmocka_unit_test(a_chart_that_cannot_be_shown_is_named),
        cmocka_unit_test(charts_are_described_by_their_numbers),
        cmocka_unit_test(further_charts_of_a_kind_repeat_no_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
