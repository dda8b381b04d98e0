#!/bin/sh
# Makes the package for Composer, with the native library inside: target/packages/bankchannel-php-VERSION.zip.
#
#   package.sh [--built | --from DIR | --packages DIR] [--target TRIPLE]… [--output DIR]
#
#   --built           uses the library in target/release, which tests use, instead of building one that is optimised as
#                     a whole
#   --from DIR        uses the library in this folder
#   --packages DIR    uses the libraries of the packages for C in this folder
#   --target TRIPLE   a platform of packaging/cross to include, such as aarch64-unknown-linux-gnu; may be given several times.
#                     Default: this machine, built by its own compiler
#   --output DIR      the destination of the package; default target/packages
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$(dirname -- "$here")")
takes='--built, --from DIR, --packages DIR, --target TRIPLE…, --output DIR'
. "$root/packaging/common.sh"
options "$@"
command -v zip >/dev/null || fail 'zip is missing: install it (Debian: zip)'

version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml")
name=bankchannel-php-$version
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
folder=$stage/$name
mkdir -p "$folder"

# unpacked: sets `library` to the shared library of the target's package for C.
unpacked() {
    name_of_c=bankchannel-c-$version-$triple
    case $system in
        windows) unzip -qo "$packages/$name_of_c.zip" -d "$stage/c" ;;
        *) mkdir -p "$stage/c" && tar -xzf "$packages/$name_of_c.tar.gz" -C "$stage/c" ;;
    esac
    library=$(find "$stage/c/$name_of_c" -type f \( -name 'libbankchannel.so.*' -o -name 'libbankchannel.*.dylib' -o -name 'bankchannel-*.dll' \))
    [ -f "$library" ] || fail "$packages/$name_of_c has no shared library"
}

given=$from
for target in ${targets:-''}; do
    platform "$target"
    from=$given library=''
    # The same build as for the package of C.
    if [ -n "$packages" ]; then unpacked; else compile bankchannel_c rustc -p bankchannel-ffi --lib --crate-type cdylib,staticlib; fi
    # The names that src/Bridge/Library.php looks for: machine, system, C library.
    place=$folder/lib/$machine-$system${libc:+-$libc} named=${begins}bankchannel$ends
    mkdir -p "$place"
    cp "$library" "$place/$named"
    if is_testing_build "$place/$named"; then fail 'the library is a testing build'; fi
    # A package must not need a newer system than documented.
    "$root/packaging/glibc" "$place/$named" "$crossed"
    without_names --strip-unneeded "$place/$named"
    chmod 644 "$place/$named"
done

cp -R "$here/bin" "$here/src" "$here/examples" "$here/bankchannel.h" "$here/preload.php" "$here/README.md" "$folder/"
cp "$root/core/iso20022/examples/pain.001.001.09.xml" "$folder/examples/"
cp "$root/LICENSE" "$root/NOTICE" "$root/CHANGELOG.md" "$folder/"
guides "$folder/docs"
cp -R "$root/licenses" "$folder/"
sed "s|^    \"type\": \"library\",|    \"version\": \"$version\",\n&|" "$here/composer.json" >"$folder/composer.json"
grep -q '"version"' "$folder/composer.json" || fail 'composer.json did not take the version'

archive "$stage" "$name" "$output/$name.zip"
echo "$output/$name.zip"
