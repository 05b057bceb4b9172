/* SPDX-License-Identifier: MIT */
#ifndef RT_CORO_SWITCH_H
#define RT_CORO_SWITCH_H

/*
 * The one primitive that changes stacks, in switch_<arch>.S.  It is not a
 * function that swaps two contexts but one that each leaving context calls
 * for itself: it saves the callee-saved registers, asks a picker (written in
 * C, in sched.c) who runs next, and returns into that one.  rt_yield() itself
 * is such an entry, so it has no twin here.
 */

#include <stdint.h>

#include "rt.h"

/* Who runs next, and what its interrupted call returns there. */
struct co_next {
    void *sp;
    long status;
};

/* Suspends the caller, with co_pick_park(), until somebody returns into it;
 * then returns the status found there. */
int co_suspend(void);

/* What lies above the sp of a suspended context, in words; all of it is told in
 * switch_<arch>.S. */
enum {
#if defined(__x86_64__)
    CO_FRAME_ARG = 2, /* r13 */
    CO_FRAME_FN = 3,  /* r12 */
    CO_FRAME_OUTER = 5,
    CO_FRAME_RETURN = 6,
    CO_FRAME_WORDS = 7
#elif defined(__aarch64__)
    CO_FRAME_FN = 0,  /* x19 */
    CO_FRAME_ARG = 1, /* x20 */
    CO_FRAME_OUTER = 10,
    CO_FRAME_RETURN = 11,
    CO_FRAME_WORDS = 20
#else
#error "no switch_<arch>.S for this architecture"
#endif
};

/* Where a task begins; not a function. */
extern const char co_begin[] __attribute__((visibility("hidden")));

/* Writes the first frame of a stack that ends at top (16-byte aligned), such
 * that returning into it runs co_task_end(fn(arg)).  Returns its sp.  Inline:
 * the picker stands on the stack of who leaves, and a call from there would
 * touch one more cache line of it. */
static inline void *co_frame(void *top, rt_task_fn fn, void *arg)
{
    uintptr_t *frame = (uintptr_t *)top - CO_FRAME_WORDS;
    frame[CO_FRAME_FN] = (uintptr_t)fn;
    frame[CO_FRAME_ARG] = (uintptr_t)arg;
    frame[CO_FRAME_OUTER] = 0;
    frame[CO_FRAME_RETURN] = (uintptr_t)co_begin;
    return frame;
}

/* The pickers.  sp is the caller's, to be found again under it later. */
struct co_next co_pick_yield(void *sp);
struct co_next co_pick_park(void *sp);
/* What a task's first frame calls with the result of its body: picks, too, but
 * there is nothing to be saved. */
struct co_next co_task_end(int result);
/* Only in builds where SAN_SWITCH (san.h) is true: called on the new stack. */
void co_landed(void);

#endif
