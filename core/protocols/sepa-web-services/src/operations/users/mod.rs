//! What a user may do.

pub mod get_user_info;
