//! Many time steps of a stencil in one sweep over memory.
//!
//! [`Stencil::steps`](crate::Stencil::steps), `par_steps` and `stepper` call [`StencilSteps`]. The
//! module promises the cells of separate steps (promise 12 of [`Zip`](crate::Zip)). It is faster
//! than these for fields that are larger than the cache, because it advances rows that are in the
//! cache by up to 16 steps before it reads others from memory.
//!
//! # Modules
//!
//! Each module calls only those below it.
//!
//! - `run`: [`StencilSteps`], which checks shapes, allocates, and cuts a run at the observer's
//!   calls.
//! - `execute`: the steps themselves. It moves cells, fills ghost cells, and passes blocks of rows
//!   to [`Zip`](crate::Zip).
//! - `buffers`: the memory, and where columns and ghost columns are in its rows.
//! - `schedule`: decides how many bands, how many steps per sweep, and where fields are in memory.
//! - `arguments`: the traits of the arguments, and the one zip per number of fields.
//! - `inputs`: the operand that joins the windows and the coefficients of a step. Only this module
//!   has unsafe code.
//! - `wavefront`: which rows of which step are computed next, and where they are in a buffer.
//!
//! # Design
//!
//! A sweep goes over a *band*: all rows, or those of one thread. Beyond an end of a band there is
//! either a boundary or rows of other bands. The latter are copied before the sweep, and the band
//! computes what it needs of their later steps by itself, fewer rows with each step.
//!
//! All steps between the first and the last share one short buffer, and the last step is written
//! back in place. The alternatives were slower. On a Zen 4 core, relative to separate steps of f32
//! Gray–Scott on 8192×8296, 2050×4162 and 8192×8194 cells (`cargo bench --bench steps`; the
//! alternatives were prototypes):
//!
//! - one buffer for all steps: 0.51, 0.53 and 0.47;
//! - two full arrays in turns, with 16 fused steps: 0.70, 0.70 and 1.0;
//! - one buffer per step, with its rows moved up after each block: 0.65, and a fifth of the time is
//!   the moving;
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
