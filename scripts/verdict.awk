# SPDX-License-Identifier: MIT
# usage: awk -f words.awk -f verdict.awk verdict.csv
# Where each point of the verdict's chart stands.  Output is tab separated:
# y ratio low high winner text, y in pixels from the top of the plot; "head"
# rows carry a kind of work, "label" rows what is compared below it, the last
# row, "end", the height of all.  No number is changed.

BEGIN {
    FS = ","
    OFS = "\t"
    HEAD = 26
    LANE = 8
    GAP = 8
    CROWD = 20 # points that have a lane of full width
}

{ sub(/\r$/, "") }

NR == 1 {
    for (i = 1; i <= NF; i++)
        at[$i] = i
    next
}

{
    kind = $at["kind"]
    way = $at["way"]
    label = $at["measure"] ($at["cpus"] == "1" ? ", one CPU" : ", all CPUs") \
        (way == "coroutines" ? "" : ", " substr(way, length("coroutines ") + 1))
    if (label != last_label || kind != last_kind)
        put_row()
    if (kind != last_kind) {
        print y + HEAD / 2, "NaN", "NaN", "NaN", "head", kind
        y += HEAD
    }
    last_kind = kind
    last_label = label
    text[++points] = figure("ratio") OFS figure("low") OFS figure("high") \
        OFS $at["winner"] OFS "-"
}

END {
    put_row()
    if (NR > 1)
        print y, "NaN", "NaN", "NaN", "end", "-"
}

function figure(column,    v)
{
    v = $at[column]
    return v ~ /^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$/ ? v : "NaN"
}

# The points of a row, each in a lane of its own, its label at their middle.
function put_row(    i, lane)
{
    lane = points > CROWD ? CROWD * LANE / points : LANE
    for (i = 1; i <= points; i++)
        print y + i * lane, text[i]
    if (points > 0) {
        print y + (points + 1) * lane / 2, "NaN", "NaN", "NaN", "label", \
            last_label
        # Even one point has a line of text.
        y += points * lane + GAP + (points < 2 ? LANE : 0)
    }
    points = 0
}
