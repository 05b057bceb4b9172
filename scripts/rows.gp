# SPDX-License-Identifier: MIT
# usage: gnuplot -c rows.gp IN OUT TITLE SUBTITLE AXIS UNIT
# One row per cell: a mark with its interval, the figures written beside it.
# IN is what `charts.awk want=rows` prints; UNIT is s or ns.
# Bars from zero; where those would hide the small ones, marks on a
# logarithmic axis instead.
if (ARGC != 6) {
    print "usage: rows.gp IN OUT TITLE SUBTITLE AXIS UNIT"
    exit status 2
}
IN = ARG1; OUT = ARG2; TITLE = ARG3; SUBTITLE = ARG4; AXIS = ARG5
SCALE = ARG6 eq "ns" ? 1e-9 : 1
set loadpath system(sprintf("dirname '%s'", ARG0))
load "style.gp"

rows = 0; bare = 0; high = 0; low = 1e300; longest = 4
stats IN using (rows = $1, v = $2 * SCALE, l = $3 == $3 ? $3 * SCALE : v, \
    h = $4 == $4 ? $4 * SCALE : v, low = l < low ? l : low, \
    high = h > high ? h : high, bare = bare + ($2 == $2 && $3 != $3), 1) \
    nooutput
array NAME[rows]
array HEAD[rows]
array FIGURES[rows]
stats IN using (i = int($1), NAME[i] = strcol(5), HEAD[i] = strcol(6), \
    FIGURES[i] = with_interval($2 * SCALE, $3 * SCALE, $4 * SCALE), \
    longest = NAME[i] ne "head" ? longer(called(NAME[i]), longest) : longest, \
    1) nooutput

W = 800
ROW = 19
LEFT = 30 + 7 * longest
RIGHT = 180
BODY = ROW * rows + 66
NOTE = bare > 0 ? "no interval: too few samples" : \
    "bars and brackets: 95 % interval of the median"
load "card.gp"

set lmargin at screen across(LEFT)
set rmargin at screen across(W - RIGHT)
set tmargin at screen down(TOP + 4)
set bmargin at screen down(TOP + 4 + ROW * rows)
set yrange [rows + 0.5:0.5]
unset ytics
set label AXIS at screen across((LEFT + W - RIGHT) / 2), \
    down(TOP + ROW * rows + 34) center font sans(10.5) textcolor rgb GREY
set xtics () offset 0, 0.4
logarithmic = spans(low, high)
if (logarithmic) {
    set logscale x
    left = low / 1.25; right = high * 1.25
    eval log_ticks("x", left, right, "tick_seconds")
} else {
    left = 0; right = high * 1.04
    eval plain_ticks("x", right, 6, "tick_seconds")
}
set xrange [left:right]

# Names to the left, figures to the right, heads over their rows.
do for [i = 1:rows] {
    y = down(TOP + 4 + ROW * (i - 0.5))
    if (NAME[i] eq "head") {
        say = HEAD[i]
        # The grid does not run through the words.
        edge = 14 + 7.6 * strlen(say)
        set object rectangle from screen across(LEFT - 2), y - 8. / H \
            to screen across(edge > LEFT - 1 ? edge : LEFT - 1), y + 8. / H \
            front fillcolor rgb 0xFFFFFF fillstyle solid noborder
        set label say at screen across(14), y left \
            font bold(10.5) textcolor rgb INK front
        if (i > 1) {
            set arrow from screen across(14), y + ROW * 0.5 / H \
                to screen across(W - 14), y + ROW * 0.5 / H nohead \
                linewidth 0.6 dashtype 1 linecolor rgb FAINT
        }
    } else {
        say = called(NAME[i]); colour = shade(NAME[i])
        set arrow from screen across(LEFT), y to screen across(W - RIGHT), y \
            nohead back linewidth 0.6 dashtype 3 linecolor rgb FAINT
        set label say at screen across(LEFT - 10), y right \
            font sans(11) textcolor rgb colour
        say = FIGURES[i]
        set label say at screen across(W - RIGHT + 12), y left \
            font sans(10.5) textcolor rgb INK
    }
}

set errorbars small
bar_from(i) = logarithmic ? NaN : 0
plot IN using (bar_from(0)):1:(0):($2 * SCALE):($1 - 0.26):($1 + 0.26): \
        (hue(strcol(5))) with boxxyerror fillstyle transparent solid 0.35 \
        noborder linecolor rgb variable notitle, \
    IN using ($2 * SCALE):1:($3 * SCALE):($4 * SCALE):(hue(strcol(5))) \
        with xerrorbars pointtype 0 linewidth 1.4 linecolor rgb variable \
        notitle, \
    IN using ($2 * SCALE):1:(mark(strcol(5))):(hue(strcol(5))) with points \
        pointtype variable pointsize 1 linecolor rgb variable notitle
