# SPDX-License-Identifier: MIT
# usage: awk -f words.awk -f latency.awk -v want=list|curves [-v workload=W] [-v which=H] latency.csv
# Selects the rows of one chart; no number is changed.
#   want=list    WORKLOAD WHICH of each chart that can be drawn, in order
#   want=curves  a block per curve, two blank lines apart: panel share ns
#                runtime title offload, tab separated
# A panel is a point, but for what its tasks do where they would hold up
# others: a mistake and its cure, offload 0 and 1, share one.  What all titles
# would say alike stands above, behind "#".
# Charts run from about 50 % to 99.99 %: below lies no news, beyond no room.

BEGIN {
    FS = ","
    OFS = "\t"
}

{ sub(/\r$/, "") }

NR == 1 {
    for (i = 1; i <= NF; i++)
        at[$i] = i
    next
}

$at["share"] < 0.49 || $at["share"] > 0.99991 { next }

want == "list" {
    chart = $at["workload"] " " $at["which"]
    if (!(chart in seen))
        print chart
    seen[chart] = 1
}

want == "curves" && $at["workload"] == workload && $at["which"] == which {
    point = $at["point"]
    offload[++rows] = point ~ /\/offload:1\//
    sub(/\/offload:[01]/, "", point)
    if (!(point in panel)) {
        panel[point] = ++panels
        count_words("", point)
    }
    panel_of[rows] = panel[point]
    point_of[rows] = point
    cell_of[rows] = $at["cell"]
    text_of[rows] = $at["share"] OFS $at["ns"] OFS $at["runtime"]
}

# Panels one after the other, the curves of each as they came.
END {
    if (rows > 0)
        print "# " some_words("", point_of[1], 1)
    for (p = 1; p <= panels; p++)
        for (i = 1; i <= rows; i++) {
            if (panel_of[i] != p)
                continue
            if (curve != "" && curve != cell_of[i])
                printf "\n\n"
            curve = cell_of[i]
            print p, text_of[i], some_words("", point_of[i], 0), offload[i]
        }
}
