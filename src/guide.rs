//! Guides: how to use the crate, and why it is as it is. These modules have no items.
//!
//! | guide | answers |
//! |---|---|
//! | [`from_azip`] | I have loops with `ndarray::azip!`: what changes? |
//! | [`stencils`] | How do I write a stencil, with its edges, and what slows it down? |
//! | [`modes`] | Inlined, dispatched, parallel or many steps: which one when? |
//! | [`inlining`] | Why is a multiversioned loop slow, and how do I see it? |
//! | [`soundness`] | Which unsafe code is there, and what watches over it? |

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
