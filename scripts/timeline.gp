# SPDX-License-Identifier: MIT
# usage: gnuplot -c timeline.gp IN OUT TITLE SUBTITLE
# When each task ran, was ready and waited: a row per task, a panel per
# runtime, all on the same time axis.  IN: panel, row, from, to (seconds),
# state, name, what its panel leaves out or "-"; tab separated.
if (ARGC != 4) {
    print "usage: timeline.gp IN OUT TITLE SUBTITLE"
    exit status 2
}
IN = ARG1; OUT = ARG2; TITLE = ARG3; SUBTITLE = ARG4
set loadpath system(sprintf("dirname '%s'", ARG0))
load "style.gp"

names = ""
longest = 4; end = 0.
stats IN using (names = place_in(names, strcol(1), 1) ? names : \
    names . " " . strcol(1), longest = longer(strcol(6), longest), \
    end = $4 > end ? $4 : end, 1) nooutput
panels = words(names)
array ROWS[panels]
array LEFT_OUT[panels]
total = 0
do for [p = 1:panels] {
    ROWS[p] = 0
    stats IN using (strcol(1) eq word(names, p) && $2 + 1 > ROWS[p] ? \
        (LEFT_OUT[p] = strcol(7), ROWS[p] = $2 + 1) : 1, 1) nooutput
    total = total + ROWS[p]
}
tall = total > 60 ? 9 : 17
HEAD_H = 34
FOOT = 56

W = 800
LEFT = 26 + 7 * longest
RIGHT = 26
BODY = total * tall + panels * HEAD_H + FOOT
NOTE = "a stretch shorter than a pixel is drawn as one"
load "card.gp"

unit = time_unit(end)
set xrange [0:end / unit]
set xtics font TICK_FONT offset 0, 0.4
unset ytics
set style fill solid 1 noborder
colour(state) = state eq "running" ? 0x0072B2 : state eq "ready" ? 0xE69F00 : \
    0xCCCCCC
half(state) = state eq "running" ? 0.40 : state eq "ready" ? 0.28 : 0.10

# 0 once for each row, where its name goes; else NaN.
first_of(here, row) = here && row != named ? (named = row, 0) : NaN

# What the colours mean, beside the first panel's name.
key_x = W - RIGHT - 210
set multiplot
y = TOP
do for [p = 1:panels] {
    top = y + HEAD_H - 8
    set lmargin at screen across(LEFT)
    set rmargin at screen across(W - RIGHT)
    set tmargin at screen down(top)
    set bmargin at screen down(top + ROWS[p] * tall)
    set yrange [ROWS[p] - 0.5:-0.5]
    set label 1 word(names, p) at screen across(14), down(y + 12) left \
        font bold(11) textcolor rgb shade(word(names, p))
    if (LEFT_OUT[p] ne "-") {
        set label 3 "only " . LEFT_OUT[p] \
            at screen across(26 + 8 * strlen(word(names, p))), down(y + 12) \
            left font sans(10) textcolor rgb GREY
    }
    if (p == 1) {
        do for [i = 1:3] {
            state = word("running ready waiting", i)
            set object i rectangle \
                from screen across(key_x + 70 * i - 70), down(y + 8) \
                to screen across(key_x + 70 * i - 58), down(y + 16) \
                fillcolor rgb colour(state) fillstyle solid 1 noborder
            set label 10 + i state \
                at screen across(key_x + 70 * i - 54), down(y + 12) left \
                font sans(10) textcolor rgb GREY
        }
    }
    if (p == panels) {
        set format x "%g"
        set label 2 "time in " . time_name(unit) \
            at screen across((LEFT + W - RIGHT) / 2), \
            down(top + ROWS[p] * tall + 34) center font sans(10.5) \
            textcolor rgb GREY
    } else {
        set format x ""
    }
    named = -1
    plot for [state in "waiting ready running"] IN using \
            (strcol(1) eq word(names, p) && strcol(5) eq state ? \
            ($3 + $4) / 2 / unit : NaN):($2):($3 / unit):($4 / unit): \
            ($2 - half(state)):($2 + half(state)) with boxxyerror \
            linecolor rgb colour(state) fillstyle solid 1 \
            border linecolor rgb colour(state) notitle, \
        IN using (first_of(strcol(1) eq word(names, p), $2)):($2):6 \
            with labels right offset character -1, 0 font sans(10) \
            textcolor rgb INK notitle
    unset label
    unset object
    y = top + ROWS[p] * tall + 8
}
unset multiplot
