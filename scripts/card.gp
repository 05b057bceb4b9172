# SPDX-License-Identifier: MIT
# Opens the picture: a white card W by H pixels, the question as its title,
# machine, commit and rounds below it.  Wants OUT, TITLE, SUBTITLE, NOTE, W
# and BODY, the height below the heading; leaves TOP, the heading's height.

lines_in(text) = strlen(text) == 0 ? 0 : \
    1 + (strstrt(text, "\n") > 0 ? lines_in(text[strstrt(text, "\n") + 1:*]) : 0)
TITLE_H = 20 * lines_in(TITLE)
TOP = 18 + TITLE_H + 15 * lines_in(SUBTITLE) + 6
H = TOP + BODY

# The terminals disagree about a font's size and a mark's: SVG counts pixels,
# PNG points.  Two dots per pixel in PNG: sharp on dense screens and on paper.
is_svg = OUT[strlen(OUT) - 3:*] eq ".svg"
sans(px) = sprintf("%s,%.2f", FACE, is_svg ? px : 0.75 * px)
bold(px) = sprintf("%s:Bold,%.2f", FACE, is_svg ? px : 0.75 * px)
if (is_svg) {
    set terminal svg size W, H fixed noenhanced font sans(11) \
        background "white" linewidth 1
} else {
    set terminal pngcairo size 2 * W, 2 * H noenhanced font sans(11) \
        fontscale 2 linewidth 2 pointscale 2.4 background "white"
}
set output OUT

# Pixels from the left, and from the top.
across(px) = px / real(W)
down(px) = 1 - px / real(H)

set label 9001 TITLE at screen across(14), down(22) left \
    font bold(15) textcolor rgb INK
set label 9002 SUBTITLE at screen across(14), down(20 + TITLE_H) left \
    font sans(10.5) textcolor rgb GREY
set label 9003 NOTE at screen across(14), down(H - 12) left \
    font sans(9.5) textcolor rgb GREY
set border 0
TICK_FONT = sans(10)
set tics scale 0 textcolor rgb GREY font TICK_FONT
set grid back linetype 1 linewidth 0.6 linecolor rgb FAINT
unset key
