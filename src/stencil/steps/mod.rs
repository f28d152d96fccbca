//! Many time steps of a stencil in one sweep over memory.
//!
//! [`Stencil::steps`](crate::Stencil::steps), `par_steps` and `stepper` call [`StencilSteps`]. The
//! module promises the same cells as separate steps (promise 12 of [`Zip`](crate::Zip)). It is
//! faster than these if fields are larger than the cache, because it advances rows by up to 16
//! steps while they are in the cache.
//!
//! # Modules
//!
//! Each module calls only those below it.
//!
//! - `run`: [`StencilSteps`], which checks shapes, allocates, and cuts a run at the observer's
//!   calls.
//! - `execute`: the steps themselves. It copies cells, fills ghost cells, and passes blocks of rows
//!   to [`Zip`](crate::Zip).
//! - `buffers`: the memory, and where columns and ghost columns are in its rows.
//! - `schedule`: decides the number of bands, the number of steps per sweep, and where fields are
//!   in memory.
//! - `arguments`: the traits of the arguments, and one zip for each number of fields.
//! - `inputs`: the operand that joins the windows and the coefficients of a step. Only this module
//!   has unsafe code.
//! - `wavefront`: which rows of which step are computed next, and where they are in a buffer.
//!
//! # Design
//!
//! A sweep goes over a *band*: all rows, or those of one thread. Beyond each end of a band there is
//! either a boundary or further rows, which belong to another band or wrap around. The further rows
//! are copied before the sweep. The sweep then advances the copies as well, fewer rows with each
//! step.
//!
//! All steps before the last one share one short buffer, and the last step is written back to the
//! fields. The alternatives were slower. These are the times on a Zen 4 core, relative to separate
//! steps, for f32 Gray–Scott on 8192×8296, 2050×4162 and 8192×8194 cells
//! (`cargo bench --bench steps`; the alternatives were prototypes):
//!
//! - one buffer for all steps: 0.51, 0.53 and 0.47;
//! - two full arrays that are read and written in turn, with 16 fused steps: 0.70, 0.70 and 1.0;
//! - one buffer per step, with its rows moved up after each block: 0.65, a fifth of it for moving
//!   rows;
//! - strips of columns that fit into the second-level cache: 0.75.
//!
//! In three cases, steps are done one by one between two padded copies instead:
//!
//! - both copies fit into the cache, one thread does all steps, and the caller has not set the
//!   depth;
//! - a field has fewer rows than four windows;
//! - rows wrap around at one end only, or in some fields only.

mod arguments;
mod buffers;
mod execute;
mod inputs;
mod run;
mod schedule;
mod wavefront;

pub use self::arguments::{Coefficients, Fields, IntoBoundaries, Observed, StepCount, StepFields, StepState, observed};
pub use self::run::StencilSteps;
