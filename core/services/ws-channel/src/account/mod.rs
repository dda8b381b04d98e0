//! Registration, verification and password reset.

pub(crate) mod init_password_reset;
pub(crate) mod init_register;
pub(crate) mod password_reset;
pub(crate) mod register;
pub(crate) mod verify_email;
pub(crate) mod verify_phone;

use bankchannel_storage::ws_channel::CodeCheck;
use bankchannel_ws_channel::{ServiceRefusal, service_texts};

/// The response to a submitted code.
fn code_accepted(check: CodeCheck) -> Result<(), ServiceRefusal> {
    match check {
        CodeCheck::Right => Ok(()),
        CodeCheck::Wrong => Err((&service_texts::CODE_WRONG).into()),
        CodeCheck::Expired => Err((&service_texts::CODE_TOO_OLD).into()),
        CodeCheck::TooMany => Err((&service_texts::LIMIT_EXCEEDED).into()),
        CodeCheck::NoToken => Err(ServiceRefusal::invalid("AccessToken")),
    }
}
