# SPDX-License-Identifier: MIT
# usage: gnuplot -c crossover.gp IN OUT TITLE SUBTITLE AXIS X A B
# Where the winner changes: the ratio B over A against the parameter X, each
# point in the colour of the one it speaks for, grey where it decides nothing;
# the change lies within the band.  IN is what `crossover.awk want=points`
# prints; AXIS names the ratio.
if (ARGC != 8) {
    print "usage: crossover.gp IN OUT TITLE SUBTITLE AXIS X A B"
    exit status 2
}
IN = ARG1; OUT = ARG2; TITLE = ARG3; SUBTITLE = ARG4; AXIS = ARG5
A = ARG7; B = ARG8
set loadpath system(sprintf("dirname '%s'", ARG0))
load "style.gp"
X = size_name(ARG6)

high = 1.1; low = 0.9; xlow = 1e300; xhigh = 0; xs = ""; answer = ""
from = NaN; to = NaN; below = "?"; above = "?"
stats IN using (x = $1, low = $3 < low ? $3 : low, \
    high = $4 > high ? $4 : high, xlow = x < xlow ? x : xlow, \
    xhigh = x > xhigh ? x : xhigh, answer = strcol(5), \
    xs = among(xs, strcol(1)) ? xs : xs . " " . strcol(1), \
    from = strcol(6) eq "-" ? NaN : $6, to = strcol(7) eq "-" ? NaN : $7, \
    below = strcol(8), above = strcol(9), 1) nooutput
found = from == from
# "coro wins up to 200, pool:20 from 400 on"
part(who, words) = sprintf(who eq "?" ? "cannot tell %s%s" : "%s wins %s", \
    who eq "?" ? "" : called(who), words)
HEAD = answer eq "none" ? part(below, "wherever it is decided") : \
    !found ? "cannot tell" : \
    part(below, "up to " . count(from)) . ", " . \
    part(above, "from " . count(to) . " on") . \
    (answer eq "several" ? "; and it changes again further up" : "")
speaks(l, h) = l > 1 ? hue(A) : h < 1 ? hue(B) : 0x999999
# More than the ratio's own interval is room for the words.
ylow = low / 1.2
yhigh = high * 1.2

W = 800
CELL_H = 380
LEFT = 66
RIGHT = 40
BODY = CELL_H + 22
NOTE = "bars: 95 % interval of the ratio; grey: holds 1, decides nothing" . \
    (found ? "; the change lies within the band" : "")
load "card.gp"

PLOT_W = W - LEFT - RIGHT
PLOT_Y = TOP + 56
PLOT_H = CELL_H - 110
set lmargin at screen across(LEFT)
set rmargin at screen across(LEFT + PLOT_W)
set tmargin at screen down(PLOT_Y)
set bmargin at screen down(PLOT_Y + PLOT_H)
set xrange [xlow / 1.15:xhigh * 1.15]
set logscale xy
set yrange [ylow:yhigh]
set xtics () offset 0, 0.4
set ytics () offset 0.6, 0
load "sizes.gp"
narrow = "0.3 0.4 0.5 0.6 0.7 0.8 0.9 1 1.1 1.25 1.5 2 2.5 3"
eval high / low > 4 ? log_ticks("y", ylow, yhigh, "ratio") : \
    list_ticks("y", ylow, yhigh, "digits", narrow, 1)
if (found) {
    set object rectangle from first from, graph 0 to first to, graph 1 back \
        fillcolor rgb 0xEEEEEE fillstyle solid noborder
}
set arrow from graph 0, first 1 to graph 1, first 1 nohead back linewidth 1.4 \
    linecolor rgb 0x888888
set label HEAD at screen across(14), down(TOP + 12) left font bold(11) \
    textcolor rgb INK
set label AXIS at screen across(14), down(TOP + 34) left \
    font sans(10) textcolor rgb GREY
set label X at screen across(LEFT + PLOT_W / 2), \
    down(PLOT_Y + PLOT_H + 33) center font sans(10.5) textcolor rgb GREY
# Which side of 1 is whose.
colour = shade(A)
say = called(A) . " is better ▲"
set label say at screen across(LEFT + PLOT_W), first 1 right offset 0, 0.7 \
    font sans(10) textcolor rgb colour
colour = shade(B)
say = called(B) . " is better ▼"
set label say at screen across(LEFT + PLOT_W), first 1 right offset 0, -0.8 \
    font sans(10) textcolor rgb colour

set errorbars small
plot IN using 1:2 with lines linewidth 1 linecolor rgb 0xBBBBBB notitle, \
    IN using 1:2:3:4:(speaks($3, $4)) with yerrorbars pointtype 0 \
        linewidth 1.4 linecolor rgb variable notitle, \
    IN using 1:2:(speaks($3, $4)) with points pointtype 7 pointsize 0.9 \
        linecolor rgb variable notitle
