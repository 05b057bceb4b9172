#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: scripts/plots.sh RUN_DIR
# Draws RUN_DIR/charts/NAME.svg and NAME.png from RUN_DIR/summary.csv, and the
# distributions and captions beside it; nothing is measured or computed.  A chart without data
# is not drawn, one line says so, and an older one of that name is removed.
# Exit status: 0 drawn, 1 nothing to draw or bad data, 2 usage, 3 no gnuplot,
# 4 gnuplot failed: the last line says why, earlier charts are left alone.
set -eu

say() {
    printf 'plots.sh: %s\n' "$*" >&2
}

if [ $# -ne 1 ]; then
    say 'usage: scripts/plots.sh RUN_DIR'
    exit 2
fi
run=$1
csv=${run}/summary.csv
captions=${run}/captions.tsv
latency=${run}/latency.csv
samples=${run}/samples.csv
crossovers=${run}/crossovers.csv
verdict=${run}/verdict.csv
here=$(cd "$(dirname "$0")" && pwd)
LC_ALL=C
export LC_ALL

# select_from NAME ARGUMENT...: runs NAME.awk.
select_from() {
    program=$1
    shift
    awk -f "${here}/words.awk" -f "${here}/${program}.awk" "$@"
}

if [ ! -f "${csv}" ] || [ ! -r "${csv}" ]; then
    say "${csv}: cannot be read"
    exit 1
fi
if [ ! -s "${csv}" ]; then
    say "${csv}: empty"
    exit 1
fi
problem=$(awk -f "${here}/words.awk" -f "${here}/charts.awk" -v want=check \
    "${csv}") || {
    say "${csv}: ${problem}"
    exit 1
}
if ! command -v gnuplot >/dev/null 2>&1; then
    say 'gnuplot is not installed, no charts (scripts/setup.sh installs it)'
    exit 3
fi

charts=${run}/charts
mkdir -p "${charts}"
work=$(mktemp -d "${charts}/.new.XXXXXX")
# An empty folder would pass for charts.
trap 'rm -rf "${work}"; rmdir "${charts}" 2>/dev/null || :' EXIT
trap 'exit 130' INT TERM HUP

# caption KEY [NAME FIELD]: a fact of captions.tsv, or nothing.
caption() {
    [ -r "${captions}" ] || return 0
    awk -F '\t' -v key="$1" -v name="${2-}" -v field="${3-2}" '
        $1 == key && (name == "" || $2 == name) { print $field; exit }' \
        "${captions}"
}

# Breaks a text at blanks where a line would not fit the card.
wrap() {
    printf '%s\n' "$2" | fold -s -w "$1" | sed 's/ *$//'
}

machine=$(caption machine)
commit=$(caption commit)
rounds=$(caption rounds)
# subtitle [WORKLOAD]: what was measured, where, of which source, how often.
# What holds for all rows of ${work}/data stands above them, behind "#".
subtitle() {
    shared=$(sed -n '1s/^# -*//p' "${work}/data")
    line=${1-}${shared:+  ${shared}}
    [ -z "${machine}" ] || line="${line:+${line} · }${machine}"
    [ -z "${commit}" ] || line="${line:+${line} · }commit ${commit}"
    [ -z "${rounds}" ] || line="${line:+${line} · }rounds: ${rounds}"
    wrap 140 "${line}"
}

# Every chart gives runtimes that style.gp does not know the same looks.
STRANGERS=$(select_from charts -v want=strangers "${csv}" | tr '\n' ' ')
# remarked WORD: the runtimes of which captions.tsv says so.
remarked() {
    [ -r "${captions}" ] || return 0
    awk -F '\t' -v word="$1" '$1 == "runtime" && $3 == word {
        printf "%s ", $2 }' "${captions}"
}
THIRD_PARTY=$(remarked third-party)
REFERENCES=$(remarked reference)
export STRANGERS THIRD_PARTY REFERENCES

# Who draws: one gnuplot per CPU, as starting one takes longer than most charts.
CREW=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

# order NAME FORM SCRIPT ARGUMENT...: one picture from ${work}/NAME.data, as a
# command to gnuplot, with nothing in its texts for gnuplot to run.
order() {
    awk '
        function quoted(text) {
            gsub(/\\/, "&&", text)
            gsub(/"/, "\\\\042", text)
            gsub(/`/, "\\\\140", text)
            gsub(/@/, "\\\\100", text)
            gsub(/\n/, "\\\\n", text)
            return " \"" text "\""
        }
        BEGIN {
            file = ARGV[1] "/" ARGV[3]
            print "print" quoted("drawing " ARGV[3] "." ARGV[4])
            printf "call%s%s%s", quoted(ARGV[2] "/" ARGV[5]), \
                quoted(file ".data"), quoted(file "." ARGV[4])
            for (i = 6; i < ARGC; i++)
                printf "%s", quoted(ARGV[i])
            print "\nunset output\nreset session"
        }' "${work}" "${here}" "$@"
}

drawn=0
# draw NAME SCRIPT WORKLOAD TITLE ARGUMENT...: the rows are in ${work}/data.
# A chart's two forms go to two of the crew: PNG takes longer.
draw() {
    name=$1 script=$2
    below=$(subtitle "$3")
    title=$(wrap 78 "$4")
    shift 4
    if [ ! -s "${work}/data" ]; then
        say "${name}: no data, not drawn"
        return 0
    fi
    mv "${work}/data" "${work}/${name}.data"
    printf '%s\n' "${title}" >"${work}/${name}.title"
    order "${name}" svg "${script}" "${title}" "${below}" "$@" \
        >>"${work}/orders.$((drawn % CREW))"
    order "${name}" png "${script}" "${title}" "${below}" "$@" \
        >>"${work}/orders.$(((drawn + 1) % CREW))"
    kept="${kept} ${name}"
    drawn=$((drawn + 1))
}

# check STATUS LOG: ends everything where a picture is not there.
check() {
    [ "$1" -ne 0 ] || return 0
    failed=$(sed -n 's/^drawing \(.*\)\.[a-z]*$/\1/p' "$2" | tail -n 1)
    sed '/^$/d; /^drawing /d; s/^/    /' "$2" >&2
    why=$(sed '/^$/d; /^drawing /d; s/^ *//' "$2" | tail -n 1)
    say "${failed}: gnuplot failed with exit status $1${why:+: ${why}}"
    exit 4
}

# Draws what was ordered.
draw_orders() {
    crew=
    for orders in "${work}"/orders.*; do
        [ -f "${orders}" ] || continue
        # In the plain C locale gnuplot 5.4 corrupts its memory over the
        # names it makes in UTF-8.
        LC_ALL=C.UTF-8 gnuplot "${orders}" >"${orders}.log" 2>&1 &
        crew="${crew} $!:${orders}.log"
    done
    for member in ${crew}; do
        status=0
        wait "${member%%:*}" || status=$?
        check "${status}" "${member#*:}"
    done
    for name in ${kept}; do
        for form in svg png; do
            if [ ! -s "${work}/${name}.${form}" ]; then
                say "${name}: gnuplot drew nothing"
                exit 4
            fi
        done
        finish "${work}/${name}.svg" "${work}/${name}.title"
    done
}

# gnuplot names one typeface and calls every picture "Gnuplot": gives the
# reader's machine a choice of typefaces, and the picture its question.
finish() {
    tr '\n' ' ' <"$2" |
        sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/ *$//' >"${work}/title"
    awk 'NR == FNR { title = $0; next }
        /<title>Gnuplot<\/title>/ { print "<title>" title "</title>"; next }
        /<desc>Produced by GNUPLOT/ { next }
        {
            sub(/<title>gnuplot_plot_[0-9]*<\/title>/, "")
            family = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"
            bold = "font-family=\"" family "\" font-weight=\"bold\""
            gsub(/font-family="DejaVu Sans:Bold"/, bold)
            gsub(/font-family="DejaVu Sans"/, "font-family=\"" family "\"")
            print
        }' "${work}/title" "$1" >"$1.new"
    mv "$1.new" "$1"
}

# select_rows KIND WORKLOAD METRIC
select_rows() {
    select_from charts -v want="$1" -v workload="$2" \
        -v metric="$3" "${csv}" >"${work}/data"
}

# The time of one workload, per operation or in all.
draw_time() {
    workload=$1 shape=$2 axis=$3 parked=$4
    metric=$(caption workload "${workload}" 3)
    # A run with heartbeats lasts as long as they are counted.
    if [ "${metric}" = wall_s ] &&
        grep -q "^${workload} heartbeat\$" "${work}/curves"; then
        return 0
    fi
    operation=$(caption workload "${workload}" 4)
    question=$(caption workload "${workload}" 5)
    unit=ns
    label="time per ${operation:-operation}"
    if [ "${metric}" = wall_s ]; then
        unit=s
        label='wall time'
    else
        metric=ns_per_op
    fi
    # Where only parking is measured the question is about memory.
    [ "${parked}${metric}" != parked_rsswall_s ] || question=
    title=${question:-${workload}: how long does a run take?}
    if [ "${shape}" = lines ]; then
        select_rows lines "${workload}" "${metric}"
        draw "wall-${workload}" lines.gp "${workload}" "${title}" \
            "${label}" "${axis}" "${unit}"
    fi
    select_rows rows "${workload}" "${metric}"
    # Beside a sweep: what was measured at one size only.
    if [ "${shape}" = rows ]; then
        draw "wall-${workload}" rows.gp "${workload}" "${title}" \
            "${label}" "${unit}"
    elif [ -s "${work}/data" ]; then
        draw "wall-${workload}-fixed" rows.gp "${workload}" "${title}" \
            "${label}" "${unit}"
    fi
}

draw_throughput() {
    workload=$1
    operation=$(caption workload "${workload}" 4)
    select_rows lines "${workload}" ops_per_s
    draw "throughput-${workload}" lines.gp "${workload}" \
        "How many ${operation:-operation}s per second, at how many connections?" \
        "${operation:-operation}s per second" conns 1/s
}

# What an operation costs, however many there are at once.
draw_cost() {
    workload=$1 axis=$2
    operation=$(caption workload "${workload}" 4)
    select_rows cost "${workload}" cpu_ns_per_op
    many=${axis}
    [ "${axis}" != conns ] || many=connections
    draw "cost-${workload}" lines.gp "${workload}" \
        "${workload}: does one ${operation:-operation} cost more CPU with more ${many}?" \
        "CPU time per ${operation:-operation}" "${axis}" ns-log
}

draw_memory() {
    workload=$1 axis=$2
    select_rows memory "${workload}" parked_rss
    draw "memory-${workload}" memory.gp "${workload}" \
        "How much memory do parked tasks hold: RSS, and in full?" "${axis}"
}

# What a parked task holds, where tasks use more and more of their stacks.
draw_stack() {
    workload=$1
    select_from charts -v want=across -v workload="${workload}" \
        -v metric=full_per_task -v param=touch_kib "${csv}" >"${work}/data"
    [ ! -s "${work}/data" ] || draw "stack-${workload}" lines.gp \
        "${workload}" 'What does a parked task hold that has used its stack?' \
        'memory per task, in full' touch_kib KiB
}

# The distribution of what a workload recorded: latency or heartbeat.  Where
# there are heartbeats the workload's question is about how late others are.
draw_latency() {
    workload=$1 which=$2
    operation=$(caption workload "${workload}" 4)
    title="${workload}: how late can one ${operation:-operation} be?"
    label="latency of one ${operation:-operation}"
    [ "${which}" = latency ] || label='lateness of a heartbeat'
    if grep -q "^${workload} heartbeat\$" "${work}/curves"; then
        question=$(caption workload "${workload}" 5)
        title=${question:-${title}}
    fi
    select_from latency -v want=curves -v workload="${workload}" \
        -v which="${which}" "${latency}" >"${work}/data"
    draw "${which}-${workload}" latency.gp "${workload}" "${title}" "${label}"
}

# Every sample of a workload.
draw_spread() {
    workload=$1
    select_from spread -v want=rows -v workload="${workload}" "${samples}" \
        >"${work}/data"
    draw "spread-${workload}" spread.gp "${workload}" \
        "${workload}: how far do the samples spread?"
}

# Of all workloads whose tasks park: what one of them holds.
draw_parts() {
    select_rows parts all parked_rss
    draw memory-parts parts.gp '' \
        'What does a parked task hold, and what of it does RSS show?'
}

# Where the winner changes: draw_crossover wall|cpu WORKLOAD PARAM A B
draw_crossover() {
    metric=$1 workload=$2 param=$3 a=$4 b=$5
    measure='wall time'
    [ "${metric}" = wall ] || measure='CPU time'
    select_from crossover -v want=points -v metric="${metric}" \
        "${crossovers}" | sort -g >"${work}/data"
    draw "crossover-${metric}" crossover.gp "${workload}" \
        "As ${param} grows, where does the winner change, by ${measure}?" \
        "${measure} of ${b} over that of ${a}" "${param}" "${a}" "${b}"
}

# The kinds of work: who is better at which of their points.
draw_verdict() {
    select_from verdict "${verdict}" >"${work}/data"
    draw verdict verdict.gp '' 'Where are coroutines better, and where threads?'
}

# draw_speedup wall|cpu TITLE AXIS LESS MORE: as many charts as it takes for
# each to fit a sheet, the second one named speedup-wall-2.
draw_speedup() {
    kind=$1 question=$2
    shift 2
    select_rows runtimes all "${kind}_vs_coro"
    runtimes=$(tr '\n' ' ' <"${work}/data")
    lanes=$(wc -l <"${work}/data")
    select_rows bound all "${kind}_vs_coro"
    bound=$(cat "${work}/data")
    select_rows ratio all "${kind}_vs_coro"
    pages=$(awk -f "${here}/pages.awk" -v out="${work}/page." \
        -v runtimes="${lanes}" "${work}/data" "${work}/data")
    page=0
    while [ "${page}" -lt "${pages}" ]; do
        page=$((page + 1))
        mv "${work}/page.${page}" "${work}/data"
        of=''
        suffix=''
        [ "${pages}" -eq 1 ] || of=" (${page} of ${pages})"
        [ "${page}" -eq 1 ] || suffix=-${page}
        draw "speedup-${kind}${suffix}" ratio.gp '' \
            "${question}${of}" \
            "$@" "${runtimes}" "${bound}"
    done
    [ "${pages}" -gt 0 ] || draw "speedup-${kind}" ratio.gp '' "${question}"
}

kept=
sweeps=0 memories=0
: >"${work}/curves"
[ ! -r "${latency}" ] ||
    select_from latency -v want=list "${latency}" >"${work}/curves"
select_from charts -v want=list "${csv}" >"${work}/workloads"
while read -r workload shape axis throughput parked growth; do
    draw_time "${workload}" "${shape}" "${axis}" "${parked}"
    if [ "${shape}${axis}${throughput}" = linesconnsops_per_s ]; then
        draw_throughput "${workload}"
        sweeps=1
    fi
    [ "${growth}" = - ] || draw_cost "${workload}" "${axis}"
    if [ "${shape}${parked}" = linesparked_rss ]; then
        draw_memory "${workload}" "${axis}"
        draw_stack "${workload}"
        memories=1
    fi
done <"${work}/workloads"
while read -r workload which; do
    draw_latency "${workload}" "${which}"
done <"${work}/curves"
if [ -r "${crossovers}" ]; then
    select_from crossover -v want=list "${crossovers}" >"${work}/crossings"
    while read -r metric workload param a b; do
        draw_crossover "${metric}" "${workload}" "${param}" "${a}" "${b}"
    done <"${work}/crossings"
fi
if [ -r "${samples}" ]; then
    select_from spread -v want=list "${samples}" >"${work}/spreads"
    while read -r workload; do
        draw_spread "${workload}"
    done <"${work}/spreads"
fi
[ "${sweeps}" -eq 1 ] || say 'throughput: no data, not drawn'
[ "${memories}" -eq 1 ] || say 'memory: no data, not drawn'
[ ! -r "${verdict}" ] || draw_verdict
draw_parts
draw_speedup wall 'How much longer does each runtime take than coro?' \
    'wall time over that of coro' 'faster than coro' 'slower than coro'
draw_speedup cpu 'How much more CPU time does each runtime use than coro?' \
    'CPU time over that of coro' 'less than coro' 'more than coro'

if [ "${drawn}" -eq 0 ]; then
    say "${csv}: nothing to draw"
fi
draw_orders
# Pictures of an earlier drawing would be taken for this one's.
for old in "${charts}"/wall-* "${charts}"/throughput-* "${charts}"/memory-* \
    "${charts}"/speedup-* "${charts}"/latency-* "${charts}"/heartbeat-* \
    "${charts}"/spread-* "${charts}"/crossover-* "${charts}"/cost-* \
    "${charts}"/stack-* \
    "${charts}"/verdict.*; do
    rm -f "${old}"
done
for name in ${kept}; do
    mv "${work}/${name}.svg" "${work}/${name}.png" "${charts}/"
done
[ "${drawn}" -gt 0 ]
