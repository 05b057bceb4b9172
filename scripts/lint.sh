#!/bin/sh
# usage: scripts/lint.sh
# What a tool can check of the code style: formatting, shell scripts, static
# analysis, and a build without warnings by gcc and by clang.
set -eu

status=0
sources=$(git ls-files '*.c' '*.h')
scripts=$(git ls-files '*.sh' .ci/run)
have() {
    command -v "$1" >/dev/null 2>&1 || {
        echo "lint: no $1; run scripts/setup.sh --dev" >&2
        return 1
    }
}

echo 'lint: clang-format'
# shellcheck disable=SC2086 # lists of names without blanks
if have clang-format; then
    clang-format --dry-run -Werror ${sources} || status=1
else
    status=1
fi
echo 'lint: shellcheck'
# shellcheck disable=SC2086
if have shellcheck; then
    shellcheck -o all ${scripts} || status=1
else
    status=1
fi
for compiler in gcc clang; do
    echo "lint: build with ${compiler}, warnings are errors"
    if have "${compiler}"; then
        make -s -j"$(nproc)" CC="${compiler}" WERROR=1 \
            BUILD="build-lint-${compiler}" all >/dev/null || status=1
    else
        status=1
    fi
done
echo 'lint: clang-tidy'
if have clang-tidy; then
    flags=$(pkg-config --cflags libuv libcurl jansson libmicrohttpd)
    # shellcheck disable=SC2046,SC2086
    clang-tidy --quiet $(git ls-files '*.c') -- -std=c11 -D_GNU_SOURCE \
        -Iruntime -Ibench ${flags} 2>/dev/null || status=1
else
    status=1
fi
exit "${status}"
