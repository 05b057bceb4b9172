# SPDX-License-Identifier: MIT
# usage: gdb -x scripts/gdb-tasks.py PROGRAM [CORE | PID]
# Adds the command rt-tasks: lists the tasks of a program on librt-coro that
# have not ended, each with the backtrace of where it waits.  Reads memory and
# the thread's registers only, so a core file will do.
"""What gdb needs to know of coroutines; follows runtime/coro/stack.c (where a
task's control block lies), runtime/coro/doze.c (where it lies while the task
dozes) and runtime/coro/switch_<arch>.S (what a suspended task's stack begins
with)."""

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
    while frame is not None and frame.name() != "co_task_main":
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


def print_running(task, bytes_):
    """The frames of the thread that stands on this task's stack, which has the
    control block at its upper end."""
    selected = gdb.selected_thread()
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        frame = gdb.newest_frame()
        sp = int(frame.read_register(LAYOUTS[frame.architecture().name()][1]))
        if 0 < int(task.address) - sp < bytes_:
            print_frames(frame)
    selected.switch()


def static(name, file="stack.c"):
    """A name of that file's own."""
    return gdb.parse_and_eval(f"'{file}'::{name}")


def dozing(number, kind):
    """The copy of the control block of a task that dozes, else None: its stack
    cannot be read."""
    doze = static("doze", "doze.c")
    if number >= int(doze["room"]):
        return None
    pointer = gdb.lookup_type("struct aside").pointer()
    block = doze["away"][number].cast(pointer)
    if int(block) == 0:
        return None
    end = int(block["live"].address) + int(block["bytes"])
    return gdb.Value(end - kind.sizeof).cast(kind.pointer()).dereference()


def tasks(stacks):
    """The control blocks of the tasks that have not ended, and whether they
    doze."""
    if int(stacks["base"]) == 0:
        return
    kind = gdb.lookup_type("struct rt_task")
    for number in range(int(stacks["used"])):
        colour = number % int(static("COLOURS")) * int(static("COLOUR_BYTES"))
        top = int(stacks["base"]) + (number + 1) * int(stacks["stride"])
        block = (top - colour - kind.sizeof) & ~63
        copy = dozing(number, kind)
        task = copy or gdb.Value(block).cast(kind.pointer()).dereference()
        if not task["done"]:
            yield task, copy is not None


def describe(task, running):
    """Its line in the list."""
    name = task["name"].cast(gdb.lookup_type("char").pointer())
    line = f"task {int(task['number'])}"
    if int(name) != 0:
        line += f' "{name.string()}"'
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
        core = gdb.parse_and_eval("co")
        stacks = static("stacks")
        for task, dozes in tasks(stacks):
            running = core["current"] == task.address
            print(describe(task, running))
            if running:
                print_running(task, int(stacks["stride"]))
            elif dozes:
                print("    dozes: its frames are put aside")
            elif task["fresh"]:
                function = gdb.block_for_pc(int(task["fn"])).function
                print(f"    not started: {function or task['fn']}")
            else:
                print_suspended(self.unwinder, int(task["sp"]))


RtTasks()
