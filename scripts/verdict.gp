# SPDX-License-Identifier: MIT
# usage: gnuplot -c verdict.gp IN OUT TITLE SUBTITLE
# Coroutines against threads, by kind of work: a mark with its interval per
# point, left of 1 where threads are better, right of it where coroutines are.
# IN is what verdict.awk prints.
if (ARGC != 4) {
    print "usage: verdict.gp IN OUT TITLE SUBTITLE"
    exit status 2
}
IN = ARG1; OUT = ARG2; TITLE = ARG3; SUBTITLE = ARG4
set loadpath system(sprintf("dirname '%s'", ARG0))
load "style.gp"

rows = 0; low = 0.8; high = 1.25; below = 0
stats IN using (rows = rows + 1, is = $2 == $2, \
    l = $3 == $3 ? $3 : is ? $2 : 1, h = $4 == $4 ? $4 : is ? $2 : 1, \
    low = l < low ? l : low, high = h > high ? h : high, \
    below = strcol(5) eq "end" ? $1 + 6 : below, 1) nooutput
array Y[rows]
array WHAT[rows]
array TEXT[rows]
i = 0
stats IN using (i = i + 1, Y[i] = $1, WHAT[i] = strcol(5), \
    TEXT[i] = strcol(6), 1) nooutput

W = 800
LEFT = 220
RIGHT = 24
LEGEND = 44
BODY = LEGEND + below + 68
NOTE = "bars: intervals of the ratio, paired by round, corrected for the number of points in a row"
load "card.gp"

PLOT_Y = TOP + LEGEND
set lmargin at screen across(LEFT)
set rmargin at screen across(W - RIGHT)
set tmargin at screen down(PLOT_Y)
set bmargin at screen down(PLOT_Y + below)
set yrange [below:0]
unset ytics
set logscale x
left = low / 1.15; right = high * 1.15
# Room for the words on both sides of 1, inside the card.
right = right < left**-0.35 ? left**-0.35 : right
left = left > right**-0.5 ? right**-0.5 : left
set xrange [left:right]
set xtics () offset 0, 0.4
eval log_ticks("x", left, right, "ratio")

# The winner's colour and mark, as everywhere.
colour(who) = who eq "coroutines" ? hue("coro") : \
    who eq "threads" ? hue("thread") : 0x7A7A7A
shape(who) = who eq "coroutines" ? mark("coro") : \
    who eq "threads" ? mark("thread") : 6
words_of(who) = who eq "coroutines" ? "coroutines are better" : \
    who eq "threads" ? "threads are better" : "the same, or one cannot tell"
x = 14
do for [who in "coroutines threads open"] {
    kind = shape(who)
    tint = colour(who)
    say = words_of(who)
    set label "" at screen across(x + 6), down(TOP + 8) point pointtype kind \
        pointsize 0.9 linecolor rgb tint
    set label say at screen across(x + 16), down(TOP + 8) left font sans(10.5) \
        textcolor rgb INK
    x = x + 34 + 6.6 * strlen(say)
}
set label "◀ threads better" at first 1, screen down(PLOT_Y - 9) right \
    offset -0.6, 0 font sans(10) textcolor rgb GREY
set label "coroutines better ▶" at first 1, screen down(PLOT_Y - 9) left \
    offset 0.6, 0 font sans(10) textcolor rgb GREY
set arrow from first 1, graph 0 to first 1, graph 1 nohead back \
    linewidth 1.4 linecolor rgb 0x888888
set label "what threads need, over what coroutines need" \
    at screen across((LEFT + W - RIGHT) / 2), \
    down(PLOT_Y + below + 34) center font sans(10.5) textcolor rgb GREY

do for [i = 1:rows] {
    y = down(PLOT_Y + Y[i])
    say = TEXT[i]
    if (WHAT[i] eq "head") {
        set label say at screen across(14), y left font bold(10.5) \
            textcolor rgb INK front
        # The grid does not run through the words.
        x = 18 + 7.2 * strlen(say)
        if (x > LEFT) {
            set object rectangle from screen across(LEFT - 2), y - 8. / H \
                to screen across(x), y + 8. / H front \
                fillcolor rgb 0xFFFFFF fillstyle solid noborder
        }
        edge = down(PLOT_Y + Y[i] - 13)
        set arrow from screen across(14), edge to screen across(W - 14), edge \
            nohead back linewidth 0.6 dashtype 1 linecolor rgb 0xBBBBBB
    }
    if (WHAT[i] eq "label") {
        set label say at screen across(LEFT - 10), y right font sans(10) \
            textcolor rgb INK
    }
}

set errorbars small
winners = "coroutines threads same unclear"
plot for [who in winners] IN using (strcol(5) eq who ? $2 : NaN):1:3:4 \
        with xerrorbars pointtype 0 linewidth 1.2 \
        linecolor rgb colour(who) notitle, \
    for [who in winners] IN using (strcol(5) eq who ? $2 : NaN):1 \
        with points pointtype shape(who) pointsize 0.75 \
        linecolor rgb colour(who) notitle
