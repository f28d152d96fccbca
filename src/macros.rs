//! `azip!`: the grammar alone. It expands to calls of [`Zip`](crate::Zip)'s public methods; there is no loop here.

/// Walks arrays in lockstep: a drop-in for [`ndarray::azip!`] that inlines into its caller.
///
/// ```text
/// azip!((PATTERN in OPERAND, PATTERN in OPERAND, ...) BODY)
/// azip!((index PATTERN, PATTERN in OPERAND, ...) BODY)
/// ```
///
/// Each operand is an expression that implements [`IntoOperand`](crate::IntoOperand), each pattern takes its items, and
/// `BODY` is an expression or a block that is run once a cell. It is the body of a closure: `return` ends the cell, not
/// the function. With `index` the first pattern takes the index of the cell. A trailing comma is allowed. Operands are
/// evaluated once, in order, before the first cell.
///
/// The closure is marked `#[inline(always)]`, so the whole loop becomes part of the function it stands in, with that
/// function's target features: inside `#[multiversion]` it is vectorised for each target.
///
/// Cells are visited in the order in which `ndarray::azip!` visits them, so a running sum comes out bit for bit the same.
///
/// `azip!(OPERAND, OPERAND, ...)` without patterns and body, as in ndarray, is the [`Zip`](crate::Zip) itself.
///
/// # Panics
///
/// In the caller's line, if the operands differ in shape; see [`Zip::and`](crate::Zip::and).
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::azip;
///
/// let b = Array2::from_elem((3, 4), 1.0);
/// let c = Array2::from_elem((3, 4), 2.0);
/// let mut a = Array2::<f64>::zeros((3, 4));
///
/// azip!((a in &mut a, &b in &b, &c in &c) *a = b + c);
/// assert_eq!(a, Array2::from_elem((3, 4), 3.0));
///
/// azip!((index (i, j), a in &mut a) *a = (i * 10 + j) as f64);
/// assert_eq!(a[[2, 3]], 23.0);
/// ```
#[macro_export]
macro_rules! azip {
    // With an index.
    (@build $apply:ident (index $index:pat, $first_pat:pat in $first:expr $(, $pat:pat in $operand:expr)* $(,)?) $body:expr) => {
        $crate::Zip::indexed($first)$(.and($operand))*.$apply(#[inline(always)] |$index, $first_pat $(, $pat)*| $body)
    };
    // Without one.
    (@build $apply:ident ($first_pat:pat in $first:expr $(, $pat:pat in $operand:expr)* $(,)?) $body:expr) => {
        $crate::Zip::from($first)$(.and($operand))*.$apply(#[inline(always)] |$first_pat $(, $pat)*| $body)
    };
    // Operands alone: the zip.
    (@build $apply:ident $first:expr $(, $operand:expr)* $(,)?) => {
        $crate::Zip::from($first)$(.and($operand))*
    };
    (@build $($wrong:tt)*) => {
        ::core::compile_error!(
            "azip! takes `(PATTERN in OPERAND, ...) BODY` or `(index PATTERN, PATTERN in OPERAND, ...) BODY`"
        )
    };
    ($($tokens:tt)*) => {
        $crate::azip!(@build for_each_marked $($tokens)*)
    };
}
