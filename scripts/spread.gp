# SPDX-License-Identifier: MIT
# usage: gnuplot -c spread.gp IN OUT TITLE SUBTITLE
# Every sample over the median of its cell: a row per cell, a mark per sample,
# those far away ringed.  IN is what `spread.awk want=rows` prints.
if (ARGC != 4) {
    print "usage: spread.gp IN OUT TITLE SUBTITLE"
    exit status 2
}
IN = ARG1; OUT = ARG2; TITLE = ARG3; SUBTITLE = ARG4
set loadpath system(sprintf("dirname '%s'", ARG0))
load "style.gp"

rows = 0; low = 0.9; high = 1.1; longest = 4
stats IN using (rows = int($1), v = $2 == $2 ? $2 : 1, \
    low = v < low ? v : low, high = v > high ? v : high, 1) nooutput
array NAME[rows]
array HEAD[rows]
array SAMPLES[rows]
array OUTLIERS[rows]
do for [i = 1:rows] {
    SAMPLES[i] = 0
    OUTLIERS[i] = 0
}
stats IN using (i = int($1), NAME[i] = strcol(4), HEAD[i] = strcol(5), \
    SAMPLES[i] = SAMPLES[i] + ($2 == $2), OUTLIERS[i] = OUTLIERS[i] + $3, \
    longest = NAME[i] ne "head" ? longer(called(NAME[i]), longest) : longest, \
    1) nooutput

W = 800
ROW = 17
LEFT = 30 + 7 * longest
RIGHT = 150
BODY = ROW * rows + 66
NOTE = "a mark per round; ringed: further than three scaled MAD from the " . \
    "median, and counted all the same"
load "card.gp"

set lmargin at screen across(LEFT)
set rmargin at screen across(W - RIGHT)
set tmargin at screen down(TOP + 4)
set bmargin at screen down(TOP + 4 + ROW * rows)
set yrange [rows + 0.5:0.5]
unset ytics
say = "time over the median of its row"
set label say at screen across((LEFT + W - RIGHT) / 2), \
    down(TOP + ROW * rows + 34) center font sans(10.5) textcolor rgb GREY
set xtics () offset 0, 0.4
set logscale x
left = low / 1.04; right = high * 1.04
set xrange [left:right]
eval relative_ticks(left, right)
set arrow from first 1, graph 0 to first 1, graph 1 nohead back \
    linewidth 1.2 linecolor rgb 0xBBBBBB

do for [i = 1:rows] {
    y = down(TOP + 4 + ROW * (i - 0.5))
    if (NAME[i] eq "head") {
        say = HEAD[i]
        edge = 14 + 7.6 * strlen(say)
        set object rectangle from screen across(LEFT - 2), y - 8. / H \
            to screen across(edge > LEFT - 1 ? edge : LEFT - 1), y + 8. / H \
            front fillcolor rgb 0xFFFFFF fillstyle solid noborder
        set label say at screen across(14), y left \
            font bold(10.5) textcolor rgb INK front
    } else {
        say = called(NAME[i]); colour = shade(NAME[i])
        set arrow from screen across(LEFT), y to screen across(W - RIGHT), y \
            nohead back linewidth 0.6 dashtype 3 linecolor rgb FAINT
        set label say at screen across(LEFT - 10), y right \
            font sans(10.5) textcolor rgb colour
        say = sprintf(SAMPLES[i] == 1 ? "1 sample" : "%d samples", SAMPLES[i]) . \
            (OUTLIERS[i] > 0 ? sprintf(", %d ringed", OUTLIERS[i]) : "")
        set label say at screen across(W - RIGHT + 12), y left \
            font sans(10) textcolor rgb GREY
    }
}

plot IN using 2:1:(mark(strcol(4))):(hue(strcol(4))) with points \
        pointtype variable pointsize 0.6 linecolor rgb variable notitle, \
    IN using ($3 == 1 ? $2 : NaN):1 with points pointtype 6 pointsize 1.4 \
        linecolor rgb INK notitle
