# SPDX-License-Identifier: MIT
# usage: gdb -x scripts/gdb-tasks.py PROGRAM [CORE | PID]
# Adds the command rt-tasks: lists the tasks of a program on librt-coro that
# have not ended, each with the backtrace of where it waits.  Reads memory and
# the thread's registers only, so a core file will do.
"""What gdb needs to know of coroutines; follows runtime/coro/core.h and stack.h
(a task's row and its rest), runtime/coro/doze.c (where the rest lies while the
task dozes) and runtime/coro/switch_<arch>.S (what a suspended task's stack
begins with)."""

import gdb
import gdb.unwinder

# By architecture, as gdb names it: the offsets of the saved registers from the
# saved stack pointer, and how many bytes they take.
X86_64 = ({"r15": 0, "r14": 8, "r13": 16, "r12": 24, "rbx": 32, "rbp": 40,
           "rip": 48}, "rsp", 56)
AARCH64 = ({**{f"x{19 + i}": 8 * i for i in range(12)}, "pc": 88}, "sp", 160)
LAYOUTS = {"i386:x86-64": X86_64, "aarch64": AARCH64}


class FrameId:
    """How gdb tells frames apart; each must lie above the one before."""

    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


class SuspendedTask(gdb.unwinder.Unwinder):
    """Once armed, makes the innermost frame look as if it had been called by
    the task suspended at that stack pointer."""

    def __init__(self):
        super().__init__("rt-suspended-task")
        self.sp = None

    def __call__(self, pending_frame):
        if self.sp is None:
            return None
        sp, self.sp = self.sp, None
        word = gdb.lookup_type("unsigned long")
        registers, sp_name, size = LAYOUTS[pending_frame.architecture().name()]
        values = {
            name: gdb.Value(sp + offset).cast(word.pointer()).dereference()
            for name, offset in registers.items()}
        values[sp_name] = gdb.Value(sp + size).cast(word)
        pc = values.get("rip", values.get("pc"))
        info = pending_frame.create_unwind_info(
            FrameId(gdb.Value(sp).cast(word), pc))
        for name, value in values.items():
            info.add_saved_register(name, value)
        return info


def print_frames(frame):
    """The frames from this one out to the task's body."""
    level = 0
    while frame is not None and frame.name() != "co_entry":
        place = frame.find_sal()
        line = f"    #{level:<2} {frame.name() or hex(frame.pc())}"
        if place.symtab:
            line += f" at {place.symtab.filename}:{place.line}"
        print(line)
        frame = frame.older()
        level += 1


def print_suspended(unwinder, sp):
    """The frames of the task suspended at sp."""
    unwinder.sp = sp
    gdb.invalidate_cached_frames()
    frame = gdb.newest_frame()
    while frame.type() == gdb.INLINE_FRAME:
        frame = frame.older()
    print_frames(frame.older())
    unwinder.sp = None
    gdb.invalidate_cached_frames()


def print_running(end, bytes_):
    """The frames of the thread that stands on the stack that ends there."""
    selected = gdb.selected_thread()
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        frame = gdb.newest_frame()
        sp = int(frame.read_register(LAYOUTS[frame.architecture().name()][1]))
        if 0 < end - sp < bytes_:
            print_frames(frame)
    selected.switch()


def static(name, file):
    """A name of that file's own."""
    return gdb.parse_and_eval(f"'{file}'::{name}")


def end_of_stack(number):
    """Where the stack of that number ends."""
    stacks = gdb.parse_and_eval("co_stacks")
    colours = int(gdb.parse_and_eval("CO_COLOURS"))
    colour = number % colours * int(gdb.parse_and_eval("CO_COLOUR_BYTES"))
    return int(stacks["base"]) + (number + 1) * int(stacks["stride"]) - colour


def end_put_aside(number):
    """Where what is put aside of a task that dozes ends, else None: its stack
    cannot be read."""
    doze = static("doze", "doze.c")
    if number >= int(doze["room"]):
        return None
    pointer = gdb.lookup_type("struct aside").pointer()
    block = doze["away"][number].cast(pointer)
    if int(block) == 0:
        return None
    return int(block["live"].address) + int(block["bytes"])


def tasks():
    """The numbers of the stacks of the tasks that have not ended, and their
    rows."""
    rows = gdb.parse_and_eval("co_stacks.tasks")
    if int(rows) == 0:
        return
    for number in range(int(static("stacks", "stack.c")["used"])):
        if not rows[number]["done"]:
            yield number, rows[number]


def name_of(task, end):
    """The name of a task whose rest ends there, or None."""
    if task["fresh"] and not task["named"]:
        return None
    kind = gdb.lookup_type("struct co_rest")
    rest = gdb.Value(end - kind.sizeof).cast(kind.pointer())
    name = rest["name"].cast(gdb.lookup_type("char").pointer())
    return name.string() if int(name) != 0 else None


def body_of(task):
    """What a task will run, by name or, where nothing is known of the
    function, by address and what symbol there is."""
    block = gdb.block_for_pc(int(task["fn"]))
    return block and block.function or str(task["fn"])


def describe(task, name, running):
    """Its line in the list."""
    line = f"task {int(task['number'])}"
    if name is not None:
        line += f' "{name}"'
    if running:
        return line + " is running"
    reason = task["reason"].cast(gdb.lookup_type("enum co_reason"))
    if int(reason) == 0:
        return line + " is ready"
    return line + f" waits ({str(reason).removeprefix('CO_').lower()})"


class RtTasks(gdb.Command):
    """List the tasks of librt-coro that have not ended, with backtraces."""

    def __init__(self):
        super().__init__("rt-tasks", gdb.COMMAND_STACK)
        self.unwinder = SuspendedTask()
        gdb.unwinder.register_unwinder(None, self.unwinder, replace=True)

    def invoke(self, argument, from_tty):
        current = int(gdb.parse_and_eval("co.current"))
        for number, task in tasks():
            running = current == int(task.address)
            aside = end_put_aside(number)
            end = end_of_stack(number)
            print(describe(task, name_of(task, aside or end), running))
            if running:
                print_running(end, int(gdb.parse_and_eval("co_stacks.stride")))
            elif aside:
                print("    dozes: its frames are put aside")
            elif task["fresh"]:
                print(f"    not started: {body_of(task)}")
            else:
                print_suspended(self.unwinder, int(task["sp"]))


RtTasks()
