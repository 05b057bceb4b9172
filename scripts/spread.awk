# SPDX-License-Identifier: MIT
# usage: awk -f words.awk -f spread.awk -v want=list|rows [-v workload=W] samples.csv
# Selects the rows of one chart; no number is changed.
#   want=list  the workloads that have samples, in order
#   want=rows  row relative outlier runtime, tab separated, by cell; "head" rows
#              carry a title, where the workload has several points; what all
#              titles would say alike stands above, behind "#"

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

want == "list" && !($at["workload"] in seen) {
    seen[$at["workload"]] = 1
    print $at["workload"]
}

want == "rows" && $at["workload"] == workload {
    point_of[++rows] = $at["point"]
    cell_of[rows] = $at["cell"]
    text_of[rows] = $at["relative"] OFS $at["outlier"] OFS $at["runtime"]
    if (!($at["point"] in seen)) {
        seen[$at["point"]] = 1
        points++
        count_words("", $at["point"])
    }
}

END {
    if (rows > 0)
        print "# " some_words("", point_of[1], 1)
    for (i = 1; i <= rows; i++) {
        if (points > 1 && point_of[i] != point_of[i - 1])
            print ++row, "NaN", 0, "head", some_words("", point_of[i], 0)
        if (cell_of[i] != cell_of[i - 1])
            row++
        print row, text_of[i], "-"
    }
}
