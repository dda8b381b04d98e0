#!/bin/sh
# Acts as a new user: an empty folder, the built package, the section "PHP" of README.md literally, a bank statement on
# disk. With Composer, offline, configured as in the package's README.md; and again with the package's own autoloader.
#
#   smoke.sh [PACKAGE.zip]
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$(dirname -- "$here")")
package=${1:-$(ls -t "${CARGO_TARGET_DIR:-$root/target}"/packages/bankchannel-php-*.zip | head -n 1)}
case $package in /*) ;; *) package=$PWD/$package ;; esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset BANKCHANNEL_LIBRARY LD_LIBRARY_PATH

mkdir "$folder/repository" "$folder/home" "$folder/project"
unzip -q "$package" -d "$folder/repository"
unpacked=$(ls -d "$folder"/repository/bankchannel-php-*)
for file in LICENSE NOTICE licenses/LGPL-2.0.txt licenses/THIRD-PARTY.txt README.md composer.json preload.php bankchannel.h bin/bankchannel src/autoload.php; do
    [ -f "$unpacked/$file" ] || { echo "smoke.sh: the package has no $file" >&2; exit 1; }
done

# The block of this language in the section, unchanged.
block() {
    awk -v language="$1" '/^## /{inside = ($0 == "## PHP")} inside && $0 == "```" language {on = 1; next} on && $0 == "```" {exit} on' "$root/README.md"
}
block sh >"$folder/install.sh"
# The commands of the package's page for Composer to find the package.
awk '/^## /{inside = ($0 == "## Installing")} inside && $0 == "```sh" {on = 1; next} on && $0 == "```" {exit} on' "$here/README.md" >"$folder/find.sh"
block php >"$folder/project/statement.php"
lines=$(cat "$folder/install.sh" "$folder/project/statement.php" | grep -vcE '^(<\?php)?$')
[ "$lines" -ge 2 ] && [ "$lines" -le 10 ] || { echo "smoke.sh: the section has $lines lines; two to ten are good" >&2; exit 1; }

# try WAY COMMAND: runs the program of the section, and the command, in a project that got the package in this way.
try() {
    php -d display_errors=1 -d error_reporting=-1 statement.php >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
    if grep -qiE '^(PHP )?(warning|notice|deprecated|fatal)' "$folder/log"; then cat "$folder/log"; exit 1; fi
    statement=$(grep -rl 'camt.053' statements | head -n 1)
    [ -s "$statement" ] || { echo 'smoke.sh: no bank statement came' >&2; cat "$folder/log"; exit 1; }
    # The command of the package, whose code is in the library.
    "$root/tests/support/installed-command" "$2"
    echo "ok: installed by $1, $(wc -c <"$package") bytes; downloaded $(basename "$statement"), $(wc -c <"$statement") bytes, in $lines lines"
    rm -rf statements vendor
}

cd "$folder/project"
if command -v composer >/dev/null; then
    grep -q '^composer config ' "$folder/find.sh" || { echo 'smoke.sh: bindings/php/README.md does not say how Composer finds the package' >&2; exit 1; }
    export COMPOSER_HOME="$folder/home" COMPOSER_DISABLE_NETWORK=1 COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_NO_INTERACTION=1
    # No network access: the only setting that is not on these pages.
    echo '{"repositories": {"packagist.org": false}}' >"$folder/home/config.json"
    mkdir -p "$folder/checkout/target/packages"
    cp "$package" "$folder/checkout/target/packages/"
    (cd "$folder/checkout" && sh -eu "$folder/find.sh") >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
    sh -eu "$folder/install.sh" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
    try Composer vendor/bin/bankchannel
else
    echo 'not run: Composer is not there (Debian: composer)'
fi
mkdir vendor
echo "<?php require '$unpacked/src/autoload.php';" >vendor/autoload.php
try 'its own autoloader' "$unpacked/bin/bankchannel"
