#!/bin/sh
# Builds the addon with plain cargo and puts it into the package, so that `require('./bindings/node')` works.
set -eu
cd "$(dirname "$0")/../.."
# `--built`: the workspace was built already.
[ "${1:-}" = --built ] || cargo build --release -p bankchannel-node
case "$(uname -s)" in
    Darwin) built=libbankchannel_node.dylib ;;
    MINGW* | MSYS*) built=bankchannel_node.dll ;;
    *) built=libbankchannel_node.so ;;
esac
# A running process may have the old file mapped: replace it, do not overwrite it.
cp "${CARGO_TARGET_DIR:-target}/release/$built" bindings/node/bankchannel.node.new
mv bindings/node/bankchannel.node.new bindings/node/bankchannel.node
