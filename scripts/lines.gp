# SPDX-License-Identifier: MIT
# usage: gnuplot -c lines.gp IN OUT TITLE SUBTITLE AXIS X UNIT
# A figure against the size of the problem: one line per runtime, one panel
# per family of cells, all panels on the same axes.  IN is what `charts.awk
# want=lines` prints, or want=across; UNIT is s, ns, KiB or 1/s, or ns-log:
# then what want=cost prints, on logarithmic axes, and a ring where the line
# breaks.
if (ARGC != 7) {
    print "usage: lines.gp IN OUT TITLE SUBTITLE AXIS X UNIT"
    exit status 2
}
IN = ARG1; OUT = ARG2; TITLE = ARG3; SUBTITLE = ARG4; AXIS = ARG5; 
COST = ARG7 eq "ns-log"
SCALE = ARG7 eq "ns" || COST ? 1e-9 : ARG7 eq "KiB" ? 1. / 1024 : 1
FORMAT = ARG7 eq "1/s" ? "count" : ARG7 eq "KiB" ? "tick_kib" : "tick_seconds"
set loadpath system(sprintf("dirname '%s'", ARG0))
load "style.gp"
X = size_name(ARG6)
# However many connections there are, a pool serves no more than it has workers.
labelled(rt) = ARG7 eq "1/s" && base(rt) eq "pool" ? \
    sprintf("%s (%s in flight)", rt, rt[6:*]) : called(rt)

panels = 0; high = 0; low = 1e300; xlow = 1e300; xhigh = 0; bare = 0
longest = 4; widest = 0; xs = ""
stats IN using (panels = int($1) > panels ? int($1) : panels, x = $2, v = $3 * SCALE, \
    l = $4 == $4 ? $4 * SCALE : v, h = $5 == $5 ? $5 * SCALE : v, \
    low = l < low ? l : low, high = h > high ? h : high, \
    xlow = x < xlow ? x : xlow, xhigh = x > xhigh ? x : xhigh, \
    bare = bare + ($4 != $4), longest = longer(labelled(strcol(6)), longest), \
    widest = longer(strcol(7), widest), \
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
        LAST_Y[i] = $3 * SCALE, NAME[i] = strcol(6), SAY[i] = labelled(NAME[i]), \
        HEAD[int($1)] = strcol(7), 1) nooutput
}
logarithmic = COST || spans(low, high)
ylow = logarithmic ? low / 1.3 : 0
yhigh = logarithmic ? high * 1.3 : high * 1.06

W = 800
COLUMNS = panels > 1 && 7 * widest < 360 ? 2 : 1
LINES = (panels + COLUMNS - 1) / COLUMNS
CELL_W = W / COLUMNS
CELL_H = COLUMNS == 1 ? 350 : 280
LEFT = 66
RIGHT = 34 + 7 * longest
BODY = LINES * CELL_H + 22
NOTE = "bars: 95 % interval of the median" . \
    (bare > 0 ? "; without one there are too few samples" : "") . \
    (COST ? "; ringed: it grew by over 26 % for ten times as many" : "") . \
    (panels > 1 ? "; all panels have the same axes" : "")
load "card.gp"

# A size of 0 has no place on a logarithmic axis.
if (xlow > 0) {
    set logscale x
    set xrange [xlow / 1.15:xhigh * 1.15]
} else {
    set xrange [-0.05 * xhigh:1.05 * xhigh]
}
set yrange [ylow:yhigh]
set xtics () offset 0, 0.4
set ytics () offset 0.6, 0
if (xlow > 0 && xhigh / xlow < 1.01) {
    set xrange [xlow / 2:xhigh * 2]
}
PLOT_W = CELL_W - LEFT - RIGHT
load "sizes.gp"
if (logarithmic) {
    set logscale y
    eval log_ticks("y", ylow, yhigh, FORMAT)
} else {
    eval plain_ticks("y", yhigh, 5, FORMAT)
}
set errorbars small

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
    set label 2 X at screen across(px + PLOT_W / 2), \
        down(py + PLOT_Y + PLOT_H + 33) center font sans(10.5) textcolor rgb GREY
    load "names.gp"
    if (COST) {
        load "rings.gp"
    }
    plot for [j = 1:names] IN index MINE[j] - 1 \
            using 2:($3 * SCALE) with lines \
            linewidth 1.6 dashtype dashes(NAME[MINE[j]]) \
            linecolor rgb hue(NAME[MINE[j]]) notitle, \
        for [j = 1:names] IN index MINE[j] - 1 \
            using 2:($3 * SCALE):($4 * SCALE): \
            ($5 * SCALE) with yerrorbars pointtype 0 linewidth 1.2 \
            linecolor rgb hue(NAME[MINE[j]]) notitle, \
        for [j = 1:names] IN index MINE[j] - 1 \
            using 2:($3 * SCALE) with points \
            pointtype mark(NAME[MINE[j]]) pointsize 0.8 \
            linecolor rgb hue(NAME[MINE[j]]) notitle, \
        for [j = 1:COST * names] IN index MINE[j] - 1 \
            using 2:($8 == $8 ? $3 * SCALE : NaN) with points \
            pointtype 6 pointsize 1.9 linecolor rgb INK notitle
    # The heading is drawn once.
    unset label
    unset arrow
}
unset multiplot
