//! The Python extension module of bankchannel
