#!/bin/sh
# Makes the package for C: headers, shared and static library, pkg-config and CMake files, examples, licences.
#
#   package.sh [--built | --from DIR] [--target TRIPLE] [--output DIR]
#
#   --built           uses the libraries in target/release, which tests use, instead of building such that are optimised
#                     as a whole
#   --from DIR        uses those in this folder
#   --target TRIPLE   for a platform of packaging/cross, such as aarch64-unknown-linux-gnu; for this machine by default, built by
#                     its own compiler
#   --output DIR      the folder for the package; target/packages by default
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$here")
# Cargo runs in the root: a relative folder of the caller is made absolute, so that both mean the same one.
case ${CARGO_TARGET_DIR:-} in
    '' | /*) ;;
    *) export CARGO_TARGET_DIR="$PWD/$CARGO_TARGET_DIR" ;;
esac
target_dir=${CARGO_TARGET_DIR:-$root/target}
built=no from='' triple='' output=$target_dir/packages

fail() {
    echo "package.sh: $*" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    case $1 in
        --built)
            built=yes
            shift
            ;;
        --target | --output | --from)
            [ $# -ge 2 ] || fail "$1 needs a value"
            case $1 in
                --target) triple=$2 ;;
                --output) output=$2 ;;
                --from) from=$2 built=yes ;;
            esac
            shift 2
            ;;
        *) fail "there is no $1; there are --built, --from DIR, --target TRIPLE, --output DIR" ;;
    esac
done

profile=release
[ "$built" = yes ] || profile=distribution
[ -n "$from" ] || from=$target_dir/${triple:+$triple/}$profile
# Without the form for Rust programs, which would keep the library from being optimised as a whole.
set -- rustc --profile "$profile" --locked -p bankchannel-ffi --lib --crate-type cdylib,staticlib
if [ "$built" = no ]; then
    (cd "$root" && if [ -n "$triple" ]; then packaging/cross "$triple" "$@"; else cargo "$@"; fi)
fi
# What works on the target's files.
with() { if [ -n "$crossed" ]; then "$root/packaging/cross" "$triple" --with "$@"; else "$@"; fi; }
crossed=$triple
[ -n "$triple" ] || triple=$(rustc -vV | sed -n 's/^host: //p')

version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml")
abi_major=$(sed -n 's/^const ABI_MAJOR: u32 = \([0-9]*\);$/\1/p' "$here/build.rs")
name=bankchannel-c-$version-$triple
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
folder=$stage/$name

with "$here/install.sh" --prefix / --destdir "$folder" --from "$from" --relocatable >/dev/null

# The operations that fail on demand are only for tests.
if grep -q 'asked to panic' "$folder/lib/libbankchannel.so"; then fail 'the library is a testing build'; fi

# The package must not require more of the system than documented.
"$root/packaging/glibc" "$folder/lib/libbankchannel.so" "$crossed"

# Names that no program can use.
with sh -c 'command -v "${STRIP:-strip}" >/dev/null 2>&1 || exit 0
    "${STRIP:-strip}" --strip-debug "$1/lib/libbankchannel.a" && "${STRIP:-strip}" --strip-unneeded "$1/lib/libbankchannel.so.$2"' - "$folder" "$abi_major"

mkdir -p "$folder/share/bankchannel" "$folder/examples"
cp "$here"/packaging/*.in "$folder/share/bankchannel/"
printf 'VERSION=%s\nABI_MAJOR=%s\n' "$version" "$abi_major" >"$folder/share/bankchannel/package"
cp "$here/install.sh" "$folder/"
cp "$here"/examples/*.c "$here"/examples/*.h "$root/core/iso20022/examples/pain.001.001.09.xml" "$folder/examples/"
cp "$root/LICENSE" "$root/NOTICE" "$folder/"
cp -R "$root/licenses" "$folder/"
cp "$here/packaging/README.md" "$folder/"

mkdir -p "$output"
# The same content gives the same file: it contains neither times nor owners.
tar -C "$stage" --sort=name --mtime='2020-01-01 00:00:00Z' --owner=0 --group=0 --numeric-owner -cf - "$name" | gzip -n >"$output/$name.tar.gz.new"
mv "$output/$name.tar.gz.new" "$output/$name.tar.gz"
echo "$output/$name.tar.gz"
