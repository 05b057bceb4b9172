# SPDX-License-Identifier: MIT
# usage: gnuplot -c parts.gp IN OUT TITLE SUBTITLE
# What a parked task holds, in parts one on the other: what RSS shows, the page
# tables and kernel stack it does not, and the rest of the kernel's memory, of
# which there is only an estimate.  IN is what `charts.awk want=parts` prints.
if (ARGC != 4) {
    print "usage: parts.gp IN OUT TITLE SUBTITLE"
    exit status 2
}
IN = ARG1; OUT = ARG2; TITLE = ARG3; SUBTITLE = ARG4
set loadpath system(sprintf("dirname '%s'", ARG0))
load "style.gp"

# Where the kernel's part could not be read, RSS is all there is; an estimate
# below a twentieth of a KiB is none.
whole(rss, full) = full == full ? full : rss
slab(v) = v == v && v > 50 ? v : 0
figures(rss, full, more) = (full == full ? \
    sprintf("%s, RSS %s", bytes(full), bytes(rss)) : \
    sprintf("RSS %s", bytes(rss))) . \
    (slab(more) > 0 ? sprintf(", slab ~%s", bytes(more)) : "")

rows = 0; high = 0; longest = 4; widest = 10
stats IN using (rows = int($1), v = whole($2, $3) + slab($4), \
    high = v == v && v > high ? v : high, 1) nooutput
array NAME[rows]
array HEAD[rows]
array FIGURES[rows]
stats IN using (i = int($1), NAME[i] = strcol(5), HEAD[i] = strcol(6), \
    FIGURES[i] = figures($2, $3, $4), widest = longer(FIGURES[i], widest), \
    longest = NAME[i] ne "head" ? longer(called(NAME[i]), longest) : longest, \
    1) nooutput

W = 800
ROW = 19
LEFT = 30 + 7 * longest
RIGHT = 26 + 6.4 * widest
LEGEND = 22
BODY = LEGEND + ROW * rows + 66
NOTE = "the slope over at least four numbers of tasks, else of the largest; " . \
    "slab: estimated from what the whole machine holds"
load "card.gp"

PLOT_Y = TOP + LEGEND
set lmargin at screen across(LEFT)
set rmargin at screen across(W - RIGHT)
set tmargin at screen down(PLOT_Y)
set bmargin at screen down(PLOT_Y + ROW * rows)
set yrange [rows + 0.5:0.5]
unset ytics
say = "memory per task"
set label say at screen across((LEFT + W - RIGHT) / 2), \
    down(PLOT_Y + ROW * rows + 34) center font sans(10.5) textcolor rgb GREY
set xtics () offset 0, 0.4
right = high * 1.03
eval plain_ticks_from("x", 0., 1024 * step(right / 1024, 5), right, "tick_bytes")
set xrange [0:right]

# What the shades mean, in the colour of nobody.
array SHADES[3] = [1, 0.45, 0.12]
array WORDS[3] = ["RSS", "page tables and kernel stack", "slab (estimate)"]
x = 14
do for [i = 1:3] {
    y = down(TOP + 6)
    solid = SHADES[i]
    set object rectangle from screen across(x), y - 5. / H \
        to screen across(x + 22), y + 5. / H fillcolor rgb GREY \
        fillstyle transparent solid solid border rgb GREY
    say = WORDS[i]
    set label say at screen across(x + 28), y left font sans(10) \
        textcolor rgb GREY
    x = x + 46 + 6.4 * strlen(say)
}

do for [i = 1:rows] {
    y = down(PLOT_Y + ROW * (i - 0.5))
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
        set label say at screen across(LEFT - 10), y right \
            font sans(11) textcolor rgb colour
        say = FIGURES[i]
        set label say at screen across(W - RIGHT + 12), y left \
            font sans(10.5) textcolor rgb INK
    }
}

# The lower and the upper end of a part.
plot IN using (0):1:(0):2:($1 - 0.3):($1 + 0.3):(hue(strcol(5))) \
        with boxxyerror linecolor rgb variable linewidth 0.8 \
        fillstyle transparent solid 1 border notitle, \
    IN using 2:1:2:(whole($2, $3)):($1 - 0.3):($1 + 0.3):(hue(strcol(5))) \
        with boxxyerror linecolor rgb variable linewidth 0.8 \
        fillstyle transparent solid 0.45 border notitle, \
    IN using (whole($2, $3)):1:(whole($2, $3)):(whole($2, $3) + slab($4)): \
        ($1 - 0.3):($1 + 0.3):(hue(strcol(5))) with boxxyerror \
        linecolor rgb variable linewidth 0.8 \
        fillstyle transparent solid 0.12 border notitle
