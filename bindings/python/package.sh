#!/bin/sh
# Builds the wheel into target/packages/ and checks its tag, if auditwheel and abi3audit are installed.
#   --built    uses the library in target/release, which tests use; else one is built that is optimised as a whole
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
case "${1:-}" in
    --built) profile=release ;;
    '')
        profile=distribution
        cargo build --profile "$profile" --locked -p bankchannel-python
        ;;
    *) echo "package.sh: there is no $1; there is --built" >&2 && exit 2 ;;
esac
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
