#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: scripts/test-regress.sh BUILD_DIR [same|inject|revision|busy]...
# Does the regression gate keep its word on this machine?  Compares programs
# with themselves, alone and while every core is busy; slows one metric down,
# and speeds it up; slows a revision down; or only what is named.  Some minutes;
# prints the observed rates, and fails when the gate cried wolf or missed
# something.
set -eu

build=$1
shift
cobench=${build}/bin/cobench
work=$(mktemp -d)
busy=
# shellcheck disable=SC2317 # called by trap
clean_up() {
    # shellcheck disable=SC2086 # a list of process ids
    [ -z "${busy}" ] || kill ${busy} 2>/dev/null || true
    rm -rf "${work}"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
wrong=0

switch='switch_pair/via:chan/cpus:1/runtime:coro cpu_ns_per_op'
dispatch='spawn_join/alive:0/cpus:1/runtime:pool/workers:1 cpu_ns_per_op'
request='http_get/conns:16/delay_ms:0/cpus:1/runtime:coro cpu_ns_per_op'
memory='spawn_join/alive:1/cpus:1/runtime:coro bytes_per_task'

# gate METRICS [OPTION]...: one run of the gate; its exit status in $status.
gate() {
    metrics=$1
    shift
    status=0
    "${cobench}" regress --metric "${metrics}" --out "${work}/out" "$@" \
        >"${work}/log" 2>&1 || status=$?
}

# Programs against themselves.
same() {
    gate "$1" --base-bin "${build}/bin" --force
}

# tell CLAIM GOOD TOTAL: prints a rate; anything but all is wrong.
tell() {
    printf '%-58s %2d of %2d\n' "$1" "$2" "$3"
    [ "$2" -eq "$3" ] || wrong=1
}

# complain: shows what was not as it should be.
complain() {
    echo "  unexpected: exit status ${status}"
    sed 's/^/    | /' "${work}/log"
}

# compare_same CLAIM TIMES: how often 0 and 3 came, and never anything else.
compare_same() {
    good=0 unsure=0 i=0
    while [ "${i}" -lt "$2" ]; do
        same "${switch},${dispatch},switch_pair/via:yield/*thread*"
        case ${status} in
        0) good=$((good + 1)) ;;
        3) unsure=$((unsure + 1)) ;;
        *) complain ;;
        esac
        i=$((i + 1))
    done
    tell "$1 (${unsure} inconclusive)" "$((good + unsure))" "$2"
}

# find_metrics VERDICT: sets $found to the metrics that have it, a line each.
find_metrics() {
    found=$(sed -n "s/^$1 .*  //p" "${work}/log")
}

# inject METRIC FACTOR VERDICT STATUS: five times; exactly that metric.
inject() {
    good=0
    for i in 1 2 3 4 5; do
        COBENCH_INJECT="$1:$2"
        export COBENCH_INJECT
        same "${switch},${dispatch},${request},${memory}"
        unset COBENCH_INJECT
        find_metrics "$3"
        if [ "${status}" -eq "$4" ] && [ "${found}" = "$1" ]; then
            good=$((good + 1))
        else
            echo "  run ${i} of 5:"
            complain
        fi
    done
    tell "$3 for $2 times the work of ${1%%/*} ${1##* }" "${good}" 5
}

# A revision in which sending costs more, against the one before.
slow_revision() {
    root=$(git rev-parse --show-toplevel)
    git clone -q --no-hardlinks "${root}" "${work}/repo"
    source=${work}/repo/runtime/sync/chan.c
    sed '/^int rt_chan_send(/,/^}$/s/^{$/{\
    for (volatile int ballast = 0; ballast < 10; ballast++)\
        ;/' "${source}" >"${work}/chan.c"
    cp "${work}/chan.c" "${source}"
    git -C "${work}/repo" -c user.name=test -c user.email=test@localhost \
        commit -q -a -m 'Carry ballast'
    make -s -C "${work}/repo" all >/dev/null
    cobench=${work}/repo/build/bin/cobench
    gate "${switch},${dispatch}" --base HEAD~1
    cobench=${build}/bin/cobench
    find_metrics REGRESSED
    good=0
    if [ "${status}" -eq 1 ] && [ "${found}" = "${switch}" ]; then
        good=1
    else
        complain
    fi
    tell 'REGRESSED for a revision that carries ballast' "${good}" 1
}

# Keeps every core busy from now on.
load_cores() {
    cores=$(nproc)
    while [ "${cores}" -gt 0 ]; do
        sh -c 'while :; do :; done' &
        busy="${busy} $!"
        cores=$((cores - 1))
    done
}

unset GITHUB_STEP_SUMMARY
[ $# -gt 0 ] || set -- same inject revision busy
for part in "$@"; do
    case ${part} in
    same)
        compare_same 'the same programs: no alarm' 20
        ;;
    inject)
        inject "${switch}" 1.2 REGRESSED 1
        inject "${dispatch}" 1.2 REGRESSED 1
        inject "${request}" 1.2 REGRESSED 1
        inject "${memory}" 1.1 REGRESSED 1
        inject "${switch}" 0.8 improved 0
        ;;
    revision)
        slow_revision
        ;;
    busy)
        load_cores
        compare_same 'the same programs, every core busy: no alarm' 5
        ;;
    *)
        echo "test-regress: no part '${part}'" >&2
        exit 2
        ;;
    esac
done
exit "${wrong}"
