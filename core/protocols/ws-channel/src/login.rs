//! The login as a state machine.
