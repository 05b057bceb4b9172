/* SPDX-License-Identifier: MIT */
/*
 * Context switch, AArch64, AAPCS64 (section 6.1.1 and 6.1.2).
 *
 * A suspended context is its stack pointer; above it lie, at these offsets:
 *
 *      0 x19,x20   16 x21,x22   32 x23,x24   48 x25,x26   64 x27,x28
 *     80 x29,x30   96 d8,d9    112 d10,d11  128 d12,d13  144 d14,d15
 *
 * x18 belongs to the platform, fpcr to the thread.  The last step is `ret`:
 * a `br` to the instruction after a call faults where branch target
 * identification is on, since there is no landing pad.  Each entry has a last
 * step of its own, and the picker is reached by an ordinary call, so that the
 * predictors can tell them apart.
 */
#include "san.h"

	.text

	/* x0: the new stack pointer, w1: what to return there. */
	.macro	LAND
	mov	sp, x0
#if SAN_SWITCH
	str	x1, [sp, #-16]!
	.cfi_adjust_cfa_offset 16
	bl	co_landed
	ldr	x1, [sp], #16
	.cfi_adjust_cfa_offset -16
#endif
	mov	w0, w1
	ldp	x19, x20, [sp, #0]
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	add	sp, sp, #160
	.cfi_adjust_cfa_offset -160
	.irp	reg, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	.cfi_restore x\reg
	.endr
	.irp	reg, 8, 9, 10, 11, 12, 13, 14, 15
	.cfi_restore d\reg
	.endr
	ret
	.endm

	.macro	SAVE first, second, offset
	stp	\first, \second, [sp, #\offset]
	.cfi_rel_offset \first, \offset
	.cfi_rel_offset \second, \offset + 8
	.endm

	.macro	SWITCH name, picker
	.globl	\name
	.type	\name, %function
	.balign	64
\name:
	.cfi_startproc
	hint	#34 /* bti c */
	sub	sp, sp, #160
	.cfi_adjust_cfa_offset 160
	SAVE	x19, x20, 0
	SAVE	x21, x22, 16
	SAVE	x23, x24, 32
	SAVE	x25, x26, 48
	SAVE	x27, x28, 64
	SAVE	x29, x30, 80
	SAVE	d8, d9, 96
	SAVE	d10, d11, 112
	SAVE	d12, d13, 128
	SAVE	d14, d15, 144
	mov	x0, sp
	bl	\picker
	LAND
	.cfi_endproc
	.size	\name, . - \name
	.endm

	SWITCH	rt_yield, co_pick_yield
	SWITCH	co_suspend, co_pick_park

	/* The outermost frame of every task: no return address (backtraces end
	   here).  x19, x20: what co_frame() was given.  A task begins at
	   co_begin: an unwinder looks for the frame of the instruction before a
	   return address, which must be one of ours. */
	.type	co_entry, %function
	.balign	64
co_entry:
	.cfi_startproc
	.cfi_undefined x30
	hint	#34 /* bti c */
	.globl	co_begin
	.hidden	co_begin
co_begin:
	mov	x0, x20
	blr	x19
	bl	co_task_end
	.cfi_adjust_cfa_offset 160
	LAND
	.cfi_endproc
	.size	co_entry, . - co_entry

	.section .note.GNU-stack, "", %progbits
