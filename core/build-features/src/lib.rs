//! Holds no code: its `Cargo.toml` switches on third-party features for every member at once, so that
//! `cargo build -p MEMBER` finds what `cargo build --workspace` has built.
