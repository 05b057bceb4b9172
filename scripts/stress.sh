#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: scripts/stress.sh TEST...
# Runs the stress tests with one seed after the other until STRESS_SECONDS (60)
# have passed.  The first seed is STRESS_SEED (the time of day), each task makes
# STRESS_STEPS (5000) steps.  Stops at the first failure, shows what the test
# said, and prints the command that repeats it.
set -eu

log=$(mktemp)
trap 'rm -f "${log}"' EXIT
limit=${TEST_TIMEOUT:-300}
STRESS_SEED=${STRESS_SEED:-$(date +%s)}
STRESS_STEPS=${STRESS_STEPS:-5000}
export STRESS_SEED STRESS_STEPS
runs=0
now=$(date +%s)
end=$((now + ${STRESS_SECONDS:-60}))

while [ "${now}" -lt "${end}" ]; do
    for test in "$@"; do
        if ! timeout -k 5 "${limit}" "${test}" >"${log}" 2>&1 </dev/null; then
            sed 's/^/  | /' "${log}"
            printf 'seed %s fails in %s; again:\n' "${STRESS_SEED}" "${test}"
            printf 'STRESS_SEED=%s STRESS_STEPS=%s %s\n' "${STRESS_SEED}" \
                "${STRESS_STEPS}" "${test}"
            exit 1
        fi
        runs=$((runs + 1))
    done
    STRESS_SEED=$((STRESS_SEED + 1))
    now=$(date +%s)
done
printf '%d runs, the last with seed %d: nothing was lost\n' "${runs}" \
    "$((STRESS_SEED - 1))"
