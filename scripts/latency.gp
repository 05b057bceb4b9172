# SPDX-License-Identifier: MIT
# usage: gnuplot -c latency.gp IN OUT TITLE SUBTITLE AXIS
# Latency against the share of values that do not exceed it, on the axis
# log(1/(1-share)) that gives every further nine the same room: one curve per
# runtime, dashed where it offloads, one panel per point, all panels on the same
# axes.  IN is what
# `latency.awk want=curves` prints.
if (ARGC != 5) {
    print "usage: latency.gp IN OUT TITLE SUBTITLE AXIS"
    exit status 2
}
IN = ARG1; OUT = ARG2; TITLE = ARG3; SUBTITLE = ARG4; AXIS = ARG5
set loadpath system(sprintf("dirname '%s'", ARG0))
load "style.gp"
nines(share) = 1 / (1 - share)
label_of(rt, offload) = called(rt) . (offload == 1 ? ", offloaded" : "")
# An exact 0 cannot stand on the axis.
late(ns) = ns < 1 ? 1e-9 : ns * 1e-9

panels = 0; high = 0; low = 1e300; xhigh = 100.; longest = 4; widest = 0
stats IN using (panels = int($1) > panels ? int($1) : panels, \
    x = nines($2), v = late($3), low = v < low ? v : low, \
    high = v > high ? v : high, xhigh = x > xhigh ? x : xhigh, \
    longest = longer(label_of(strcol(4), $6), longest), widest = longer(strcol(5), widest), \
    1) nooutput
stats IN using 1 nooutput
series = int(STATS_blocks)
array NAME[series]
array SAY[series]
array PANEL[series]
array OFFLOAD[series]
array LAST_X[series]
array LAST_Y[series]
array HEAD[panels]
do for [i = 1:series] {
    stats IN index i - 1 using (PANEL[i] = int($1), LAST_X[i] = nines($2), \
        LAST_Y[i] = late($3), NAME[i] = strcol(4), OFFLOAD[i] = $6, \
        SAY[i] = label_of(NAME[i], $6), HEAD[int($1)] = strcol(5), 1) nooutput
}
logarithmic = 1
ylow = low / 1.3
yhigh = high * 1.3

W = 800
COLUMNS = panels > 1 && 7.4 * widest < 386 ? 2 : 1
LINES = (panels + COLUMNS - 1) / COLUMNS
CELL_W = W / COLUMNS
CELL_H = COLUMNS == 1 ? 330 : 300
LEFT = 66
RIGHT = 30 + 6.5 * longest
BODY = LINES * CELL_H + 22
NOTE = "all rounds together; a curve ends where fewer than ten values lie beyond" . \
    (panels > 1 ? "; all panels have the same axes" : "")
load "card.gp"

set xrange [nines(0.49):xhigh]
set logscale x
set yrange [ylow:yhigh]
set logscale y
set xtics () offset 0, 0.1
set ytics () offset 0.6, 0
set xtics add ("50 %%" 2, "90 %%" 10, "99 %%" 100, "99.9 %%" 1000, \
    "99.99 %%" 10000)
PLOT_W = CELL_W - LEFT - RIGHT
eval log_ticks("y", ylow, yhigh, "tick_seconds")

# Below the top of a panel: its head, if it has one, the name of the y axis,
# the plot.
PLOT_Y = panels > 1 || HEAD[1] ne "-" ? 42 : 26
set multiplot
do for [p = 1:panels] {
    px = ((p - 1) % COLUMNS) * CELL_W + LEFT
    py = TOP + ((p - 1) / COLUMNS) * CELL_H
    PLOT_H = CELL_H - PLOT_Y - 54
    set lmargin at screen across(px)
    set rmargin at screen across(px + PLOT_W)
    set tmargin at screen down(py + PLOT_Y)
    set bmargin at screen down(py + PLOT_Y + PLOT_H)
    say = HEAD[p] eq "-" ? "" : HEAD[p]
    set label 1 say at screen across(px - LEFT + 14), down(py + 12) left \
        font bold(10.5) textcolor rgb INK
    set label 3 AXIS at screen across(px - LEFT + 14), down(py + PLOT_Y - 14) left \
        font sans(10) textcolor rgb GREY
    set label 2 "share that is no later" \
        at screen across(px + PLOT_W / 2), down(py + PLOT_Y + PLOT_H + 33) \
        center font sans(10.5) textcolor rgb GREY
    load "names.gp"
    # A mark at 90 %, 99 % and so on: the first row is six steps of a
    # twentieth of a decade from 0 %.
    plot for [j = 1:names] IN index MINE[j] - 1 \
            using (nines($2)):(late($3)) with lines \
            linewidth 1.6 dashtype OFFLOAD[MINE[j]] == 1 ? 2 : dashes(NAME[MINE[j]]) \
            linecolor rgb hue(NAME[MINE[j]]) notitle, \
        for [j = 1:names] IN index MINE[j] - 1 every 20::14 \
            using (nines($2)):(late($3)) with points \
            pointtype mark(NAME[MINE[j]]) pointsize 0.8 \
            linecolor rgb hue(NAME[MINE[j]]) notitle
    # The heading is drawn once.
    unset label
    unset arrow
}
unset multiplot
