//! The C header, by cbindgen.

use std::path::Path;

use cbindgen::{
    Braces, Builder, Config, DocumentationStyle, EnumConfig, ExportConfig, Language, RenameRule, SortKey, Style,
};

/// The sources of the C ABI, in the order of the header.
const SOURCES: [&str; 12] = [
    "ffi/src/status.rs",
    "ffi/src/library.rs",
    "ffi/src/bytes.rs",
    "ffi/src/error.rs",
    "ffi/src/cancel.rs",
    "ffi/src/options.rs",
    "ffi/src/client.rs",
    "ffi/src/call.rs",
    "ffi/src/compute.rs",
    "ffi/src/log.rs",
    "ffi/src/server.rs",
    "ffi/src/command.rs",
];

const HEAD: &str = "\
/*
 * bankchannel: talk to banks from code. The C interface.
 *
 * Generated from ffi/src by ffi/generate; do not edit. docs/c-abi.md is the whole contract. In short:
 *
 *  - A function is named like a method. Inputs come before outputs, a buffer is followed by its size, and text is
 *    UTF-8 without NUL at its end. Inputs are borrowed during the function only.
 *  - Every function that can fail returns a BankchannelStatus, and on BANKCHANNEL_STATUS_ERROR and
 *    BANKCHANNEL_STATUS_MISUSE gives an error object to `error`, unless that is NULL. Free it.
 *    bankchannel_compute returns the text itself, and NULL in place of these two; the rest is in its answer, always.
 *  - Outputs are written only on success. No function ever calls back into the program.
 *  - What is given by ..._new, ..._begin or ..._start is freed by ..._free; bytes by bankchannel_bytes_free.
 *  - Clients, cancel tokens, servers and errors may be shared between threads; a call is for one at a time.
 */";

/// The parts of the header without a Rust source.
const MACROS: &str = "
/**
 * A text that ends with NUL, a literal or a variable, as the two arguments that functions take for one: where it is and
 * how many bytes it has. The argument is evaluated twice. It must not be NULL: no text at all is `NULL, 0`.
 */
#define BANKCHANNEL_TEXT(text) (text), strlen(text)";

/// The text of the header. Sections "Safety" of the Rust documentation are left out: docs/c-abi.md covers them for all.
pub(crate) fn header(root: &Path) -> Result<String, String> {
    let config = Config {
        language: Language::C,
        cpp_compat: true,
        header: Some(HEAD.into()),
        include_guard: Some("BANKCHANNEL_H".into()),
        include_version: false,
        no_includes: true,
        sys_includes: ["stdbool.h", "stddef.h", "stdint.h", "string.h"].map(String::from).into(),
        after_includes: Some(MACROS.into()),
        usize_is_size_t: true,
        style: Style::Type,
        braces: Braces::SameLine,
        line_length: 110,
        tab_width: 4,
        documentation: true,
        documentation_style: DocumentationStyle::Doxy,
        sort_by: SortKey::None,
        enumeration: EnumConfig { rename_variants: RenameRule::QualifiedScreamingSnakeCase, ..EnumConfig::default() },
        export: ExportConfig {
            include: vec!["BankchannelReply".into(), "BankchannelContent".into()],
            ..ExportConfig::default()
        },
        ..Config::default()
    };
    let builder =
        SOURCES.iter().fold(Builder::new().with_config(config), |builder, source| builder.with_src(root.join(source)));
    let bindings = builder.generate().map_err(|why| format!("{why}; is {} the repository's root?", root.display()))?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = String::from_utf8(text).map_err(|why| why.to_string())?;
    Ok(without_safety(&text))
}

/// Removes the sections "# Safety" from the comments: docs/c-abi.md covers them for all functions.
fn without_safety(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut skipping = false;
    for line in text.lines() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("* # Safety") {
            skipping = true;
            // The empty comment line before the heading is removed too.
            if let Some(cut) = out.trim_end().strip_suffix('*').map(|rest| rest.trim_end().len()) {
                out.truncate(cut);
                out.push('\n');
            }
        }
        skipping &= !trimmed.starts_with("*/");
        if !skipping {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}
