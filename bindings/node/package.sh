#!/bin/sh
# Makes the npm packages: the main package, and the one of a platform with the library in it.
#
#   package.sh [--built | --target TRIPLE | --library FILE] [--output DIR]
#
#   --built           uses the library in target/release, which tests use; else one is built that is optimised as a whole
#   --target TRIPLE   for a platform of packaging/cross, such as aarch64-unknown-linux-musl; for this machine by default, built
#                     by its own compiler
#   --library FILE    uses this library, which was built for this machine
#   --output DIR      the folder for the packages; target/packages by default
set -eu
triple= library= built=no output=
while [ $# -gt 0 ]; do
    case "$1" in
        --built) built=yes && shift && continue ;;
        --target | --library | --output) [ $# -ge 2 ] || { echo "package.sh: $1 needs a value" >&2 && exit 1; } ;;
        *) echo "package.sh: there is no $1; there are --built, --target TRIPLE, --library FILE, --output DIR" >&2 && exit 1 ;;
    esac
    # Relative to the caller's folder.
    case $2 in /*) path=$2 ;; *) path=$PWD/$2 ;; esac
    case "$1" in
        --target) triple=$2 ;;
        --library) library=$path ;;
        --output) output=$path ;;
    esac
    shift 2
done
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
case ${triple:-$(uname -s)} in
    *[dD]arwin*) made=libbankchannel_node.dylib ;;
    *) made=libbankchannel_node.so ;;
esac
if [ -n "$triple" ]; then
    machine=${triple%%-*} system=linux libc=-${triple##*-}
else
    machine=$(uname -m) system=linux
    if [ -n "$(ls /lib/ld-musl-* 2>/dev/null)" ]; then libc=-musl; else libc=-gnu; fi
fi
# The names of Node.
case $machine in x86_64) machine=x64 ;; aarch64) machine=arm64 ;; esac
platform=$system-$machine$libc
set -- build --profile distribution --locked -p bankchannel-node
if [ -n "$library" ]; then
    :
elif [ "$built" = yes ]; then
    library=$target/release/$made
elif [ -n "$triple" ]; then
    packaging/cross "$triple" "$@" >&2
    library=$target/$triple/distribution/$made
else
    cargo "$@" >&2
    library=$target/distribution/$made
fi
[ -f "$library" ] || { echo "$library is not there: cargo build --release -p bankchannel-node makes the one for --built" >&2; exit 1; }
# Operations that fail on demand are for tests only.
if grep -q 'asked to panic' "$library"; then echo "$library is a testing build" >&2; exit 1; fi

output=${output:-$target/packages}
stage=$output/npm
rm -rf "$stage"
mkdir -p "$stage/main" "$stage/platform"
stage=$(cd "$stage" && pwd)

# A redistributed package must include its licences.
cp -R LICENSE NOTICE licenses "$stage/main"
cp -R LICENSE NOTICE licenses "$stage/platform"
(cd bindings/node && cp -R index.js index.mjs index.d.ts index.d.mts lib README.md package.json "$stage/main")
cp CHANGELOG.md "$stage/main"
cp -R bindings/node/examples "$stage/main"
# The guides and the reference; the page about the library's architecture is for contributors.
mkdir "$stage/main/docs"
cp -R docs/*.md docs/*.toml docs/reference docs/protocols "$stage/main/docs"
rm "$stage/main/docs/architecture.md"
cp "$library" "$stage/platform/bankchannel.node"
node bindings/node/platform.js "$platform" "$stage/platform"

for part in main platform; do
    npm pack --silent --pack-destination "$output" "$stage/$part" | sed "s|^|$output/|"
done
rm -rf "$stage"
