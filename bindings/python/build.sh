#!/bin/sh
# Builds the native half with plain cargo and puts it into the package, so that `PYTHONPATH=bindings/python` works.
set -eu
cd "$(dirname "$0")/../.."
# `--built`: the workspace was built already.
[ "${1:-}" = --built ] || cargo build --release -p bankchannel-python
native=_native.abi3.so
case "$(uname -s)" in
    Darwin) built=libbankchannel_python.dylib ;;
    MINGW* | MSYS*) built=bankchannel_python.dll native=_native.pyd ;;
    *) built=libbankchannel_python.so ;;
esac
# A running interpreter may have the old file mapped: replace it, do not overwrite it.
cp "${CARGO_TARGET_DIR:-target}/release/$built" "bindings/python/bankchannel/$native.new"
mv "bindings/python/bankchannel/$native.new" "bindings/python/bankchannel/$native"
