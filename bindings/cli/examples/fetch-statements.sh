#!/bin/sh
# Fetches the bank's new files. For cron, which mails the output:
#
#   15 6 * * 1-5  /usr/local/bin/fetch-statements.sh /var/lib/bank/inbox
#
# ~/.wscli/settings.yaml (mode 0600) has the data user: email, password, apikey, bank, environment. The script prints
# nothing if all is well. Its exit code is that of the command that failed: 1 for most, 2 if the session has expired.
set -eu
umask 077

inbox=${1:?usage: fetch-statements.sh FOLDER}
mkdir -p "$inbox"

# Two runs at once would fetch the same files.
command -v flock >/dev/null || { echo 'flock is missing: install util-linux' >&2; exit 1; }
exec 9>"$inbox/.lock"
flock -n 9 || exit 0

# A valid session is reused. If a code is needed, the output names it and the script ends.
bankchannel session login -m data --noninteractive >"$inbox/.log"
# Existing files are skipped, and an interrupted download is fetched again.
bankchannel files download-files --status ALL --directory "$inbox" >>"$inbox/.log"
