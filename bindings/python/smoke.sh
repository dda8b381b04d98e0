#!/bin/sh
# Installs the wheel into a new, empty environment like a user, and runs the README's section there.
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-index "$target"/packages/bankchannel-*.whl
# The source tree is not on its path.
unset PYTHONPATH
"$folder/venv/bin/python" -I bindings/python/tests/prepared.py README.md '## Python'
"$folder/venv/bin/python" -I -c 'import bankchannel; print(bankchannel.__version__, bankchannel.__file__)' | grep "$folder"
# The command of the package, whose code is in the library.
tests/support/installed-command "$folder/venv/bin/bankchannel"
