//! Inspects the loops of a *linked* x86-64 program: are they inlined, are they vectorised?
//!
//! A closure that was meant to be inlined and is not costs a call per element, and keeps the loop
//! that calls it from being vectorised. Nothing fails: the program is right, and ten times slower.
//! This crate reads the linked program, finds the loops of a function, and counts for each what it
//! spends its instructions on.
//!
//! [`Program`] reads a file, [`Auditor`] inspects a function of it, [`Audit`] is the result, and
//! [`Requirements`] can be checked against it. The command of the same name prints all that.
//!
//! ```no_run
//! use inline_audit::{Auditor, Program, Requirements, Width};
//!
//! let program = Program::open("target/release/simulation")?;
//! let auditor = Auditor::new(&program);
//! let required = Requirements {
//!     deny_calls: true,
//!     min_width: Some(Width::Bits256),
//!     ..Requirements::default()
//! };
//! for function in program.matching("simulation::step")? {
//!     let audit = auditor.audit(function)?;
//!     assert!(required.violations(&audit).is_empty(), "{audit}");
//! }
//! # Ok::<(), inline_audit::Error>(())
//! ```
//!
//! Data flows one way: file → sections and symbols (`file.rs`, `lines.rs`) → functions and
//! instructions (`program.rs`) → the code of a function with its cold parts (`code.rs`) → blocks
//! (`flow.rs`) → loops (`forest.rs`) → facts, with the kind of each instruction's work (`audit.rs`,
//! `instruction.rs`) → violations (`requirements.rs`) → text (`report.rs`).
//!
//! Files may be damaged or hostile. Work is bounded by the size of the file (`steps.rs`), and what
//! is printed of it is escaped (`text.rs`).

#![forbid(unsafe_code)]

mod audit;
mod code;
mod error;
mod file;
mod flow;
mod forest;
mod instruction;
mod lines;
mod program;
mod report;
mod requirements;
mod steps;
mod text;

pub use crate::audit::{Audit, Auditor, Call, Callee, Loop, Packed, Place};
pub use crate::error::Error;
pub use crate::instruction::Width;
pub use crate::lines::SourceLine;
pub use crate::program::{Function, Program};
pub use crate::requirements::{Requirements, Violation};
