# SPDX-License-Identifier: MIT
# usage: awk -f words.awk -f charts.awk -v want=KIND [-v workload=W] [-v metric=M] summary.csv
# Selects and orders the rows of one chart; no number is changed.  Output is
# tab separated, a missing figure is NaN, blocks are two blank lines apart; what
# all titles of lines, rows and memory would say alike stands above, behind "#".
#   want=check    nothing, or the error: a column that is missing
#   want=list     WORKLOAD lines|rows AXIS ops_per_s parked_rss cpu_growth, "-"
#                 for each of the last four it has not
#   want=strangers  the runtimes that are not ours, one a line
#   want=lines    a block per series: panel x median low high runtime title,
#                 of families of cells with several sizes
#   want=cost     as lines, of series with at least three sizes, with the ratio to
#                 the size before where the line breaks (growth.h)
#   want=across   as lines, against the parameter -v param=P instead of the axis
#   want=rows     of the others: row median low high runtime, "head" rows carry a title
#   want=memory   as lines, with rss low high full low high, what a task costs of both,
#                 and at which size: "-" for a slope over several
#   want=parts    what a parked task holds, all workloads: row rss full slab
#                 runtime title; "head" rows carry a title, of a slope or of
#                 the largest number of tasks
#   want=runtimes the runtimes of want=ratio in their order, one a line
#   want=bound    how many ratios are left out of the next, being origin-bound
#   want=ratio    as rows, a row per point; "workload" rows carry its name
#                 and what its points have in common

BEGIN {
    FS = ","
    OFS = "\t"
    split("cell workload group axis x cpus runtime metric unit median low " \
        "high min max n verdict", columns, " ")
    fixed = split("coro pool thread seq epoll uv futex", order, " ")
    for (i = 1; i <= fixed; i++)
        rank[order[i]] = i
}

{ sub(/\r$/, "") }

NR == 1 {
    for (i = 1; i <= NF; i++)
        at[$i] = i
    for (i = 1; i in columns; i++)
        if (!(columns[i] in at)) {
            print "no column '" columns[i] "'"
            failed = 1
            exit 1
        }
    width = NF
    next
}

NF == 0 { next }
NF != width {
    print "line " NR " has " NF " fields, not " width
    failed = 1
    exit 1
}

want == "check" { next }

{
    group = $at["group"]
    name = $at["workload"]
    rt = $at["runtime"]
    m = $at["metric"]
    axis = $at["axis"]
    x = $at["x"]
    if (name == "all" && want !~ /^(ratio|runtimes|strangers|bound)$/)
        next
    if (want == "list") {
        note()
        next
    }
    if (want == "strangers") {
        sub(/:.*/, "", rt)
        if (!(rt in rank) && !($at["runtime"] in seen)) {
            seen[$at["runtime"]] = 1
            print $at["runtime"]
        }
        next
    }
    if (want == "ratio" || want == "runtimes" || want == "bound") {
        if ($at["verdict"] == "origin-bound")
            bound += m == metric
        else if (m == metric || (name == "all" && m == metric "_geomean"))
            keep()
        next
    }
    if (name != workload && want != "parts")
        next
    if (m == "rss_slope" || m == "full_slope")
        slope[group, rt, m] = number("median")
    if (m ~ /^(rss|full|slab)_per_task$/)
        per_task[group, rt, x, m] = number("median")
    # Of the largest number of tasks, where there are too few for a slope.
    if (m ~ /^(rss|full|slab)_per_task$/ && axis == "tasks" && \
        x + 0 >= largest[group, rt, m] + 0) {
        largest[group, rt, m] = x
        each[group, rt, m] = number("median")
    }
    if (want == "memory" && m == "parked_full")
        full[group, rt, x] = interval()
    if (m == "cpu_growth" && $at["verdict"] == "breaks")
        breaks[group, rt, x] = number("median")
    if (m == metric && !paced() && (want != "across" || turn()))
        keep()
}

END {
    if (failed)
        exit 1
    if (want == "list")
        list()
    else if (is_curve())
        lines()
    else if (want == "rows")
        rows()
    else if (want == "parts")
        parts()
    else if (want == "ratio")
        ratios()
    else if (want == "runtimes")
        runtimes()
    else if (want == "bound")
        print bound + 0
}

# In an open loop the schedule says how long an operation takes.
function paced()
{
    return group ~ /\/schedule:(poisson|fixed)\// && \
        (m == "ns_per_op" || m == "ops_per_s")
}

# want=across: another parameter takes the place of the axis; false without it.
function turn(    part)
{
    if (!match(group, "/" param ":[0-9.]+"))
        return 0
    part = substr(group, RSTART, RLENGTH)
    group = substr(group, 1, RSTART - 1) substr(group, RSTART + RLENGTH)
    sub(/\/|$/, "/" axis ":" x "&", group)
    axis = param
    x = substr(part, length(param) + 3)
    return 1
}

function number(column,    v)
{
    v = $at[column]
    return v ~ /^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$/ ? v : "NaN"
}

function interval()
{
    return number("median") OFS number("low") OFS number("high")
}

# want=list: which workloads there are, and what can be drawn of them.
function note()
{
    if (!(name in seen)) {
        seen[name] = 1
        names[++count] = name
    }
    if (axis != "-" && !((name, group, x) in point)) {
        point[name, group, x] = 1
        axis_of[name] = axis
        if (++points[name, group] > 1)
            swept[name] = 1
    }
    has[name, m] = 1
}

function list(    i, w, facts)
{
    for (i = 1; i <= count; i++) {
        w = names[i]
        facts = (w in swept) ? "lines" : "rows"
        facts = facts " " ((w in axis_of) ? axis_of[w] : "-")
        facts = facts " " ((w, "ops_per_s") in has ? "ops_per_s" : "-")
        facts = facts " " ((w, "parked_rss") in has ? "parked_rss" : "-")
        facts = facts " " ((w, "cpu_growth") in has ? "cpu_growth" : "-")
        print w " " facts
    }
}

# Runtimes stand in one order everywhere; strange ones follow as they come.
function sort_key(runtime,    base)
{
    base = runtime
    sub(/:.*/, "", base)
    if (!(base in rank))
        rank[base] = ++fixed
    return rank[base] * 1000000 + argument(runtime)
}

function argument(runtime)
{
    if (!sub(/^[^:]*:/, "", runtime))
        return 0
    return runtime ~ /^[0-9]/ ? 1 + runtime : 1
}

function keep()
{
    if (number("median") == "NaN")
        return
    kept++
    workload_of[kept] = name
    group_of[kept] = group
    axis_name[kept] = axis
    x_of[kept] = x
    runtime_of[kept] = rt
    text_of[kept] = interval()
    key_of[kept] = sort_key(rt)
    if (axis != "-" && !((group, x) in size)) {
        size[group, x] = 1
        sizes[group]++
    }
    if (axis != "-")
        sizes[group, rt]++
}

# What is drawn against the size.
function is_curve()
{
    return want ~ /^(lines|memory|cost|across)$/
}

# Families measured at several sizes make lines, the others make rows.
function belongs(i)
{
    if (want == "cost")
        return sizes[group_of[i], runtime_of[i]] > 2
    if (is_curve())
        return sizes[group_of[i]] > 1
    return want != "rows" || sizes[group_of[i]] < 2
}

function before(a, b)
{
    if (rank_of[a] != rank_of[b])
        return rank_of[a] < rank_of[b]
    if (is_curve() || (want == "parts" && axis_name[a] == "tasks")) {
        if (key_of[a] != key_of[b])
            return key_of[a] < key_of[b]
        return x_of[a] + 0 < x_of[b] + 0
    }
    if (x_of[a] + 0 != x_of[b] + 0)
        return x_of[a] + 0 < x_of[b] + 0
    return key_of[a] < key_of[b]
}

# Fills sorted[1..chosen]: groups as they came, all workloads together first;
# insertion is stable.
function sort(    i, j, g)
{
    for (i = 1; i <= kept; i++) {
        if (!belongs(i))
            continue
        g = group_of[i]
        if (!(g in place))
            place[g] = ++groups - (workload_of[i] == "all" ? kept : 0)
        rank_of[i] = place[g]
        for (j = ++chosen; j > 1 && before(i, sorted[j - 1]); j--)
            sorted[j] = sorted[j - 1]
        sorted[j] = i
    }
}

# What the row k is part of: a panel, or a head.
function title(k)
{
    return want == "rows" ? full_name(k) : group_of[k]
}

# Says once what all titles have in common.
function share_titles(    i)
{
    for (i = 1; i <= chosen; i++)
        count_words("", title(sorted[i]))
    if (chosen > 0)
        print "# " some_words("", title(sorted[1]), 1)
}

function lines(    i, k, last, id)
{
    sort()
    share_titles()
    for (i = 1; i <= chosen; i++) {
        k = sorted[i]
        id = group_of[k] SUBSEP runtime_of[k]
        if (last != "" && id != last)
            printf "\n\n"
        last = id
        print rank_of[k], x_of[k], text_of[k], runtime_of[k], \
            some_words("", title(k), 0) extras(k)
    }
}

function extras(k,    point)
{
    if (want == "memory")
        return kernel(k)
    if (want != "cost")
        return ""
    point = group_of[k] SUBSEP runtime_of[k] SUBSEP x_of[k]
    return OFS (point in breaks ? breaks[point] : "NaN")
}

function kernel(k,    g, r)
{
    g = group_of[k]
    r = runtime_of[k]
    return OFS ((g, r, x_of[k]) in full ? full[g, r, x_of[k]] : \
        "NaN" OFS "NaN" OFS "NaN") OFS cost(g, r, "rss") OFS \
        cost(g, r, "full") OFS cost_size(g, r)
}

# What one task costs: the slope, else its share where most tasks were.
function cost(g, r, kind)
{
    if ((g, r, kind "_slope") in slope)
        return slope[g, r, kind "_slope"]
    if ((g, r, kind "_per_task") in each)
        return each[g, r, kind "_per_task"]
    return "NaN"
}

# The number of tasks that share is of; "-" for a slope.
function cost_size(g, r)
{
    if ((g, r, "rss_slope") in slope || (g, r, "full_slope") in slope || \
        !((g, r, "rss_per_task") in largest))
        return "-"
    return largest[g, r, "rss_per_task"]
}

function runtimes(    i, j, n, sorted_names, rt_name)
{
    for (i = 1; i <= kept; i++) {
        rt_name = runtime_of[i]
        if (rt_name in listed)
            continue
        listed[rt_name] = 1
        for (j = ++n; j > 1 && sort_key(sorted_names[j - 1]) > key_of[i]; j--)
            sorted_names[j] = sorted_names[j - 1]
        sorted_names[j] = rt_name
    }
    for (i = 1; i <= n; i++)
        print sorted_names[i]
}

# All of a point, the axis first.
function full_name(k,    name)
{
    name = group_of[k]
    if (axis_name[k] != "-")
        sub(/\/|$/, "/" axis_name[k] ":" x_of[k] "&", name)
    return name
}

# A row is a cell under the head of its point.
function rows(    i, k, id, last, row, head)
{
    sort()
    share_titles()
    for (i = 1; i <= chosen; i++) {
        k = sorted[i]
        id = group_of[k] SUBSEP x_of[k]
        head = some_words("", title(k), 0)
        if (id != last && head != "-")
            print ++row, "NaN", "NaN", "NaN", "head", head
        last = id
        print ++row, text_of[k], runtime_of[k], "-"
    }
}

# A row is a runtime with tasks of one kind, however many of them, under the
# head of that kind.
function parts(    i, k, last, row, head)
{
    sort()
    for (i = 1; i <= chosen; i++) {
        k = sorted[i]
        head = axis_name[k] == "tasks" ? group_of[k] : full_name(k)
        if (drawn[head, runtime_of[k]]++ || share(k, "rss") == "NaN")
            continue
        if (head != last) {
            gsub("/", "  ", head)
            print ++row, "NaN", "NaN", "NaN", "head", head
            last = axis_name[k] == "tasks" ? group_of[k] : full_name(k)
        }
        print ++row, share(k, "rss"), share(k, "full"), share(k, "slab"), \
            runtime_of[k], "-"
    }
}

function share(k, kind,    g, r)
{
    g = group_of[k]
    r = runtime_of[k]
    if (axis_name[k] == "tasks")
        return cost(g, r, kind)
    if ((g, r, x_of[k], kind "_per_task") in per_task)
        return per_task[g, r, x_of[k], kind "_per_task"]
    return "NaN"
}

# A row is a point and holds all runtimes, under the head of its workload;
# what the points of a workload have in common is said in the head.
function ratios(    i, k, id, last, w, last_w, row, shared)
{
    sort()
    for (i = 1; i <= chosen; i++)
        count_words(workload_of[sorted[i]], full_name(sorted[i]))
    for (i = 1; i <= chosen; i++) {
        k = sorted[i]
        w = workload_of[k]
        id = group_of[k] SUBSEP x_of[k]
        if (w != last_w)
            print ++row, "NaN", "NaN", "NaN", "workload", \
                (w == "all" ? "geometric means" : w), \
                (w == "all" ? "each over the workloads below that have it" : \
                some_words(w, full_name(k), 1))
        if (id != last)
            print ++row, "NaN", "NaN", "NaN", "head", \
                (w == "all" ? substr(group_of[k], 5) : \
                some_words(w, full_name(k), 0)), \
                "-"
        last = id
        last_w = w
        print row, text_of[k], runtime_of[k], "-", "-"
    }
}
