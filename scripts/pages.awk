# SPDX-License-Identifier: MIT
# usage: awk -f pages.awk -v runtimes=N -v out=PREFIX IN IN
# Splits what `charts.awk want=ratio` prints into PREFIX1, PREFIX2 ... that fit
# a sheet of paper each: between workloads, within one only where it is longer
# than that, with its head again.  IN is read twice.  Prints how many there are.

BEGIN {
    FS = OFS = "\t"
    LIMIT = 1020 # pixels; 16 cm are 800 of them
    # As in ratio.gp.
    HEAD = 24
    LANE = runtimes > 5 ? 15 / runtimes : 3
    ROW = 6 + LANE * runtimes
    ROW = ROW < 17 ? 17 : ROW
    page = 0
}

NR == FNR {
    if ($5 == "workload")
        height[++workloads] = HEAD
    else if ($5 == "head")
        height[workloads] += ROW
    next
}

$5 == "workload" {
    seen++
    if (page == 0 || used + height[seen] > LIMIT)
        turn()
    head = $0
    put_row(HEAD)
    next
}

$5 == "head" {
    if (used + ROW > LIMIT) {
        line = $0
        turn()
        $0 = head
        put_row(HEAD)
        $0 = line
    }
    put_row(ROW)
    next
}

{
    $1 = row
    print >file
}

END { print page }

function turn()
{
    file = out (++page)
    row = used = 0
}

function put_row(tall)
{
    $1 = ++row
    used += tall
    print >file
}
