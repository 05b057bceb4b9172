#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: scripts/timeline.sh DIR WORKLOAD
# Draws DIR/timeline.svg and .png from DIR/timeline.tsv (cobench trace).
# Exit status: 0 drawn, 2 usage, 3 no gnuplot, 4 gnuplot failed.
set -eu

if [ $# -ne 2 ]; then
    echo 'usage: scripts/timeline.sh DIR WORKLOAD' >&2
    exit 2
fi
if ! command -v gnuplot >/dev/null 2>&1; then
    echo 'timeline.sh: gnuplot is not installed, no picture' \
        '(scripts/setup.sh installs it)' >&2
    exit 3
fi
here=$(cd "$(dirname "$0")" && pwd)
# In the plain C locale gnuplot 5.4 corrupts its memory over the names it makes
# in UTF-8.
LC_ALL=C.UTF-8
STRANGERS=
export LC_ALL STRANGERS
for form in svg png; do
    gnuplot -c "${here}/timeline.gp" "$1/timeline.tsv" "$1/.new.${form}" \
        "What does every task of $2 do, and when?" \
        'recorded, and slower for it' >"$1/.log" 2>&1 || {
        sed '/^$/d' "$1/.log" >&2
        rm -f "$1/.log" "$1/.new.${form}"
        exit 4
    }
    mv "$1/.new.${form}" "$1/timeline.${form}"
done
rm -f "$1/.log"
