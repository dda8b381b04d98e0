//! What users may do: one handler per operation, at the operation's relative path.

pub(crate) mod get_user_info;
