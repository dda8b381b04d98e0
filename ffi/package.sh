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
takes='--built, --from DIR, --target TRIPLE, --output DIR'
. "$root/packaging/common.sh"
options "$@"
platform "$targets"
# Without the form for Rust programs, which would keep the library from being optimised as a whole.
compile bankchannel_c rustc -p bankchannel-ffi --lib --crate-type cdylib,staticlib
# The operations that fail on demand are only for tests.
if is_testing_build "$library"; then fail 'the library is a testing build'; fi
# The package must not require more of the system than documented.
"$root/packaging/glibc" "$library" "$crossed"

version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml")
abi_major=$(sed -n 's/^const ABI_MAJOR: u32 = \([0-9]*\);$/\1/p' "$here/build.rs")
name=bankchannel-c-$version-$triple
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
folder=$stage/$name

with_tools "$here/install.sh" --prefix / --destdir "$folder" --from "$from" --relocatable >/dev/null
without_names --strip-debug "$folder/lib/libbankchannel.a"
without_names --strip-unneeded "$folder/lib/libbankchannel.so.$abi_major"

mkdir -p "$folder/share/bankchannel" "$folder/examples"
cp "$here"/packaging/*.in "$folder/share/bankchannel/"
printf 'VERSION=%s\nABI_MAJOR=%s\n' "$version" "$abi_major" >"$folder/share/bankchannel/package"
cp "$here/install.sh" "$folder/"
cp "$here"/examples/*.c "$here"/examples/*.h "$root/core/iso20022/examples/pain.001.001.09.xml" "$folder/examples/"
cp "$root/LICENSE" "$root/NOTICE" "$folder/"
cp -R "$root/licenses" "$folder/"
cp "$here/packaging/README.md" "$folder/"

case $system in windows) file=$output/$name.zip ;; *) file=$output/$name.tar.gz ;; esac
archive "$stage" "$name" "$file"
echo "$file"
