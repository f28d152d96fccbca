//! Inspects the loops of a *linked* x86-64 program: whether they are inlined and vectorised.
//!
//! A closure that should be inlined but is not costs one call per element. It also keeps the loop
//! around it from being vectorised. Nothing fails: the program is correct, but may be ten times
//! slower. This crate reads the linked program, finds the loops of a function, and counts how each
//! loop spends its instructions.
//!
//! [`Program`] reads a file, [`Auditor`] inspects one of its functions, and [`Audit`] is the
//! result. [`Requirements`] can be checked against it. The command of the same name prints the
//! result.
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
//! Data flows one way:
//!
//! 1. `file.rs`, `lines.rs`: from the file to sections and symbols;
//! 2. `program.rs`: to functions and instructions;
//! 3. `code.rs`: to the code of a function with its cold parts;
//! 4. `flow.rs`: to basic blocks;
//! 5. `forest.rs`: to loops;
//! 6. `audit.rs`, `instruction.rs`: to facts about each loop and the kind of each instruction;
//! 7. `requirements.rs`: to violations;
//! 8. `report.rs`: to text.
//!
//! Files may be damaged or hostile. The work is bounded by the size of the file (`steps.rs`), and
//! text from the file is escaped before it is printed (`text.rs`).

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
