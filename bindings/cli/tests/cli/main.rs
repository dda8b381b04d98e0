//! The command as scripts and people use it: the tests run the program, against their own service.
#![cfg(unix)] // They give it modes, links, signals and programs for the shell of Unix.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // tests report the cases that they skip

mod bank_command;
mod call;
mod codes;
mod connector;
mod control;
mod demo;
mod download;
mod examples;
mod iso20022;
mod iso20022_reading;
mod layers;
mod operator;
mod operator_commands;
mod pgp;
mod planted;
mod planted_options;
mod postgres;
mod psd2;
mod psd2_bank;
mod psd2_certificates;
mod psd2_dumps;
mod psd2_keys;
mod reload;
mod remedies;
mod secrets;
mod sepa_token;
mod settings;
mod signer;
mod stdin;
mod story;
mod supervisor;
mod support;
mod terminal;
mod usage;
