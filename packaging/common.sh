# Sourced by the package.sh of C, PHP, Python and Node, and by packaging/release: options, targets, archives. `root` is the
# project's folder.
# shellcheck shell=sh disable=SC2034 # its variables are for the scripts

# Cargo runs in the root: a relative folder of the caller is made absolute, so that both mean the same one.
case ${CARGO_TARGET_DIR:-} in
    '' | /*) ;;
    *) export CARGO_TARGET_DIR="$PWD/$CARGO_TARGET_DIR" ;;
esac
target_dir=${CARGO_TARGET_DIR:-$root/target}
# The targets that packages are made for; tests/platforms and tests/third-party read them.
all_targets='
x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu x86_64-unknown-linux-musl aarch64-unknown-linux-musl
x86_64-pc-windows-gnullvm x86_64-apple-darwin aarch64-apple-darwin'

# Whose machine makes a package does not show: its own umask, its words for months.
umask 022
export LC_ALL=C

# Packages have no times of their own. Compilers are not told: what they make names no time, and would be made again.
epoch=1577836800

fail() {
    echo "${0##*/}: $*" >&2
    exit 2
}

absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }

# options ARGUMENT…: reads those that `takes` lists, such as `--built, --output DIR`.
options() {
    built=no from='' library='' packages='' targets='' output=$target_dir/packages
    while [ $# -gt 0 ]; do
        case ", $takes," in *", $1,"* | *", $1 "*) ;; *) fail "there is no $1; there are $takes" ;; esac
        if [ "$1" = --built ]; then built=yes && shift && continue; fi
        [ $# -ge 2 ] || fail "$1 needs a value"
        case $1 in
            --from) from=$(absolute "$2") built=yes ;;
            --packages) packages=$(absolute "$2") ;;
            --library) library=$(absolute "$2") built=yes ;;
            --target)
                case $takes in *"--target TRIPLE…"*) ;; *) [ -z "$targets" ] || fail 'there is one --target' ;; esac
                targets="${targets:+$targets }$2"
                ;;
            --output) output=$(absolute "$2") ;;
        esac
        shift 2
    done
}

# platform [TARGET]: sets `crossed` to the target, `triple` to it or to this machine's, `machine`, `system`, `libc`, and how names of
# libraries begin and end.
platform() {
    crossed=${1:-}
    triple=${crossed:-$(rustc -vV | sed -n 's/^host: //p')}
    [ -n "$triple" ] || fail 'rustc is missing, which says what this machine is'
    machine=${triple%%-*} libc='' begins=lib
    case $triple in
        *-linux-*) system=linux libc=${triple##*-} ends=.so ;;
        *-apple-darwin) system=darwin ends=.dylib ;;
        *-windows-*) system=windows begins='' ends=.dll ;;
        *) fail "there is no package for $triple" ;;
    esac
}

# compile NAME COMMAND ARGUMENT…: cargo makes the library of this name, optimised as a whole, unless one that is there was asked for;
# sets `library` to its file.
compile() {
    made=$begins$1$ends command=$2 profile=release
    shift 2
    if [ "$built" = no ]; then
        profile=distribution
        set -- "$command" --profile distribution --locked "$@"
        (cd "$root" && if [ -n "$crossed" ]; then packaging/cross "$crossed" "$@"; else cargo "$@"; fi) >&2
    fi
    from=${from:-$target_dir/${crossed:+$crossed/}$profile}
    library=${library:-$from/$made}
    [ -f "$library" ] || fail "$library is missing: build it first, with cargo build --release"
}

# Operations that fail on demand are only for tests.
is_testing_build() { grep -q 'asked to panic' "$1"; }

# with_tools COMMAND…: a program that works on the target's files.
with_tools() { if [ -n "$crossed" ]; then "$root/packaging/cross" "$crossed" --with "$@"; else "$@"; fi; }

# without_names FLAG FILE: the names of internal functions are not needed. In libraries for Windows cargo leaves none, for macOS the linker.
without_names() {
    if [ "$system" = linux ]; then
        # shellcheck disable=SC2016 # for the inner shell
        with_tools sh -c '! command -v "${STRIP:-strip}" >/dev/null 2>&1 || "${STRIP:-strip}" "$@"' - "$@"
    fi
}

# guides FOLDER: copies the guides and the reference, without what is for contributors: architecture, publishing, tests of rules.
guides() {
    mkdir -p "$1"
    cp -R "$root"/docs/*.md "$root"/docs/*.toml "$root/docs/reference" "$root/docs/protocols" "$root/docs/monitoring" "$1/"
    rm -f "$1/architecture.md" "$1/publishing.md" "$1/monitoring/alerts.test.yml"
}

# plain FOLDER: what is in it may be read by all, and executed by all if by its owner, whatever the sources' own modes are.
plain() { chmod -R u=rwX,go=rX "$1"; }

# archive FOLDER NAME FILE: packs FOLDER/NAME into a .zip or .tar.gz. The same content gives the same file: it has neither times nor owners.
archive() {
    plain "$1/$2"
    tar=$(command -v gtar || echo tar)
    new=$(dirname "$3")/.new-$(basename "$3")
    mkdir -p "$(dirname "$3")"
    rm -f "$new"
    case $3 in
        *.zip)
            find "$1/$2" -exec touch -d 2020-01-01T00:00:00Z {} +
            (cd "$1" && find "$2" -type f | LC_ALL=C sort | TZ=UTC zip -q -X -9 "$new" -@)
            ;;
        *) "$tar" -C "$1" --sort=name --mtime='2020-01-01 00:00:00Z' --owner=0 --group=0 --numeric-owner -cf - "$2" | gzip -9n >"$new" ;;
    esac
    mv "$new" "$3"
}
