//! PHP's dialect of the C header.
//!
//! PHP's parser takes every line that starts with `#` for a comment: it would read both branches of an `#if`, and fail
//! on `extern "C" {`. And it searches only the very first bytes for `FFI_SCOPE` and `FFI_LIB`. So the conditions are
//! evaluated here, as a C99 compiler evaluates them, and comments are dropped: PHP reads this file at run time.

/// The first bytes, as required by `ffi.preload`.
const FIRST: &str = "#define FFI_SCOPE \"bankchannel\"\n#define FFI_LIB \"libbankchannel.so.1\"\n";

/// Makes PHP's dialect. Fails on an unknown condition instead of guessing.
pub(crate) fn dialect(header: &str) -> Result<String, String> {
    let mut out = FIRST.to_owned();
    let mut conditions = Vec::new();
    for line in without_comments(header).lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        let Some(directive) = line.trim_start().strip_prefix('#') else {
            if conditions.iter().all(|holds| *holds) {
                out.push_str(&member(line));
                out.push('\n');
            }
            continue;
        };
        let (word, rest) = directive.trim_start().split_once(' ').unwrap_or((directive.trim(), ""));
        match word {
            "if" | "ifdef" | "ifndef" => conditions.push(holds(word, rest)?),
            "else" => {
                let last = conditions.last_mut().ok_or("an #else without #if")?;
                *last = !*last;
            }
            "endif" => {
                conditions.pop().ok_or("an #endif without #if")?;
            }
            "include" => {}
            "define" if conditions.iter().all(|holds| *holds) => out.push_str(&constant(rest)?),
            "define" => {}
            other => return Err(format!("PHP's header: #{other} is not known")),
        }
    }
    if conditions.is_empty() { Ok(out) } else { Err("an #if without #endif".into()) }
}

/// Evaluates a condition as a C99 compiler does.
fn holds(word: &str, rest: &str) -> Result<bool, String> {
    // cbindgen writes an enum's underlying type under a condition for C++ or C23; its spaces vary.
    let rest: String = rest.split_whitespace().collect();
    match (word, rest.as_str()) {
        ("ifdef", "__cplusplus") => Ok(false),
        ("ifndef", "__cplusplus" | "BANKCHANNEL_H") => Ok(true),
        ("if", "__STDC_VERSION__>=202311L" | "defined(__cplusplus)||__STDC_VERSION__>=202311L") => Ok(false),
        ("if", "__STDC_VERSION__<202311L" | "!defined(__cplusplus)") => Ok(true),
        _ => Err(format!("PHP's header: the condition `#{word} {rest}` is not known")),
    }
}

/// PHP reads a member of type `const char *` as a string up to a NUL, which may be missing; it reads a `char *` as a
/// pointer.
fn member(line: &str) -> String {
    match line.trim_start().strip_prefix("const char *") {
        Some(rest) if rest.ends_with(';') && !rest.contains(')') => format!("    char *{rest}"),
        _ => line.to_owned(),
    }
}

/// PHP cannot read a `#define`, but an enum's member.
fn constant(rest: &str) -> Result<String, String> {
    match rest.split_once(' ') {
        None => Ok(String::new()),
        // Macros with arguments are for C programs only.
        Some((name, _)) if name.contains('(') => Ok(String::new()),
        Some((name, value)) if value.trim().parse::<i64>().is_ok() => {
            Ok(format!("enum {{ {name} = {} }};\n", value.trim()))
        }
        Some((name, _)) => Err(format!("PHP's header: the constant {name} is no whole number")),
    }
}

fn without_comments(header: &str) -> String {
    let mut out = String::with_capacity(header.len());
    let mut rest = header;
    while let Some(start) = rest.find("/*") {
        out.push_str(&rest[..start]);
        rest = rest[start..].split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_decided_and_constants_become_members() {
        let header = "/* a\n b */\n#ifndef BANKCHANNEL_H\n#define BANKCHANNEL_H\n#include <stdint.h>\n#define BANKCHANNEL_X 1\n\
                      #define BANKCHANNEL_Y(y) (y), 2\n\
                      enum E\n#if __STDC_VERSION__ >= 202311L\n  : uint32_t\n#endif\n{ A };\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\
                      #ifndef __cplusplus\ntypedef uint32_t E;\n#else\nbad\n#endif\nint f(void); /* c */\n#endif  /* BANKCHANNEL_H */\n";
        let expected =
            format!("{FIRST}enum {{ BANKCHANNEL_X = 1 }};\nenum E\n{{ A }};\ntypedef uint32_t E;\nint f(void);\n");
        assert_eq!(dialect(header), Ok(expected));
    }

    #[test]
    fn a_pointer_in_a_struct_stays_a_pointer() {
        assert_eq!(member("    const char *data;"), "    char *data;");
        for same in ["const char *bankchannel_version(void);", "    const char *name,", "    const char *name);"] {
            assert_eq!(member(same), same);
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(dialect("#if defined(_WIN32)\n#endif\n").is_err());
        assert!(dialect("#define X \"text\"\n").is_err());
        assert!(dialect("#pragma once\n").is_err());
        assert!(dialect("#ifdef __cplusplus\n").is_err());
    }
}
