/* SPDX-License-Identifier: MIT */
/* start.c: what every blocking runtime does at the two ends of rt_run(). */

#include "os/os.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "report.h"

/* Half a microsecond where a pause takes 24 ns: less than the system calls of
 * a sleep and its wake-up.  Five times as much cost a channel's hand-over half
 * as much CPU again, because a sleeping peer takes far longer to come. */
enum {
    SPINS = 20,
    DEFAULT_STACK_BYTES = 8 << 20
};

unsigned os_spins;

static struct sigaction old_sigpipe;

void os_start(const struct rt_options *options)
{
    report_start(options);
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigaction(SIGPIPE, &ignore, &old_sigpipe);
    os_calls_start();
    /* Fails on machines with more CPUs than the set holds: not single. */
    cpu_set_t cpus;
    bool single =
        sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) == 1;
    os_spins = single || os_alone ? 0 : SPINS;
}

void os_stop(void)
{
    os_calls_stop();
    sigaction(SIGPIPE, &old_sigpipe, NULL);
}

int os_stack_size(size_t wanted, size_t *out)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t least = (size_t)sysconf(_SC_THREAD_STACK_MIN);
    if (wanted == 0)
        wanted = DEFAULT_STACK_BYTES;
    if (wanted < least)
        wanted = least;
    if (wanted > SIZE_MAX / 2)
        return -EINVAL;
    *out = (wanted + page - 1) / page * page;
    return 0;
}
