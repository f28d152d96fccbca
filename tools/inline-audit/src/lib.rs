//! Looks at the loops of a *linked* x86-64 program: are they inlined, are they vectorised?
//!
//! A closure that was to be inlined and was not costs a call for every element, and the function it stands in cannot be
//! vectorised. Nothing fails: the program is right, and ten times slower. This crate reads the program that was
//! built, finds the loops of the functions in question, and tells for each what it spends its instructions on.
//!
//! [`Program`] reads a file, [`Auditor`] looks at a function of it, [`Audit`] is what it saw, and [`Requirements`] are what
//! one may ask of it. The command of the same name prints all that.
//!
//! ```no_run
//! use inline_audit::{Auditor, Program, Requirements, Width};
//!
//! let program = Program::open("target/release/simulation")?;
//! let auditor = Auditor::new(&program);
//! let wanted = Requirements { deny_calls: true, min_width: Some(Width::Bits256), ..Requirements::default() };
//! for function in program.matching("simulation::step")? {
//!     let audit = auditor.audit(function);
//!     assert!(wanted.violations(&audit).is_empty(), "{audit}");
//! }
//! # Ok::<(), inline_audit::Error>(())
//! ```
//!
//! Data flows one way: file → symbols and bytes (`program.rs`) → instructions, each with the kind of its work
//! (`instruction.rs`) → blocks and loops (`flow.rs`) → facts (`audit.rs`) → text (`report.rs`).

mod audit;
mod flow;
mod instruction;
mod program;
mod report;

pub use crate::audit::{Audit, Auditor, Call, Callee, Loop, Packed, Requirements, Violation};
pub use crate::instruction::Width;
pub use crate::program::{Error, Function, Program};
