//! XML as a stream of tokens: bounded, without document types and entities, with the place of each token.

mod library;
mod names;
mod open;
mod plain;
mod rules;

use std::io::Read;

use encoding_rs::Encoding;

use crate::attributes::XmlAttributes;
use crate::fault::XmlFault;
use crate::namespaces::NamespaceScope;
use crate::source::XmlSource;
use crate::text::shorten;
pub use names::{local, prefix};
pub(crate) use names::{name_size, resolved};
use open::OpenElements;
use plain::{PlainToken, plain};
pub use rules::{TokenLimits, XmlRules};

/// Deepest nesting of elements that is read; messages of banks stay below 30.
pub const MAX_DEPTH: usize = 64;
/// Maximum number of attributes, namespace declarations included, that one element may have.
pub const MAX_ATTRIBUTES: usize = 64;
/// Longest text of a library's error that is passed on, in characters: it may quote the file.
const MAX_LIBRARY_TEXT: usize = 200;

/// A piece of a document.
#[derive(Clone, Copy)]
pub enum XmlToken<'t> {
    /// A start tag; an empty element is reported as start and end.
    Start(StartTag<'t>),
    /// An end tag.
    End,
    /// Text, references resolved and line ends as one line feed. One text may come in several pieces.
    Text(&'t str),
    /// A comment: the text between its marks.
    Comment(&'t str),
    /// A processing instruction: the text between its marks.
    Instruction(&'t str),
    /// The XML declaration.
    Declaration,
}

/// A start tag.
#[derive(Clone, Copy)]
pub struct StartTag<'t> {
    /// The name as it is written.
    pub name: &'t str,
    /// The attributes.
    pub attributes: XmlAttributes<'t>,
    /// The line on which the tag starts, from 1.
    pub line: u64,
    scope: &'t NamespaceScope,
}

impl<'t> StartTag<'t> {
    /// The name without its prefix.
    #[inline]
    pub fn local(&self) -> &'t str {
        local(self.name)
    }

    /// The namespace of the element; an empty text for none, `None` if its prefix is not declared.
    pub fn namespace(&self) -> Option<&'t str> {
        self.scope.resolve(prefix(self.name))
    }

    /// The namespaces in scope inside the element.
    #[inline]
    pub fn scope(&self) -> &'t NamespaceScope {
        self.scope
    }
}

/// A start tag, stored for readers that take one tag at a time.
#[derive(Default)]
pub struct TagBuffer {
    /// Local name.
    pub name: String,
    /// The attributes as written.
    attributes: String,
    /// The line on which it starts, from 1.
    pub line: u64,
    /// Whether there was any text other than blanks between the tags.
    pub text_around: bool,
}

impl TagBuffer {
    /// The attributes.
    pub fn attributes(&self) -> XmlAttributes<'_> {
        XmlAttributes(&self.attributes)
    }
}

/// The kind of tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagEdge {
    /// The start of an element.
    Start,
    /// The end of the innermost open element.
    End,
}

/// Whether to continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFlow {
    /// With the next token.
    Next,
    /// Not now: the next call continues with the token that follows.
    Stop,
}

/// The tokens of a file.
pub struct XmlTokens<'a> {
    source: XmlSource<'a>,
    /// The used part of the window, in bytes.
    at: usize,
    /// The line there, from 1.
    line: u64,
    open: OpenElements,
    scope: NamespaceScope,
    /// Whether the last tag was an empty element whose end has not been reported.
    closing: bool,
    /// Whether an element was seen.
    any: bool,
    /// Whether a declaration was seen.
    declared: bool,
    /// The position of the first token in the file, in bytes.
    start: u64,
    rules: XmlRules,
    /// Whether the caller named the encoding, so that declarations do not count.
    overridden: bool,
    /// Sees each token before it is returned.
    watcher: Option<TokenWatcher<'a>>,
}

/// Receives tokens, as one type: slow paths are compiled once, not per caller.
type TokenReceiver<'f> = dyn FnMut(XmlToken<'_>) -> Result<TokenFlow, XmlRefusal> + 'f;

/// Sees the tokens that another reader takes.
pub type TokenWatcher<'a> = Box<dyn FnMut(&XmlToken<'_>) + 'a>;

impl<'a> XmlTokens<'a> {
    /// The tokens of a file from its beginning, in the given encoding, otherwise in its own.
    ///
    /// # Errors
    /// The encoding is not supported, or the input fails.
    pub fn open(input: impl Read + 'a, encoding: Option<&str>, rules: XmlRules) -> Result<Self, XmlFault> {
        let mut tokens = Self::over(XmlSource::open(input, encoding)?, rules);
        tokens.overridden = encoding.is_some();
        Ok(tokens)
    }

    /// The tokens of a text that is in memory: those that need no processing are slices of it.
    ///
    /// # Errors
    /// A character that XML does not allow.
    pub fn whole(text: &'a str, rules: XmlRules) -> Result<Self, XmlFault> {
        let mut tokens = Self::over(XmlSource::whole(text)?, rules);
        tokens.overridden = true;
        Ok(tokens)
    }

    /// The tokens from a position inside elements of the names given. Namespaces declared before are not known.
    pub fn resume(source: XmlSource<'a>, overridden: bool, rules: XmlRules, open: &[String]) -> Self {
        let mut tokens = Self::over(source, rules);
        (tokens.any, tokens.declared, tokens.overridden) = (true, true, overridden);
        for name in open {
            tokens.open.push(name);
        }
        tokens
    }

    fn over(source: XmlSource<'a>, rules: XmlRules) -> Self {
        Self {
            line: source.line,
            start: source.position_at(0),
            source,
            at: 0,
            open: OpenElements::default(),
            scope: NamespaceScope::default(),
            closing: false,
            any: false,
            declared: false,
            rules,
            overridden: false,
            watcher: None,
        }
    }

    /// The same tokens; a watcher sees them too.
    #[must_use]
    pub fn watched(mut self, watcher: TokenWatcher<'a>) -> Self {
        self.watch(watcher);
        self
    }

    /// The same for tokens that are already read from.
    pub fn watch(&mut self, watcher: TokenWatcher<'a>) {
        self.watcher = Some(watcher);
    }

    /// What follows, as far as it is in memory.
    pub fn rest(&self) -> &str {
        &self.source.window[self.at..]
    }

    /// Whether the file was read to its end.
    pub fn is_at_end(&self) -> bool {
        self.source.finished && self.at == self.source.window.len() && self.depth() == 0 && self.any
    }

    /// The number of open elements.
    pub fn depth(&self) -> usize {
        self.open.depth()
    }

    /// The names of the open elements, from the root, as written.
    pub fn open_names(&self) -> impl Iterator<Item = &str> {
        self.open.names()
    }

    /// The next start or end tag; `None` at the end of the file. A start tag is put into `tag`.
    ///
    /// # Errors
    /// As [`Self::pump`].
    pub fn next_tag(&mut self, tag: &mut TagBuffer) -> Result<Option<TagEdge>, XmlFault> {
        let mut edge = None;
        self.pump(|token| {
            match token {
                XmlToken::Start(start) => {
                    tag.name.clear();
                    tag.name.push_str(start.local());
                    tag.attributes.clear();
                    tag.attributes.push_str(start.attributes.as_written());
                    tag.line = start.line;
                    edge = Some(TagEdge::Start);
                }
                XmlToken::End => edge = Some(TagEdge::End),
                XmlToken::Text(text) => tag.text_around |= !text.trim_ascii().is_empty(),
                XmlToken::Comment(_) | XmlToken::Instruction(_) | XmlToken::Declaration => {}
            }
            Ok(if edge.is_some() { TokenFlow::Stop } else { TokenFlow::Next })
        })?;
        Ok(edge)
    }

    /// Skips the rest of the element whose start tag was returned last.
    ///
    /// # Errors
    /// As [`Self::pump`].
    pub fn skip(&mut self) -> Result<(), XmlFault> {
        let mut inside = 1_usize;
        self.pump(|token| {
            match token {
                XmlToken::Start(_) => inside += 1,
                XmlToken::End => inside -= 1,
                _ => {}
            }
            Ok(if inside == 0 { TokenFlow::Stop } else { TokenFlow::Next })
        })?;
        Ok(())
    }

    /// The encoding that is read.
    pub fn encoding(&self) -> &'static Encoding {
        self.source.encoding()
    }

    /// A remark on the encoding, if the file declares another one than it has.
    pub fn encoding_note(&self) -> Option<&str> {
        self.source.note.as_deref().filter(|_| !self.overridden)
    }

    /// The start of the next token in the file, in bytes, and its line.
    pub fn position(&self) -> (u64, u64) {
        (self.source.position_at(self.at), self.line)
    }

    /// A fault at the start of the next token.
    pub fn fault(&self, message: impl Into<String>, change: &str) -> XmlFault {
        self.source.fault(self.at, message, change).in_element(self.open.path())
    }

    /// Passes tokens on until it is stopped; `false` at the end of the file.
    ///
    /// # Errors
    /// Malformed XML, exceeded limits, and refusals of the receiver.
    pub fn pump(
        &mut self,
        mut take: impl FnMut(XmlToken<'_>) -> Result<TokenFlow, XmlRefusal>,
    ) -> Result<bool, XmlFault> {
        let Some(mut watcher) = self.watcher.take() else { return self.pump_to(take) };
        let mut both = |token: XmlToken<'_>| {
            watcher(&token);
            take(token)
        };
        let pumped = self.pump_to(&mut both as &mut TokenReceiver<'_>);
        self.watcher = Some(watcher);
        pumped
    }

    fn pump_to(
        &mut self,
        mut take: impl FnMut(XmlToken<'_>) -> Result<TokenFlow, XmlRefusal>,
    ) -> Result<bool, XmlFault> {
        loop {
            if self.closing {
                self.closing = false;
                self.open.pop();
                self.scope.leave(self.open.depth());
                let flow = take(XmlToken::End).map_err(|refusal| refusal.at(self))?;
                if flow == TokenFlow::Stop {
                    return Ok(true);
                }
            }
            match self.pump_window(&mut take) {
                Ok(TokenPause::Stopped) => return Ok(true),
                Ok(TokenPause::Given) => {}
                Ok(TokenPause::Used) if self.source.finished => return self.ended(),
                Ok(TokenPause::Used) => {
                    let filled = self.source.fill(self.at);
                    self.at = 0;
                    filled.map_err(|fault| fault.in_element(self.open.path()))?;
                }
                Err(refusal) => return Err(refusal.at(self)),
            }
        }
    }

    fn ended(&self) -> Result<bool, XmlFault> {
        if self.depth() > 0 {
            Err(self.fault("the file ends inside an element", "transfer or export it again: its end is missing"))
        } else if !self.any {
            Err(self.fault("there is no XML element in the file", "choose the XML file that your program exported"))
        } else {
            Ok(false)
        }
    }

    /// Passes on the tokens that are completely in the window. Plain tags and plain text are used directly; the library
    /// reads all others.
    fn pump_window(
        &mut self,
        take: &mut impl FnMut(XmlToken<'_>) -> Result<TokenFlow, XmlRefusal>,
    ) -> Result<TokenPause, XmlRefusal> {
        let Self { source, at, line, open, scope, any, rules, .. } = self;
        let window: &str = &source.window;
        loop {
            let rest = &window[*at..];
            let innermost = open.innermost();
            let flow = match plain(rest, innermost) {
                Some(PlainToken::Text(size)) if size <= rules.limits.token => {
                    let text = &rest[..size];
                    first_of_text(text, open.depth(), *rules)?;
                    *at += size;
                    *line += line_ends(text);
                    take(XmlToken::Text(text))?
                }
                Some(PlainToken::Reference(found, size)) => {
                    let mut encoded = [0; 4];
                    let text: &str = found.encode_utf8(&mut encoded);
                    // A reference is a text even where blanks are none.
                    first_of_text(if open.depth() == 0 { "&" } else { text }, open.depth(), *rules)?;
                    *at += size;
                    take(XmlToken::Text(text))?
                }
                Some(PlainToken::Start { name, attributes, text })
                    if text.is_none_or(|size| size <= rules.limits.token) =>
                {
                    let closing = name.len() + 3;
                    let size = name.len() + attributes.len() + 2;
                    begin(open, scope, name, *rules, *any)?;
                    let tag = StartTag { name, attributes: XmlAttributes(attributes), line: *line, scope: &*scope };
                    let flow = take(XmlToken::Start(tag))?;
                    (*any, *at) = (true, *at + size);
                    match text {
                        Some(text) if flow == TokenFlow::Next => {
                            let text = &rest[size..size + text];
                            *at += text.len();
                            *line += line_ends(text);
                            if !text.is_empty() {
                                take(XmlToken::Text(text))?;
                            }
                            *at += closing;
                            take(XmlToken::End)?
                        }
                        _ => {
                            open.push(name);
                            flow
                        }
                    }
                }
                Some(PlainToken::End) => {
                    *at += innermost.len() + 3;
                    open.pop();
                    scope.leave(open.depth());
                    take(XmlToken::End)?
                }
                _ => return self.pump_library(take),
            };
            if flow == TokenFlow::Stop {
                return Ok(TokenPause::Stopped);
            }
        }
    }
}

/// Why the tokens of a window ended.
enum TokenPause {
    Stopped,
    /// A token was passed on.
    Given,
    /// The rest of the window holds no complete token.
    Used,
}

/// A refusal at the reader's position.
#[derive(Debug)]
pub struct XmlRefusal {
    message: String,
    change: &'static str,
}

impl XmlRefusal {
    /// Fault and remedy.
    pub fn new(message: impl Into<String>, change: &'static str) -> Self {
        Self { message: message.into(), change }
    }

    /// The fault at the place of a reader.
    pub fn at(self, tokens: &XmlTokens<'_>) -> XmlFault {
        tokens.fault(self.message, self.change)
    }

    fn malformed(why: &str) -> Self {
        let message = format!("this is not well-formed XML: {}", shorten(why, MAX_LIBRARY_TEXT));
        Self::new(message, "correct or export it again")
    }
}

/// Refuses an element with too long a name, nested too deeply, or where a strict document has none.
#[inline]
fn begin(
    open: &OpenElements,
    scope: &NamespaceScope,
    name: &str,
    rules: XmlRules,
    any: bool,
) -> Result<(), XmlRefusal> {
    if name.len() > rules.limits.name {
        return Err(XmlRefusal::new("the name of an element is too long", "export the file again"));
    }
    if open.depth() >= MAX_DEPTH {
        let message = format!("elements are nested more than {MAX_DEPTH} deep");
        return Err(XmlRefusal::new(message, "payment files never are: export it again"));
    }
    if rules.strict {
        if any && open.depth() == 0 {
            return Err(XmlRefusal::new("there is a second document in the file", "split it into its documents"));
        }
        let prefix = prefix(name);
        if !prefix.is_empty() && scope.resolve(prefix).is_none() {
            return Err(names::undeclared(prefix));
        }
    }
    Ok(())
}

/// Refuses text outside of all elements in a strict document.
#[inline]
fn first_of_text(text: &str, depth: usize, rules: XmlRules) -> Result<(), XmlRefusal> {
    if depth == 0 && rules.strict && !text.trim_ascii().is_empty() {
        return Err(XmlRefusal::new("there is text outside of all elements", "remove it"));
    }
    Ok(())
}

/// The number of line ends in a token, usually none.
#[inline]
fn line_ends(token: &str) -> u64 {
    let bytes = token.as_bytes();
    // A call costs more than a short token.
    if bytes.len() < 64 {
        return bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    }
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
