#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: scripts/man.sh COBENCH >cobench.1
# The manual page, made of what the program says by itself: its --help and that
# of each of its commands.
set -eu

if [ $# -ne 1 ]; then
    echo 'usage: scripts/man.sh COBENCH >cobench.1' >&2
    exit 2
fi
cobench=$1
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "${work}"' EXIT
version=$("${cobench}" --version)
"${cobench}" --help >"${work}/help"
commands=$(sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' "${work}/help")

for command in ${commands}; do
    "${cobench}" "${command}" --help >"${work}/${command}"
done
cat <<TEXT
.TH COBENCH 1 "" "${version}" "User Commands"
.SH NAME
cobench \\- measure coroutines against threads
.SH SYNOPSIS
.B cobench
.I COMMAND
.RI [ OPTION ]...
.br
.B cobench
.I COMMAND
.B \\-\\-help
.br
.B cobench \\-\\-version
.SH DESCRIPTION
Runs the same compiled workload on coroutines, on a pool of threads, on one
thread per task and sequentially, each measurement in a process of its own,
and compares wall time, CPU time, latency and memory.
.SH COMMANDS
TEXT
for command in ${commands}; do
    summary=$(sed -n "s/^  ${command}  *//p" "${work}/help")
    printf '.SS "%s \\- %s"\n' "${command}" "${summary}"
    awk -f "${here}/man.awk" "${work}/${command}"
done
cat <<'TEXT'
.SH ENVIRONMENT
.TP
.B COBENCH_BIN
the folder of the programs to measure with, instead of that of
.B cobench
.TP
.B COBENCH_CACHE
where the large file of the file workload is kept, instead of
.I cobench
in
.B XDG_CACHE_HOME
or
.I ~/.cache
.TP
.B NO_COLOR
where set and not empty, no colour on a terminal either; nor is there where
.B TERM
is dumb
.TP
.B UV_THREADPOOL_SIZE
the threads of libuv for offloaded work; recorded
.SH FILES
.TP
.I results/local/latest
the last run, below the folder it was started in
TEXT
