# SPDX-License-Identifier: MIT
# usage: gnuplot -c ratio.gp IN OUT TITLE SUBTITLE AXIS LESS MORE RUNTIMES BOUND
# Each runtime's figure over that of coro, all workloads: a row per point, a
# mark with its interval per runtime.  IN is what `charts.awk want=ratio`
# prints; AXIS names the ratio; LESS and MORE
# say what it means to be left and right of 1; RUNTIMES lists all, in order;
# BOUND is how many ratios were left out because the test server was the
# bottleneck.
if (ARGC != 9) {
    print "usage: ratio.gp IN OUT TITLE SUBTITLE AXIS LESS MORE RUNTIMES BOUND"
    exit status 2
}
IN = ARG1; OUT = ARG2; TITLE = ARG3; SUBTITLE = ARG4; AXIS = ARG5
LESS = ARG6; MORE = ARG7; runtimes = ARG8; BOUND = int(ARG9)
CORO = "coro: the line at 1"
set loadpath system(sprintf("dirname '%s'", ARG0))
load "style.gp"

rows = 0; low = 0.9; high = 1.1; bare = 0; longest = 10
stats IN using (rows = int($1), rt = strcol(5), cell = $2 == $2, \
    l = $3 == $3 ? $3 : cell ? $2 : 1, h = $4 == $4 ? $4 : cell ? $2 : 1, \
    bare = bare + (cell && $3 != $3), low = l < low ? l : low, high = h > high ? h : high, \
    longest = rt eq "head" ? longer(strcol(6), longest) : longest, 1) nooutput
array TEXT[rows]
array SHARED[rows]
array IS_HEAD[rows]
stats IN using (i = int($1), \
    head = strcol(5) eq "workload" || strcol(5) eq "head", \
    TEXT[i] = head ? strcol(6) : TEXT[i], \
    IS_HEAD[i] = strcol(5) eq "workload" ? 1 : head ? 0 : IS_HEAD[i], \
    SHARED[i] = head ? strcol(7) : SHARED[i], 1) nooutput

# A lane per runtime within a row, so that marks do not hide each other; as in
# pages.awk.
n = words(runtimes)
LANE = n > 5 ? 15. / n : 3
ROW = 6 + LANE * n
ROW = ROW < 17 ? 17 : ROW
HEAD = 24
array Y[rows]
below = 0
do for [i = 1:rows] {
    tall = IS_HEAD[i] ? HEAD : ROW
    Y[i] = below + tall / 2.
    below = below + tall
}

longest = longest > 60 ? 60 : longest
W = 800
LEFT = 34 + 6.3 * longest
RIGHT = 24
wide = W - 28
x = 48 + 6.6 * strlen(CORO); legend_lines = 1
do for [rt in runtimes] {
    if (x + 34 + 6.6 * strlen(called(rt)) > wide) {
        x = 14
        legend_lines = legend_lines + 1
    }
    x = x + 34 + 6.6 * strlen(called(rt))
}
LEGEND = 18 * legend_lines + 26
BODY = LEGEND + below + 68
NOTE = "bars: 95 % interval of the ratio, paired by round" . \
    (bare > 0 ? "; without one there are too few rounds" : "") . \
    (BOUND > 0 ? sprintf("; %d left out where the test server was the bottleneck", \
        BOUND) : "")
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
set xrange [left:right]
set xtics () offset 0, 0.4
eval log_ticks("x", left, right, "ratio")

# Who is who, in lines as wide as the card.
y = TOP + 8
set arrow from screen across(20), down(y - 6) to screen across(20), \
    down(y + 6) nohead linewidth 1.4 linecolor rgb hue("coro")
colour = shade("coro")
set label CORO at screen across(30), down(y) left font sans(10.5) \
    textcolor rgb colour
x = 48 + 6.6 * strlen(CORO)
do for [i = 1:n] {
    rt = word(runtimes, i)
    say = called(rt)
    if (x + 34 + 6.6 * strlen(say) > wide) {
        x = 14
        y = y + 18
    }
    colour = hue(rt)
    kind = mark(rt)
    set label "" at screen across(x + 6), down(y) point pointtype kind \
        pointsize 0.9 linecolor rgb colour
    colour = shade(rt)
    set label say at screen across(x + 16), down(y) left font sans(10.5) \
        textcolor rgb colour
    x = x + 34 + 6.6 * strlen(say)
}
# Which side is whose.
say = "◀ " . LESS
set label say at first 1, screen down(PLOT_Y - 9) right \
    offset -0.6, 0 font sans(10) textcolor rgb GREY
say = MORE . " ▶"
set label say at first 1, screen down(PLOT_Y - 9) left \
    offset 0.6, 0 font sans(10) textcolor rgb GREY
set arrow from first 1, graph 0 to first 1, graph 1 nohead back \
    linewidth 1.4 linecolor rgb 0x0072B2
set label AXIS at screen across((LEFT + W - RIGHT) / 2), \
    down(PLOT_Y + below + 34) center font sans(10.5) textcolor rgb GREY

do for [i = 1:rows] {
    y = down(PLOT_Y + Y[i])
    say = TEXT[i]
    if (IS_HEAD[i]) {
        set label say at screen across(14), y left font bold(10.5) \
            textcolor rgb INK front
        x = 30 + 8 * strlen(say)
        say = SHARED[i] eq "-" ? "" : SHARED[i]
        set label say at screen across(x), y left font sans(10) \
            textcolor rgb GREY front
        # The grid does not run through the words.
        x = x + 5.6 * strlen(say)
        if (x > LEFT) {
            set object rectangle from screen across(LEFT - 2), y - 8. / H \
                to screen across(x), y + 8. / H front \
                fillcolor rgb 0xFFFFFF fillstyle solid noborder
        }
        edge = down(PLOT_Y + Y[i] - HEAD / 2.)
        set arrow from screen across(14), edge to screen across(W - 14), edge \
            nohead back linewidth 0.6 dashtype 1 linecolor rgb 0xBBBBBB
    } else {
        if (say eq "-") {
            say = ""
        }
        if (strlen(say) > longest) {
            say = say[1:longest - 1] . "…"
        }
        set label say at screen across(LEFT - 10), y right font sans(10) \
            textcolor rgb INK
        set arrow from screen across(LEFT), y to screen across(W - RIGHT), y \
            nohead back linewidth 0.6 dashtype 3 linecolor rgb FAINT
    }
}

lane(row, i) = Y[int(row)] + (i - (n + 1) / 2.) * LANE
set errorbars small
plot for [i = 1:n] IN using (strcol(5) eq word(runtimes, i) ? $2 : NaN): \
        (lane($1, i)):3:4 with xerrorbars pointtype 0 linewidth 1.2 \
        linecolor rgb hue(word(runtimes, i)) notitle, \
    for [i = 1:n] IN using (strcol(5) eq word(runtimes, i) ? $2 : NaN): \
        (lane($1, i)) with points pointtype mark(word(runtimes, i)) \
        pointsize 0.75 linecolor rgb hue(word(runtimes, i)) notitle
