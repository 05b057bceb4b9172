/* SPDX-License-Identifier: MIT */
#ifndef RT_CORO_SAN_H
#define RT_CORO_SAN_H

/*
 * What the sanitizers and Valgrind must be told about task stacks; empty in a
 * plain build, but for one Valgrind request when a stack is used for the
 * first time.  Also read by the assembler, for SAN_SWITCH: whether the
 * context switch calls co_landed() once it stands on the new stack.
 *
 * SAN_BARE marks the functions that run while the tool's idea of the current
 * stack and the truth differ: they must not be instrumented.
 */

#if defined(__SANITIZE_ADDRESS__)
#define SAN_ADDRESS 1
#endif
#if defined(__SANITIZE_THREAD__)
#define SAN_THREAD 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SAN_ADDRESS 1
#endif
#if __has_feature(thread_sanitizer)
#define SAN_THREAD 1
#endif
#endif
#ifndef SAN_ADDRESS
#define SAN_ADDRESS 0
#endif
#ifndef SAN_THREAD
#define SAN_THREAD 0
#endif
#define SAN_SWITCH (SAN_ADDRESS || SAN_THREAD)

#ifndef __ASSEMBLER__

#include <stddef.h>

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define SAN_VALGRIND 1
#endif
#endif
#ifndef SAN_VALGRIND
#define VALGRIND_STACK_REGISTER(low, high) ((void)(low), (void)(high), 0U)
#define VALGRIND_STACK_DEREGISTER(id)      ((void)(id))
#define RUNNING_ON_VALGRIND                0
#endif

#if SAN_ADDRESS
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if SAN_THREAD
#include <sanitizer/tsan_interface.h>
#endif

#if SAN_THREAD && defined(__clang__)
#define SAN_BARE __attribute__((disable_sanitizer_instrumentation))
#elif SAN_THREAD
#define SAN_BARE __attribute__((no_sanitize_thread))
#elif SAN_ADDRESS
#define SAN_BARE __attribute__((no_sanitize_address))
#else
#define SAN_BARE
#endif

struct san_stack {
    unsigned valgrind;
#if SAN_SWITCH
    const void *bottom;
    size_t bytes;
    void *fake;  /* ASan: the frames it keeps on the heap */
    void *fiber; /* TSan: made late, for it cannot have many at a time */
    void *ended; /* TSan: to be destroyed when we have landed here */
#endif
};

/* Whether san_stack_free() must be called for every stack. */
static inline int san_wants_free(void)
{
    return SAN_SWITCH || RUNNING_ON_VALGRIND;
}

/* Whether a tool watches that complains of system calls it does not know. */
static inline int san_knows_old_calls(void)
{
    return RUNNING_ON_VALGRIND;
}

/* A stack comes into being.  Without a tool that does not touch it. */
static inline void san_stack_new(struct san_stack *s, void *bottom,
                                 size_t bytes)
{
    (void)s;
    if (RUNNING_ON_VALGRIND)
        s->valgrind = VALGRIND_STACK_REGISTER(bottom, (char *)bottom + bytes);
#if SAN_SWITCH
    s->bottom = bottom;
    s->bytes = bytes;
    s->fake = NULL;
    s->fiber = NULL;
    s->ended = NULL;
#endif
}

/* A stack is used again: what the last frames poisoned is void. */
static inline void san_stack_reuse(struct san_stack *s)
{
    (void)s;
#if SAN_ADDRESS
    __asan_unpoison_memory_region(s->bottom, s->bytes);
    s->fake = NULL;
#endif
}

static inline void san_stack_free(struct san_stack *s)
{
    VALGRIND_STACK_DEREGISTER(s->valgrind);
#if SAN_ADDRESS
    __asan_unpoison_memory_region(s->bottom, s->bytes);
#endif
#if SAN_THREAD
    if (s->fiber)
        __tsan_destroy_fiber(s->fiber);
#endif
}

/* The loop's stack is the thread's own. */
static inline void san_loop_init(struct san_stack *s)
{
    (void)s;
#if SAN_SWITCH
    *s = (struct san_stack){ 0 };
#endif
#if SAN_THREAD
    s->fiber = __tsan_get_current_fiber();
#endif
}

/* About to leave one stack for another, for good when it ends. */
SAN_BARE static inline void san_leave(struct san_stack *from,
                                      struct san_stack *to, int ends)
{
    (void)from, (void)to, (void)ends;
#if SAN_ADDRESS
    __sanitizer_start_switch_fiber(ends ? NULL : &from->fake, to->bottom,
                                   to->bytes);
#endif
#if SAN_THREAD
    to->ended = ends ? from->fiber : NULL;
    if (ends)
        from->fiber = NULL;
#endif
}

/* Now standing on `to`; the loop's bounds are learnt on leaving it first. */
SAN_BARE static inline void san_land(struct san_stack *to,
                                     struct san_stack *loop)
{
    (void)to, (void)loop;
#if SAN_ADDRESS
    const void *bottom;
    size_t bytes;
    __sanitizer_finish_switch_fiber(to->fake, &bottom, &bytes);
    if (!loop->bottom) {
        loop->bottom = bottom;
        loop->bytes = bytes;
    }
#endif
#if SAN_THREAD
    if (!to->fiber)
        to->fiber = __tsan_create_fiber(0);
    __tsan_switch_to_fiber(to->fiber, 0);
    if (to->ended)
        __tsan_destroy_fiber(to->ended);
#endif
}

#endif /* __ASSEMBLER__ */
#endif
