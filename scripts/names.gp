# SPDX-License-Identifier: MIT
# Writes the names of panel p's series at the ends of their lines, moved
# apart where they would overlap, each joined to its line by a thin stroke,
# grey dots where the line ends early.
# Wants NAME, SAY, PANEL, LAST_X and LAST_Y of `series` series, xhigh, ylow, yhigh,
# logarithmic, px, py, PLOT_Y, PLOT_W and PLOT_H.  Leaves the panel's series,
# as they come, in MINE[1:names].

NEED = 15. / PLOT_H
array AT[series]
array ORDER[series]
array MINE[series]
names = 0
do for [i = 1:series] {
    if (PANEL[i] == p) {
        names = names + 1
        MINE[names] = i
        AT[i] = logarithmic ? log(LAST_Y[i] / ylow) / log(yhigh / ylow) : \
            (LAST_Y[i] - ylow) / (yhigh - ylow)
        # Insertion: ORDER runs from the lowest to the highest.
        j = names
        while (j > 1 && AT[ORDER[j > 1 ? j - 1 : 1]] > AT[i]) {
            ORDER[j] = ORDER[j - 1]
            j = j - 1
        }
        ORDER[j] = i
    }
}
# Those too close push each other away, within the panel, until none is.
tight = 1
do for [round = 1:80] {
    if (!tight) {
        break
    }
    tight = 0
    do for [j = 2:names] {
        lack = NEED - (AT[ORDER[j]] - AT[ORDER[j - 1]])
        if (lack > 0) {
            tight = 1
            AT[ORDER[j]] = AT[ORDER[j]] + lack / 2
            AT[ORDER[j - 1]] = AT[ORDER[j - 1]] - lack / 2
        }
    }
    if (names > 0 && AT[ORDER[names]] > 1.06) {
        AT[ORDER[names]] = 1.06
    }
    if (names > 0 && AT[ORDER[1]] < -0.06) {
        AT[ORDER[1]] = -0.06
    }
}
do for [j = 1:names] {
    i = ORDER[j]
    y = down(py + PLOT_Y + PLOT_H * (1 - AT[i]))
    early = LAST_X[i] < xhigh
    colour = early ? 0xBBBBBB : hue(NAME[i])
    set arrow from first LAST_X[i], LAST_Y[i] \
        to screen across(px + PLOT_W + 18), y nohead back \
        linewidth 0.7 dashtype early ? 3 : 1 \
        linecolor rgb colour
    colour = shade(NAME[i])
    say = SAY[i]
    set label say at screen across(px + PLOT_W + 21), y left \
        font sans(10.5) textcolor rgb colour
}
