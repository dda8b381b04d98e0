//! Sets the linker options of Node addons.

use std::env;

fn main() {
    // For Windows with the GNU tools it asks for a libnode.dll: the feature `dyn-symbols` of napi takes the functions from the running
    // program instead.
    let target = |name| env::var(name).unwrap_or_default();
    if (target("CARGO_CFG_TARGET_OS").as_str(), target("CARGO_CFG_TARGET_ENV").as_str()) != ("windows", "gnu") {
        napi_build::setup();
    }
}
