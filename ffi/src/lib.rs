//! The C ABI of bankchannel
