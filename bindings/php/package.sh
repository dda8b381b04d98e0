#!/bin/sh
# Makes the package for Composer, with the native library inside: target/packages/bankchannel-php-VERSION.zip.
#
#   package.sh [--built | --from DIR] [--target TRIPLE]… [--output DIR]
#
#   --built           uses the library in target/release, which tests use, instead of building one that is optimised as
#                     a whole
#   --from DIR        uses the library in this folder
#   --target TRIPLE   a platform of packaging/cross to include, such as aarch64-unknown-linux-gnu; may be given several times.
#                     Default: this machine, built by its own compiler
#   --output DIR      the destination of the package; default target/packages
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$(dirname -- "$here")")
# Cargo runs in the root: a relative folder of the caller is made absolute, so that both mean the same one.
case ${CARGO_TARGET_DIR:-} in
    '' | /*) ;;
    *) export CARGO_TARGET_DIR="$PWD/$CARGO_TARGET_DIR" ;;
esac
target_dir=${CARGO_TARGET_DIR:-$root/target}
built=no from='' triples='' output=$target_dir/packages

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
                --target) triples="$triples $2" ;;
                --output) output=$2 ;;
                --from) from=$2 built=yes ;;
            esac
            shift 2
            ;;
        *) fail "there is no $1; there are --built, --from DIR, --target TRIPLE, --output DIR" ;;
    esac
done
command -v zip >/dev/null || fail 'zip is missing: install it (Debian: zip)'

profile=release
[ "$built" = yes ] || profile=distribution
host=$(rustc -vV | sed -n 's/^host: //p')
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml")
name=bankchannel-php-$version
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
folder=$stage/$name
mkdir -p "$folder"

for triple in ${triples:-$host}; do
    # The same build as for the package of C.
    set -- rustc --profile "$profile" --locked -p bankchannel-ffi --lib --crate-type cdylib,staticlib
    if [ "$built" = no ]; then
        (cd "$root" && if [ -n "$triples" ]; then packaging/cross "$triple" "$@"; else cargo "$@"; fi)
    fi
    # The name that src/Bridge/Library.php looks for: machine, system, C library.
    machine=${triple%%-*}
    case $triple in
        *-apple-darwin) platform=$machine-darwin library=libbankchannel_c.dylib named=libbankchannel.dylib ;;
        *-linux-*) platform=$machine-linux-${triple##*-} library=libbankchannel_c.so named=libbankchannel.so ;;
        *) fail "there is no package for $triple" ;;
    esac
    mkdir -p "$folder/lib/$platform"
    cp "${from:-$target_dir/${triples:+$triple/}$profile}/$library" "$folder/lib/$platform/$named"
    # Operations that fail on demand are for tests only.
    if grep -q 'asked to panic' "$folder/lib/$platform/$named"; then fail 'the library is a testing build'; fi
    # A package must not need a newer system than documented.
    "$root/packaging/glibc" "$folder/lib/$platform/$named" "$triples"
    # The names of internal functions are not needed.
    set -- sh -c '! command -v "${STRIP:-strip}" >/dev/null || "${STRIP:-strip}" --strip-unneeded "$1"' - "$folder/lib/$platform/$named"
    if [ -n "$triples" ]; then "$root/packaging/cross" "$triple" --with "$@"; else "$@"; fi
    chmod 644 "$folder/lib/$platform/$named"
done

cp -R "$here/src" "$here/examples" "$here/bankchannel.h" "$here/preload.php" "$here/README.md" "$folder/"
cp "$root/core/iso20022/examples/pain.001.001.09.xml" "$folder/examples/"
cp "$root/LICENSE" "$root/NOTICE" "$root/CHANGELOG.md" "$folder/"
# The guides and the reference; the page about the library's architecture is for contributors.
mkdir "$folder/docs"
cp -R "$root"/docs/*.md "$root"/docs/*.toml "$root/docs/reference" "$root/docs/protocols" "$folder/docs/"
rm "$folder/docs/architecture.md"
cp -R "$root/licenses" "$folder/"
sed "s|^    \"type\": \"library\",|    \"version\": \"$version\",\n&|" "$here/composer.json" >"$folder/composer.json"
grep -q '"version"' "$folder/composer.json" || fail 'composer.json did not take the version'

# The same content gives the same file, without times and in a fixed order.
find "$stage" -exec touch -d '2020-01-01 00:00:00Z' {} +
mkdir -p "$output"
output=$(cd "$output" && pwd)
rm -f "$output/.new-$name.zip"
(cd "$stage" && find "$name" -type f | LC_ALL=C sort | TZ=UTC zip -q -X -9 "$output/.new-$name.zip" -@)
mv "$output/.new-$name.zip" "$output/$name.zip"
echo "$output/$name.zip"
