//! The C interface as users get it: installed into an empty folder or unpacked from the package, then found by pkg-config
//! and by CMake, linked shared and static.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{
    built,
    c::{STRICT, tool},
    root, run,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A folder with the libraries of this build under cargo's names, wherever cargo put them.
fn libraries() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["libbankchannel_c.so", "libbankchannel_c.a"] {
        symlink(built(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn install(arguments: &[&str]) -> Command {
    let mut command = Command::new(root().join("ffi/install.sh"));
    command.args(arguments);
    command
}

/// Installs into a folder and returns it.
fn installed() -> tempfile::TempDir {
    let (libraries, prefix) = (libraries(), tempfile::tempdir().unwrap());
    run(install(&["--prefix"]).arg(prefix.path()).arg("--from").arg(libraries.path()));
    prefix
}

/// The words of pkg-config's output.
fn pkg_config(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    let told = run(command.args(arguments).arg("bankchannel").env("PKG_CONFIG_PATH", folder));
    told.split_whitespace().map(str::to_owned).collect()
}

/// Compiles the smoke program with these additional arguments; returns its path.
fn compiled(scratch: &Path, name: &str, words: &[String]) -> PathBuf {
    let program = scratch.join(name);
    let mut command = Command::new("cc");
    command.arg("-std=c99").args(STRICT).arg(root().join("ffi/tests/c/smoke.c")).args(words);
    run(command.arg("-o").arg(&program));
    program
}

fn works(command: &mut Command) {
    assert_eq!(run(command).trim(), format!("bankchannel {VERSION} works"));
}

/// Whether a program needs the shared library at start.
fn is_shared(program: &Path) -> bool {
    run(Command::new("readelf").arg("-dW").arg(program)).contains("[libbankchannel.so.1]")
}

#[test]
fn pkg_config_finds_it_and_both_libraries_link() {
    if !tool("pkg-config") {
        return;
    }
    let (prefix, scratch) = (installed(), tempfile::tempdir().unwrap());
    let folder = prefix.path().join("lib/pkgconfig");
    assert_eq!(pkg_config(&folder, &["--modversion"]), [VERSION]);
    let shared = compiled(scratch.path(), "shared", &pkg_config(&folder, &["--cflags", "--libs"]));
    assert!(is_shared(&shared));
    works(Command::new(&shared).env("LD_LIBRARY_PATH", prefix.path().join("lib")));

    // The static library in a program that links the system libraries dynamically, with its own module.
    let mut command = Command::new("pkg-config");
    let words = run(command.args(["--cflags", "--libs", "bankchannel-static"]).env("PKG_CONFIG_PATH", &folder));
    let mut words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    let linked = compiled(scratch.path(), "static", &words);
    assert!(!is_shared(&linked));
    works(&mut Command::new(&linked));

    // It exports only its own names: a program can have its own copies of the library's dependencies.
    let archive = prefix.path().join("lib/libbankchannel.a");
    let names =
        run(Command::new("nm").args(["--defined-only", "--extern-only", "--format=just-symbols"]).arg(&archive));
    let foreign: Vec<&str> = names.lines().filter(|line| !line.is_empty() && !line.ends_with(':')).collect();
    let foreign: Vec<&&str> = foreign.iter().filter(|name| !name.starts_with("bankchannel_")).collect();
    assert!(names.contains("bankchannel_call") && foreign.is_empty(), "{foreign:?}");
    let own = scratch.path().join("own.c");
    fs::write(&own, "int sqlite3_open(void) { return 7; }\nvoid rust_eh_personality(void) {}\n").unwrap();
    words.insert(0, own.to_str().unwrap().to_owned());
    works(&mut Command::new(compiled(scratch.path(), "beside", &words)));

    // And in a fully static program.
    let mut words = pkg_config(&folder, &["--static", "--cflags", "--libs"]);
    words.insert(0, "-static".to_owned());
    let alone = compiled(scratch.path(), "alone", &words);
    assert!(!run(Command::new("readelf").arg("-lW").arg(&alone)).contains("INTERP"));
    works(&mut Command::new(&alone));
}

#[test]
fn cmake_finds_it_and_both_targets_link() {
    if !tool("cmake") {
        return;
    }
    let (prefix, project) = (installed(), tempfile::tempdir().unwrap());
    let source = root().join("ffi/tests/c/smoke.c");
    let text = format!(
        "cmake_minimum_required(VERSION 3.13)\nproject(smoke C)\nset(CMAKE_C_STANDARD 99)\n\
         find_package(bankchannel {VERSION} REQUIRED)\n\
         add_executable(shared \"{0}\")\ntarget_link_libraries(shared bankchannel::bankchannel)\n\
         add_executable(static \"{0}\")\ntarget_link_libraries(static bankchannel::static)\n",
        source.display()
    );
    fs::write(project.path().join("CMakeLists.txt"), text).unwrap();
    let build = project.path().join("build");
    let configure = |extra: &str| {
        let mut command = Command::new("cmake");
        command.arg("-S").arg(project.path()).arg("-B").arg(&build).arg(extra);
        command.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.path().display()));
        command
    };
    run(&mut configure("-DCMAKE_BUILD_TYPE=Release"));
    run(Command::new("cmake").arg("--build").arg(&build));
    assert!(is_shared(&build.join("shared")) && !is_shared(&build.join("static")));
    works(&mut Command::new(build.join("shared")));
    works(&mut Command::new(build.join("static")));

    // A program that needs a later version gets an error.
    let text = fs::read_to_string(project.path().join("CMakeLists.txt")).unwrap();
    fs::write(
        project.path().join("CMakeLists.txt"),
        text.replace(&format!("bankchannel {VERSION}"), "bankchannel 0.99"),
    )
    .unwrap();
    let refused = configure("-DCMAKE_BUILD_TYPE=Debug").output().unwrap();
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("0.99"), "{refused:?}");
}

#[test]
fn a_package_builder_installs_below_another_root() {
    let (libraries, root_folder) = (libraries(), tempfile::tempdir().unwrap());
    let destdir = root_folder.path().join("stage & more");
    run(install(&["--prefix", "/opt/bank&co", "--libdir", "lib/x86_64-linux-gnu", "--destdir"])
        .arg(&destdir)
        .arg("--from")
        .arg(libraries.path()));
    let lib = destdir.join("opt/bank&co/lib/x86_64-linux-gnu");
    assert_eq!(fs::read_link(lib.join("libbankchannel.so")).unwrap(), Path::new("libbankchannel.so.1"));
    let text = fs::read_to_string(lib.join("pkgconfig/bankchannel.pc")).unwrap();
    assert!(
        text.contains("prefix=/opt/bank&co\nlibdir=${prefix}/lib/x86_64-linux-gnu\n") && !text.contains('@'),
        "{text}"
    );
    for name in ["bankchannelConfig.cmake", "bankchannelConfigVersion.cmake"] {
        assert!(!fs::read_to_string(lib.join("cmake/bankchannel").join(name)).unwrap().contains('@'), "{name}");
    }
    assert!(destdir.join("opt/bank&co/share/doc/bankchannel/licenses/LGPL-2.0.txt").is_file());
}

#[test]
fn what_was_installed_is_removed_and_nothing_else() {
    let (libraries, prefix) = (stand_in(), tempfile::tempdir().unwrap());
    let at = |name: &str| prefix.path().join(name);
    fs::create_dir_all(at("include")).unwrap();
    fs::create_dir_all(at("share/doc/other")).unwrap();
    fs::write(at("include/bankchannels.h"), "another's").unwrap();
    let place = ["--libdir", "lib64", "--prefix"];
    run(install(&place).arg(prefix.path()).arg("--from").arg(libraries.path()));
    assert!(at("lib64/pkgconfig/bankchannel.pc").is_file() && at("share/doc/bankchannel/LICENSE").is_file());
    let uninstall = || {
        let mut command = install(&["--uninstall"]);
        command.args(place).arg(prefix.path());
        command
    };
    assert!(run(&mut uninstall()).contains("no longer installed"));
    let mut left = Vec::new();
    let mut folders = vec![prefix.path().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            left.push(path.strip_prefix(prefix.path()).unwrap().to_str().unwrap().to_owned());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    left.sort();
    assert_eq!(left, ["include", "include/bankchannels.h", "share", "share/doc", "share/doc/other"]);
    let again = uninstall().output().unwrap();
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("not installed"), "{again:?}");
}

#[test]
fn what_cannot_be_installed_is_said() {
    let nowhere = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str]| {
        let told = install(arguments).output().unwrap();
        assert_eq!(told.status.code(), Some(2), "{told:?}");
        String::from_utf8(told.stderr).unwrap()
    };
    assert!(refused(&[]).contains("--prefix DIR is needed"));
    assert!(refused(&["--prefix"]).contains("needs a value"));
    assert!(refused(&["--perfix", "x"]).contains("there is no --perfix"));
    assert!(refused(&["--prefix", "/x", "--libdir", "../lib"]).contains("--libdir"));
    let from = nowhere.path().to_str().unwrap();
    assert!(refused(&["--prefix", "/nowhere", "--from", from]).contains("cargo build"));
}

/// A minimal library, for tests of how the package is assembled.
fn stand_in() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (source, object) = (folder.path().join("a.c"), folder.path().join("a.o"));
    fs::write(&source, "const char *bankchannel_version(void) { return \"stand-in\"; }\n").unwrap();
    run(Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(folder.path().join("libbankchannel_c.so"))
        .arg(&source));
    run(Command::new("cc").arg("-c").arg(&source).arg("-o").arg(&object));
    run(Command::new("ar").arg("rcD").arg(folder.path().join("libbankchannel_c.a")).arg(&object));
    folder
}

/// Makes the package of these libraries; returns its path.
fn package(libraries: &Path, output: &Path) -> PathBuf {
    let mut command = Command::new(root().join("ffi/package.sh"));
    PathBuf::from(run(command.arg("--from").arg(libraries).arg("--output").arg(output)).trim())
}

#[test]
fn the_same_content_gives_the_same_package() {
    let (libraries, scratch) = (stand_in(), tempfile::tempdir().unwrap());
    let made = ["first", "second"].map(|name| fs::read(package(libraries.path(), &scratch.path().join(name))).unwrap());
    assert!(made[0] == made[1]);
}

/// The tarball: complete, usable where it was unpacked, and installable from there.
#[test]
fn the_package_is_complete_and_works_where_it_is_unpacked() {
    if !tool("pkg-config") {
        return;
    }
    let (libraries, scratch) = (libraries(), tempfile::tempdir().unwrap());
    let first = package(libraries.path(), &scratch.path().join("made"));
    run(Command::new("tar").arg("-xzf").arg(&first).arg("-C").arg(scratch.path()));
    let name = first.file_name().unwrap().to_str().unwrap().trim_end_matches(".tar.gz").to_owned();
    assert!(name.starts_with(&format!("bankchannel-c-{VERSION}-")), "{name}");
    let folder = scratch.path().join(&name);

    let listed = run(Command::new("tar").arg("-tzf").arg(&first));
    let listed: BTreeSet<&str> = listed.lines().filter_map(|line| line.strip_prefix(&format!("{name}/"))).collect();
    for wanted in [
        "LICENSE",
        "NOTICE",
        "README.md",
        "install.sh",
        "licenses/LGPL-2.0.txt",
        "licenses/RUNTIMES.txt",
        "licenses/THIRD-PARTY.txt",
        "include/bankchannel.h",
        "include/bankchannel_operations.h",
        "lib/libbankchannel.a",
        "lib/libbankchannel.so",
        "lib/libbankchannel.so.1",
        "lib/pkgconfig/bankchannel.pc",
        "lib/cmake/bankchannel/bankchannelConfig.cmake",
        "lib/cmake/bankchannel/bankchannelConfigVersion.cmake",
        "share/doc/bankchannel/c-abi.md",
        "share/doc/bankchannel/valgrind.supp",
        "share/doc/bankchannel/reference/README.md",
        "share/doc/bankchannel/reference/errors.md",
        "share/doc/bankchannel/protocols/ws-channel.md",
        "examples/demo.c",
        "examples/upload.c",
        "examples/salt_edge.c",
        "examples/bank.h",
        "examples/http.h",
        "examples/text.h",
        "examples/json.h",
        "examples/pain.001.001.09.xml",
    ] {
        assert!(listed.contains(wanted), "{wanted} is missing in {listed:?}");
    }

    let in_place =
        compiled(scratch.path(), "in-place", &pkg_config(&folder.join("lib/pkgconfig"), &["--cflags", "--libs"]));
    works(Command::new(&in_place).env("LD_LIBRARY_PATH", folder.join("lib")));
    let prefix = scratch.path().join("usr");
    run(Command::new(folder.join("install.sh")).arg("--prefix").arg(&prefix));
    let from_there =
        compiled(scratch.path(), "there", &pkg_config(&prefix.join("lib/pkgconfig"), &["--cflags", "--libs"]));
    works(Command::new(&from_there).env("LD_LIBRARY_PATH", prefix.join("lib")));
}
