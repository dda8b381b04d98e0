//! A user's rights.

pub mod get_user_info;
