//! What of a bank's answer is in no field of the response.

use bankchannel_foundation::model::Boundary;

/// A member of a bank's answer that is in no field of the response: one that no field is for, or whose value does not
/// fit its field.
#[derive(Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct UnreadMember {
    /// The member as a JSON pointer (RFC 6901) into the answer, such as `/accounts/0/branchCode`; `/` for a whole
    /// answer that is no object; `/…` for the sum of all others, if there are more than 1000 of them or more than 64 KiB.
    #[boundary(wire = "path")]
    pub path: String,
    /// The value as JSON text. Absent for a text of more than 4 KiB, and for `/…`.
    #[boundary(wire = "value")]
    pub value: Option<String>,
    /// The number of members: 1, except for `/…`.
    #[boundary(wire = "count")]
    pub count: u64,
}

bankchannel_foundation::redacted_debug!(UnreadMember);
