#!/bin/sh
# Acts as a new user: in an empty folder, installs the packages (from target/packages, without the network) and follows
# the section of README.md, until the bank's statement is there.
#
#   smoke.sh [PACKAGE.tgz]…    these packages; without any, they are made of the library in target/release
#   smoke.sh FOLDER            those in this folder that are for this machine
set -eu
given=${1:-}
case $given in '' | /*) ;; *) given=$PWD/$given ;; esac
cd "$(dirname "$0")/../.."
root=$PWD
if [ -n "$given" ] && [ -d "$given" ]; then
    # The names of packages say what Node says of the machine; on Linux also which C library it has.
    this=$(node -p 'const { header } = process.report.getReport(); const libc = header.glibcVersionRuntime ? "gnu" : "musl";
        [process.platform, process.arch, ...(process.platform === "linux" ? [libc] : [])].join("-")')
    version=$(node -p 'require("./bindings/node/package.json").version')
    packages="$given/bankchannel-$version.tgz $given/bankchannel-$this-$version.tgz"
elif [ $# -gt 0 ]; then
    packages=$*
else
    packages=$(bindings/node/package.sh --built)
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >package.json <<'JSON'
{ "name": "smoke", "version": "1.0.0", "private": true }
JSON
set --
for package in $packages; do
    case $package in /*) set -- "$@" "$package" ;; *) set -- "$@" "$root/$package" ;; esac
done
npm install --offline --no-audit --no-fund --loglevel=error "$@"

node "$root/bindings/node/test/helpers/readme.js" >main.mjs
node main.mjs
grep -l BkToCstmrStmt statements/*
node -e "const { version, WsChannel } = require('bankchannel'); new WsChannel(); console.log(version)"
# The command of the package, whose code is in the library: as npm links it, and by npx.
"$root/tests/support/installed-command" node_modules/.bin/bankchannel
"$root/tests/support/installed-command" npx --offline bankchannel
