#!/bin/sh
# Builds a wheel and checks its tag, if auditwheel and abi3audit are installed.
#
#   package.sh [--built] [--target TRIPLE] [--output DIR]
#
#   --built           uses the library in target/release, which tests use; else one is built that is optimised as a whole
#   --target TRIPLE   for a platform of packaging/cross, such as aarch64-unknown-linux-musl; for this machine by default, built
#                     by its own compiler
#   --output DIR      the folder for the wheel; target/packages by default, where it takes the place of another
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
takes='--built, --target TRIPLE, --output DIR'
. "$root/packaging/common.sh"
options "$@"
platform "$targets"
compile bankchannel_python build -p bankchannel-python
if is_testing_build "$library"; then fail 'the library is a testing build: build it again'; fi
python=python3
[ ! -x "$target_dir/venv/bin/python" ] || python=$target_dir/venv/bin/python
case " $* " in *" --output "*) ;; *) rm -f "$output"/bankchannel-*.whl ;; esac
cd "$root"
wheel=$("$python" bindings/python/package.py "$library" "$output")
"$python" bindings/python/check_wheel.py "$wheel"
echo "$wheel"
