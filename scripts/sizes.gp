# SPDX-License-Identifier: MIT
# A tick on the x axis at each measured size that leaves room for its number.
# Wants xs, the sizes as words, and PLOT_W, the axis' length for xlow to xhigh;
# the axis is logarithmic unless xlow is 0.

place(x) = xlow > 0 ? log(x) : x
PX = PLOT_W / (xlow > 0 ? log(1.33 * xhigh / xlow) : 1.1 * xhigh)
array TICK[words(xs)]
ticks = 0
do for [w in xs] {
    room = 1
    do for [j = 1:ticks] {
        gap = abs(place(real(w)) - place(TICK[j])) * PX
        if (gap < 5 + 7 * strlen(count(real(w)))) {
            room = 0
        }
    }
    if (room) {
        ticks = ticks + 1
        TICK[ticks] = real(w)
        set xtics add (count(TICK[ticks]) TICK[ticks])
    }
}
