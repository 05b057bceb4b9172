# SPDX-License-Identifier: MIT
# usage: awk -f latency.awk -v want=list|curves [-v workload=W] [-v which=H] latency.csv
# Selects the rows of one chart; no number is changed.
#   want=list    WORKLOAD WHICH of each chart that can be drawn, in order
#   want=curves  a block per curve, two blank lines apart: panel share ns
#                runtime title, tab separated; a panel is a point
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
    if (!(point in panel))
        panel[point] = ++panels
    if (curve != "" && curve != $at["cell"])
        printf "\n\n"
    curve = $at["cell"]
    print panel[point], $at["share"], $at["ns"], $at["runtime"], \
        parameters(point)
}

# The parameters in a name, without the workload: "delay_ms:10  cpus:1".
function parameters(text)
{
    sub(/^[^\/]*\//, "", text)
    gsub(/\//, "  ", text)
    return text
}
