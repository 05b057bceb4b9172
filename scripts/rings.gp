# SPDX-License-Identifier: MIT
# Writes beside each ring of panel p by how much the cost grew there: above it
# or, where another ring or what is written to it stands, above that.
# Wants MINE[1:names] and NAME of names.gp, IN, SCALE, xlow, xhigh, ylow, yhigh,
# px, py, PLOT_Y, PLOT_W and PLOT_H.

TALL = 13
WIDE = 40
right_of(x) = PLOT_W * log(1.15 * x / xlow) / log(1.15 * 1.15 * xhigh / xlow)
above(y) = PLOT_H * log(y / ylow) / log(yhigh / ylow)

rings = 0
do for [j = 1:names] {
    stats IN index MINE[j] - 1 using (rings = rings + ($8 == $8), 1) nooutput
}
array RING_X[rings + 1]
array RING_AT[rings + 1]
array RING_Y[rings + 1]
array RING_SAY[rings + 1]
array RING_OF[rings + 1]
rings = 0
do for [j = 1:names] {
    stats IN index MINE[j] - 1 using (rings = rings + ($8 == $8), \
        $8 == $8 ? (RING_X[rings] = right_of($2), \
            RING_AT[rings] = above($3 * SCALE), \
            RING_Y[rings] = RING_AT[rings] + 15, \
            RING_SAY[rings] = digits($8) . "x", RING_OF[rings] = MINE[j]) : 0, \
        1) nooutput
}
# What overlaps is raised until nothing does.
tight = 1
do for [round = 1:80] {
    if (!tight) {
        break
    }
    tight = 0
    do for [j = 1:rings] {
        do for [k = 1:rings] {
            near = j != k && abs(RING_X[j] - RING_X[k]) < WIDE
            if (near && abs(RING_Y[k] - RING_AT[j]) < TALL) {
                tight = 1
                RING_Y[k] = RING_AT[j] + 15
            }
            if (near && abs(RING_Y[k] - RING_Y[j]) < TALL - 0.01 && \
                (RING_Y[k] > RING_Y[j] || (RING_Y[k] == RING_Y[j] && k > j))) {
                tight = 1
                RING_Y[k] = RING_Y[j] + TALL
            }
        }
    }
}
do for [j = 1:rings] {
    x = across(px + RING_X[j])
    y = down(py + PLOT_Y + PLOT_H - RING_Y[j])
    colour = shade(NAME[RING_OF[j]])
    say = RING_SAY[j]
    set label say at screen x, y center font sans(9.5) textcolor rgb colour front
}
