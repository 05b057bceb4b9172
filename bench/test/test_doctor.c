/* SPDX-License-Identifier: MIT */
/*
 * What the doctor says of made-up machines, and `cobench doctor` from outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "doctor_print.h"
#include "program.h"

/* A machine on which nothing disturbs. */
static json_t *quiet_machine(void)
{
    json_t *env = json_pack(
        "{s:i, s:[f,f,f], s:f, s:s, s:b, s:b, s:b, s:s, s:I, s:I, s:s, s:b, "
        "s:b, s:{s:i}}",
        "cpus_allowed", 4, "load_avg", 0.1, 0.2, 0.3, "steal_percent", 0.0,
        "governor", "performance", "turbo", 0, "smt", 0, "virtualised", 0,
        "clocksource", "tsc", "memory_available_bytes", (json_int_t)8 << 30,
        "swap_used_bytes", (json_int_t)0, "transparent_hugepage", "madvise",
        "guard_pages", 1, "optimised", 1, "limits", "nofile_hard", 1000000);
    assert_non_null(env);
    return env;
}

static size_t count(const json_t *env, enum doctor_grade grade)
{
    struct finding findings[DOCTOR_MAX];
    size_t n = doctor_judge(env, findings), found = 0;
    for (size_t i = 0; i < n; i++)
        found += findings[i].grade == grade;
    return found;
}

static const struct finding *find(struct finding *findings, const json_t *env,
                                  const char *what)
{
    size_t n = doctor_judge(env, findings);
    for (size_t i = 0; i < n; i++)
        if (strcmp(findings[i].what, what) == 0)
            return &findings[i];
    fail_msg("nothing is said of %s", what);
    return NULL;
}

static void nothing_is_said_against_a_quiet_machine(void **state)
{
    json_t *env = quiet_machine();
    (void)state;
    assert_int_equal(count(env, DOCTOR_DISTURBS), 0);
    assert_int_equal(count(env, DOCTOR_NOTE), 0);
    assert_int_equal(count(env, DOCTOR_UNKNOWN), 0);
    doctor_warn(env);
    assert_int_equal(json_array_size(json_object_get(env, "warnings")), 0);
    json_decref(env);
}

static void what_is_not_known_is_not_fine(void **state)
{
    json_t *env = json_object();
    (void)state;
    assert_true(count(env, DOCTOR_UNKNOWN) >= 10);
    json_decref(env);
}

static void each_disturbance_is_seen_alone(void **state)
{
    static const struct {
        const char *what, *change; /* merged into the quiet machine */
        enum doctor_grade grade;
    } ills[] = {
        { "CPUs", "{\"cpus_allowed\": 1}", DOCTOR_DISTURBS },
        { "load average", "{\"load_avg\": [0.6, 0, 0]}", DOCTOR_DISTURBS },
        { "stolen time", "{\"steal_percent\": 1.5}", DOCTOR_DISTURBS },
        { "CPU quota", "{\"cgroup_cpus\": 1.5}", DOCTOR_DISTURBS },
        { "CPU frequency", "{\"governor\": \"powersave\"}", DOCTOR_DISTURBS },
        { "clock", "{\"clocksource\": \"hpet\"}", DOCTOR_DISTURBS },
        { "swap", "{\"swap_used_bytes\": 1000000000}", DOCTOR_DISTURBS },
        { "build", "{\"sanitizer\": \"address\"}", DOCTOR_DISTURBS },
        { "build", "{\"optimised\": false}", DOCTOR_DISTURBS },
        { "turbo", "{\"turbo\": true}", DOCTOR_NOTE },
        { "SMT", "{\"smt\": true}", DOCTOR_NOTE },
        { "virtual machine", "{\"virtualised\": true}", DOCTOR_NOTE },
        { "huge pages", "{\"transparent_hugepage\": \"always\"}", DOCTOR_NOTE },
        { "guard pages", "{\"guard_pages\": false}", DOCTOR_NOTE },
        { "memory", "{\"memory_available_bytes\": 1000000}", DOCTOR_NOTE },
        { "open files", "{\"limits\": {\"nofile_hard\": 1024}}", DOCTOR_NOTE },
        { "processes", "{\"limits\": {\"nproc\": 500}}", DOCTOR_NOTE },
        { "processes, cgroup", "{\"limits\": {\"pids_max\": 500}}",
          DOCTOR_NOTE },
        { "threads", "{\"limits\": {\"threads_max\": 500}}", DOCTOR_NOTE },
        { "process ids", "{\"limits\": {\"pid_max\": 500}}", DOCTOR_NOTE },
        { "mappings", "{\"limits\": {\"max_map_count\": 500}}", DOCTOR_NOTE },
    };
    (void)state;
    for (size_t i = 0; i < sizeof ills / sizeof ills[0]; i++) {
        struct finding findings[DOCTOR_MAX];
        json_t *env = quiet_machine();
        json_t *change = json_loads(ills[i].change, 0, NULL);
        assert_non_null(change);
        json_object_update(env, change);
        const struct finding *f = find(findings, env, ills[i].what);
        assert_int_equal(f->grade, ills[i].grade);
        assert_true(strlen(f->means) > 0 && strlen(f->remedy) > 0);
        assert_int_equal(count(env, ills[i].grade), 1);
        doctor_warn(env);
        assert_int_equal(json_array_size(json_object_get(env, "warnings")),
                         ills[i].grade == DOCTOR_DISTURBS);
        json_decref(change);
        json_decref(env);
    }
}

static void the_command_measures_the_noise(void **state)
{
    struct program program;
    (void)state;
    program_run(&program, "$BIN/cobench doctor --json 2>/dev/null");
    assert_int_equal(program.status, 0);
    json_t *root = json_loads(program.output, 0, NULL);
    assert_non_null(root);
    json_t *first = json_array_get(json_object_get(root, "findings"), 0);
    assert_true(strlen(program_text(first, "grade")) > 0);
    assert_true(program_int(root, "noise_floor.null.trials") >= 9);
    assert_true(json_number_value(program_at(root, "noise_floor.cpu.wall_s")) >
                0);
    assert_true(program_int(root, "context.num_cpus") >= 1);
    json_decref(root);
}

static void fits_into(const char *text, size_t columns)
{
    for (size_t length; *text != '\0';
         text += length + (text[length] != '\0')) {
        length = strcspn(text, "\n");
        if (length > columns)
            fail_msg("too wide: %.*s", (int)length, text);
    }
}

static struct floor floor_of(double median, double low, double high)
{
    return (struct floor){ .wall = { .n = 200, .median = median },
                           .low = low,
                           .high = high,
                           .nine = 0.0123 };
}

/* The whole findings of an environment, and a floor, as they are printed. */
static char *print_all(json_t *env, int columns)
{
    struct finding findings[DOCTOR_MAX];
    struct floor null = floor_of(9e-8, 6e-8, 2e-7);
    struct floor cpu = floor_of(0.0145, 0.014, 0.015);
    char *text = NULL;
    size_t size, n = doctor_judge(env, findings);
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    for (size_t i = 0; i < n; i++)
        doctor_print(file, &findings[i], columns);
    doctor_print_floors(file, &null, &cpu, columns);
    fclose(file);
    return text;
}

static size_t occurrences(const char *text, const char *word)
{
    size_t n = 0;
    while ((text = strstr(text, word)) != NULL) {
        n++;
        text += strlen(word);
    }
    return n;
}

static void what_is_not_fine_has_a_meaning_and_a_remedy(void **state)
{
    (void)state;
    json_t *unknown = json_object(), *quiet = quiet_machine();
    /* Broken nowhere, so that every word is found. */
    char *text = print_all(unknown, 2000), *fine = print_all(quiet, 2000);
    size_t n = count(unknown, DOCTOR_UNKNOWN);
    assert_true(n > 5);
    assert_int_equal(occurrences(text, "\n      perhaps "), n);
    assert_int_equal(occurrences(text, "Remedy: "),
                     n + count(unknown, DOCTOR_NOTE) +
                         count(unknown, DOCTOR_DISTURBS) + 2);
    assert_null(strstr(fine, "perhaps"));
    assert_int_equal(occurrences(fine, "Remedy: "), 2); /* of the floors */
    assert_non_null(strstr(fine, "a trial of nothing: 90.0 ns, 80 % of 200 "
                                 "trials from 60.0 ns to 200 ns\n"));
    assert_non_null(strstr(fine, "takes under 20.0 us it shows"));
    assert_non_null(strstr(fine, "is sure to +-1.2 %"));
    free(text);
    free(fine);
    json_decref(unknown);
    json_decref(quiet);
}

static void findings_fit_narrow_terminals(void **state)
{
    (void)state;
    json_t *unknown = json_object(), *quiet = quiet_machine();
    for (int columns = 40; columns <= 80; columns += 20)
        for (int i = 0; i < 2; i++) {
            char *text = print_all(i ? quiet : unknown, columns);
            fits_into(text, (size_t)columns);
            free(text);
        }
    json_decref(unknown);
    json_decref(quiet);
}

static void a_strict_run_refuses_what_the_doctor_calls_bad(void **state)
{
    struct program program;
    (void)state;
    program_run(&program, "$BIN/cobench doctor --strict 2>/dev/null");
    bool bad = strncmp(program.output, "BAD ", 4) == 0 ||
               strstr(program.output, "\nBAD ") != NULL;
    assert_int_equal(program.status, bad ? 4 : 0);
    fits_into(program.output, 80);
    program_run(&program, "$BIN/cobench doctor --what 2>&1");
    assert_int_equal(program.status, 2);
    assert_non_null(strstr(program.output, "'--what' is no option that fits"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_against_a_quiet_machine),
        cmocka_unit_test(what_is_not_known_is_not_fine),
        cmocka_unit_test(each_disturbance_is_seen_alone),
        cmocka_unit_test(the_command_measures_the_noise),
        cmocka_unit_test(what_is_not_fine_has_a_meaning_and_a_remedy),
        cmocka_unit_test(findings_fit_narrow_terminals),
        cmocka_unit_test(a_strict_run_refuses_what_the_doctor_calls_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
