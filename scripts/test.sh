#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: scripts/test.sh BUILD_DIR TEST...
# Runs each test program with a time limit, shows the output of those that
# fail, and closes with the line "N passed, N failed, N skipped" (cases).
set -eu

build=$1
shift
log=$(mktemp -d)
trap 'rm -rf "${log}"' EXIT
limit=${TEST_TIMEOUT:-300}
passed=0 failed=0 skipped=0 broken=0
# Tests find the programs they start, and may not outlive us by chance.
COBENCH_BIN=${build}/bin
export COBENCH_BIN

for test in "$@"; do
    name=${test#"${build}/test/"}
    status=0
    timeout -k 5 "${limit}" "${test}" >"${log}/out" 2>&1 </dev/null || status=$?
    note=
    [ "${status}" -ne 124 ] || note=', time limit'
    # A program that left by exit(0) in the middle has not passed.
    if [ "${status}" -eq 0 ] &&
        ! grep -q '^\[==========\] [0-9]* test(s) run\.' "${log}/out"; then
        status=255
        note=', ended before its tests did'
    fi
    ok=$(grep -c '^\[       OK \]' "${log}/out" || true)
    bad=$(grep -c '^\[  FAILED  \] [^0-9]' "${log}/out" || true)
    skip=$(grep -c '^\[  SKIPPED \] [^0-9]' "${log}/out" || true)
    # cmocka names a failed or skipped case again in its closing list.
    bad=$((bad / 2))
    skip=$((skip / 2))
    passed=$((passed + ok))
    skipped=$((skipped + skip))
    if [ "${status}" -eq 0 ]; then
        printf 'ok    %-28s %3d passed' "${name}" "${ok}"
        [ "${skip}" -eq 0 ] || printf ', %d skipped' "${skip}"
        printf '\n'
        # What a machine lacks is said aloud.
        sed -n 's/^SKIP: /        skipped: /p' "${log}/out"
    else
        broken=$((broken + 1))
        [ "${bad}" -gt 0 ] || bad=1
        failed=$((failed + bad))
        printf 'FAIL  %-28s (status %d%s)\n' "${name}" "${status}" "${note}"
        sed 's/^/      | /' "${log}/out"
    fi
done

printf '%d passed, %d failed, %d skipped\n' "${passed}" "${failed}" "${skipped}"
[ "${broken}" -eq 0 ]
