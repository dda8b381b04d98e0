#!/bin/sh
# Builds the wheel into target/packages/ and checks its tag, if auditwheel and abi3audit are installed.
#   --built    the native half was built already
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
[ "${1:-}" = --built ] || cargo build --release -p bankchannel-python
case "$(uname -s)" in
    Darwin) built=libbankchannel_python.dylib ;;
    *) built=libbankchannel_python.so ;;
esac
python=python3
[ ! -x "$target/venv/bin/python" ] || python=$target/venv/bin/python
if grep -q 'asked to panic' "$target/release/$built"; then
    echo 'package.sh: the library is a testing build: build it again' >&2
    exit 1
fi
"$python" bindings/python/package.py "$target/release/$built" "$target/packages"

"$python" bindings/python/check_wheel.py "$target"/packages/bankchannel-*.whl
