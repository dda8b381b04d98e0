//! Sets the linker options of Node addons.

#![allow(clippy::print_stdout)] // How a build script speaks to cargo.

use std::env;

fn main() {
    // For Windows with the GNU tools it asks for a libnode.dll: the feature `dyn-symbols` of napi takes the functions from the running
    // program instead.
    let target = |name| env::var(name).unwrap_or_default();
    if (target("CARGO_CFG_TARGET_OS").as_str(), target("CARGO_CFG_TARGET_ENV").as_str()) != ("windows", "gnu") {
        napi_build::setup();
    }
    // Its own name is otherwise the path at which it was built.
    if target("CARGO_CFG_TARGET_VENDOR") == "apple" {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/bankchannel.node");
    }
}
