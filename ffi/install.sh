#!/bin/sh
# Installs the C interface: headers, shared and static library, pkg-config and CMake files, licences, documentation. The
# libraries may be for Linux, macOS or Windows.
#
#   install.sh --prefix DIR [--destdir DIR] [--libdir NAME] [--from DIR] [--relocatable]
#   install.sh --uninstall --prefix DIR [--destdir DIR] [--libdir NAME]
#
#   --prefix DIR     the folder from which it is used, such as /usr/local
#   --destdir DIR    a staging folder in front of the prefix: for building packages
#   --libdir NAME    the libraries' folder below the prefix, such as lib/x86_64-linux-gnu; lib by default
#   --from DIR       the folder with cargo's libraries; target/release by default
#   --uninstall      removes the files installed with the same prefix, destdir and libdir: its own files and the folders
#                    that are empty then, nothing else
#   --relocatable    the pkg-config file finds its own prefix, so that the whole folder can be moved
#
# It works both in the sources (after `cargo build --release -p bankchannel-ffi`) and in an unpacked package.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix='' destdir='' libdir=lib from='' relocatable=no uninstall=no

fail() {
    echo "install.sh: $*" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    case $1 in
        --prefix | --destdir | --libdir | --from)
            [ $# -ge 2 ] || fail "$1 needs a value"
            case $1 in
                --prefix) prefix=$2 ;;
                --destdir) destdir=$2 ;;
                --libdir) libdir=$2 ;;
                --from) from=$2 ;;
            esac
            shift 2
            ;;
        --relocatable)
            relocatable=yes
            shift
            ;;
        --uninstall)
            uninstall=yes
            shift
            ;;
        *) fail "there is no $1; there are --prefix DIR, --destdir DIR, --libdir NAME, --from DIR, --relocatable, --uninstall" ;;
    esac
done
case $prefix in
    '') fail '--prefix DIR is needed, such as --prefix /usr/local' ;;
    /*) ;;
    *) prefix=$PWD/$prefix ;;
esac
case /$libdir/ in */../* | */./* | *//*) fail '--libdir is a plain name below the prefix, such as lib64' ;; esac

# In the sources, or in an unpacked package.
if [ -f "$here/share/bankchannel/package" ]; then
    raw=no root=$here packaging=$here/share/bankchannel headers=$here/include licences=$here documents=$here/share/doc/bankchannel
    static=$here/lib/libbankchannel.a
    # shellcheck source=/dev/null
    . "$here/share/bankchannel/package" # VERSION, ABI_MAJOR
else
    raw=yes root=$(dirname -- "$here")
    packaging=$here/packaging headers=$root/include licences=$root documents=$root/docs
    [ -n "$from" ] || from=${CARGO_TARGET_DIR:-$root/target}/release
    static=$from/libbankchannel_c.a
    VERSION=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml")
    ABI_MAJOR=$(sed -n 's/^const ABI_MAJOR: u32 = \([0-9]*\);$/\1/p' "$here/build.rs")
fi
[ -n "$VERSION" ] && [ -n "$ABI_MAJOR" ] || fail "$root is neither the sources of bankchannel nor a package"
to=$destdir$prefix

# names SYSTEM LIBDIR: `made` is cargo's name of the shared library, `shared` its path below the prefix, and `links` are the
# files in LIBDIR that a linker looks for. The name at run time has the major number of the ABI on each system.
names() {
    case $1 in
        linux) made=libbankchannel_c.so shared=$2/libbankchannel.so.$ABI_MAJOR links=libbankchannel.so ;;
        darwin) made=libbankchannel_c.dylib shared=$2/libbankchannel.$ABI_MAJOR.dylib links=libbankchannel.dylib ;;
        windows) made=bankchannel_c.dll shared=bin/bankchannel-$ABI_MAJOR.dll links='libbankchannel.dll.a bankchannel.lib' ;;
    esac
}
# The system is that of the library which is there.
for system in windows darwin linux; do
    names "$system" "$libdir"
    if [ "$uninstall" = yes ]; then
        library=$to/$shared
    elif [ "$raw" = yes ]; then
        library=$from/$made
    else
        names "$system" lib
        library=$here/$shared
    fi
    [ ! -e "$library" ] || break
done
names "$system" "$libdir"

# A folder that the system's loader searches must be registered with it.
tell_loader() {
    if [ -z "$destdir" ] && [ "$(id -u)" = 0 ] && command -v ldconfig >/dev/null 2>&1; then ldconfig || true; fi
}

if [ "$uninstall" = yes ]; then
    [ -f "$to/include/bankchannel.h" ] || [ -e "$library" ] ||
        fail "bankchannel is not installed in $to with --libdir $libdir"
    rm -f -- "$to/include/bankchannel.h" "$to/include/bankchannel_operations.h" "$library" "$to/$libdir/libbankchannel.a"
    for name in $links; do rm -f -- "$to/$libdir/$name"; done
    rm -f -- "$to/$libdir/pkgconfig/bankchannel.pc" "$to/$libdir/pkgconfig/bankchannel-static.pc"
    for name in bankchannelConfig bankchannelConfigVersion; do rm -f -- "$to/$libdir/cmake/bankchannel/$name.cmake"; done
    doc=share/doc/bankchannel
    for file in "$licences"/licenses/*; do rm -f -- "$to/$doc/licenses/$(basename -- "$file")"; done
    for part in reference protocols; do
        for file in "$documents/$part"/*.md; do rm -f -- "$to/$doc/$part/$(basename -- "$file")"; done
    done
    rm -f -- "$to/$doc/LICENSE" "$to/$doc/NOTICE" "$to/$doc/c-abi.md" "$to/$doc/valgrind.supp"
    for folder in "$libdir/pkgconfig" "$libdir/cmake/bankchannel" "$libdir/cmake" "$libdir" "$(dirname -- "$shared")" \
        include "$doc/licenses" "$doc/reference" "$doc/protocols" "$doc" share/doc share; do
        rmdir -- "$to/$folder" 2>/dev/null || true
    done
    tell_loader
    echo "bankchannel $VERSION is no longer installed in $to"
    exit 0
fi

for file in "$library" "$static"; do
    [ -f "$file" ] || fail "$file is missing: build it first, with cargo build --release -p bankchannel-ffi"
done

# The system libraries that the static library needs, as printed by `rustc --print native-static-libs`: on Linux for glibc; musl
# has everything in libc and provides empty archives with these names; on macOS without libiconv, of which nothing is used. And how
# the shared library is found at run time, and the lines about it for CMake.
at="\${_bankchannel_libdir}" found=''
case $system in
    linux)
        private='-lutil -lrt -lpthread -lm -ldl -lc'
        location=$at/$(basename -- "$shared") more="IMPORTED_SONAME \"$(basename -- "$shared")\""
        ;;
    darwin)
        private='-framework Security -framework SystemConfiguration -framework CoreFoundation -lSystem'
        # The loader searches no folder for it that the program does not name.
        found=" -Wl,-rpath,\${libdir}"
        location=$at/$(basename -- "$shared") more="IMPORTED_SONAME \"@rpath/$(basename -- "$shared")\""
        ;;
    windows)
        private='-lws2_32 -luserenv -lntdll -lbcrypt -ladvapi32 -lcrypt32 -ldbghelp -lkernel32'
        location="\${_bankchannel_prefix}/$shared" more="IMPORTED_IMPLIB \"$at/bankchannel.lib\""
        ;;
esac

# The relative path from the libraries' folder to the prefix.
up=$(printf '%s' "$libdir" | sed 's|[^/][^/]*|..|g')
if [ "$relocatable" = yes ]; then written_prefix="\${pcfiledir}/../$up"; else written_prefix=$prefix; fi

# Escapes text for the replacement part of a substitution.
literal() { printf '%s' "$1" | sed 's/[&|\\]/\\&/g'; }

fill() {
    sed -e "s|@PREFIX@|$(literal "$written_prefix")|" -e "s|@LIBDIR@|$libdir|" -e "s|@UP@|$up|" -e "s|@VERSION@|$VERSION|" \
        -e "s|@SHARED_LOCATION@|$location|" -e "s|@SHARED_MORE@|$more|" -e "s|@FOUND@|$found|" -e "s|@PRIVATE_LIBS@|$private|" \
        -e "s|@PRIVATE_LIBS_CMAKE@|$(printf '%s' "$private" | sed 's/ -/;-/g')|" "$1" >"$2"
    chmod 644 "$2"
}

# put FILE FOLDER [NAME]: under a temporary name first, so that running programs keep the old library.
put() {
    mkdir -p "$2"
    name=${3:-$(basename -- "$1")}
    rm -f "$2/.new-$name"
    cp -- "$1" "$2/.new-$name"
    chmod 644 "$2/.new-$name"
    mv -f -- "$2/.new-$name" "$2/$name"
}

functions() { grep -oE '\bbankchannel_[a-z0-9_]+\(' "$headers/bankchannel.h" | tr -d '(' | sort -u; }

# import_libraries FOLDER: programs for Windows are linked with these. Cargo's own names the library as cargo does.
import_libraries() {
    mkdir -p "$1"
    { printf 'LIBRARY %s\nEXPORTS\n' "$(basename -- "$shared")" && functions; } >"$1/.new-names"
    for name in $links; do
        "${DLLTOOL:-dlltool}" -m i386:x86-64 -d "$1/.new-names" -D "$(basename -- "$shared")" -l "$1/.new-$name"
        chmod 644 "$1/.new-$name"
        mv -f -- "$1/.new-$name" "$1/$name"
    done
    rm -f -- "$1/.new-names"
}

# one_object ARCHIVE FOLDER: turns cargo's archive into one object that exports only the names of bankchannel.h. A
# program can then also have its own SQLite or Rust library.
one_object() {
    if ! command -v "${LD:-ld}" >/dev/null 2>&1 || ! command -v "${OBJCOPY:-objcopy}" >/dev/null 2>&1; then
        echo "install.sh: ld or objcopy is missing: libbankchannel.a keeps the names of its parts, sqlite3_* among them" >&2
        put "$1" "$2" libbankchannel.a
        return
    fi
    mkdir -p "$2"
    work=$(mktemp -d "$2/.new-object.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    # Only the code reachable from the interface is included: each of its functions is requested.
    # shellcheck disable=SC2046 # one word for each name
    "${LD:-ld}" -r $(printf -- '-u %s ' $(functions)) -o "$work/bankchannel.o" "$1"
    # The compiler's own sections .llvm* are useless in a single object, and ar's plugins fail on them.
    "${OBJCOPY:-objcopy}" --wildcard --keep-global-symbol='bankchannel_*' --remove-section='.llvm*' "$work/bankchannel.o"
    "${AR:-ar}" rcD "$work/libbankchannel.a" "$work/bankchannel.o"
    put "$work/libbankchannel.a" "$2"
    rm -rf "$work"
    trap - EXIT
}

put "$headers/bankchannel.h" "$to/include"
put "$headers/bankchannel_operations.h" "$to/include"
put "$library" "$to/$(dirname -- "$shared")" "$(basename -- "$shared")"
mkdir -p "$to/$libdir"
case $system-$raw in
    windows-yes) import_libraries "$to/$libdir" ;;
    windows-no) for name in $links; do put "$here/lib/$name" "$to/$libdir"; done ;;
    *) ln -sf "$(basename -- "$shared")" "$to/$libdir/$links" ;;
esac
# Linkers of other systems make no such object.
if [ "$system-$raw" = linux-yes ]; then
    one_object "$static" "$to/$libdir"
else
    put "$static" "$to/$libdir" libbankchannel.a
fi
mkdir -p "$to/$libdir/pkgconfig" "$to/$libdir/cmake/bankchannel"
for name in bankchannel bankchannel-static; do
    fill "$packaging/$name.pc.in" "$to/$libdir/pkgconfig/$name.pc"
done
for file in bankchannelConfig.cmake bankchannelConfigVersion.cmake; do
    fill "$packaging/$file.in" "$to/$libdir/cmake/bankchannel/$file"
done
for file in LICENSE NOTICE; do put "$licences/$file" "$to/share/doc/bankchannel"; done
for file in "$licences"/licenses/*; do put "$file" "$to/share/doc/bankchannel/licenses"; done
put "$documents/c-abi.md" "$to/share/doc/bankchannel"
if [ "$raw" = yes ]; then suppressions=$packaging/valgrind.supp; else suppressions=$documents/valgrind.supp; fi
put "$suppressions" "$to/share/doc/bankchannel"
# What it says of the protocols, the reference links to.
for part in reference protocols; do
    for file in "$documents/$part"/*.md; do put "$file" "$to/share/doc/bankchannel/$part"; done
done

tell_loader
echo "bankchannel $VERSION is installed in $to"
