//! The Node addon of bankchannel
