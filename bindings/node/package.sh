#!/bin/sh
# Makes the npm packages: the main package, and the one of this platform with the library in it. They are written to
# target/packages/.
#
#   bindings/node/package.sh                                       this machine's platform; builds the library, optimised as
#                                                                  a whole
#   bindings/node/package.sh --built                               the library in target/release, which tests use
#   bindings/node/package.sh --platform linux-arm64-musl --library FILE
#                                                                  a library that was built for another one
set -eu
platform= library= built=no
while [ $# -gt 0 ]; do
    case "$1" in
        --built) built=yes && shift && continue ;;
        --platform) platform=$2 ;;
        # Relative to the caller's folder.
        --library) case $2 in /*) library=$2 ;; *) library=$PWD/$2 ;; esac ;;
        *) echo "unknown argument $1; there are --built, --platform NAME and --library FILE" >&2 && exit 1 ;;
    esac
    shift 2
done
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
case "$(uname -s)" in
    Darwin) made=libbankchannel_node.dylib ;;
    *) made=libbankchannel_node.so ;;
esac
if [ -n "$platform" ] && [ -z "$library" ]; then
    echo "--platform needs --library FILE, the library for it" >&2 && exit 1
fi
if [ -z "$platform" ]; then
    case "$(uname -m)" in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) arch=$(uname -m) ;; esac
    if [ -n "$(ls /lib/ld-musl-* 2>/dev/null)" ]; then libc=musl; else libc=gnu; fi
    platform=linux-$arch-$libc
fi
if [ -z "$library" ] && [ "$built" = no ]; then
    cargo build --profile distribution --locked -p bankchannel-node >&2
    library=$target/distribution/$made
fi
library=${library:-$target/release/$made}
[ -f "$library" ] || { echo "$library is not there: cargo build --release -p bankchannel-node makes the one for --built" >&2; exit 1; }
# Operations that fail on demand are for tests only.
if grep -q 'asked to panic' "$library"; then echo "$library is a testing build" >&2; exit 1; fi

stage=$target/packages/npm
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
    npm pack --silent --pack-destination "$target/packages" "$stage/$part" | sed "s|^|$target/packages/|"
done
rm -rf "$stage"
