//! Writes the typed faces of every language from the catalogue
fn main() {}
