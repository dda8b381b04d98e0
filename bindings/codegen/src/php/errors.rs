//! PHP: exceptions by category, error codes, and the exceptions of each method.

use bankchannel::Category;
use bankchannel_foundation::error::ErrorRow;

use crate::{
    Generated,
    model::Model,
    names::{codes_by_category, pascal, upper},
};

use super::source::{class, quoted};

/// The codes as constants.
pub(crate) fn codes(model: &Model) -> Generated {
    class("ErrorCode", "Bankchannel", |out| {
        out.jsdoc("", "The stable error codes: what `BankchannelException::$errorCode` holds.");
        out.line("final class ErrorCode");
        out.line("{");
        for row in &model.errors {
            out.jsdoc("    ", &format!("{} {}", row.text, row.doc));
            out.line(format!("    public const {} = {};", upper(row.code), quoted(row.code)));
        }
        out.line("}");
    })
}

fn exception_class(category: Category) -> String {
    pascal(category.as_str()) + "Exception"
}

/// The exception of a category.
pub(crate) fn exception(category: Category) -> Generated {
    let name = exception_class(category);
    class(&format!("Exception/{name}"), "Bankchannel\\Exception", |out| {
        out.jsdoc("", category.doc());
        out.line(format!("final class {name} extends BankchannelException"));
        out.line("{");
        out.line("}");
    })
}

/// The exceptions by category.
pub(crate) fn categories() -> Generated {
    class("Exception/Categories", "Bankchannel\\Exception", |out| {
        out.jsdoc("", "The exception of each category.\n\n@internal");
        out.line("final class Categories");
        out.line("{");
        out.line("    /** @var array<string, class-string<BankchannelException>> */");
        out.line("    public const CLASSES = [");
        for category in Category::ALL {
            out.line(format!("        {} => {}::class,", quoted(category.as_str()), exception_class(category)));
        }
        out.line("    ];");
        out.line("}");
    })
}

/// The tags for the exceptions of an operation: a class for each category of its own errors, with their codes, and the
/// base class for all others.
pub(crate) fn throws(errors: &[&ErrorRow]) -> String {
    let mut doc = "\n".to_owned();
    for (category, codes) in codes_by_category(errors) {
        doc.push_str(&format!("\n@throws \\Bankchannel\\Exception\\{} {codes}", exception_class(category)));
    }
    let others = if errors.is_empty() { "" } else { " for all other failures" };
    doc + &format!("\n@throws BankchannelException{others}")
}
