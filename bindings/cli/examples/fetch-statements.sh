#!/bin/sh
# Fetches what the bank has made since the last time. For cron, which mails whatever this prints:
#
#   15 6 * * 1-5  /usr/local/bin/fetch-statements.sh /var/lib/bank/inbox
#
# ~/.wscli/settings.yaml (mode 0600) has the data user: email, password, apikey, bank, environment. It says nothing
# when nothing is wrong. Its exit code is that of the command that failed: 1 for most, 2 when the login is over.
set -eu
umask 077

inbox=${1:?usage: fetch-statements.sh FOLDER}
mkdir -p "$inbox"

# Two at a time would fetch the same files.
command -v flock >/dev/null || { echo 'flock is missing: install util-linux' >&2; exit 1; }
exec 9>"$inbox/.lock"
flock -n 9 || exit 0

# A session that is still good is used as it is. Where a code is needed, this says which and ends.
bankchannel session login -m data --noninteractive >"$inbox/.log"
# Files that are there already are skipped, and one that was cut off is fetched again.
bankchannel files download-files --status ALL --syncdir "$inbox" >>"$inbox/.log"
