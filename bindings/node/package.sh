#!/bin/sh
# Makes the npm packages: the main package, and the one of a platform with the library in it.
#
#   package.sh [--built | --library FILE] [--target TRIPLE] [--output DIR]
#
#   --built           uses the library in target/release, which tests use; else one is built that is optimised as a whole
#   --target TRIPLE   for a platform of packaging/cross, such as aarch64-unknown-linux-musl; for this machine by default, built
#                     by its own compiler
#   --library FILE    uses this library
#   --output DIR      the folder for the packages; target/packages by default
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
takes='--built, --target TRIPLE, --library FILE, --output DIR'
. "$root/packaging/common.sh"
options "$@"
platform "$targets"
# The names of Node.
case $machine in x86_64) machine=x64 ;; aarch64) machine=arm64 ;; esac
case $system in windows) system=win32 ;; esac
platform=$system-$machine${libc:+-$libc}
compile bankchannel_node build -p bankchannel-node
if is_testing_build "$library"; then echo "$library is a testing build" >&2; exit 1; fi
cd "$root"

stage=$output/npm
rm -rf "$stage"
mkdir -p "$stage/main" "$stage/platform"
stage=$(cd "$stage" && pwd)

# A redistributed package must include its licences.
cp -R LICENSE NOTICE licenses "$stage/main"
cp -R LICENSE NOTICE licenses "$stage/platform"
(cd bindings/node && cp -R bin index.js index.mjs index.d.ts index.d.mts lib README.md package.json "$stage/main")
cp CHANGELOG.md "$stage/main"
cp -R bindings/node/examples "$stage/main"
guides "$stage/main/docs"
cp "$library" "$stage/platform/bankchannel.node"
node bindings/node/platform.js "$platform" "$stage/platform"
plain "$stage"

for part in main platform; do
    npm pack --silent --pack-destination "$output" "$stage/$part" | sed "s|^|$output/|"
done
rm -rf "$stage"
