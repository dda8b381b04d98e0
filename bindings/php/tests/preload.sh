#!/usr/bin/env bash
# The package in a web server with PHP's default `ffi.enable=preload`: code that was not preloaded may not use FFI, the
# package, preloaded, may. And without preloading, the error says what to set.
#
#   bindings/php/tests/preload.sh [FOLDER OF libbankchannel_c.so]
set -euo pipefail
package=$(cd "$(dirname "$0")/.." && pwd)
folder=$(cd "${1:-$package/../../target/release}" && pwd)
scratch=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT
cat > "$scratch/index.php" <<'PHP'
<?php
require_once getenv('PACKAGE') . '/src/autoload.php';
try {
    echo 'version ', Bankchannel\Bankchannel::version(), "\n";
    echo (new Bankchannel\WsChannel())->inspectKey(key: 'no key')->fingerprint;
} catch (Bankchannel\Exception\BankchannelException $error) {
    echo $error->errorCode, ': ', $error->getMessage(), "\n";
}
PHP

# ask NAME PATTERN OPTION…: what a server with these options answers must match the pattern.
ask() {
    local name=$1 pattern=$2 port answer
    shift 2
    port=$(php -r '$s = stream_socket_server("tcp://127.0.0.1:0"); echo explode(":", stream_socket_get_name($s, false))[1];')
    PACKAGE=$package LD_LIBRARY_PATH=$folder php -d ffi.enable=preload "$@" -S "127.0.0.1:$port" -t "$scratch" >"$scratch/log" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        answer=$(php -r 'echo (string) @file_get_contents($argv[1]);' "http://127.0.0.1:$port/") || true
        [ -n "$answer" ] && break
        sleep 0.1
    done
    kill "$server" && wait "$server" 2>/dev/null || true
    server=
    if ! grep -qE "$pattern" <<<"$answer"; then
        printf 'FAILED  %s: %s\n' "$name" "$answer"
        cat "$scratch/log"
        exit 1
    fi
    printf 'ok      %s\n' "$name"
}

user=()
[ "$(id -u)" = 0 ] && user=(-d "opcache.preload_user=$(id -un)")
ask 'not preloaded: the error says what to set' 'configuration.invalid: .*opcache\.preload'
ask 'preloaded: it works' '^version [0-9]' -d "ffi.preload=$package/bankchannel.h" -d opcache.enable=1 -d opcache.enable_cli=1 -d "opcache.preload=$package/preload.php" "${user[@]}"
ask 'preloaded: errors are typed' '(pgp|input)[a-z_.]*: ' -d "ffi.preload=$package/bankchannel.h" -d opcache.enable=1 -d opcache.enable_cli=1 -d "opcache.preload=$package/preload.php" "${user[@]}"
