/* SPDX-License-Identifier: MIT */
/*
 * Tasks that doze: whoever touches one, in whatever way, finds it as it was;
 * and meanwhile it costs less than its page.
 */
#include "../test.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    FEW = 40,
    MANY = 4000,
    CYCLES = 3,
    SIGNALS = 5000,
    DOZES = 200,
    BIG = 3000,
    NOBODY = 65534
};

/* The least: one millisecond. */
static const struct rt_options sleepy = { .doze_ns = 1 };

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* As the main task, where tasks can doze at all. */
static void run_sleepy(rt_task_fn fn, void *arg)
{
    if (rt_run(&sleepy, nothing, NULL) == -ENOTSUP)
        test_skip("no userfaultfd with UFFDIO_MOVE for us here");
    assert_int_equal(test_run_with(&sleepy, fn, arg), 0);
}

static size_t dozing(void)
{
    struct rt_info info;
    rt_info(&info);
    return info.dozing;
}

/* In the main task, which does not doze while it looks. */
static void let_doze(size_t n)
{
    int64_t late = test_late();
    while (dozing() < n && rt_now() < late)
        rt_sleep(test_soon());
    CHECK(dozing() >= n);
}

static int wait_named(void *arg)
{
    rt_task_name(NULL, "marmot");
    return rt_event_wait(arg, RT_FOREVER);
}

/* ---- waiting for this and that ---- */

enum way {
    SLEEP,
    EVENT,
    MUTEX,
    COND,
    SEM,
    SEND,
    RECEIVE,
    JOIN,
    DEADLINE,
    WAYS
};

/* What they wait for. */
struct scene {
    int64_t until;
    struct rt_event *event;
    struct rt_mutex *mutex, *other;
    struct rt_cond *cond;
    struct rt_sem *sem;
    struct rt_chan *full, *empty;
    bool ready;
};

struct sleeper {
    struct scene *scene;
    enum way way;
    int status;
    bool whole; /* its stack is as it was */
};

static int wait_for_event(void *arg)
{
    struct scene *scene = arg;
    return rt_event_wait(scene->event, RT_FOREVER);
}

static int wait_for_cond(struct scene *scene)
{
    int error = rt_mutex_lock(scene->other, RT_FOREVER);
    while (!error && !scene->ready)
        error = rt_cond_wait(scene->cond, scene->other, RT_FOREVER);
    rt_mutex_unlock(scene->other);
    return error;
}

static int wait_for_mutex(struct scene *scene)
{
    int error = rt_mutex_lock(scene->mutex, RT_FOREVER);
    if (!error)
        rt_mutex_unlock(scene->mutex);
    return error;
}

static int wait_for_child(struct scene *scene)
{
    struct rt_task *child;
    int status = -1;
    if (rt_spawn(&child, wait_for_event, scene))
        return -1;
    int error = rt_join(child, &status, RT_FOREVER);
    return error ? error : status;
}

static int wait_for_item(struct scene *scene)
{
    int item = 0;
    int error = rt_chan_recv(scene->empty, &item, RT_FOREVER);
    return error ? error : item - 7;
}

static int wait_to_send(struct scene *scene)
{
    int item = 7;
    return rt_chan_send(scene->full, &item, RT_FOREVER);
}

static int wait_some_way(struct scene *scene, enum way way)
{
    switch (way) {
    case SLEEP:
        return rt_sleep(scene->until);
    case EVENT:
        return wait_for_event(scene);
    case MUTEX:
        return wait_for_mutex(scene);
    case COND:
        return wait_for_cond(scene);
    case SEM:
        return rt_sem_acquire(scene->sem, RT_FOREVER);
    case SEND:
        return wait_to_send(scene);
    case RECEIVE:
        return wait_for_item(scene);
    case JOIN:
        return wait_for_child(scene);
    default:
        return rt_event_wait(scene->event, scene->until) == -ETIMEDOUT ? 0 : -1;
    }
}

static int lie_down(void *arg)
{
    struct sleeper *sleeper = arg;
    volatile uintptr_t local[8];
    volatile uintptr_t *volatile pointer = local;
    for (uintptr_t i = 0; i < 8; i++)
        local[i] = (uintptr_t)arg + i;
    sleeper->status = wait_some_way(sleeper->scene, sleeper->way);
    sleeper->whole = pointer == local;
    for (uintptr_t i = 0; i < 8; i++)
        sleeper->whole &= pointer[i] == (uintptr_t)arg + i;
    return 0;
}

static void set_up(struct scene *scene)
{
    int item = 7;
    memset(scene, 0, sizeof(*scene));
    CHECK_INT(rt_event_new(&scene->event), 0);
    CHECK_INT(rt_mutex_new(&scene->mutex), 0);
    CHECK_INT(rt_mutex_new(&scene->other), 0);
    CHECK_INT(rt_cond_new(&scene->cond), 0);
    CHECK_INT(rt_sem_new(&scene->sem, 0), 0);
    CHECK_INT(rt_chan_new(&scene->full, sizeof(int), 1), 0);
    CHECK_INT(rt_chan_new(&scene->empty, sizeof(int), 1), 0);
    CHECK_INT(rt_chan_send(scene->full, &item, RT_FOREVER), 0);
    CHECK_INT(rt_mutex_lock(scene->mutex, RT_FOREVER), 0);
}

/* So many sleepers of each way. */
static void wake(struct scene *scene, int each)
{
    rt_mutex_unlock(scene->mutex);
    rt_event_set(scene->event);
    rt_mutex_lock(scene->other, RT_FOREVER);
    scene->ready = true;
    rt_cond_broadcast(scene->cond);
    rt_mutex_unlock(scene->other);
    for (int i = 0; i < each; i++) {
        int item = 7, sent = 0;
        rt_sem_release(scene->sem);
        CHECK_INT(rt_chan_send(scene->empty, &item, RT_FOREVER), 0);
        CHECK_INT(rt_chan_recv(scene->full, &sent, RT_FOREVER), 0);
        CHECK_INT(sent, 7);
    }
}

static void tear_down(struct scene *scene)
{
    rt_event_free(scene->event);
    rt_mutex_free(scene->mutex);
    rt_mutex_free(scene->other);
    rt_cond_free(scene->cond);
    rt_sem_free(scene->sem);
    rt_chan_free(scene->full);
    rt_chan_free(scene->empty);
}

static struct sleeper sleepers[FEW];
static struct rt_task *tasks[MANY];

static void spawn_sleepers(struct scene *scene)
{
    for (int i = 0; i < FEW; i++) {
        sleepers[i] = (struct sleeper){ .scene = scene, .way = i % WAYS };
        CHECK_INT(rt_spawn(&tasks[i], lie_down, &sleepers[i]), 0);
    }
}

static void check_sleepers(int status)
{
    for (int i = 0; i < FEW; i++) {
        CHECK_INT(sleepers[i].status, status);
        CHECK(sleepers[i].whole);
    }
}

static bool is_timed(enum way way)
{
    return way == SLEEP || way == DEADLINE;
}

/* A join waits with a child of its own. */
static size_t count_tasks(bool timed)
{
    size_t n = 0;
    for (int i = 0; i < FEW; i++)
        if (timed || !is_timed(i % WAYS))
            n += i % WAYS == JOIN ? 2 : 1;
    return n;
}

static int wake_main(void *arg)
{
    struct scene scene;
    (void)arg;
    for (int cycle = 0; cycle < CYCLES; cycle++) {
        set_up(&scene);
        scene.until = rt_in(INT64_C(300000000));
        spawn_sleepers(&scene);
        /* Others most likely, too, but that is a matter of time. */
        let_doze(count_tasks(false));
        rt_sleep(scene.until);
        wake(&scene, FEW / WAYS + 1);
        CHECK_INT(rt_gather(tasks, FEW, NULL, test_late()), 0);
        check_sleepers(0);
        tear_down(&scene);
    }
    return 0;
}

static void a_task_that_has_dozed_goes_on_as_if_it_had_not(void **state)
{
    struct rt_info info;
    (void)state;
    run_sleepy(wake_main, NULL);
    rt_info(&info);
    assert_true(info.dozes >= CYCLES * count_tasks(false));
    assert_int_equal(info.dozing, 0);
}

static int cancel_main(void *arg)
{
    struct scene scene;
    (void)arg;
    set_up(&scene);
    scene.until = test_late();
    spawn_sleepers(&scene);
    let_doze(count_tasks(true));
    /* From the middle of lists whose other members doze. */
    for (int i = 0; i < FEW; i++)
        CHECK_INT(rt_cancel(tasks[(i * 7 + FEW / 2) % FEW]), 0);
    rt_event_set(scene.event);
    CHECK_INT(rt_gather(tasks, FEW, NULL, test_late()), 0);
    for (int i = 0; i < FEW; i++)
        if (sleepers[i].way == DEADLINE)
            sleepers[i].status = sleepers[i].status == -1 ? -ECANCELED : 0;
    check_sleepers(-ECANCELED);
    tear_down(&scene);
    return 0;
}

static void a_dozing_task_is_cancelled(void **state)
{
    (void)state;
    run_sleepy(cancel_main, NULL);
}

static int woken_main(void *arg)
{
    struct rt_event *event;
    (void)arg;
    CHECK_INT(rt_event_new(&event), 0);
    for (int i = 0; i < FEW; i++)
        CHECK_INT(rt_spawn(&tasks[i], wait_named, event), 0);
    let_doze(FEW);
    rt_event_set(event);
    CHECK_INT(dozing(), FEW);
    CHECK_INT(rt_gather(tasks, FEW, NULL, test_late()), 0);
    CHECK_INT(dozing(), 0);
    rt_event_free(event);
    return 0;
}

/* So 100 000 that are woken are not 100 000 pages touched. */
static void waking_a_task_does_not_touch_its_stack(void **state)
{
    (void)state;
    run_sleepy(woken_main, NULL);
}

/* ---- strangers ---- */

/* A word on the stack of a task that waits. */
struct word {
    struct rt_event *go;
    volatile uint64_t *at;
    uint64_t found; /* there in the end */
    uint64_t read;  /* by the stranger */
};

static int keep_word(void *arg)
{
    struct word *word = arg;
    volatile uint64_t local = 11;
    word->at = &local;
    int error = rt_event_wait(word->go, RT_FOREVER);
    word->found = local;
    return error;
}

/* Has `stranger` touch the word while its task dozes; then it is awake. */
static void disturb(struct word *word, void (*stranger)(struct word *word))
{
    struct rt_task *task;
    CHECK_INT(rt_event_new(&word->go), 0);
    CHECK_INT(rt_spawn(&task, keep_word, word), 0);
    let_doze(1);
    stranger(word);
    CHECK_INT(word->read, 11);
    rt_event_set(word->go);
    CHECK_INT(rt_join(task, NULL, test_late()), 0);
    CHECK_INT(word->found, 22);
    rt_event_free(word->go);
}

static void touch(struct word *word)
{
    word->read = *word->at;
    CHECK_INT(dozing(), 0);
    *word->at = 22;
}

static void *touch_in_thread(void *arg)
{
    struct word *word = arg;
    word->read = *word->at;
    *word->at = 22;
    return NULL;
}

static void touch_from_thread(struct word *word)
{
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, touch_in_thread, word), 0);
    pthread_join(thread, NULL);
}

static int touch_offloaded(void *arg)
{
    touch_in_thread(arg);
    return 0;
}

static void touch_from_offload(struct word *word)
{
    CHECK_INT(rt_offload(touch_offloaded, word, NULL), 0);
}

/* The kernel reads the word, and finds it awake when it writes there. */
static void touch_by_write(struct word *word)
{
    uint64_t next = 22;
    int ends[2];
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(write(ends[1], (void *)word->at, 8), 8);
    CHECK_INT(read(ends[0], &word->read, 8), 8);
    CHECK_INT(write(ends[1], &next, 8), 8);
    CHECK_INT(read(ends[0], (void *)word->at, 8), 8);
    close(ends[0]);
    close(ends[1]);
}

static void touch_by_read(struct word *word)
{
    uint64_t next = 22;
    int ends[2];
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(write(ends[1], &next, 8), 8);
    CHECK_INT(read(ends[0], (void *)word->at, 8), 8);
    word->read = 11;
    close(ends[0]);
    close(ends[1]);
}

static int strangers_main(void *arg)
{
    static void (*const strangers[])(
        struct word *) = { touch, touch_from_thread, touch_from_offload,
                           touch_by_write, touch_by_read };
    (void)arg;
    for (size_t i = 0; i < sizeof(strangers) / sizeof(*strangers); i++) {
        struct word word = { 0 };
        disturb(&word, strangers[i]);
    }
    return 0;
}

static void strangers_find_a_dozing_stack_as_it_was(void **state)
{
    (void)state;
    run_sleepy(strangers_main, NULL);
}

/* One that writes without a pause; on a CPU of its own, to be a challenge. */
struct writer {
    volatile uint64_t *at;
    uint64_t written;
    atomic_bool over;
};

static void *write_on(void *arg)
{
    struct writer *writer = arg;
    while (!atomic_load(&writer->over)) {
        (*writer->at)++;
        writer->written++;
    }
    return NULL;
}

static int writer_main(void *arg)
{
    static struct writer writer; /* not on a stack that dozes */
    struct word word = { .at = NULL };
    struct rt_task *task;
    struct rt_info info;
    pthread_t thread;
    int64_t late = test_late();
    (void)arg;
    CHECK_INT(rt_event_new(&word.go), 0);
    CHECK_INT(rt_spawn(&task, keep_word, &word), 0);
    let_doze(1);
    writer.at = word.at;
    CHECK_INT(pthread_create(&thread, NULL, write_on, &writer), 0);
    do {
        rt_sleep(test_soon());
        rt_info(&info);
    } while (info.dozes < DOZES && rt_now() < late);
    atomic_store(&writer.over, true);
    pthread_join(thread, NULL);
    rt_event_set(word.go);
    CHECK_INT(rt_join(task, NULL, test_late()), 0);
    CHECK_INT(word.found, 11 + writer.written);
    rt_event_free(word.go);
    return 0;
}

static void no_write_is_lost_while_it_dozes_off(void **state)
{
    struct rt_info info;
    (void)state;
    run_sleepy(writer_main, NULL);
    rt_info(&info);
    assert_true(info.dozes >= DOZES);
}

static volatile uint64_t *signalled;
static atomic_uint signals;

static void on_signal(int number)
{
    (void)number;
    (*signalled)++;
    atomic_fetch_add(&signals, 1);
}

static void *send_signals(void *arg)
{
    for (unsigned i = 0; i < SIGNALS; i++) {
        pthread_kill(*(pthread_t *)arg, SIGUSR1);
        while (atomic_load(&signals) == i)
            sched_yield();
    }
    return NULL;
}

/* Whatever the loop is doing, putting aside and back included. */
static int signal_main(void *arg)
{
    struct word word = { .at = NULL };
    struct rt_task *task;
    struct sigaction action = { .sa_handler = on_signal,
                                .sa_flags = SA_RESTART };
    pthread_t loop = pthread_self(), sender;
    (void)arg;
    CHECK_INT(rt_event_new(&word.go), 0);
    CHECK_INT(rt_spawn(&task, keep_word, &word), 0);
    let_doze(1);
    signalled = word.at;
    atomic_store(&signals, 0);
    sigaction(SIGUSR1, &action, NULL);
    CHECK_INT(pthread_create(&sender, NULL, send_signals, &loop), 0);
    while (atomic_load(&signals) < SIGNALS)
        rt_sleep(test_soon());
    pthread_join(sender, NULL);
    rt_event_set(word.go);
    CHECK_INT(rt_join(task, NULL, test_late()), 0);
    CHECK_INT(word.found, 11 + SIGNALS);
    rt_event_free(word.go);
    return 0;
}

static void a_signal_handler_may_touch_it(void **state)
{
    struct rt_info info;
    (void)state;
    run_sleepy(signal_main, NULL);
    rt_info(&info);
    assert_true(info.dozes > 2);
}

static int fork_main(void *arg)
{
    struct word word = { 0 };
    struct rt_task *task;
    int status = -1;
    (void)arg;
    CHECK_INT(rt_event_new(&word.go), 0);
    CHECK_INT(rt_spawn(&task, keep_word, &word), 0);
    let_doze(1);
    pid_t child = fork();
    if (child == 0)
        _exit(*word.at == 11 ? 0 : 1);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_INT(status, 0);
    /* The parent's are not lost, and can doze again. */
    *word.at = 22;
    let_doze(1);
    rt_event_set(word.go);
    CHECK_INT(rt_join(task, NULL, test_late()), 0);
    CHECK_INT(word.found, 22);
    rt_event_free(word.go);
    return 0;
}

static void a_child_process_finds_it_as_it_was(void **state)
{
    (void)state;
    run_sleepy(fork_main, NULL);
}

/* ---- reports ---- */

static char said[1 << 16];

static void take_report(void *arg, const char *text)
{
    (void)arg;
    strncat(said, text, sizeof(said) - strlen(said) - 1);
}

static int dump_main(void *arg)
{
    struct rt_event *event;
    (void)arg;
    CHECK_INT(rt_event_new(&event), 0);
    CHECK_INT(rt_spawn(&tasks[0], wait_named, event), 0);
    let_doze(1);
    rt_dump();
    CHECK_INT(dozing(), 1);
    CHECK(rt_stack_used(tasks[0]) > 0);
    CHECK_INT(dozing(), 0);
    rt_event_set(event);
    CHECK_INT(rt_join(tasks[0], NULL, test_late()), 0);
    rt_event_free(event);
    return 0;
}

static const struct rt_options told = { .doze_ns = 1, .report = take_report };

static void a_dump_tells_of_it_and_wakes_nobody(void **state)
{
    (void)state;
    run_sleepy(nothing, NULL);
    said[0] = '\0';
    assert_int_equal(test_run_with(&told, dump_main, NULL), 0);
    assert_non_null(strstr(said, "\"marmot\" waits (event"));
}

static int deadlock_main(void *arg)
{
    struct rt_event *event = arg;
    CHECK_INT(rt_spawn(&tasks[0], wait_named, event), 0);
    let_doze(1);
    return rt_join(tasks[0], NULL, RT_FOREVER);
}

static int deadlock_outer(void *arg)
{
    struct rt_event *event;
    (void)arg;
    CHECK_INT(rt_event_new(&event), 0);
    int status = deadlock_main(event);
    rt_event_free(event);
    return status;
}

static void a_deadlock_of_dozing_tasks_is_reported(void **state)
{
    (void)state;
    run_sleepy(nothing, NULL);
    said[0] = '\0';
    assert_int_equal(test_run_with(&told, deadlock_outer, NULL), -EDEADLK);
    assert_non_null(strstr(said, "deadlock"));
    assert_non_null(strstr(said, "\"marmot\" waits (event"));
}

/* ---- memory ---- */

static long anonymous_kib(void)
{
    char line[256];
    long kib = -1;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof(line), file))
        sscanf(line, "RssAnon: %ld", &kib);
    if (file)
        fclose(file);
    return kib;
}

static int memory_main(void *arg)
{
    long *saved = arg;
    struct rt_event *event;
    CHECK_INT(rt_event_new(&event), 0);
    for (int i = 0; i < MANY; i++)
        CHECK_INT(rt_spawn(&tasks[i], wait_named, event), 0);
    rt_yield();
    long before = anonymous_kib();
    let_doze(MANY);
    *saved = before - anonymous_kib();
    rt_event_set(event);
    CHECK_INT(rt_gather(tasks, MANY, NULL, test_late()), 0);
    rt_event_free(event);
    return 0;
}

static void a_dozing_task_costs_a_quarter_of_a_page(void **state)
{
    long saved = 0;
    (void)state;
    if (test_sanitized())
        test_skip("a sanitizer's memory comes and goes");
    run_sleepy(memory_main, &saved);
    assert_true(saved >= MANY * 3L);
}

static int keep_much(void *arg)
{
    char much[BIG];
    memset(much, 1, sizeof(much));
    /* They might be read now, as far as the compiler knows. */
    __asm__ volatile("" : : "r"(much) : "memory");
    int error = rt_event_wait(arg, RT_FOREVER);
    return error ? error : much[0] + much[BIG - 1];
}

/* Its page is full: nothing to be gained. */
static int much_main(void *arg)
{
    struct rt_event *event;
    int status = 0;
    (void)arg;
    CHECK_INT(rt_event_new(&event), 0);
    CHECK_INT(rt_spawn(&tasks[0], keep_much, event), 0);
    CHECK_INT(rt_spawn(&tasks[1], wait_named, event), 0);
    let_doze(1);
    for (int i = 0; i < 20; i++)
        rt_sleep(test_soon());
    CHECK_INT(dozing(), 1);
    rt_event_set(event);
    CHECK_INT(rt_join(tasks[0], &status, test_late()), 0);
    CHECK_INT(status, 2);
    CHECK_INT(rt_join(tasks[1], NULL, test_late()), 0);
    rt_event_free(event);
    return 0;
}

static void a_task_with_much_on_its_page_stays_awake(void **state)
{
    (void)state;
    run_sleepy(much_main, NULL);
}

__attribute__((noinline)) static int dig(int depth)
{
    volatile char frame[BIG];
    frame[0] = frame[BIG - 1] = (char)depth;
    int below = depth > 0 ? dig(depth - 1) : 0;
    return below + frame[0] + frame[BIG - 1];
}

static int dig_later(void *arg)
{
    int error = rt_event_wait(arg, RT_FOREVER);
    return error ? error : dig(8);
}

static int deeper_main(void *arg)
{
    struct rt_event *event;
    int status = 0;
    (void)arg;
    CHECK_INT(rt_event_new(&event), 0);
    CHECK_INT(rt_spawn(&tasks[0], dig_later, event), 0);
    let_doze(1);
    rt_event_set(event);
    CHECK_INT(rt_join(tasks[0], &status, test_late()), 0);
    CHECK_INT(status, 2 * 36);
    rt_event_free(event);
    return 0;
}

static void a_stack_grows_after_dozing(void **state)
{
    (void)state;
    run_sleepy(deeper_main, NULL);
}

/* ---- the option ---- */

static int wait_a_little(void *arg)
{
    int64_t end = rt_in(30000000);
    (void)arg;
    CHECK_INT(rt_spawn(NULL, nothing, NULL), 0);
    return rt_sleep(end);
}

static void nobody_dozes_unless_asked(void **state)
{
    struct rt_info info;
    (void)state;
    assert_int_equal(test_run(0, wait_a_little, NULL), 0);
    rt_info(&info);
    assert_int_equal(info.dozes, 0);
    assert_true(runtime_honours("doze"));
}

static void a_negative_time_is_refused(void **state)
{
    struct rt_options options = { .doze_ns = -1 };
    (void)state;
    assert_int_equal(rt_run(&options, nothing, NULL), -EINVAL);
}

static int all_may(void)
{
    int value = 0;
    FILE *file = fopen("/proc/sys/vm/unprivileged_userfaultfd", "re");
    if (file && fscanf(file, "%d", &value) != 1)
        value = 0;
    if (file)
        fclose(file);
    return value;
}

/* Rather than a system call that fails because its buffer's owner dozes. */
static void without_the_right_to_it_the_run_is_refused(void **state)
{
    int status = -1;
    (void)state;
    if (all_may() || geteuid() != 0)
        test_skip("needs root, and others who may not use userfaultfd");
    pid_t child = fork();
    if (child == 0) {
        bool other = setresuid(NOBODY, NOBODY, NOBODY) == 0;
        _exit(other && rt_run(&sleepy, nothing, NULL) == -ENOTSUP ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_task_that_has_dozed_goes_on_as_if_it_had_not),
        TEST(a_dozing_task_is_cancelled),
        TEST(waking_a_task_does_not_touch_its_stack),
        TEST(strangers_find_a_dozing_stack_as_it_was),
        TEST(no_write_is_lost_while_it_dozes_off),
        TEST(a_signal_handler_may_touch_it),
        TEST(a_child_process_finds_it_as_it_was),
        TEST(a_dump_tells_of_it_and_wakes_nobody),
        TEST(a_deadlock_of_dozing_tasks_is_reported),
        TEST(a_dozing_task_costs_a_quarter_of_a_page),
        TEST(a_task_with_much_on_its_page_stays_awake),
        TEST(a_stack_grows_after_dozing),
        TEST(nobody_dozes_unless_asked),
        TEST(a_negative_time_is_refused),
        TEST(without_the_right_to_it_the_run_is_refused),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
