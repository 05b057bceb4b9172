#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: scripts/install.sh install|uninstall BUILD DESTDIR PREFIX RUNTIME...
# Puts a built cobench in place, or takes it away again: the programs in
# PREFIX/lib/cobench, with a link PREFIX/bin/cobench (it finds the others beside
# what the link points to), and what they call in PREFIX/share/cobench/scripts;
# the manual page, the completion and the README; for programs of one's own the
# header, and of each runtime the archive with a file for pkg-config.  A RUNTIME
# is 'NAME PACKAGE...', with what it needs beyond libuv and libcurl.  DESTDIR,
# possibly empty, is put before PREFIX for packaging.
set -eu

if [ $# -lt 4 ] || [ -z "$2" ] || [ -z "$4" ]; then
    echo 'usage: scripts/install.sh install|uninstall BUILD DESTDIR PREFIX RUNTIME...' >&2
    exit 2
fi
action=$1 build=$2 prefix=$4 root=$3$4
shift 4
case ${action} in
install | uninstall) ;;
*)
    echo "install.sh: install or uninstall, not '${action}'" >&2
    exit 2
    ;;
esac
case ${prefix} in
/*) ;;
*)
    echo "install.sh: PREFIX must be an absolute path, not '${prefix}'" >&2
    exit 2
    ;;
esac
here=$(dirname "$0")
source=$(dirname "${here}")
if [ ! -x "${build}/bin/cobench" ]; then
    echo "install.sh: ${build}/bin/cobench: not built; run make" >&2
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "${work}"' EXIT

# put MODE FOLDER FILE...: there, or not there any more.
put() {
    mode=$1 folder=${root}/$2
    shift 2
    [ "${action}" = uninstall ] || install -d "${folder}"
    for file in "$@"; do
        if [ "${action}" = install ]; then
            install -m "${mode}" "${file}" "${folder}"
        else
            rm -f "${folder}/${file##*/}"
        fi
    done
    # Others may have theirs there too.
    [ "${action}" = install ] || rmdir "${folder}" 2>/dev/null || :
}

# pkg_config NAME [PACKAGE]...: how a program is linked with one runtime.
pkg_config() {
    name=$1
    shift
    cat >"${work}/librt-${name}.pc" <<TEXT
prefix=${prefix}
libdir=\${prefix}/lib
includedir=\${prefix}/include/cobench

Name: librt-${name}
Description: the task API of cobench (rt.h), by its runtime ${name}
Version: ${version}
Requires: libuv libcurl $*
Cflags: -I\${includedir} -pthread
Libs: -L\${libdir} -lrt-${name} -lwslay -pthread
TEXT
}

version=$("${build}/bin/cobench" --version)
version=${version##* }
sh "${here}/man.sh" "${build}/bin/cobench" >"${work}/cobench.1"
cp "${here}/completion.bash" "${work}/cobench"
sed '1,/^## Licence/d' "${source}/README.md" >"${work}/copyright"

put 755 lib/cobench "${build}/bin/cobench" "${build}/bin/origin" \
    "${build}"/bin/trial-*
[ ! -e "${build}/bin/count.so" ] || put 644 lib/cobench "${build}/bin/count.so"
put 644 share/cobench/scripts "${here}"/*.gp "${here}"/*.awk \
    "${here}/gdb-tasks.py"
put 755 share/cobench/scripts "${here}/plots.sh" "${here}/timeline.sh"
put 644 share/man/man1 "${work}/cobench.1"
put 644 share/bash-completion/completions "${work}/cobench"
put 644 share/doc/cobench "${source}/README.md" "${work}/copyright"
put 644 include/cobench "${source}/runtime/rt.h"
for runtime in "$@"; do
    # shellcheck disable=SC2086 # a name and packages
    pkg_config ${runtime}
    name=${runtime%% *}
    put 644 lib "${build}/lib/librt-${name}.a"
    put 644 lib/pkgconfig "${work}/librt-${name}.pc"
done
if [ "${action}" = install ]; then
    install -d "${root}/bin"
    ln -sf ../lib/cobench/cobench "${root}/bin/cobench"
    echo "installed in ${root}: bin/cobench, lib/cobench, lib/librt-*.a," \
        'lib/pkgconfig, include/cobench, share/cobench, share/doc/cobench,' \
        'share/man, share/bash-completion'
else
    rm -f "${root}/bin/cobench"
    rmdir "${root}/share/cobench" 2>/dev/null || :
    echo "removed from ${root}"
fi
