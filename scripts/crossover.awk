# SPDX-License-Identifier: MIT
# usage: awk -f words.awk -f crossover.awk -v want=list|points [-v metric=M] crossovers.csv
# Selects the rows of one chart; no number is changed.
#   want=list    METRIC WORKLOAD PARAM A B of each chart that can be drawn
#   want=points  x ratio low high answer from to below above, tab separated,
#                where there is an interval

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

$at["ratio"] == "-" { next }

want == "list" && !($at["metric"] in seen) {
    seen[$at["metric"]] = 1
    print $at["metric"] " " $at["workload"] " " $at["param"] " " $at["a"] \
        " " $at["b"]
}

want == "points" && $at["metric"] == metric {
    print $at["x"], $at["ratio"], $at["ci_low"], $at["ci_high"], \
        $at["answer"], $at["low"], $at["high"], $at["below"], $at["above"]
}
