# SPDX-License-Identifier: MIT
# usage: gnuplot -c paired.gp IN OUT TITLE SUBTITLE UNIT
# Two sides of a metric, round by round: a line joins what was measured side by
# side.  IN has the fields round, base, head, stage; UNIT is ns, bytes, count
# or ratio.  OUT is an SVG file.
if (ARGC != 5) {
    print "usage: paired.gp IN OUT TITLE SUBTITLE UNIT"
    exit status 2
}
IN = ARG1; OUT = ARG2; TITLE = ARG3; SUBTITLE = ARG4; UNIT = ARG5
set loadpath system(sprintf("dirname '%s'", ARG0))
load "style.gp"

BASE_HUE = 0x7A7A7A
HEAD_HUE = 0xD55E00
write(v) = UNIT eq "ns" ? seconds(v * 1e-9) : \
    UNIT eq "bytes" ? bytes(v) : digits(v)
tick(v) = UNIT eq "ns" ? tick_seconds(v * 1e-9) : \
    UNIT eq "bytes" ? tick_bytes(v) : sprintf("%g", v)
stats IN using 1 name "R" nooutput
stats IN using 2 name "B" nooutput
stats IN using 3 name "H" nooutput
if (R_records == 0) {
    print "paired.gp: no pairs in ", IN
    exit status 1
}
top = 1.1 * (B_max > H_max ? B_max : H_max)
# Rounds of stage 2 begin where the last one of stage 1 ends.
stats IN using ($4 == 1 ? $1 : 1/0) name "S" nooutput
stats IN using ($4 == 2 ? $1 : 1/0) name "C" nooutput

W = 800; T = 420
set terminal svg size W, T font FACE . ",13" background rgb "white" \
    name "paired" dynamic noenhanced
set output OUT
unset key
set tmargin at screen 1 - 84. / T
set bmargin at screen 62. / T
set lmargin at screen 84. / W
set rmargin at screen 1 - 20. / W
set label 1 TITLE at screen 14. / W, screen 1 - 20. / T font ",15" tc rgb INK
set label 2 SUBTITLE at screen 14. / W, screen 1 - 40. / T font ",11" \
    tc rgb GREY
set label 3 "base, median " . write(B_median) at screen 34. / W, \
    screen 1 - 64. / T tc rgb 0x555555 point pt 6 ps 0.8 lc rgb BASE_HUE \
    offset 1, -0.15
set label 4 "head, median " . write(H_median) at screen 304. / W, \
    screen 1 - 64. / T tc rgb 0xA84A00 point pt 7 ps 0.8 lc rgb HEAD_HUE \
    offset 1, -0.15
set border 3 lc rgb GREY
set tics nomirror out tc rgb GREY
set label 6 "round" at screen 0.5, screen 14. / T center tc rgb GREY
set xrange [0:R_max + 1]
set yrange [0:top]
unset ytics
set ytics ()
eval plain_ticks("y", top, 5, "tick")
set grid ytics lt 1 lc rgb FAINT
if (S_records > 0 && C_records > 0) {
    set arrow 1 from S_max + 0.5, 0 to S_max + 0.5, top nohead lc rgb FAINT lw 2
    set label 5 "fresh rounds" at S_max + 1, top * 0.985 font ",11" tc rgb GREY
}
set arrow 2 from 0, B_median to R_max + 1, B_median nohead lc rgb BASE_HUE dt 2
set arrow 3 from 0, H_median to R_max + 1, H_median nohead lc rgb HEAD_HUE dt 2
plot IN using 1:2:(0):($3 - $2) with vectors nohead lc rgb FAINT lw 1.5, \
    IN using 1:2 with points pt 6 ps 0.8 lc rgb BASE_HUE, \
    IN using 1:3 with points pt 7 ps 0.8 lc rgb HEAD_HUE
