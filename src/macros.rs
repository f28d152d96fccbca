//! `azip!`, `simd_azip!` and `par_azip!`: only the grammar.
//!
//! The macros expand to calls of methods of [`Zip`](crate::Zip). There are no loops here.

/// Walks arrays in lockstep: a drop-in for [`ndarray::azip!`] whose loop inlines into its caller.
///
/// ```text
/// azip!((PATTERN in OPERAND, PATTERN in OPERAND, ...) BODY)
/// azip!((index PATTERN, PATTERN in OPERAND, ...) BODY)
/// ```
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
///
/// - `OPERAND` is an expression for an array, view, slice, or anything else that implements
///   [`IntoOperand`](crate::IntoOperand), or one of [ndarray's other
///   producers](#what-ndarray-takes-this-takes). Operands are evaluated once, in order, before
///   their shapes are compared.
/// - `PATTERN` binds the item of the operand. With `index`, the first pattern binds the index of
///   the cell.
/// - `BODY` is an expression or a block, executed once per cell. It is the body of a closure:
///   `return` ends the visit of one cell, not the function.
/// - A trailing comma is allowed.
/// - `azip!(OPERAND, OPERAND, ...)`, without patterns and body, returns the [`Zip`](crate::Zip), as
///   in ndarray.
///
/// # Where to use it
///
/// The closure is marked `#[inline(always)]`, so the whole loop becomes part of the function around
/// the macro and has its target features. Inside a `#[multiversion]` function it is vectorised for
/// each target. In other functions, [`simd_azip!`](crate::simd_azip) chooses the instruction set at
/// run time. [`guide::modes`](crate::guide::modes) compares them.
///
/// Mark functions that the body calls `#[inline(always)]` too. A function that stays out of line is
/// compiled for the instruction set of the whole program.
///
/// # Order and results
///
/// Cells are visited in the order of `ndarray::azip!`. The results are the same, including sums of
/// floats: bit for bit, except where Rust leaves bits open: the sign and payload of a NaN, and the
/// sign of a zero from `min` or `max`.
///
/// # What ndarray takes, this takes
///
/// Some of ndarray's producers cannot be operands of this crate: its rows, lanes, chunks, windows,
/// axis iterators and raw views. If one operand is such a producer, the call expands to an
/// [`ndarray::Zip`], with at most six operands.
///
/// ```
/// use ndarray::{Array1, IntoNdProducer, Ix1, array};
/// use ndarray_lockstep::azip;
///
/// let a = array![[1, 2, 3], [4, 5, 6]];
/// let mut sums = Array1::zeros(2);
/// azip!((sum in &mut sums, row in a.rows()) *sum = row.sum());
/// assert_eq!(sums, array![6, 15]);
///
/// fn negate<'a>(numbers: impl IntoNdProducer<Dim = Ix1, Item = &'a mut i32>) {
///     azip!((number in numbers) *number = -*number);
/// }
/// negate(&mut sums);
/// assert_eq!(sums, array![-6, -15]);
/// ```
///
/// The compiler decides for each call, from the types of the operands that are known there:
///
/// - In a generic function whose only bound is [`IntoNdProducer`](ndarray::IntoNdProducer), the
///   call is ndarray's, even for arrays.
/// - A closure parameter whose type is inferred from a later call is treated as an operand of this
///   crate.
///
/// # Panics
///
/// In the caller's line, if the operands differ in shape. [`Zip::try_and`](crate::Zip::try_and)
/// returns an error instead.
#[macro_export]
macro_rules! azip {
    ($($tokens:tt)*) => {
        $crate::__azip!(@build for_each_marked $($tokens)*)
    };
}

/// The grammar of the three macros.
#[doc(hidden)]
#[macro_export]
macro_rules! __azip {
    // A name as the first pattern, which may be `index`.
    (@build $apply:ident ($first_pat:ident in $first:expr $(, $pat:pat in $operand:expr)* $(,)?) $body:expr) => {
        $crate::__azip!(@walk $apply zip [$first $(, $operand)*] #[inline(always)] |$first_pat $(, $pat)*| $body)
    };
    (@build $apply:ident (index $name:ident $(, $($first:tt)*)?) $(, $($operands:tt)*)?) => {
        $crate::__azip!(@refuse)
    };
    // Brackets without a body: an operand, not patterns. This comes before the arms with patterns:
    // if a pattern does not parse, the compiler reports an error instead of trying the next arm.
    // `(index[i + 1])` would be such an error.
    (@build $apply:ident ($($first:tt)*) $(, $($operands:tt)*)?) => {
        $crate::__azip!(@if_in [$($first)*] {@refuse} {@bare ($($first)*) $(, $($operands)*)?})
    };
    // With an index.
    (@build $apply:ident (index $index:pat, $first_pat:pat in $first:expr $(, $pat:pat in $operand:expr)* $(,)?) $body:expr) => {
        $crate::__azip!(@walk $apply indexed [$first $(, $operand)*] #[inline(always)] |$index, $first_pat $(, $pat)*| $body)
    };
    // Without one.
    (@build $apply:ident ($first_pat:pat in $first:expr $(, $pat:pat in $operand:expr)* $(,)?) $body:expr) => {
        $crate::__azip!(@walk $apply zip [$first $(, $operand)*] #[inline(always)] |$first_pat $(, $pat)*| $body)
    };
    // Either brackets with a body that fits none of the arms above, or an operand that begins with
    // brackets, such as `(a).view()`.
    (@build $apply:ident (index $name:ident $($first:tt)*) $($rest:tt)+) => {
        $crate::__azip!(@refuse)
    };
    (@build $apply:ident ($($first:tt)*) $($rest:tt)+) => {
        $crate::__azip!(@if_in [$($first)*] {@refuse} {@bare ($($first)*) $($rest)+})
    };
    (@build $apply:ident $($operands:tt)*) => {
        $crate::__azip!(@bare $($operands)*)
    };
    // Operands without a body: the zip. `interop::choose` explains the choice. Each operand is the
    // argument of a call of its own, so that a compiler error about it points at it.
    (@bare $first:expr $(, $operand:expr)* $(,)?) => {
        match $crate::__private::first_operand($first)$(.and($crate::__private::operand($operand)))* {
            pending => ({
                use $crate::__private::choices::*;
                (&&&&pending).ndarray_lockstep_choice()
            })
            .bare(pending),
        }
    };
    // Makes the zip of these operands by the method `zip` or `indexed`, and walks it.
    //
    // The operands of `simd_azip!` also decide the order of visits, unless a word does.
    (@walk in_order_of_operands $method:ident [$first:expr $(, $operand:expr)*] $($body:tt)*) => {
        match $crate::__private::first_operand($first)$(.and($crate::__private::operand($operand)))* {
            pending => match (
                {
                    use $crate::__private::choices::*;
                    (&&&&pending).ndarray_lockstep_choice()
                },
                {
                    use $crate::__private::orders::*;
                    (&&pending).ndarray_lockstep_order()
                },
            ) {
                (choice, order) => choice.$method(pending).simd_for_each_in(order, $($body)*),
            },
        }
    };
    (@walk $apply:ident $method:ident [$first:expr $(, $operand:expr)*] $($body:tt)*) => {
        match $crate::__private::first_operand($first)$(.and($crate::__private::operand($operand)))* {
            pending => ({
                use $crate::__private::choices::*;
                (&&&&pending).ndarray_lockstep_choice()
            })
            .$method(pending)
            .$apply($($body)*),
        }
    };
    // `simd_azip!` with a word before the brackets.
    (@prefixed ordered $operands:tt $($body:tt)*) => {
        $crate::__azip!(@build simd_for_each_ordered $operands $($body)*)
    };
    (@prefixed unordered $operands:tt $($body:tt)*) => {
        $crate::__azip!(@build simd_for_each $operands $($body)*)
    };
    // Continues with `then` if an `in` after a pattern is among the tokens in square brackets,
    // otherwise with `otherwise`. A `for` or a dot before the first `in` shows that the tokens are
    // an expression. A colon is taken for a mistyped `in`.
    (@if_in [: $($token:tt)*] {$($then:tt)*} $otherwise:tt) => {
        $crate::__azip!($($then)*)
    };
    (@if_in [in $($token:tt)*] {$($then:tt)*} $otherwise:tt) => {
        $crate::__azip!($($then)*)
    };
    (@if_in [for $($token:tt)*] $then:tt {$($otherwise:tt)*}) => {
        $crate::__azip!($($otherwise)*)
    };
    (@if_in [. $($token:tt)*] $then:tt {$($otherwise:tt)*}) => {
        $crate::__azip!($($otherwise)*)
    };
    (@if_in [] $then:tt {$($otherwise:tt)*}) => {
        $crate::__azip!($($otherwise)*)
    };
    (@if_in [$first:tt $($token:tt)*] $then:tt $otherwise:tt) => {
        $crate::__azip!(@if_in [$($token)*] $then $otherwise)
    };
    (@$rule:ident $($wrong:tt)*) => {
        ::core::compile_error!(
            "expected `(PATTERN in OPERAND, ...) BODY` or `(index PATTERN, PATTERN in OPERAND, ...) BODY`, where `simd_azip!` also \
             takes `ordered` or `unordered` before the brackets"
        )
    };
}

/// [`azip!`](crate::azip), compiled for several instruction sets and dispatched at run time.
///
/// On x86-64 the loop is compiled for AVX-512, AVX2 and the baseline. The version for the machine's
/// [best level](crate::simd::Level::best) runs.
///
/// ```text
/// simd_azip!((PATTERN in OPERAND, ...) BODY)
/// simd_azip!((index PATTERN, PATTERN in OPERAND, ...) BODY)
/// simd_azip!(ordered (PATTERN in OPERAND, ...) BODY)
/// simd_azip!(unordered (PATTERN in OPERAND, ...) BODY)
/// ```
///
/// Without a word before the brackets, the grammar is that of `azip!`, so existing loops need only
/// another import:
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::simd_azip as azip;
///
/// let (x, y) = (Array2::<f32>::ones((64, 258)), Array2::<f32>::ones((64, 258)));
/// let mut w = Array2::<f32>::zeros((64, 258));
/// azip!((w in &mut w, &x in &x, &y in &y) *w += (x * x + y * y).sqrt());
/// assert_eq!(w[[63, 257]], f32::sqrt(2.0));
/// ```
///
/// The results are those of `azip!` on every machine, bit for bit, except where Rust leaves bits
/// open: the sign and payload of a NaN, and the sign of a zero from `min` or `max`.
///
/// # The order of visits
///
/// Without windows of several rows, cells are visited in the order of `azip!`. So are they if the
/// zip is [ndarray's](crate::azip#what-ndarray-takes-this-takes).
///
/// The windows of neighbouring rows overlap. A kernel that computes two or four rows in one call
/// loads the shared cells once, and a stencil becomes up to 1.8 times as fast. This changes the
/// order of visits. So beside windows of several rows, cells are visited in any order, and the body
/// may read variables from outside, but not change them:
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::{ArrayInterior, ArrayWindows, simd_azip};
///
/// fn spread(now: &Array2<f32>, next: &mut Array2<f32>, speed: f32) {
///     let windows = now.array_windows::<3, 3>();
///     simd_azip!((next in next.interior_mut::<3, 3>(), w in windows) {
///         let around = w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1);
///         *next = w.center() + speed * (around - 4.0 * w.center());
///     });
/// }
///
/// let mut now = Array2::<f32>::zeros((5, 6));
/// now[[2, 2]] = 1.0;
/// let mut next = now.clone();
/// spread(&now, &mut next, 0.25);
/// assert_eq!((next[[2, 2]], next[[1, 2]], next[[1, 1]]), (0.0, 0.25, 0.0));
/// ```
///
/// A word before the brackets chooses otherwise:
///
/// - **`ordered`** keeps the order of `azip!`, one row at a time, and the body may change
///   variables. The compiler asks for it if the body does. Write it also if the body shows the
///   order in another way: if it prints, draws from a random generator in a static or thread-local,
///   changes a `Cell` or an atomic, or panics and the arrays are read after the panic. The number
///   of rows per kernel call depends on addresses in memory, so the order can differ from run to
///   run.
/// - **`unordered`** allows any order whatever the elements are. Without it, several rows are
///   computed together only if all elements are of primitive types (integers, floats, `bool`,
///   `char`), because elements of other types may be `Cell`s. The body may not change variables.
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::{ArrayWindows, simd_azip};
///
/// let heights = Array2::from_shape_fn((4, 5), |(i, j)| (i * j) as f32);
/// let mut peaks = Vec::new();
/// simd_azip!(ordered (index at, w in heights.array_windows::<2, 2>()) {
///     if w.iter().sum::<f32>() > 30.0 {
///         peaks.push(at);
///     }
/// });
/// assert_eq!(peaks, [(2, 3)]);
/// ```
///
/// In a generic function, an operand whose type the compiler does not know may be windows. The body
/// may not change variables beside it either, unless the call is `ordered`.
///
/// # Cost
///
/// - **Compile time.** The body is compiled once for each level of [`simd`](crate::simd) and each
///   number of rows: up to 39 times with windows, and 6 times without. Builds with debug assertions
///   compile it up to 24 times.
/// - **Narrow rows.** A kernel is called for one, two or four rows at a time, unless the rows are
///   contiguous with each other. If rows have fewer than about 16 cells, `azip!` is faster.
/// - **Row lengths that are not multiples of a vector.** With windows of several rows and AVX2 or
///   AVX-512, the last cells of a row are computed as one vector of 8 or 16 cells, of which some
///   are masked out. Rows of 16 to 30 cells take up to 2 times as long per cell as long rows, and
///   rows of 100 cells up to 1.15 times. Without such windows, the last cells are computed one by
///   one.
/// - **Functions that the body calls.** The body is marked `#[inline(always)]`. Mark these
///   functions too: one that stays out of line is compiled for the baseline.
/// - **`mul_add`.** It is one instruction at all levels of x86-64 except the baseline. There it is
///   a call to a library function, which takes tens of nanoseconds.
///
/// With [producers of ndarray](crate::azip#what-ndarray-takes-this-takes), the call is ndarray's
/// and is not dispatched.
///
/// # Panics
///
/// In the caller's line, if the operands differ in shape. [`Zip::try_and`](crate::Zip::try_and)
/// returns an error instead.
#[macro_export]
macro_rules! simd_azip {
    // Either `ordered` or `unordered` before `(PATTERN in OPERAND, ...) BODY`, or an operand that
    // begins with a function call. The name of the function may be `ordered` or `unordered`.
    ($first:ident ($($inside:tt)*) $($rest:tt)*) => {
        $crate::__azip!(
            @if_in [$($inside)*]
            {@prefixed $first ($($inside)*) $($rest)*}
            {@build in_order_of_operands $first ($($inside)*) $($rest)*}
        )
    };
    ($($tokens:tt)*) => {
        $crate::__azip!(@build in_order_of_operands $($tokens)*)
    };
}

/// [`simd_azip!`](crate::simd_azip) on several threads: a drop-in for
/// [`ndarray::parallel::par_azip!`].
///
/// Requires the feature `rayon`.
///
/// ```text
/// par_azip!((PATTERN in OPERAND, ...) BODY)
/// par_azip!((index PATTERN, PATTERN in OPERAND, ...) BODY)
/// ```
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::{ArrayInterior, ArrayWindows, par_azip};
///
/// fn spread(now: &Array2<f32>, next: &mut Array2<f32>, speed: f32) {
///     let windows = now.array_windows::<3, 3>();
///     par_azip!((next in next.interior_mut::<3, 3>(), w in windows) {
///         let around = w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1);
///         *next = w.center() + speed * (around - 4.0 * w.center());
///     });
/// }
///
/// let mut now = Array2::<f32>::zeros((5, 6));
/// now[[2, 2]] = 1.0;
/// let mut next = now.clone();
/// spread(&now, &mut next, 0.25);
/// assert_eq!((next[[2, 2]], next[[1, 2]], next[[1, 1]]), (0.0, 0.25, 0.0));
/// ```
///
/// The grammar and the results are those of [`azip!`](crate::azip). Without patterns and body, the
/// macro returns the [`Zip`](crate::Zip).
///
/// - Cells are visited in any order, and several at the same time. The body may read variables from
///   outside. It may change only its items, or values protected by atomics or locks.
/// - The body is marked `#[inline(always)]` and compiled for each level of [`simd`](crate::simd).
///   Mark functions that it calls too.
/// - The calling thread begins with the first cells. Other threads join if the rest takes longer
///   than waking them up. Outside a pool, the calling thread is not a thread of rayon's: see
///   [`Zip`](crate::Zip#in-parallel).
///
/// # Panics
///
/// In the caller's line, if the operands differ in shape. [`Zip::try_and`](crate::Zip::try_and)
/// returns an error instead. A panic of the body reaches the caller.
#[cfg(feature = "rayon")]
#[macro_export]
macro_rules! par_azip {
    ($($tokens:tt)*) => {
        $crate::__azip!(@build par_for_each $($tokens)*)
    };
}
