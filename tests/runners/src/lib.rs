//! Scenario runners, interoperability tests and benchmarks of bankchannel
