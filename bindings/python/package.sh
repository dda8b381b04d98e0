#!/bin/sh
# Builds a wheel and checks its tag, if auditwheel and abi3audit are installed.
#
#   package.sh [--built | --target TRIPLE] [--output DIR]
#
#   --built           uses the library in target/release, which tests use; else one is built that is optimised as a whole
#   --target TRIPLE   for a platform of packaging/cross, such as aarch64-unknown-linux-musl; for this machine by default, built
#                     by its own compiler
#   --output DIR      the folder for the wheel; target/packages by default, where it takes the place of another
set -eu
built=no triple='' output=''
while [ $# -gt 0 ]; do
    case $1 in
        --built) built=yes && shift && continue ;;
        --target | --output) [ $# -ge 2 ] || { echo "package.sh: $1 needs a value" >&2 && exit 2; } ;;
        *) echo "package.sh: there is no $1; there are --built, --target TRIPLE, --output DIR" >&2 && exit 2 ;;
    esac
    case $1 in
        --target) triple=$2 ;;
        # Relative to the caller's folder.
        --output) case $2 in /*) output=$2 ;; *) output=$PWD/$2 ;; esac ;;
    esac
    shift 2
done
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
case ${triple:-$(uname -s)} in
    *[dD]arwin*) library=libbankchannel_python.dylib ;;
    *) library=libbankchannel_python.so ;;
esac
set -- build --profile distribution --locked -p bankchannel-python
if [ "$built" = yes ]; then
    library=$target/release/$library
elif [ -n "$triple" ]; then
    packaging/cross "$triple" "$@"
    library=$target/$triple/distribution/$library
else
    cargo "$@"
    library=$target/distribution/$library
fi
python=python3
[ ! -x "$target/venv/bin/python" ] || python=$target/venv/bin/python
if grep -q 'asked to panic' "$library"; then
    echo 'package.sh: the library is a testing build: build it again' >&2
    exit 1
fi
if [ -z "$output" ]; then
    output=$target/packages
    rm -f "$output"/bankchannel-*.whl
fi
wheel=$("$python" bindings/python/package.py "$library" "$output")
"$python" bindings/python/check_wheel.py "$wheel"
echo "$wheel"
