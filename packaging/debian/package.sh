#!/usr/bin/env bash
# Makes the packages of Debian: `bankchannel`, the command, and `bankchannel-server`, with user, folders and systemd units of the
# services that the command runs. The second one is for every architecture.
#
#   packaging/debian/package.sh --program FILE --architecture amd64|arm64 [--output DIR]
#
# The same files give the same packages: they have no times, owners and modes of the machine that makes them. It needs dpkg-deb.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
. packaging/common.sh
program='' architecture='' output=$target_dir/packages
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || fail "$1 needs a value"
    case $1 in
        --program) program=$(absolute "$2") ;;
        --architecture) architecture=$2 ;;
        --output) output=$(absolute "$2") ;;
        *) fail "there is no $1; there are --program, --architecture, --output" ;;
    esac
    shift 2
done
[ -f "$program" ] || fail 'which --program?'
case $architecture in amd64 | arm64) ;; *) fail 'which --architecture: amd64 or arm64?' ;; esac
type -P dpkg-deb >/dev/null || fail 'dpkg-deb is missing'
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' Cargo.toml)
homepage=$(sed -n 's/^repository = "\(.*\)"$/\1/p' Cargo.toml)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$output"

# control PACKAGE ARCHITECTURE SECTION [FIELD…]: what dpkg reads of a package; its description, from the second line on, is on stdin.
control() {
    local package=$1
    mkdir -p "$stage/$1/DEBIAN"
    printf '%s\n' "Package: $1" "Version: $version" "Architecture: $2" "Maintainer: The developers of bankchannel <$homepage>" \
        "Homepage: $homepage" "Section: $3" 'Priority: optional' "${@:4}" >"$stage/$package/DEBIAN/control"
    cat >>"$stage/$package/DEBIAN/control"
}

# built PACKAGE ARCHITECTURE: packs what was put together in its folder. PRIVATE folders are for root alone.
built() {
    local folder
    plain "$stage/$1"
    for folder in "${private[@]}"; do chmod 700 "$stage/$1/$folder"; done
    find "$stage/$1" -exec touch -d "@$epoch" {} +
    SOURCE_DATE_EPOCH=$epoch dpkg-deb --root-owner-group -Zxz --build "$stage/$1" "$output/${1}_${version}_$2.deb" >/dev/null
}

# of_kind FILE KIND: a file of packaging/debian for this kind of service.
of_kind() {
    local what port
    case $2 in
        ws-channel) what='ISECure WS Channel service' port=8080 ;;
        salt-edge-connector) what="a bank's connector behind Salt Edge" port=8090 ;;
    esac
    sed "s|KIND|$2|g; s|WHAT|$what|g; s|PORT|$port|g" "packaging/debian/$1"
}

command_package() {
    local documents=$stage/bankchannel/usr/share/doc/bankchannel
    control bankchannel "$architecture" utils <<'END'
Description: lets programs and people talk to banks
 Sends payment files to banks over the ISECure WS Channel and SEPA Web Services, fetches
 statements and answers, makes and checks payment files, and serves as each counterpart
 for tests. One static program.
END
    mkdir -p "$documents" "$stage/bankchannel/usr/bin"
    cp -R LICENSE NOTICE CHANGELOG.md licenses "$documents/"
    install -m 755 "$program" "$stage/bankchannel/usr/bin/bankchannel"
    private=()
    built bankchannel "$architecture"
}

server_package() {
    local package=$stage/bankchannel-server kind script
    local documents=$package/usr/share/doc/bankchannel-server
    control bankchannel-server all net "Depends: bankchannel (= $version), systemd | systemd-standalone-sysusers | systemd-sysusers" <<'END'
Description: services of bankchannel, with user, folders and systemd units
 Runs the command bankchannel as a service: the ISECure WS Channel service, and a bank's
 connector behind Salt Edge. Nothing is enabled or started before it is configured.
END
    # Not beside the documents, which the images of containers leave out.
    local examples=$package/usr/share/bankchannel-server
    mkdir -p "$documents" "$examples" "$package/usr/lib/systemd/system" "$package/usr/lib/sysusers.d" "$package/etc/default"
    cp LICENSE NOTICE docs/installing-a-server.md docs/first-day.md docs/operating.md "$documents/"
    cp docs/monitoring/alerts.yml docs/monitoring/dashboard.json "$examples/"
    cp packaging/debian/sysusers "$package/usr/lib/sysusers.d/bankchannel.conf"
    private=()
    for kind in ws-channel salt-edge-connector; do
        of_kind service "$kind" >"$package/usr/lib/systemd/system/bankchannel-$kind.service"
        of_kind default "$kind" >"$package/etc/default/bankchannel-$kind"
        echo "/etc/default/bankchannel-$kind" >>"$package/DEBIAN/conffiles"
        cp "docs/$kind.toml" "$examples/"
        private+=("etc/bankchannel/$kind.secrets")
        mkdir -p "$package/etc/bankchannel/$kind.secrets"
    done
    for script in postinst prerm postrm; do install -m 755 "packaging/debian/$script" "$package/DEBIAN/$script"; done
    built bankchannel-server all
}

command_package
server_package
