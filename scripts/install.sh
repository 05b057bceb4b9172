#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: scripts/install.sh BUILD DESTDIR PREFIX
# Puts a built cobench in place: programs in PREFIX/lib/cobench, with a link
# PREFIX/bin/cobench (it finds the others beside what the link points to), the
# chart scripts in PREFIX/share/cobench/scripts, the header and the archives
# for programs of one's own in PREFIX/include/cobench and PREFIX/lib.  DESTDIR,
# possibly empty, is put before PREFIX for packaging.
set -eu

if [ $# -ne 3 ] || [ -z "$1" ] || [ -z "$3" ]; then
    echo 'usage: scripts/install.sh BUILD DESTDIR PREFIX' >&2
    exit 2
fi
build=$1 prefix=$3
case ${prefix} in
/*) ;;
*)
    echo "install.sh: PREFIX must be an absolute path, not '${prefix}'" >&2
    exit 2
    ;;
esac
root=$2${prefix}
here=$(dirname "$0")
source=$(dirname "${here}")

if [ ! -x "${build}/bin/cobench" ]; then
    echo "install.sh: ${build}/bin/cobench: not built; run make" >&2
    exit 1
fi
install -d "${root}/bin" "${root}/lib/cobench" "${root}/include/cobench" \
    "${root}/share/cobench/scripts"
install -m 755 "${build}/bin/cobench" "${build}/bin/origin" \
    "${build}"/bin/trial-* "${root}/lib/cobench"
[ ! -e "${build}/bin/count.so" ] ||
    install -m 644 "${build}/bin/count.so" "${root}/lib/cobench"
ln -sf ../lib/cobench/cobench "${root}/bin/cobench"
install -m 644 "${here}"/*.gp "${here}"/*.awk "${root}/share/cobench/scripts"
install -m 755 "${here}/plots.sh" "${here}/timeline.sh" \
    "${root}/share/cobench/scripts"
install -m 644 "${source}/runtime/rt.h" "${root}/include/cobench"
install -m 644 "${build}"/lib/librt-*.a "${root}/lib"
echo "installed in ${root}: bin/cobench, lib/cobench, share/cobench, include/cobench, lib/librt-*.a"
