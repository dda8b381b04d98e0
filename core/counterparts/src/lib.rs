//! Embedded servers: the other end of every protocol of bankchannel
