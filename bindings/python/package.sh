#!/bin/sh
# Builds the wheel into target/packages/ and checks its tag, if auditwheel and abi3audit are installed.
#   --built    uses the library in target/release, which tests use; else one is built that is optimised as a whole
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
profile=release
[ "${1:-}" = --built ] || {
    profile=distribution
    cargo build --profile "$profile" --locked -p bankchannel-python
}
case "$(uname -s)" in
    Darwin) built=libbankchannel_python.dylib ;;
    *) built=libbankchannel_python.so ;;
esac
python=python3
[ ! -x "$target/venv/bin/python" ] || python=$target/venv/bin/python
if grep -q 'asked to panic' "$target/$profile/$built"; then
    echo 'package.sh: the library is a testing build: build it again' >&2
    exit 1
fi
"$python" bindings/python/package.py "$target/$profile/$built" "$target/packages"

"$python" bindings/python/check_wheel.py "$target"/packages/bankchannel-*.whl
