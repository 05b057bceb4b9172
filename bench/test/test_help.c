/* SPDX-License-Identifier: MIT */
/*
 * Help, manual page and completion against the options that the commands
 * really parse: each command is called in here, and its table of options taken
 * from the getopt_long() that it calls.
 */
#include <ctype.h>
#include <getopt.h>
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

#include "program.h"

enum {
    COMMANDS_MAX = 32
};

/* bench/main.c, under another name. */
int cobench_main(int argc, char **argv);

int __real_getopt_long(int argc, char *const *argv, const char *letters,
                       const struct option *table, int *index);
int __wrap_getopt_long(int argc, char *const *argv, const char *letters,
                       const struct option *table, int *index);

static const struct option *last_table;

int __wrap_getopt_long(int argc, char *const *argv, const char *letters,
                       const struct option *table, int *index)
{
    last_table = table;
    return __real_getopt_long(argc, argv, letters, table, index);
}

struct command {
    char name[32];
    const struct option *table; /* NULL: reads its arguments itself */
    char *help;
};

struct fixture {
    struct command commands[COMMANDS_MAX];
    size_t count;
    char page[65536]; /* the manual page, as it is written */
};

/* ---- set-up ---- */

static const char *scripts(void)
{
    const char *given = getenv("COBENCH_SCRIPTS");
    return given ? given : "scripts";
}

static int find_table(struct command *command)
{
    char program[] = "cobench", help[] = "--help";
    char *argv[] = { program, command->name, help, NULL };
    last_table = NULL;
    optind = 0;
    if (cobench_main(3, argv) != 0)
        return -1;
    command->table = last_table;
    return 0;
}

static int read_command(struct command *command)
{
    struct program program;
    if (find_table(command) != 0)
        return -1;
    program_run(&program, "\"$BIN/cobench\" %s --help", command->name);
    if (program.status != 0)
        return -1;
    command->help = strdup(program.output);
    return command->help ? 0 : -1;
}

/* The commands are the lines of cobench --help that begin with two blanks. */
static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct program program;
    *state = f;
    program_run(&program, "\"$BIN/cobench\" --help");
    if (!f || program.status != 0)
        return -1;
    char *save = NULL, *line = strtok_r(program.output, "\n", &save);
    for (; line; line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "  ", 2) != 0 || f->count == COMMANDS_MAX)
            continue;
        struct command *command = &f->commands[f->count++];
        sscanf(line, "%31s", command->name);
        if (read_command(command) != 0)
            return -1;
    }
    program_run(&program, "sh '%s/man.sh' \"$BIN/cobench\"", scripts());
    snprintf(f->page, sizeof f->page, "%s", program.output);
    return program.status;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < f->count; i++)
        free(f->commands[i].help);
    free(f);
    return 0;
}

/* ---- looking ---- */

/* Where the whole word is; NULL when nowhere. */
static const char *find_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (; (text = strstr(text, word)) != NULL; text += n)
        if (text[n] != '-' && text[n] != '\\' &&
            !isalnum((unsigned char)text[n]))
            return text;
    return NULL;
}

/* A value is named behind one blank, "=" or "[="; what the option does comes
 * behind two. */
static bool names_value(const char *behind)
{
    behind += strspn(behind, "[=");
    behind += behind[0] == ' ' && behind[-1] != '=';
    return isalnum((unsigned char)*behind);
}

/* "--dry-run" is "\-\-dry\-run" there. */
static void to_roff(const char *word, char *out)
{
    for (; *word; word++) {
        if (*word == '-')
            *out++ = '\\';
        *out++ = *word;
    }
    *out = '\0';
}

/* As a terminal has it, and as zsh's bashcompinit calls such a function. */
static const char in_bash[] = "bash -c '. \"$0/completion.bash\";";
static const char in_zsh[] =
    "zsh -f -c 'autoload -U +X compinit bashcompinit; compinit -u -D;"
    "bashcompinit; . \"$0/completion.bash\"; emulate sh;"
    "setopt kshglob noshglob braceexpand nounset;";

/* What is offered at the end of the words, each between line ends. */
static void complete(struct program *program, const char *shell,
                     const char *words)
{
    program_run(program,
                "%s COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMPREPLY=();"
                "_cobench \"$1\"; printf \"\\n\";"
                "printf \"%%s\\n\" \"${COMPREPLY[@]}\"'"
                " '%s' \"$BIN/cobench\" %s",
                shell, scripts(), words);
}

static bool offers(const struct program *program, const char *word)
{
    char line[256];
    snprintf(line, sizeof line, "\n%s\n", word);
    return strstr(program->output, line) != NULL;
}

static void assert_offers(const char *words, const char *word)
{
    struct program program;
    complete(&program, in_bash, words);
    if (!offers(&program, word))
        fail_msg("cobench %s: no %s in: %s", words, word, program.output);
}

static void assert_lacks(const char *words, const char *word)
{
    struct program program;
    complete(&program, in_bash, words);
    if (offers(&program, word))
        fail_msg("cobench %s: %s in: %s", words, word, program.output);
}

static void need(const char *tool)
{
    char command[128];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", tool);
    if (system(command) == 0)
        return;
    print_message("SKIP: %s is not installed\n", tool);
    skip();
}

/* ---- tests ---- */

static void the_tables_of_options_are_seen(void **state)
{
    const struct fixture *f = *state;
    size_t tables = 0, options = 0;
    for (size_t i = 0; i < f->count; i++) {
        const struct option *o = f->commands[i].table;
        tables += o != NULL;
        for (; o && o->name; o++)
            options++;
    }
    assert_true(tables >= 4);
    assert_true(options >= 4 * tables);
}

static void every_option_is_in_the_help_with_its_value(void **state)
{
    const struct fixture *f = *state;
    for (size_t i = 0; i < f->count; i++) {
        const struct command *command = &f->commands[i];
        const struct option *o = command->table;
        for (; o && o->name; o++) {
            char word[64];
            snprintf(word, sizeof word, "--%s", o->name);
            if (strcmp(word, "--help") == 0)
                continue;
            const char *found = find_word(command->help, word);
            if (!found)
                fail_msg("cobench %s --help lacks %s", command->name, word);
            if (names_value(found + strlen(word)) !=
                (o->has_arg != no_argument))
                fail_msg("cobench %s --help: the value of %s", command->name,
                         word);
        }
    }
}

static void every_option_is_in_the_manual_page(void **state)
{
    const struct fixture *f = *state;
    for (size_t i = 0; i < f->count; i++) {
        const struct command *command = &f->commands[i];
        char heading[64];
        snprintf(heading, sizeof heading, ".SS \"%s ", command->name);
        const char *section = strstr(f->page, heading);
        assert_non_null(section);
        const char *end = strstr(section + 1, "\n.S");
        char *own = strndup(section, (size_t)(end - section));
        const struct option *o = command->table;
        for (; o && o->name; o++) {
            char word[64], roff[128];
            snprintf(word, sizeof word, "--%s", o->name);
            to_roff(word, roff);
            if (strcmp(word, "--help") != 0 && !find_word(own, roff))
                fail_msg("cobench(1), %s, lacks %s", command->name, word);
        }
        free(own);
    }
    assert_non_null(find_word(f->page, "\\-\\-help"));
    assert_non_null(find_word(f->page, "\\-\\-version"));
}

static void the_manual_page_is_set_without_a_warning(void **state)
{
    (void)state;
    struct program program;
    need("groff");
    program_run(&program,
                "sh '%s/man.sh' \"$BIN/cobench\" |"
                " groff -man -Tutf8 -ww 2>&1 >/dev/null",
                scripts());
    assert_int_equal(program.status, 0);
    assert_string_equal(program.output, "");
}

static void bash_offers_all_options_and_no_others(void **state)
{
    const struct fixture *f = *state;
    need("bash");
    for (size_t i = 0; i < f->count; i++) {
        const struct command *command = &f->commands[i];
        struct program program;
        char words[64];
        size_t options = 0, lines = 0;
        snprintf(words, sizeof words, "%s --", command->name);
        complete(&program, in_bash, words);
        for (const struct option *o = command->table; o && o->name; o++) {
            char word[64];
            snprintf(word, sizeof word, "--%s", o->name);
            if (!offers(&program, word))
                fail_msg("cobench %s: %s is not offered", words, word);
            options++;
        }
        for (const char *c = program.output + 1; *c; c++)
            lines += *c == '\n';
        if (command->table)
            assert_int_equal(lines, options);
        else
            assert_true(offers(&program, "--help"));
    }
}

static void bash_offers_what_can_be_measured(void **state)
{
    (void)state;
    need("bash");
    assert_offers("''", "run");
    assert_offers("run --workload ''", "echo");
    assert_offers("run --workload echo,nu", "echo,null");
    assert_lacks("run --workload echo,nu", "echo");
    assert_offers("run --runtime coro,p", "coro,pool");
    assert_offers("trace life", "lifecycle");
    assert_offers("trace lifecycle --runtime ''", "thread");
    assert_offers("crossover cpu --between coro,p", "coro,pool");
    assert_offers("crossover cpu --param ''", "tasks=");
    assert_offers("run --workload skynet --param ''", "leaves=");
    assert_lacks("run --workload skynet --param ''", "conns=");
}

/* bash ends a word at "=" and ":", and takes what follows for the next. */
static void bash_offers_values_behind_the_equals_sign(void **state)
{
    (void)state;
    need("bash");
    assert_offers("run --profile ''", "quick");
    assert_offers("run --profile = q", "quick");
    assert_offers("run --profile =", "full");
    assert_offers("run --workload switch_pair --param via = ''", "chan");
    assert_lacks("run --workload switch_pair --param via = ''", "compute");
    assert_offers("run --param via = yield,p", "yield,pipe");
    assert_lacks("run --resume ''", "bench/");
    assert_offers("run --resume = ''", "bench/");
    assert_offers("report benc", "bench/");
}

static void zsh_is_offered_the_same(void **state)
{
    (void)state;
    struct program program;
    need("zsh");
    complete(&program, in_zsh, "run --workload echo,nu");
    assert_true(offers(&program, "echo,null"));
    complete(&program, in_zsh, "run --profile=q");
    assert_true(offers(&program, "--profile=quick"));
    complete(&program, in_zsh, "run --param via=p");
    assert_true(offers(&program, "via=pipe"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_of_options_are_seen),
        cmocka_unit_test(every_option_is_in_the_help_with_its_value),
        cmocka_unit_test(every_option_is_in_the_manual_page),
        cmocka_unit_test(the_manual_page_is_set_without_a_warning),
        cmocka_unit_test(bash_offers_all_options_and_no_others),
        cmocka_unit_test(bash_offers_what_can_be_measured),
        cmocka_unit_test(bash_offers_values_behind_the_equals_sign),
        cmocka_unit_test(zsh_is_offered_the_same),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
