//! Sets the linker options of Node addons.

fn main() {
    napi_build::setup();
}
