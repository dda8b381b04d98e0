//! Sets the linker options of Python extension modules.

#![allow(clippy::print_stdout)] // How a build script speaks to cargo.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // On macOS the functions of Python are those of the running interpreter, and are in no library.
    if std::env::var("CARGO_CFG_TARGET_VENDOR").as_deref() == Ok("apple") {
        println!("cargo:rustc-cdylib-link-arg=-undefined");
        println!("cargo:rustc-cdylib-link-arg=dynamic_lookup");
        // Its own name is otherwise the path at which it was built.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/_native.abi3.so");
    }
}
