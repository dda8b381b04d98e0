//! This module's rows of the error table.

bankchannel_foundation::error_rows! {
    FILE_UNREADABLE = "iso20022.file_unreadable", InvalidInput, never,
        "The file cannot be read.", "The message says in which line and why, and what to do.";
    FILE_EXISTS = "iso20022.file_exists", Conflict, never,
        "There is a payment file of this path already.", "A payment file is never overwritten: find out whether it was sent, then give another path or move it away.";
    PAYMENT_REFUSED = "iso20022.payment_refused", InvalidInput, never,
        "The payment is faulty: no file was made, or nothing was sent.",
        "The message states the first problems, `count` how many there are, and `problems` up to 50 of them, one a line.";
}
