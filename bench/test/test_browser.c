/* SPDX-License-Identifier: MIT */
/*
 * The report in a browser: headless Chromium opens the page together with a
 * program that looks at it and tells what it found.  The page stands in a
 * frame, since a window cannot be as narrow as a phone; what it tells becomes
 * the window's title.
 */

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "synthetic.h"

/* Before the page's own program: hears what goes wrong. */
static const char listener[] =
    "<!DOCTYPE html><script>const wrong = [];"
    "addEventListener('error', e => wrong.push(e.message));"
    "addEventListener('securitypolicyviolation',"
    "  e => wrong.push('policy: ' + e.blockedURI));"
    "console.error = e => wrong.push(String(e));</script>\n";

/* After it: every chart has a size and draws something on its card, links lead
 * somewhere, paper has no folds, every head sorts without losing a row. */
static const char inspector[] =
    "<script>\n"
    "const all = (what, from = document) => [...from.querySelectorAll(what)];\n"
    "const inside = (b, a) => b.width + b.height > 0 && b.left >= a.left - 1 &&"
    "  b.right <= a.right + 1 && b.top >= a.top - 1 && b.bottom <= a.bottom + 1;\n"
    "const charts = all('figure svg');\n"
    "const blank = charts.filter(svg => {\n"
    "  const card = svg.getBoundingClientRect();\n"
    "  return card.width < 300 || card.height < 100 ||\n"
    "    all('use, path', svg).filter(shape => !shape.closest('defs') &&\n"
    "      inside(shape.getBoundingClientRect(), card)).length < 5;\n"
    "});\n"
    "const astray = charts.flatMap(svg => all('text', svg).filter(text =>\n"
    "  text.textContent.trim() && !inside(text.getBoundingClientRect(),\n"
    "    svg.getBoundingClientRect())).map(text => text.textContent));\n"
    "const nameless = charts.filter(svg =>\n"
    "  svg.getAttribute('aria-labelledby').split(' ').some(id =>\n"
    "    !document.getElementById(id)?.textContent));\n"
    "const ids = all('[id]').map(e => e.id);\n"
    "const lost = all('a[href^=\"#\"]').filter(a =>\n"
    "  !document.getElementById(decodeURIComponent(a.hash.slice(1))));\n"
    "const folds = all('details').length;\n"
    "dispatchEvent(new Event('beforeprint'));\n"
    "const shut = all('details:not([open])').length;\n"
    "let stuck = 0, presses = 0;\n"
    "for (const table of all('table'))\n"
    "  for (const button of all('th button', table)) {\n"
    "    const head = button.parentElement, rows = table.tBodies[0].rows;\n"
    "    const before = rows.length;\n"
    "    for (const way of ['ascending', 'descending']) {\n"
    "      button.click();\n"
    "      presses++;\n"
    "      stuck += head.ariaSort !== way || rows.length !== before;\n"
    "    }\n"
    "  }\n"
    "const times = way => {\n"
    "  const table = all('table').find(t => /switch_pair/.test(\n"
    "    t.closest('section').querySelector('h2').textContent));\n"
    "  const head = all('th', table).find(h => h.innerText.includes('wall'));\n"
    "  while (head.ariaSort !== way) head.firstChild.click();\n"
    "  return [...table.tBodies[0].rows].map(row =>\n"
    "    row.cells[head.cellIndex].textContent).join();\n"
    "};\n"
    "const hint = getComputedStyle(document.querySelector('figure'),\n"
    "  '::before').content;\n"
    "const answer = document.querySelector(\n"
    "  '#verdict-for-this-machine ~ .wide td:nth-child(2)');\n"
    "const label = getComputedStyle(answer, '::before').content;\n"
    "const found = { wrong, hint, label, charts: charts.length, blank: blank.length, astray,\n"
    "  nameless: nameless.length, twice: ids.length - new Set(ids).size,\n"
    "  lost: lost.length, links: all('a.word').length, folds, shut,\n"
    "  stuck, presses, up: times('ascending'), down: times('descending'),\n"
    "  width: innerWidth, over: document.documentElement.scrollWidth -\n"
    "    document.documentElement.clientWidth,\n"
    "  paper: getComputedStyle(document.documentElement).backgroundColor };\n"
    "parent.postMessage(JSON.stringify(found), '*');\n"
    "</script>\n";

static const char window[] =
    "<!DOCTYPE html><meta name=color-scheme content='light dark'>"
    "<script>onmessage = e => { document.title = e.data };</script>"
    "<iframe src=seen.html width=%d height=900 style='border: 0'></iframe>\n";

static const char *find_browser(void)
{
    static const char *const names[] = { "chromium", "chromium-browser",
                                         "google-chrome" };
    char command[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1",
                 names[i]);
        if (system(command) == 0)
            return names[i];
    }
    return NULL;
}

static void add_cells(struct synthetic *s)
{
    static const struct {
        const char *workload, *axis, *runtime;
        int x;
        double ns;
    } rows[] = {
        { "switch_pair", NULL, "thread", 0, 9e8 },
        { "switch_pair", NULL, "coro", 0, 2e6 },
        { "switch_pair", NULL, "pool:2", 0, 3e9 },
        { "echo", "conns", "coro", 10, 2e8 },
        { "echo", "conns", "thread", 10, 3e8 },
        { "echo", "conns", "coro", 1000, 2e8 },
        { "echo", "conns", "thread", 1000, 9e8 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char params[32];
        struct synthetic_cell cell = { .workload = rows[i].workload,
                                       .axis = rows[i].axis,
                                       .x = rows[i].x,
                                       .params = params,
                                       .runtime = rows[i].runtime,
                                       .question = "What does it cost?",
                                       .op = "operation",
                                       .calibrated = true };
        snprintf(params, sizeof params,
                 rows[i].axis ? "conns:%d" : "a_rather_long_parameter:1",
                 rows[i].x);
        synthetic_rounds(s, synthetic_plan(s, &cell), 9, rows[i].ns, rows[i].ns,
                         1000000, (int)i);
    }
}

static void put(const struct synthetic *s, const char *name, const char *format,
                ...) __attribute__((format(printf, 3, 4)));

static void put(const struct synthetic *s, const char *name, const char *format,
                ...)
{
    char path[128];
    va_list args;
    FILE *file = fopen(synthetic_path(s, name, path, sizeof path), "w");
    assert_non_null(file);
    va_start(args, format);
    vfprintf(file, format, args);
    va_end(args);
    assert_int_equal(fclose(file), 0);
}

/* A run with its charts, and its page with the two programs around it. */
static void make_page(struct synthetic *s)
{
    char command[PATH_MAX + 256];
    const char *scripts = getenv("COBENCH_SCRIPTS");
    synthetic_init(s);
    add_cells(s);
    synthetic_write(s);
    assert_int_equal(synthetic_results(s->dir), 0);
    snprintf(command, sizeof command, "/bin/sh '%s/plots.sh' '%s' 2>&1",
             scripts ? scripts : "scripts", s->dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(synthetic_reports(s->dir), 0);
    char *page = synthetic_read(s, "report.html");
    assert_non_null(page);
    put(s, "seen.html", "%s%s%s", listener, page, inspector);
    free(page);
}

/* What the inspector found, to be released. */
static json_t *look(const struct synthetic *s, const char *browser, int width,
                    const char *options)
{
    char command[512];
    put(s, "window.html", window, width);
    snprintf(command, sizeof command,
             "timeout 120 %s --headless --no-sandbox --disable-gpu "
             "--user-data-dir='%s/profile' %s --window-size=1300,1000 "
             "--virtual-time-budget=10000 --dump-dom "
             "'file://%s/window.html' 2>/dev/null >'%s/dom'; "
             "rm -rf '%s/profile'",
             browser, s->dir, options, s->dir, s->dir, s->dir);
    assert_int_equal(system(command), 0);
    char *dom = synthetic_read(s, "dom");
    assert_non_null(dom);
    char *title = strstr(dom, "<title>{");
    assert_non_null(title);
    title += strlen("<title>");
    *strstr(title, "</title>") = 0;
    json_t *found = json_loads(title, 0, NULL);
    if (!found)
        fail_msg("no JSON: %s", title);
    free(dom);
    return found;
}

static json_int_t number(const json_t *found, const char *key)
{
    const json_t *value = json_object_get(found, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const char *text(const json_t *found, const char *key)
{
    return json_string_value(json_object_get(found, key));
}

static void judge(const json_t *found)
{
    assert_int_equal(json_array_size(json_object_get(found, "wrong")), 0);
    assert_int_equal(number(found, "charts"), 8);
    assert_int_equal(number(found, "blank"), 0);
    assert_int_equal(json_array_size(json_object_get(found, "astray")), 0);
    assert_int_equal(number(found, "nameless"), 0);
    assert_int_equal(number(found, "twice"), 0);
    assert_int_equal(number(found, "lost"), 0);
    assert_true(number(found, "links") > 3);
    assert_int_equal(number(found, "folds"), 2);
    assert_int_equal(number(found, "shut"), 0);
    assert_true(number(found, "presses") > 20);
    assert_int_equal(number(found, "stuck"), 0);
    assert_string_equal(text(found, "up"), "2.00 ns,900 ns,3.00 us");
    assert_string_equal(text(found, "down"), "3.00 us,900 ns,2.00 ns");
    assert_true(number(found, "over") <= 0);
}

static void the_page_works_at_every_width_in_light_and_dark(void **state)
{
    (void)state;
    static const struct {
        int width;
        const char *options, *paper;
    } views[] = {
        { 1200, "", "rgb(255, 255, 255)" },
        { 400, "", "rgb(255, 255, 255)" },
        { 400, "--blink-settings=preferredColorScheme=0", "rgb(23, 23, 23)" },
    };
    const char *browser = find_browser();
    if (!browser || system("command -v gnuplot >/dev/null 2>&1") != 0) {
        print_message("SKIP: %s is not installed\n",
                      browser ? "gnuplot" : "chromium");
        skip();
    }
    struct synthetic s;
    make_page(&s);
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        json_t *found = look(&s, browser, views[i].width, views[i].options);
        judge(found);
        assert_int_equal(number(found, "width"), views[i].width);
        assert_string_equal(text(found, "paper"), views[i].paper);
        assert_int_equal(strstr(text(found, "label"), "Winner") != NULL,
                         views[i].width < 500);
        assert_int_equal(strstr(text(found, "hint"), "sideways") != NULL,
                         views[i].width < 700);
        json_decref(found);
    }
    synthetic_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_works_at_every_width_in_light_and_dark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
