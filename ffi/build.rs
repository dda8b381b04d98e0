//! Sets the soname of the shared library, with the major number of the ABI: a program linked with this version never
//! loads one with another contract. Cargo's own file name stays the same; `ffi/install.sh` installs the library under
//! the soname. On Windows the file's name is all there is: its import libraries are made for the installed one.

#![allow(clippy::print_stdout)] // How a build script speaks to cargo.

use std::env;

/// Incremented only when the contract is broken; `BANKCHANNEL_ABI_VERSION` is incremented for additions too.
const ABI_MAJOR: u32 = 1;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let system = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    match system.as_str() {
        "macos" => println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libbankchannel.{ABI_MAJOR}.dylib"),
        "windows" => {}
        _ => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libbankchannel.so.{ABI_MAJOR}");
            // Our threads keep running after `dlclose`, which PHP calls at the end of each request: the library must
            // stay loaded.
            println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        }
    }
}
