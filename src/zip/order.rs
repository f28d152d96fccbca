//! The orders of visits that `simd_` walks allow, as types.
//!
//! Jammed rows change the order of visits, which a closure can reveal: by adding up floats in a
//! captured variable, or by writing to `Cell`s that neighbouring windows read. Stable Rust cannot
//! determine whether a type has interior mutability, but it can determine whether a closure changes
//! its captures: then the closure holds a `&mut`, and is not `Copy`.
#![forbid(unsafe_code)]

/// An order of visits.
pub trait VisitOrder {
    /// Whether rows may be jammed if all elements are primitive.
    const MAY_JAM: bool;
    /// Whether rows may be jammed whatever the elements are.
    const MAY_JAM_ANY: bool = false;
}

/// The order of `for_each`.
#[derive(Clone, Copy, Debug)]
pub struct InOrder;

impl VisitOrder for InOrder {
    const MAY_JAM: bool = false;
}

/// Any order if all elements are primitive, and the order of `for_each` otherwise.
#[derive(Clone, Copy, Debug)]
pub struct AnyOrderOfNumbers;

impl VisitOrder for AnyOrderOfNumbers {
    const MAY_JAM: bool = true;
}

/// Any order.
#[derive(Clone, Copy, Debug)]
pub(super) struct AnyOrder;

impl VisitOrder for AnyOrder {
    const MAY_JAM: bool = true;
    const MAY_JAM_ANY: bool = true;
}

/// The body of a `simd_azip!` that may be executed in the order `O`.
#[diagnostic::on_unimplemented(
    message = "a body beside windows cannot change variables from outside, because the cells are visited in any order",
    label = "changes a variable from outside",
    note = "write `simd_azip!(ordered (PATTERN in OPERAND, ...) BODY)` to visit the cells in the order of `azip!`",
    note = "a generic operand may be windows"
)]
pub trait BodyIn<O> {}

impl<F> BodyIn<InOrder> for F {}

#[diagnostic::do_not_recommend]
impl<F: Copy> BodyIn<AnyOrderOfNumbers> for F {}
