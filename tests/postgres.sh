#!/bin/sh
# Runs a command against a throw-away PostgreSQL server.
#
#   tests/postgres.sh run COMMAND [ARGUMENT...]
#
# Starts a cluster in a temporary folder that listens on a Unix socket only, sets BANKCHANNEL_TEST_POSTGRES to its
# URL, runs the command, stops the cluster, removes the folder, and ends with the command's exit code.
# The server's programs are taken from PATH or from Debian's /usr/lib/postgresql/VERSION/bin. PostgreSQL refuses to run
# as root; if started by root, the server runs as the user `postgres`, or as `nobody` if that one does not exist.
set -eu

if [ $# -lt 2 ] || [ "$1" != run ]; then
    echo "usage: $0 run COMMAND [ARGUMENT...]" >&2
    exit 2
fi
shift

programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n | tail -n 1)
if [ -n "$programs" ]; then
    PATH=$programs:$PATH
    export PATH
fi
for program in initdb pg_ctl; do
    if ! command -v "$program" >/dev/null; then
        echo "$0: $program was not found; install PostgreSQL (Debian: apt-get install postgresql)" >&2
        exit 2
    fi
done

# Short, because the path of a Unix socket is limited to about 100 characters.
folder=$(mktemp -d /tmp/bcpg.XXXXXX)
as_server() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    user=nobody
    if id postgres >/dev/null 2>&1; then
        user=postgres
    fi
    chown "$user" "$folder"
    as_server() { runuser -u "$user" -- "$@"; }
fi

stop() {
    as_server pg_ctl -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

cd "$folder"
as_server initdb -D "$folder/data" -U bankchannel -A trust -E UTF8 --no-locale >"$folder/initdb.log" 2>&1 || {
    cat "$folder/initdb.log" >&2
    exit 2
}
as_server pg_ctl -D "$folder/data" -w -t 60 -l "$folder/data/server.log" \
    -o "-c listen_addresses='' -c unix_socket_directories=$folder -c max_connections=1000" start >/dev/null || {
    cat "$folder/data/server.log" >&2
    exit 2
}
cd "$OLDPWD"

BANKCHANNEL_TEST_POSTGRES="postgres://bankchannel@localhost/postgres?host=$folder"
export BANKCHANNEL_TEST_POSTGRES
status=0
"$@" || status=$?
exit "$status"
