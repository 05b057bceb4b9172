/* SPDX-License-Identifier: MIT */
/*
 * Context switch, x86-64, System V ABI (psABI 1.0, section 3.2.1).
 *
 * A suspended context is its stack pointer; above it lie, at these offsets:
 *
 *      0 r15    8 r14   16 r13   24 r12   32 rbx   40 rbp   48 return address
 *
 * That is all the ABI lets a called function's caller rely on, but for the
 * control bits of mxcsr and of the x87 unit.  Those stay as they are across a
 * switch: they belong to the thread, as with any library that changes them,
 * and saving them would cost more than the rest.
 *
 * Why it looks as it does: a plain `ret` into another task is always
 * mispredicted, for the return predictor holds our own caller's address, and
 * one misprediction costs more than the whole switch.  So the last step is an
 * indirect jump.  Each entry has a jump of its own, because the predictor
 * tells jumps apart by their address; and the picker is reached by an
 * ordinary call and return, which predict well.  The jump goes straight to
 * the public function's caller: returning through one more frame would be
 * mispredicted again.  notrack: the target follows a call, not an endbr64.
 */
#include "san.h"

	.text

	/* rax: the new stack pointer, edx: what to return there.  cfa: by how
	   much the distance to the CFA changes with the stack. */
	.macro	LAND cfa
	movq	%rax, %rsp
	.cfi_adjust_cfa_offset \cfa
#if SAN_SWITCH
	pushq	%rdx
	.cfi_adjust_cfa_offset 8
	call	co_landed
	popq	%rdx
	.cfi_adjust_cfa_offset -8
#endif
	movl	%edx, %eax
	popq	%r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r15
	popq	%r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r14
	popq	%r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r13
	popq	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r12
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbp
	popq	%rcx
	.cfi_adjust_cfa_offset -8
	.cfi_register %rip, %rcx
	notrack jmp *%rcx
	.endm

	.macro	SAVE reg
	pushq	\reg
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset \reg, 0
	.endm

	.macro	SWITCH name, picker
	.globl	\name
	.type	\name, @function
	.balign	64
\name:
	.cfi_startproc
	endbr64
	SAVE	%rbp
	SAVE	%rbx
	SAVE	%r12
	SAVE	%r13
	SAVE	%r14
	SAVE	%r15
	movq	%rsp, %rdi
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	call	\picker
	LAND	-8
	.cfi_endproc
	.size	\name, . - \name
	.endm

	SWITCH	rt_yield, co_pick_yield
	SWITCH	co_suspend, co_pick_park

	/* The outermost frame of every task: no return address (backtraces end
	   here).  r12, r13: what co_frame() was given.  Its way out is the third
	   jump.  A task begins at co_begin: an unwinder looks for the frame of
	   the byte before a return address, which must be one of ours. */
	.type	co_entry, @function
	.balign	64
co_entry:
	.cfi_startproc
	.cfi_undefined %rip
	endbr64
	.globl	co_begin
	.hidden	co_begin
co_begin:
	movq	%r13, %rdi
	call	*%r12
	movl	%eax, %edi
	call	co_task_end
	LAND	48
	.cfi_endproc
	.size	co_entry, . - co_entry

	.section .note.GNU-stack, "", @progbits
