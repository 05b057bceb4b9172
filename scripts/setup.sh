#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: scripts/setup.sh [--check | --dev]
# Installs the packages cobench is built from (Debian, Ubuntu); elsewhere, or
# without the right, prints the command to run.  --check installs nothing and
# exits 1 when something is missing; --dev adds what `make lint` needs
# and the libraries of runtime/guest/.
set -eu

build='gcc make pkg-config libuv1-dev libcurl4-openssl-dev libwslay-dev libmicrohttpd-dev libjansson-dev libcmocka-dev gnuplot-nox'
dev='clang clang-format clang-tidy shellcheck valgrind gdb libst-dev'
mode=${1-}

case ${mode} in
'' | --check) wanted=${build} ;;
--dev) wanted="${build} ${dev}" ;;
*)
    echo "setup.sh: unknown argument '${mode}'; usage: scripts/setup.sh [--check | --dev]" >&2
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
    cat >&2 <<'TEXT'
setup.sh: not a Debian system; install with your package manager: a C compiler,
make, pkg-config, gnuplot and the development files of libuv, libcurl (OpenSSL),
wslay, libmicrohttpd, jansson and cmocka
TEXT
    exit 1
fi

missing=
for package in ${wanted}; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "${package}" 2>/dev/null || true)
    # A compiler that did not come as a package is as good.
    case ${package} in
    gcc | make | pkg-config)
        if command -v "${package}" >/dev/null 2>&1; then
            continue
        fi
        ;;
    *) ;;
    esac
    if [ "${state}" != installed ]; then
        missing="${missing} ${package}"
    fi
done

if [ -z "${missing}" ]; then
    exit 0
fi
command="apt-get install -y --no-install-recommends${missing}"
user=$(id -u)
if [ "${mode}" = --check ] || [ "${user}" -ne 0 ]; then
    echo "setup.sh: missing packages; run: sudo ${command}" >&2
    exit 1
fi
echo "setup.sh: installing${missing}" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -y -qq --no-install-recommends ${missing} >/dev/null
