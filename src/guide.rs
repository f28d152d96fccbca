//! Guides to the use and the design of the crate.
//!
//! These modules contain text only.
//!
//! | guide | answers |
//! |---|---|
//! | [`from_azip`] | I have loops with `ndarray::azip!`. What changes? |
//! | [`stencils`] | How do I write a stencil, what about the edges, and what slows it down? |
//! | [`modes`] | Inlined, dispatched, parallel, or many steps: which one do I use, and how is it fast? |
//! | [`inlining`] | Why is my multiversioned loop slow, and how do I check it? |
//! | [`soundness`] | Which unsafe code is there, and how is it checked? |

pub mod from_azip {
    #![doc = include_str!("docs/from_azip.md")]
}

pub mod stencils {
    #![doc = include_str!("docs/stencils.md")]
}

pub mod modes {
    #![doc = include_str!("docs/modes.md")]
}

pub mod inlining {
    #![doc = include_str!("docs/inlining.md")]
}

pub mod soundness {
    #![doc = include_str!("docs/soundness.md")]
}
