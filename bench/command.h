/* SPDX-License-Identifier: MIT */
#ifndef BENCH_COMMAND_H
#define BENCH_COMMAND_H

/*
 * The commands of `cobench`.  Each takes the arguments from its own name on
 * and returns the exit status of the program.
 */

enum status {
    STATUS_FINE = 0,
    STATUS_FAILED = 1, /* some trials failed, the work was unequal,
                          or a gate found a regression */
    STATUS_USAGE = 2,
    STATUS_INCONCLUSIVE = 3, /* a gate that could not tell */
    STATUS_BROKEN = 4        /* nothing measured, or nothing can be */
};

int command_list(int argc, char **argv);
int command_run(int argc, char **argv);
int command_report(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_count(int argc, char **argv);
int command_regress(int argc, char **argv);
int command_crossover(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_duel(int argc, char **argv);

/* One line, "cobench COMMAND: ...", on standard error; returns status. */
int command_complain(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes an option of the table, with its value in optarg; a status. */
typedef int (*command_take_fn)(void *to, int option);

/* Gives each option that was typed to take(), up to the first that is not
 * STATUS_FINE, which it returns; optind is then where the other arguments
 * begin.  letters and table are getopt_long()'s: ":", or "+:" where options end
 * with the first other argument.  Of one that is not in the table, or lacks its
 * value, it says so, and returns STATUS_USAGE. */
struct option;
int command_options(int argc, char **argv, const char *letters,
                    const struct option *table, command_take_fn take, void *to);

#endif
