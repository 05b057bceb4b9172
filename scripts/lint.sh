#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: scripts/lint.sh
# What a tool can check of the code style: formatting, shell scripts, the
# charts' common style, a build without warnings by gcc and by clang, static
# analysis.  Prints what is wrong; exits 1 when anything is, or when a tool is
# missing.
set -eu

work=$(mktemp -d)
trap 'rm -rf "${work}"' EXIT
status=0
jobs=$(nproc)

# check TITLE TOOL COMMAND...: runs it, shows its output when it fails.
check() {
    title=$1 tool=$2
    shift 2
    if ! command -v "${tool}" >/dev/null 2>&1; then
        echo "lint: ${title}: no ${tool}; run scripts/setup.sh --dev" >&2
        status=1
    elif "$@" >"${work}/out" 2>&1; then
        echo "lint: ${title}: ok"
    else
        echo "lint: ${title}: failed"
        cat "${work}/out"
        status=1
    fi
}

# each LIST COUNT COMMAND...: the command for COUNT files of LIST at a time.
# shellcheck disable=SC2317 # called by check()
each() {
    list=$1 count=$2
    shift 2
    xargs -P "${jobs}" -n "${count}" "$@" <"${list}"
}

# shellcheck disable=SC2317 # called by check()
build() {
    make -s -j"${jobs}" CC="$1" WERROR=1 BUILD="build-lint-$1" all tests
}

git ls-files '*.c' '*.h' >"${work}/sources"
git ls-files '*.sh' '*.bash' .ci/run >"${work}/scripts"
# Tests are left to the sanitizers they run under: an assert that leaves the
# function looks like a leak.
git ls-files '*.c' | grep -v '/test/' >"${work}/units"

check format clang-format \
    each "${work}/sources" 50 clang-format --dry-run -Werror
check shellcheck shellcheck each "${work}/scripts" 50 shellcheck -o all
check gnuplot gnuplot gnuplot scripts/style.gp
for compiler in gcc clang; do
    check "build with ${compiler}" "${compiler}" build "${compiler}"
done
# Its count of suppressed warnings goes to standard error.
check clang-tidy clang-tidy each "${work}/units" 4 sh -c '
    clang-tidy --quiet "$@" -- -std=c11 -D_GNU_SOURCE -Iruntime -Ibench \
        -iquote runtime/os \
        2>/dev/null' tidy
exit "${status}"
