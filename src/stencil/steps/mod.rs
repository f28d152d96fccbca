//! Many time steps of a stencil in one sweep over memory.
//!
//! [`stencil_steps`] gives the same cells (promise 12 of [`Zip`]) as separate walks over windows
//! that fill the boundary before each step. It is faster for fields that are larger than the cache:
//! it advances rows that are in the cache by up to 16 steps before it reads others from memory.
//! [`StencilSteps`] is the same as a value that keeps its memory between calls. The feature `rayon`
//! adds `par_stencil_steps` and `StencilSteps::par_run`, which run on several threads.
//!
//! # Design
//!
//! Safe code, but for the operand that `inputs.rs` makes of several windows. `wave.rs` says which rows of which level are computed next and
//! where they lie; this module moves the cells, fills ghost cells, and hands blocks of rows to [`Zip`]. A sweep goes over a *band*:
//! all rows, or those of one thread. Beyond the band's ends there is a boundary, or there are rows that belong to others: those have been
//! copied before, and the band computes what it needs of them by itself, fewer rows from level to level.
//!
//! There were two ways to hold the time levels between the first and the last: two full arrays in turns, or a short buffer of rows for all
//! of them, the last level being written back in place. The second is here. On a Zen 4 core, f32 Gray–Scott, ns a cell and
//! step, for 8192×8296, 2050×4162 and 8192×8194 cells: two arrays and 16 levels 0.70, 0.70 and 1.0 of the time of separate steps (measured
//! with a prototype), the buffer 0.51, 0.53 and 0.47 (`cargo bench --bench steps`). A buffer for each level, with its rows
//! moved up after each block, gave 0.65: a fifth of the time went into the moving, which is why the levels share one buffer. Strips of
//! columns that fit into the second level of the cache made it slower (0.75): the kernels ran no faster in it.
//!
//! Where all cells fit into the cache, or a rule does not fit a wave (rows that wrap around at one end alone, fewer rows than a window
//! has), steps are done one by one in two padded copies.

mod arguments;
mod buffers;
mod execute;
mod inputs;
mod run;
mod schedule;
mod wavefront;

pub use self::arguments::{Coefficients, Fields, IntoBoundaries, Observed, StepCount, StepFields, StepState, observed};
pub use self::run::StencilSteps;
