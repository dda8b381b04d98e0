#!/bin/sh
# Renews the certificate of a bank's own channel when it is due, and says when a person has to act. For cron, which mails
# the output:
#
#   40 5 * * *  /usr/local/bin/renew-certificate.sh /etc/bank/op.json
#
# The settings file (mode 0600) has the bank, the customer and identity_dir. The script prints nothing if all is well. Its
# exit code is 1 if a person has to act, or if the bank cannot be reached: the next day tries again.
set -eu

settings=${1:?usage: renew-certificate.sh SETTINGS.json}
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# Renews if it is due, goes on with what was begun, tries a new certificate. On most days it does nothing.
bankchannel sepa renew --settings "$settings" --noninteractive --json >"$said" || {
    # The error has its code, its outcome and what to do.
    cat "$said" >&2
    bankchannel sepa status --settings "$settings" >&2
    exit 1
}
# A certificate that ends within thirty days, authorities that end within ninety.
if grep -q '"warnings":\[[^]]' "$said"; then
    bankchannel sepa status --settings "$settings" >&2
fi
