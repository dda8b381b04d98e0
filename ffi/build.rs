//! Gives the shared library its name at run time, which carries the major number of the ABI: a program that was linked
//! with this version never loads one that keeps another contract. Cargo's own file name stays as it is;
//! `ffi/install.sh` installs the library under this one.

#![allow(clippy::print_stdout)] // How a build script speaks to cargo.

use std::env;

/// Grows only with a break of the contract; `BANKCHANNEL_ABI_VERSION` grows with additions too.
const ABI_MAJOR: u32 = 1;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let system = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    match system.as_str() {
        "macos" => println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libbankchannel.{ABI_MAJOR}.dylib"),
        "windows" => {}
        _ => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libbankchannel.so.{ABI_MAJOR}");
            // Threads of ours run on after `dlclose`, which PHP does at the end of each request: the library stays.
            println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        }
    }
}
