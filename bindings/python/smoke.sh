#!/bin/sh
# Installs the wheel for this machine into a new, empty environment like a user, and runs the README's section there.
#
#   smoke.sh [FOLDER]    the folder with the wheels; target/packages by default
set -eu
packages=${1:-}
case $packages in '' | /*) ;; *) packages=$PWD/$packages ;; esac
cd "$(dirname "$0")/../.."
packages=${packages:-${CARGO_TARGET_DIR:-target}/packages}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=$(command -v python3 || command -v python)
"$python" -m venv "$folder/venv"
bin=$folder/venv/bin
# On Windows.
[ -d "$bin" ] || bin=$folder/venv/Scripts
"$bin/python" -m pip install --quiet --disable-pip-version-check --no-index --only-binary :all: --find-links "$packages" bankchannel
# The source tree is not on its path.
unset PYTHONPATH
"$bin/python" -I bindings/python/tests/prepared.py README.md '## Python'
"$bin/python" -I -c 'import bankchannel, sys; print(bankchannel.__version__); sys.exit(not bankchannel.__file__.startswith(sys.prefix))'
# The command of the package, whose code is in the library.
tests/support/installed-command "$bin/bankchannel"
