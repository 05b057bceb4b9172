# SPDX-License-Identifier: MIT
# usage: gnuplot -c memory.gp IN OUT TITLE SUBTITLE X
# Memory of parked tasks against their number: what RSS shows, and in full,
# with page tables and kernel stacks; the cost of one task is written at the
# end of its line.  IN is what `charts.awk want=memory` prints.
if (ARGC != 5) {
    print "usage: memory.gp IN OUT TITLE SUBTITLE X"
    exit status 2
}
IN = ARG1; OUT = ARG2; TITLE = ARG3; SUBTITLE = ARG4
set loadpath system(sprintf("dirname '%s'", ARG0))
load "style.gp"
X = size_name(ARG5)

# "thread: 33.1 KiB per task, RSS 8.4 KiB"
# ", with 1000 tasks" where it is the share at one size, not a slope.
at_size(n) = n eq "-" ? "" : sprintf(", with %s tasks", n)
per_task(rt, rss, full, n) = full == full ? \
    sprintf("%s: %s per task%s%s", called(rt), bytes(full), \
        rss == rss ? ", RSS " . bytes(rss) : "", at_size(n)) : \
    rss == rss ? sprintf("%s: RSS %s per task%s", called(rt), bytes(rss), \
        at_size(n)) : called(rt)
known(a, b) = a == a ? a : b

panels = 0; high = 0; low = 1e300; xlow = 1e300; xhigh = 0; xs = ""
longest = 4
stats IN using (panels = int($1) > panels ? int($1) : panels, x = $2, \
    l = known($4, $3), h = known(known($10, $8), known($5, $3)), \
    low = l < low ? l : low, high = h > high ? h : high, \
    xlow = x < xlow ? x : xlow, xhigh = x > xhigh ? x : xhigh, \
    longest = longer(per_task(strcol(6), $11, $12, strcol(13)), longest), \
    xs = among(xs, strcol(2)) ? xs : xs . " " . strcol(2), 1) nooutput
stats IN using 1 nooutput
series = int(STATS_blocks)
array NAME[series]
array SAY[series]
array PANEL[series]
array LAST_X[series]
array LAST_Y[series]
array HEAD[panels]
do for [i = 1:series] {
    stats IN index i - 1 using (PANEL[i] = int($1), LAST_X[i] = $2, \
        LAST_Y[i] = known($8, $3), NAME[i] = strcol(6), \
        SAY[i] = per_task(NAME[i], $11, $12, strcol(13)), \
        HEAD[int($1)] = strcol(7), 1) nooutput
}
logarithmic = 1
ylow = low / 1.3
yhigh = high * 1.3

W = 800
CELL_H = 360
LEFT = 74
RIGHT = 30 + 6.4 * longest
BODY = panels * CELL_H + 22
NOTE = "solid: in full, with page tables and kernel stacks    " . \
    "dashed, small marks: RSS alone    bars: 95 % interval"
load "card.gp"

set xrange [xlow / 1.15:xhigh * 1.15]
set logscale xy
set yrange [ylow:yhigh]
set xtics () offset 0, 0.4
set ytics () offset 0.6, 0
PLOT_W = W - LEFT - RIGHT
# Below the top of a panel: its head, if it has one, the name of the y axis,
# the plot.
PLOT_Y = panels > 1 || HEAD[1] ne "-" ? 42 : 26
PLOT_H = CELL_H - PLOT_Y - 54
load "sizes.gp"
eval byte_ticks(ylow, yhigh)
set errorbars small

set multiplot
do for [p = 1:panels] {
    px = LEFT
    py = TOP + (p - 1) * CELL_H
    set lmargin at screen across(px)
    set rmargin at screen across(px + PLOT_W)
    set tmargin at screen down(py + PLOT_Y)
    set bmargin at screen down(py + PLOT_Y + PLOT_H)
    say = HEAD[p] eq "-" ? "" : HEAD[p]
    set label 1 say at screen across(14), down(py + 12) left \
        font bold(10.5) textcolor rgb INK
    set label 3 "memory of the process" at screen across(14), \
        down(py + PLOT_Y - 14) left font sans(10) textcolor rgb GREY
    set label 2 X at screen across(px + PLOT_W / 2), \
        down(py + PLOT_Y + PLOT_H + 33) center font sans(10.5) textcolor rgb GREY
    load "names.gp"
    plot for [j = 1:names] IN index MINE[j] - 1 \
            using 2:3 with linespoints \
            linewidth 1 dashtype 2 pointtype mark(NAME[MINE[j]]) pointsize 0.4 \
            linecolor rgb hue(NAME[MINE[j]]) notitle, \
        for [j = 1:names] IN index MINE[j] - 1 \
            using 2:8 with lines linewidth 1.6 \
            linecolor rgb hue(NAME[MINE[j]]) notitle, \
        for [j = 1:names] IN index MINE[j] - 1 \
            using 2:8:9:10 with yerrorbars \
            pointtype 0 linewidth 1.2 linecolor rgb hue(NAME[MINE[j]]) notitle, \
        for [j = 1:names] IN index MINE[j] - 1 \
            using 2:8 with points \
            pointtype mark(NAME[MINE[j]]) pointsize 0.8 \
            linecolor rgb hue(NAME[MINE[j]]) notitle
    unset label
    unset arrow
}
unset multiplot
