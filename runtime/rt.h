/* SPDX-License-Identifier: MIT */
#ifndef RT_H
#define RT_H

/*
 * rt.h: one task API, several implementations.
 *
 * A program written against this header is linked with exactly one runtime
 * archive: librt-coro (stackful coroutines on one libuv loop), librt-pool (a
 * bounded pool of pthreads), librt-thread (one pthread per task) or librt-seq
 * (no concurrency at all).  The same object file works with each.
 *
 * Errors.  A function that can fail returns 0 or a negative errno; byte
 * counts are ssize_t with the same rule.  No function sets or reads errno for
 * its caller.
 *
 * Waiting.  Every call marked "Suspends." may let other tasks run.  It takes
 * an absolute deadline in nanoseconds of rt_now()'s clock, or RT_FOREVER.  A
 * condition that already holds wins over a deadline already passed, so a
 * deadline of 0 means "try".  Past the deadline the call returns -ETIMEDOUT
 * and has had no effect.
 *
 * Cancellation.  rt_cancel() asks a task to end: the waiting call it is in, or
 * the next it makes, returns -ECANCELED, once.  Later calls wait again, so
 * clean-up code may wait and a task may refuse.  Every call marked
 * "Suspends." looks for a cancellation first, before it has any effect, even
 * if it would not have to wait.  A wait that is already satisfied (an item
 * handed over, a joined task ended, bytes read) wins: the call returns its
 * success, and the cancellation comes with the next one.  So -ECANCELED means
 * no effect, like -ETIMEDOUT.  Calls not marked so never return it.
 *
 * Where calls are legal.  rt_now(), rt_in() and rt_dump_soon() anywhere;
 * rt_info() on any thread, but on coro only on the one that calls rt_run(), for
 * it counts without locks, and never in a signal handler; all other calls only
 * from a task, that is from the function given to rt_run() or from one given to
 * rt_spawn().
 *
 * Objects are opaque and belong to whoever made them with _new, _open,
 * _connect, _listen, _accept, _pipe or _pair; freeing one that a task still
 * waits on is a bug of the caller.  Freeing NULL is a no-op.
 *
 * Signals.  SIGPIPE is ignored during rt_run().  pool and thread own SIGURG
 * meanwhile: they send it to a thread of theirs that is blocked in a system
 * call of theirs, to cancel its task, and it is taken before that call
 * returns; a task must not block it.  rt_dump_soon() alone sends it at any
 * time, to the main task's thread, as a signal without SA_RESTART.  SIGSEGV
 * is handled on an alternate signal stack, which coro replaces for the time and
 * the others give to each thread that has none: faults other than a stack
 * overflow go to the handler before it.  Adapters leave it alone.
 *
 * What differs between runtimes is said at each function.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RT_FOREVER INT64_MAX

/* ---- time ---- */

/* Monotonic clock (CLOCK_MONOTONIC), in nanoseconds; always a fresh read. */
int64_t rt_now(void);

/* The deadline that lies duration_ns from now; saturates at RT_FOREVER. */
int64_t rt_in(int64_t duration_ns);

/* ---- running ---- */

/* A task's body.  Its result is a status: 0 or positive as the program likes,
 * negative errno for a failure. */
typedef int (*rt_task_fn)(void *arg);

struct rt_trace_event;

/* The zero value of each field means the runtime's default. */
struct rt_options {
    unsigned workers;   /* pool: pthreads in the pool; default 20 */
    size_t stack_bytes; /* per task (coro, thread) or worker (pool); rounded
                           up to whole pages.  Default: coro and adapters
                           64 KiB, the others 8 MiB.  The task that runs over
                           it is reported, then the program ends by SIGSEGV */
    /* Takes the runtime's reports, such as a failure nobody joined: whole
     * lines with a NUL behind.  Called on the thread concerned, or one that
     * watches, one call at a time; must not call this API.  A stack overflow
     * is reported from the handler of the signal.  Default: written to
     * standard error. */
    void (*report)(void *arg, const char *text);
    void *report_arg;
    /* Told what the tasks do, see "watching" below.  NULL: nobody is. */
    void (*trace)(void *arg, const struct rt_trace_event *event);
    void *trace_arg;
    /* coro: a task that holds the loop longer than this, in nanoseconds, is
     * counted, timed and, by a thread that watches, reported while it does
     * so.  0: nobody watches.  Every switch then reads the clock.  Ignored
     * where tasks do not share a thread. */
    int64_t stall_ns;
    /* coro: a task that waits for longer than this, in nanoseconds (rounded up
     * to milliseconds), may doze: its page of stack is given back but for what
     * is live of it, if that is half a page at most, until somebody, another
     * thread or the kernel in a system call as well, touches it.  Nobody sees
     * a difference but for the time: some microseconds to put the page back,
     * tens where it was not expected, and as much once for each page that a
     * stack then grows into for the first time.  fork() wakes all before;
     * other processes (debuggers, process_vm_readv()) and children made by a
     * bare clone() do not see what is put aside.  -ENOTSUP where
     * userfaultfd(2) is not to be had for faults in the kernel (Linux 6.8; for
     * root, by /dev/userfaultfd or by vm.unprivileged_userfaultfd), and under
     * Valgrind.  0: nobody dozes.  Ignored where tasks have threads. */
    int64_t doze_ns;
};

/*
 * Starts the runtime and runs fn(arg) as the main task on the calling thread.
 * When that returns, cancels every task that still runs, detached ones too,
 * each once, waits until all have ended, tears everything down and returns
 * the main task's status.  What those tasks spawn while they clean up is
 * waited for and not cancelled; but what is spawned by one that has yet to
 * learn of its cancellation is cancelled as well.  May be called again
 * afterwards, not nested.  Errors of its own: -EINVAL for options the
 * runtime cannot honour, -ENOMEM, -EMFILE, -EAGAIN; -EDEADLK when no task could
 * ever run again.
 *
 * That is so when every task waits without a deadline for what only another
 * task could do.  The tasks and what they wait for are then reported, and the
 * waits cancelled so that they clean up: first those for anything but tasks,
 * then joins, again and again while tasks end.  coro abandons those that never
 * end for all that; pool and thread name them and wait for them none the less.
 * There a thread of the runtime's own looks for a deadlock every quarter of a
 * second, once the main task has waited like that.  Tasks that find no free
 * worker on pool are part of one.  seq: nobody is cancelled, the wait itself is
 * -EDEADLK.
 */
int rt_run(const struct rt_options *options, rt_task_fn fn, void *arg);

/* What this runtime is, and what it has counted since the last rt_run()
 * began.  Valid during rt_run() and after it. */
struct rt_info {
    const char *name;     /* "coro", "pool", "thread", "seq", ... */
    const char *summary;  /* one line for people */
    const char *options;  /* those honoured, comma separated: "workers,stack" */
    const char *guard;    /* how stacks are guarded: "madvise", "mprotect",
                             "kernel" (pthread guard page), "none" */
    bool reference;       /* not a runtime: hand-written for some workloads */
    bool third_party;     /* an adapter to somebody else's library */
    uint64_t concurrency; /* tasks that can be blocked at the same time;
                             0 = no limit of its own, 1 = seq, W = pool */
    size_t stack_bytes;   /* the size in force */
    unsigned workers;     /* the number in force, 0 where meaningless */
    unsigned http_fds;    /* the most descriptors an HTTP client holds beside
                             its connection: what libcurl is woken by */
    uint64_t tasks;       /* spawned so far */
    uint64_t switches;    /* coro: task to task switches */
    uint64_t loop_turns;  /* coro: times the event loop ran */
    uint64_t helped;      /* pool: joined tasks run in place */
    uint64_t spare_workers;   /* pool: workers added for blocked joins */
    uint64_t stalls;          /* coro, with stall_ns: turns longer than that */
    int64_t stall_longest_ns; /* the longest of them */
    int64_t doze_ns;          /* coro: the time in force, 0: nobody dozes */
    uint64_t dozing;          /* tasks that doze now */
    uint64_t dozes;           /* how often one has begun to */
};
void rt_info(struct rt_info *out);

/* ---- tasks ---- */

struct rt_task;

/*
 * Creates a task that will run fn(arg).  The caller owns *out and must join
 * or detach it.  With out NULL the task is detached from the start.  A task
 * that fails (a negative status other than -ECANCELED) when it is detached,
 * or is neither joined nor detached by the end of rt_run(), is reported.
 * When it runs first: coro: when the caller next suspends and those ready
 * before have had their turn, or ahead of them when it is joined; pool: when a
 * worker is free; thread: at once; seq: runs to its end inside this call.
 * Errors: -ENOMEM, -EAGAIN (the system allows no more threads).
 */
int rt_spawn(struct rt_task **out, rt_task_fn fn, void *arg);

/*
 * Waits until the task has ended, stores its status in *status (may be NULL)
 * and frees it.  Suspends.  On -ETIMEDOUT and -ECANCELED the task stays valid
 * and owned by the caller; it is not cancelled with him.  One task at a time
 * waits for a task.  pool: with RT_FOREVER a task that has not started may
 * run in place, on the caller's stack, as a task in its own right; the join
 * cannot be cancelled from then on.  Else the caller keeps his worker, the
 * task is the next to start, and a worker is added if none is left; but of
 * joins with deadlines that contain each other no more than 1000 deep.  coro:
 * the task, if it has not started, and later the caller run ahead of older
 * ready tasks; such a chain of joins keeps the others waiting for a slice of
 * 2 ms at most.
 */
int rt_join(struct rt_task *task, int *status, int64_t deadline);

/*
 * Joins all n tasks.  Suspends.  Returns 0 when all were joined, whatever
 * their statuses; those are stored in statuses[i] (statuses may be NULL).  On
 * an error no task has been joined and all stay owned by the caller, running.
 */
int rt_gather(struct rt_task *const *tasks, size_t n, int *statuses,
              int64_t deadline);

/*
 * Like rt_gather(), but the first failure (negative status) cancels the
 * others.  Suspends.  All are joined in any case, after their clean-up.
 * Returns 0, or the status of the first that failed (of several at a time the
 * one with the lowest index), or -ETIMEDOUT, -ECANCELED (of the caller) or
 * -ENOMEM, after which all have been cancelled and joined as well.
 */
int rt_gather_or_cancel(struct rt_task *const *tasks, size_t n, int *statuses,
                        int64_t deadline);

enum rt_wait_mode {
    RT_WAIT_ALL,         /* until all have ended */
    RT_WAIT_FIRST,       /* until at least one has */
    RT_WAIT_FIRST_FAILED /* until one has with a negative status, or all */
};

/*
 * Waits for tasks without joining them.  Suspends.  Returns how many of them
 * have ended, or -ETIMEDOUT or -ECANCELED; done[i] (done may be NULL) says
 * which, whatever is returned.  No task may be named twice.
 */
int rt_wait(struct rt_task *const *tasks, size_t n, enum rt_wait_mode mode,
            bool *done, int64_t deadline);

/* Gives the task away: it is freed when it ends. */
void rt_detach(struct rt_task *task);

/*
 * Asks the task to end, see "Cancellation" above; NULL is the running task.
 * Never suspends.  The task stays owned by whoever owns it and must be neither
 * joined nor freed before this returns.  Returns 0.  Nothing happens to one
 * that has ended; a second cancellation before the first is delivered is none.
 * A task that has not started still does, and gets -ECANCELED from its first
 * waiting call.
 */
int rt_cancel(struct rt_task *task);

/*
 * Runs fn(arg) in this task with cancellation held back: one that comes
 * meanwhile is delivered by the first waiting call after it.  Nests.  Returns
 * what fn returns.  For clean-up that must not be cut short.
 */
int rt_shield(rt_task_fn fn, void *arg);

/*
 * Runs fn(arg) in a task of its own with a deadline over the whole of it.
 * Suspends.  0: it has ended in time.  -ETIMEDOUT: it was cancelled for the
 * deadline, -ECANCELED: together with the caller; either way it has been
 * waited for.  Its status is in *status (may be NULL) in all these cases; but
 * a caller cancelled beforehand makes no task and leaves *status alone.
 * Otherwise the error of rt_spawn().  seq: the deadline is not watched.
 */
int rt_timeout(rt_task_fn fn, void *arg, int64_t deadline, int *status);

/* Names the task (NULL: the running one) in reports.  The name is not copied
 * and must outlive the task. */
void rt_task_name(struct rt_task *task, const char *name);

/* Lets other tasks that are ready run first.  Suspends.  coro: goes to the
 * back of the ready queue; elsewhere sched_yield(); seq: nothing to do. */
int rt_yield(void);

/*
 * Sleeps until the clock shows `until`; returns 0.  Suspends.  Never early
 * except with -ECANCELED.  Late by the kernel's timer slack on threads; on
 * coro by up to one millisecond (the loop's timer has that resolution) plus
 * the turns of tasks that were ready first.
 */
int rt_sleep(int64_t until);

/* ---- watching ---- */

enum rt_trace_what {
    RT_TRACE_SPAWN,
    RT_TRACE_RUN,   /* begins, or goes on */
    RT_TRACE_PARK,  /* stops, until its next RUN */
    RT_TRACE_WAKE,  /* what it waited for has come; for "yield" there is none */
    RT_TRACE_FINISH /* has returned; the last event of the task.  thread: or
                       could not begin, if rt_spawn() failed after all */
};

/*
 * One event.  The function given as rt_options.trace gets each as it happens,
 * on the thread and on the stack of the task that runs, one call at a time;
 * it is to be quick and must not call this API, except for rt_now().
 * Coroutines have an event for every switch.  On threads a task parks only
 * when its thread goes to sleep, begins a system call that may, or runs another
 * task in its place; a deadline and what comes from the kernel is told by the
 * task itself as it goes on.
 */
struct rt_trace_event {
    enum rt_trace_what what;
    int64_t when_ns;    /* rt_now()'s clock */
    uint64_t task;      /* its number: 1 is the main task, the others follow
                           in the order in which they were spawned; modulo
                           2^32 */
    uint64_t by;        /* SPAWN: the parent; WAKE: the task that woke it, 0
                           for a deadline, the loop or the kernel */
    const char *name;   /* as rt_task_name() has it, or NULL */
    const char *reason; /* PARK: what for: "yield", "sleep", "join", "mutex",
                           "cond", "sem", "event", "chan", "read", "write",
                           "http", "offload"; else NULL */
    int status;         /* FINISH: what it returned */
};

/* Reports each task that has not ended: number and name, whether it runs, is
 * ready or waits, what for and for how long.  Tasks neither start nor end
 * meanwhile. */
void rt_dump(void);

/* Asks for rt_dump() as soon as may be: coro when the loop gets its next turn,
 * elsewhere when the main task's thread waits, or at once if it does already.
 * From anywhere, a signal handler too; outside rt_run() nothing happens. */
void rt_dump_soon(void);

/* How much of its stack the task (NULL: the running one) has used at most, in
 * bytes, rounded up to whole pages; 0 where that is not known, as of another
 * task that is not waiting on pool.  A stack is used by one task after the
 * other and does not tell them apart. */
size_t rt_stack_used(struct rt_task *task);

/* ---- synchronisation ----
 * coro hands over in order of arrival; threads let a running task barge in
 * ahead of one that is only just waking.  seq: a wait that only another task
 * could end is -EDEADLK; with a deadline it lasts until then, -ETIMEDOUT.
 */

struct rt_mutex;
int rt_mutex_new(struct rt_mutex **out); /* -ENOMEM */
void rt_mutex_free(struct rt_mutex *mutex);
/* Suspends.  Not recursive: locking again is a deadlock. */
int rt_mutex_lock(struct rt_mutex *mutex, int64_t deadline);
/* By the task that holds it. */
void rt_mutex_unlock(struct rt_mutex *mutex);

/* A condition variable: waiting for what other tasks do under a mutex. */
struct rt_cond;
int rt_cond_new(struct rt_cond **out); /* -ENOMEM */
void rt_cond_free(struct rt_cond *cond);
/*
 * Unlocks the mutex, waits for a signal, locks it again.  Suspends.  The
 * mutex is held on return, whatever is returned: for that lock there is no
 * deadline, and cancellation is held back.  A signalled waiter returns 0.
 * What was waited for may have passed again: wait in a loop.
 */
int rt_cond_wait(struct rt_cond *cond, struct rt_mutex *mutex,
                 int64_t deadline);
/* Wakes the waiter that came first; nothing happens when there is none. */
void rt_cond_signal(struct rt_cond *cond);
void rt_cond_broadcast(struct rt_cond *cond);

struct rt_sem;
int rt_sem_new(struct rt_sem **out, unsigned count); /* -ENOMEM */
void rt_sem_free(struct rt_sem *sem);
/* Takes one unit.  Suspends while the count is 0. */
int rt_sem_acquire(struct rt_sem *sem, int64_t deadline);
/* Gives one unit back, waking one waiter if there is one. */
void rt_sem_release(struct rt_sem *sem);

/* A flag tasks can wait for. */
struct rt_event;
int rt_event_new(struct rt_event **out); /* -ENOMEM; starts cleared */
void rt_event_free(struct rt_event *event);
/* Wakes every waiter; stays set until cleared. */
void rt_event_set(struct rt_event *event);
void rt_event_clear(struct rt_event *event);
bool rt_event_is_set(const struct rt_event *event);
/* Returns 0 at once when set.  Suspends otherwise, until it is set; a waiter
 * woken by rt_event_set() returns 0 even if the event is cleared again before
 * it runs. */
int rt_event_wait(struct rt_event *event, int64_t deadline);

/* A bounded first-in first-out queue of fixed-size items, copied in and out.
 * Items stay in order on every runtime. */
struct rt_chan;
/* capacity >= 1, item_bytes >= 1, else -EINVAL; -ENOMEM. */
int rt_chan_new(struct rt_chan **out, size_t item_bytes, size_t capacity);
void rt_chan_free(struct rt_chan *chan);
/* Suspends while full.  -EPIPE once the channel is closed. */
int rt_chan_send(struct rt_chan *chan, const void *item, int64_t deadline);
/* Suspends while empty.  -EPIPE once it is closed and drained. */
int rt_chan_recv(struct rt_chan *chan, void *item, int64_t deadline);
/* No more sends; wakes everybody.  Closing twice is a no-op. */
void rt_chan_close(struct rt_chan *chan);

/*
 * A generator: a producer in a task of its own that hands over items one by
 * one, each when it is asked for.  One task at a time asks.  pool: the
 * producer keeps a worker until it ends.  seq: -ENOTSUP.
 */
struct rt_gen;
/* Hands items over with rt_gen_yield(); the items end when it returns. */
typedef int (*rt_gen_fn)(struct rt_gen *gen, void *arg);
/* fn(gen, arg) starts with the first rt_gen_next().  -EINVAL when item_bytes
 * is 0, -ENOMEM. */
int rt_gen_new(struct rt_gen **out, size_t item_bytes, rt_gen_fn fn, void *arg);
/*
 * The next item.  Suspends.  After the last one the producer's status if that
 * is negative, once, and -EPIPE from then on.  On -ETIMEDOUT and -ECANCELED
 * nothing is lost: the next call gets the item.  Also the errors of
 * rt_spawn() the first time.
 */
int rt_gen_next(struct rt_gen *gen, void *item, int64_t deadline);
/* By the producer: hands over a copy of the item and waits until the next one
 * is asked for.  Suspends.  -ECANCELED when the generator is being freed, from
 * then on always, and even under rt_shield(): time to clean up and return. */
int rt_gen_yield(struct rt_gen *gen, const void *item);
/* Cancels a producer that has not ended and waits for its clean-up, during
 * which cancellation of the caller is held back.  Its status is forgotten. */
void rt_gen_free(struct rt_gen *gen);

/* ---- blocking work ----
 * What has begun outside the task is completed first, because it uses the
 * task's memory: its result is returned, and a cancellation that came
 * meanwhile is delivered by the next waiting call.  What still waits for its
 * turn is withdrawn: -ECANCELED.  coro: on libuv's threads, which the first
 * such call starts, four or as many as UV_THREADPOOL_SIZE says, and which stay
 * for later runs until the process ends; elsewhere in place.
 */

/* Runs fn(arg), which may block or compute for long and must not call this
 * API except for rt_now() and rt_in(), and stores what it returns in *status
 * (may be NULL).  Suspends.  -ENOMEM, -EAGAIN (coro: the system allows no
 * threads for it). */
int rt_offload(rt_task_fn fn, void *arg, int *status);

struct rt_file;
struct stat;
/* open(2); flags and mode are its, O_CLOEXEC is added.  Suspends, like all of
 * these.  Errors are those of the system calls. */
int rt_file_open(struct rt_file **out, const char *path, int flags,
                 unsigned mode);
/* pread(2) and pwrite(2): one call each, which may read or write less than
 * asked for. */
ssize_t rt_file_pread(struct rt_file *file, void *buffer, size_t bytes,
                      int64_t offset);
ssize_t rt_file_pwrite(struct rt_file *file, const void *buffer, size_t bytes,
                       int64_t offset);
/* fsync(2) and fstat(2). */
int rt_file_sync(struct rt_file *file);
int rt_file_stat(struct rt_file *file, struct stat *out);
/* Closes and frees, at once: does not suspend. */
void rt_file_close(struct rt_file *file);

/* ---- streams ----
 * TCP sockets (TCP_NODELAY set), Unix sockets and pipes.  One task may read
 * while another writes; two tasks must not do the same thing on one stream at
 * a time (-EBUSY on coro).  coro and threads alike try the system call first.
 */

struct rt_sock;

/*
 * host is a numeric IPv4 or IPv6 address, a name, whose addresses are tried
 * in order, or "unix:" and the path of a Unix socket, for which the port does
 * not matter.  Suspends.  A look-up that has begun is completed first, then
 * deadline and cancellation count.  Errors: -EINVAL (nothing of the sort, or
 * a port above 65535), -ENOENT (no such name), -EAGAIN (the name server does
 * not answer), -EIO (the look-up failed otherwise), -ECONNREFUSED and the other
 * errors of connect(2), -EMFILE, -ENFILE, -ENOMEM.
 */
int rt_sock_connect(struct rt_sock **out, const char *host, unsigned port,
                    int64_t deadline);
/* host is numeric or "unix:" and a path, whose file is neither removed before
 * nor afterwards.  port 0 lets the system choose; rt_sock_port() tells.
 * SO_REUSEADDR is set.  -EINVAL, -EADDRINUSE and the other errors of bind(2)
 * and listen(2). */
int rt_sock_listen(struct rt_sock **out, const char *host, unsigned port,
                   int backlog);
/* Suspends until a connection comes in.  For this, too, coro takes one task at
 * a time (-EBUSY). */
int rt_sock_accept(struct rt_sock **out, struct rt_sock *listener,
                   int64_t deadline);
/* A pipe(2): what is written to *writer can be read from *reader. */
int rt_sock_pipe(struct rt_sock **reader, struct rt_sock **writer);
/* Two connected Unix stream sockets: socketpair(2). */
int rt_sock_pair(struct rt_sock **a, struct rt_sock **b);
/* The local port in host order, 0 where there is none. */
unsigned rt_sock_port(const struct rt_sock *sock);
/* Reads at least one byte, at most `bytes`; 0 is the end of the stream.
 * Suspends while there is nothing to read. */
ssize_t rt_sock_read(struct rt_sock *sock, void *buffer, size_t bytes,
                     int64_t deadline);
/*
 * Writes all `bytes` and returns their number, or an error: -EPIPE,
 * -ECONNRESET, ...  Suspends while the peer does not read.  After -ETIMEDOUT
 * or -ECANCELED an unknown part has been sent: close the stream.
 */
ssize_t rt_sock_write(struct rt_sock *sock, const void *buffer, size_t bytes,
                      int64_t deadline);
/* Writes as much as there is room for, at least one byte, and returns how much
 * that was.  Suspends while there is none; then -ETIMEDOUT and -ECANCELED mean
 * that nothing was sent. */
ssize_t rt_sock_write_some(struct rt_sock *sock, const void *buffer,
                           size_t bytes, int64_t deadline);
/* Ends our side of a socket: the peer reads end of stream. */
int rt_sock_shutdown(struct rt_sock *sock);
/* Closes and frees.  No task may be waiting on it. */
void rt_sock_close(struct rt_sock *sock);

/* ---- HTTP (libcurl) ----
 * A client holds at most one keep-alive connection and serves one request at
 * a time: the number of connections is the number of clients, on every
 * runtime alike.  HTTP/1.1 over TCP or TLS.  No proxy is taken from the
 * environment.
 */

struct rt_http;

/* Gives up to `bytes` of a body: their number, 0 at its end, or an error, with
 * which the call fails.  Runs in the task that makes the call, whose deadline
 * it is given, and may wait. */
typedef ssize_t (*rt_http_source_fn)(void *arg, void *buffer, size_t bytes,
                                     int64_t deadline);

/* The zero value of each field but the URL means the default.  Nothing of it
 * is needed after the call, except that a body or source must stay until a
 * stream is closed. */
struct rt_http_request {
    const char *method; /* default: GET, or POST when there is a body */
    const char *url;    /* http:// or https:// */
    /* "Name: value" each, NULL behind the last.  One without a value is left
     * out where libcurl would send it by itself (Accept, Host).  -EINVAL for
     * line breaks, and for Content-Length, Transfer-Encoding and Expect. */
    const char *const *headers;
    const void *body; /* body_bytes of it */
    size_t body_bytes;
    /* In place of `body`, asked piece by piece.  body_bytes is then what it
     * gives in all (-ENODATA if it ends earlier); 0: not known, the body is
     * sent in chunks. */
    rt_http_source_fn source;
    void *source_arg;
    /* How many redirects are followed; default: none, they are replies like
     * any other.  303, and for POST also 301 and 302, go on with GET.  Only to
     * http and https; another host gets no Authorization and no Cookie. */
    unsigned redirects;
    /* PEM file of the authorities whose certificates are believed; default:
     * the system's.  Certificate and host name are always verified. */
    const char *ca_file;
    /* Longest body taken; default: 64 MiB, for rt_http_open() no limit. */
    size_t body_max;
};

/* What it points to is owned by the client, valid until its next request. */
struct rt_http_reply {
    int status;         /* HTTP status, 200 for success */
    unsigned redirects; /* followed */
    const char *url;    /* where it came from in the end */
    const char *body;   /* NULL from rt_http_open() */
    size_t body_bytes;  /* the body is followed by a NUL not counted here */
};

int rt_http_new(struct rt_http **out); /* -ENOMEM, -EMFILE */
/* Closes its connection. */
void rt_http_free(struct rt_http *http);

/*
 * Sends the request and takes in the whole reply.  Suspends.  A reply of any
 * status is success (0).  After -ETIMEDOUT and -ECANCELED the server may have
 * seen the request, and the connection is closed; a look-up of the host's name
 * goes on by itself, in a thread of libcurl.  Errors: -EINVAL (no HTTP
 * URL, method or header; both body and source; HEAD with a body), -ENOENT (no
 * such host), -ECONNREFUSED and the other errors of connect(2), -ECONNRESET
 * (broken off), -EPROTO (not HTTP, no TLS, redirected to another protocol),
 * -EKEYREJECTED (the certificate is not by an authority, expired, or of
 * another host), -ENOKEY (ca_file cannot be used), -ELOOP (too many
 * redirects), -ESPIPE (a redirect would need a source again), -EMSGSIZE (body
 * above body_max, headers above 256 KiB), -ENOMEM, -EBUSY (a request is under
 * way or a stream open), -EIO (anything else), those of the source.
 */
int rt_http_request(struct rt_http *http, const struct rt_http_request *request,
                    struct rt_http_reply *reply, int64_t deadline);

/* The same for a GET of nothing but a URL.  Suspends. */
int rt_http_get(struct rt_http *http, const char *url,
                struct rt_http_reply *reply, int64_t deadline);

/* The value of the last reply's header field of that name, the index-th of
 * several, from 0; NULL when there are not so many.  Owned by the client,
 * valid until its next request. */
const char *rt_http_header(struct rt_http *http, const char *name,
                           size_t index);

/*
 * Like rt_http_request(), but returns when status and headers are there, and
 * leaves the body to rt_http_read().  Suspends.  After success the client is
 * taken until rt_http_close().  When a body is read slower than it comes, the
 * server has to wait: no more than 64 KiB are kept here.
 */
int rt_http_open(struct rt_http *http, const struct rt_http_request *request,
                 struct rt_http_reply *reply, int64_t deadline);
/* Reads at least one byte of the body, at most `bytes`; 0 is its end.
 * Suspends.  After -ETIMEDOUT and -ECANCELED nothing is lost, it can be called
 * again; other errors, those of rt_http_request(), last.  -EINVAL when no
 * stream is open. */
ssize_t rt_http_read(struct rt_http *http, void *buffer, size_t bytes,
                     int64_t deadline);
/* Ends the stream; the connection is kept if the body had ended.  Lets other
 * tasks run, but is not cancelled.  A no-op when no stream is open. */
void rt_http_close(struct rt_http *http);

/* ---- WebSocket (RFC 6455, frames by wslay) ----
 * A client, without extensions and subprotocols.  One task receives while
 * others send; frames of theirs do not mix.  Whoever receives answers pings
 * and the peer's Close, but never waits for that, nor for a sender: what cannot
 * go at once goes as soon as it can while somebody receives, or with the next
 * call that sends.  What the peer may make us hold is one message, one pong and
 * one Close.
 */

struct rt_ws;

enum rt_ws_kind {
    RT_WS_TEXT = 1,
    RT_WS_BINARY = 2
};

struct rt_ws_message {
    enum rt_ws_kind kind;
    const char *data; /* owned by the connection, valid until it receives
                         again; followed by a NUL that is not counted */
    size_t bytes;
};

/*
 * Connects to ws://HOST[:PORT][/PATH][?QUERY], HOST as for rt_sock_connect(),
 * an IPv6 address in brackets.  Messages above message_max bytes will not be
 * taken; 0 is 16 MiB.  Suspends.  Errors: -EINVAL (not such a URL), -ENOTSUP
 * (wss), those of rt_sock_connect(), -EPROTO (the server does not accept as
 * RFC 6455 wants it), -EMSGSIZE (its answer is above 8 KiB), -ECONNRESET,
 * -ENOMEM.
 */
int rt_ws_connect(struct rt_ws **out, const char *url, size_t message_max,
                  int64_t deadline);
/* Breaks the connection off, if rt_ws_close() has not ended it.  No task may
 * be using it. */
void rt_ws_free(struct rt_ws *ws);
/*
 * Sends a message.  Suspends while others send and while the peer does not
 * read.  Errors: -EILSEQ (text that is not UTF-8), -EPIPE (a Close has been
 * sent, or sending is broken), -ECONNRESET, ...  After -ETIMEDOUT and
 * -ECANCELED nothing has been sent, except where a part of the message may
 * have gone: then sending is broken from now on.
 */
int rt_ws_send(struct rt_ws *ws, enum rt_ws_kind kind, const void *data,
               size_t bytes, int64_t deadline);
/* Sends a ping with at most 125 bytes, else -EINVAL.  Otherwise like
 * rt_ws_send(). */
int rt_ws_ping(struct rt_ws *ws, const void *data, size_t bytes,
               int64_t deadline);
/* How many pongs have been received.  Any task may ask. */
uint64_t rt_ws_pongs(const struct rt_ws *ws);
/*
 * The next message, whole, however it was cut.  Suspends.  On -ETIMEDOUT and
 * -ECANCELED nothing is lost: the next call goes on where this one stopped.
 * -EBUSY: another task is receiving.  All other errors are for good, and with
 * those in brackets a Close of that code is sent: -EPIPE (the peer has closed:
 * its code), -EPROTO (a malformed frame: 1002), -EILSEQ (text or a reason that
 * is not UTF-8: 1007), -EMSGSIZE (above message_max, known with the first byte
 * of the frame's payload: 1009), -ENOMEM (1011), -ECONNRESET (the stream ended
 * without a Close).
 */
int rt_ws_recv(struct rt_ws *ws, struct rt_ws_message *message,
               int64_t deadline);
/*
 * Closes from our side: sends a Close with a code (1000 for the normal case;
 * see RFC 6455, 7.4) and a reason (at most 123 bytes of UTF-8, may be NULL),
 * unless one has been sent, and waits for the peer's, dropping messages.
 * Suspends.  0: both are done.  0 also when another task is receiving: it is
 * that one which gets the answer.  -EINVAL (code or reason), -EPIPE (sending is
 * broken), errors of rt_ws_recv(); after -ETIMEDOUT and -ECANCELED call again.
 */
int rt_ws_close(struct rt_ws *ws, unsigned code, const char *reason,
                int64_t deadline);
/* The code of the Close received: 1005 when it had none, 0 while none has
 * come; the reason, a string that lives as long as the connection, in *reason
 * (may be NULL).  Once receiving has ended. */
unsigned rt_ws_closed(const struct rt_ws *ws, const char **reason);

#endif
