//! `azip!`, `simd_azip!` and `par_azip!`: the grammar alone. They expand to calls of [`Zip`](crate::Zip)'s public methods; there is no loop here.

/// Walks arrays in lockstep: a drop-in for [`ndarray::azip!`] that inlines into its caller.
///
/// ```text
/// azip!((PATTERN in OPERAND, PATTERN in OPERAND, ...) BODY)
/// azip!((index PATTERN, PATTERN in OPERAND, ...) BODY)
/// ```
///
/// Each operand is an expression that implements [`IntoOperand`](crate::IntoOperand), or all of them are what ndarray's `azip!` takes: then the
/// loop is [`ndarray::Zip`]'s. Each pattern takes its items, and
/// `BODY` is an expression or a block that is run once a cell. It is the body of a closure: `return` ends the cell, not
/// the function. With `index` the first pattern takes the index of the cell. A trailing comma is allowed. Operands are
/// evaluated once, in order, before their shapes are compared.
///
/// The closure is marked `#[inline(always)]`, so the whole loop becomes part of the function it stands in, with that
/// function's target features: inside `#[multiversion]` it is vectorised for each target.
///
/// Cells are visited in the order in which `ndarray::azip!` visits them, so results are the same,
/// sums of floats included: bit for bit, except where Rust leaves bits open: the sign and payload
/// of a NaN, and the sign of a zero from `min` or `max`.
///
/// `azip!(OPERAND, OPERAND, ...)` without patterns and body, as in ndarray, is the [`Zip`](crate::Zip) itself.
///
/// # What ndarray takes, this takes
///
/// Where an operand is one of ndarray's producers that are no operands of this crate (its rows, lanes, chunks, windows, axis iterators and raw
/// views, and what a generic function knows as [`IntoNdProducer`](ndarray::IntoNdProducer) alone), the call is ndarray's `azip!`, up to its
/// six operands. The compiler decides for each call, by what it knows of the operands' types there: the parameter of a closure that gets its type
/// from a later call is taken for an operand of this crate. In a generic function that asks for `IntoNdProducer` alone the call is ndarray's
/// for arrays, too.
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
        $crate::__azip!(@zip zip [$first $(, $operand)*] .$apply(#[inline(always)] |$first_pat $(, $pat)*| $body))
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
        $crate::__azip!(@zip indexed [$first $(, $operand)*] .$apply(#[inline(always)] |$index, $first_pat $(, $pat)*| $body))
    };
    // Without one.
    (@build $apply:ident ($first_pat:pat in $first:expr $(, $pat:pat in $operand:expr)* $(,)?) $body:expr) => {
        $crate::__azip!(@zip zip [$first $(, $operand)*] .$apply(#[inline(always)] |$first_pat $(, $pat)*| $body))
    };
    // Brackets with a body that is none of these, or an operand that begins with brackets: `(a).view()`.
    (@build $apply:ident (index $name:ident $($first:tt)*) $($rest:tt)+) => {
        $crate::__azip!(@refuse)
    };
    (@build $apply:ident ($($first:tt)*) $($rest:tt)+) => {
        $crate::__azip!(@if_in [$($first)*] {@refuse} {@bare ($($first)*) $($rest)+})
    };
    (@build $apply:ident $($operands:tt)*) => {
        $crate::__azip!(@bare $($operands)*)
    };
    // Operands alone: the zip.
    (@bare $first:expr $(, $operand:expr)* $(,)?) => {
        $crate::__azip!(@zip bare [$first $(, $operand)*])
    };
    // The zip of these operands, by the method `zip`, `indexed` or `bare`, and what is done with it.
    (@zip $method:ident [$first:expr $(, $operand:expr)*] $($walk:tt)*) => {
        match $crate::__private::MacroOperands::of($first)$(.and($operand))* {
            pending => ({
                use $crate::__private::choices::*;
                (&&&pending).ndarray_lockstep_choice()
            })
            .$method(pending)
            $($walk)*,
        }
    };
    // `unordered` before a walk.
    (@prefixed unordered $operands:tt $($body:tt)*) => {
        $crate::__azip!(@build simd_for_each_unordered $operands $($body)*)
    };
    // Continues with `then` if an `in` after a pattern is among the tokens in square brackets,
    // otherwise with `otherwise`. A `for` or a dot before the first `in` shows that the tokens are
    // an expression. A colon is a mistake for `in`.
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
             takes `unordered` before the brackets"
        )
    };
}

/// [`azip!`](crate::azip) compiled for several instruction sets, of which the best that the machine has is run: AVX-512, AVX2
/// or the baseline on x86-64.
///
/// ```text
/// simd_azip!((PATTERN in OPERAND, ...) BODY)
/// simd_azip!((index PATTERN, PATTERN in OPERAND, ...) BODY)
/// simd_azip!(unordered (PATTERN in OPERAND, ...) BODY)
/// ```
///
/// The grammar is that of `azip!`, so that one line makes existing loops faster. The numbers are
/// those of `azip!` on every machine, bit for bit, except where Rust leaves bits open: the sign and
/// payload of a NaN, and the sign of a zero from `min` or `max`.
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
/// # The order of visits
///
/// Beside windows of several rows two or four rows are walked side by side where the order of visits does not matter, which is
/// faster. The macro takes it not to matter where the body uses no variable from outside and all elements are of primitive
/// types (integers, floats, `bool`, `char`). A body that uses a variable may add something up in it, and elements of other
/// types may be `Cell`s: their cells are visited in the order of `azip!`.
///
/// - Say `unordered` where the order does not matter though the body uses variables, or other types of elements. The compiler
///   refuses an `unordered` body that assigns to a variable; one that changes a `RefCell` or an atomic is taken at its word.
/// - Use `azip!` where the order matters though the body uses no variable: it draws from a random generator that is a static or
///   thread-local, it prints, or it panics and what has been written until then is looked at. How many rows go side by side
///   depends on where the arrays lie in memory, so the order may be another one in the next run.
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::{ArrayInterior, ArrayWindows, simd_azip};
///
/// fn spread(now: &Array2<f32>, next: &mut Array2<f32>, speed: f32) {
///     simd_azip!(unordered (next in next.interior_mut::<3, 3>(), w in now.array_windows::<3, 3>()) {
///         let around = w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1);
///         *next = w.center() + speed * (around - 4.0 * w.center());
///     });
/// }
///
/// let now = Array2::from_shape_fn((5, 6), |(i, j)| if (i, j) == (2, 2) { 1.0 } else { 0.0 });
/// let mut next = now.clone();
/// spread(&now, &mut next, 0.25);
/// assert_eq!((next[[2, 2]], next[[1, 2]], next[[1, 1]]), (0.0, 0.25, 0.0));
/// ```
///
/// # Cost
///
/// The body is marked `#[inline(always)]`, and compiled for each level of [`simd`](crate::simd) and number of rows side by side: up to
/// 24 times beside windows, 6 times elsewhere. Functions that it calls should be marked too, or they keep the baseline
/// instruction set. `mul_add` is one instruction at all levels of x86-64 but the baseline, and there a call of a library
/// function, of tens of nanoseconds.
///
/// Where the call is [ndarray's](crate::azip#what-ndarray-takes-this-takes), it is not compiled for more than one instruction set.
///
/// A kernel is called out of line for every row that is not merged with the next one, or for two or four of them: where rows
/// have fewer than about 16 cells, `azip!` is faster.
///
/// # Panics
///
/// In the caller's line, if the operands differ in shape; see [`Zip::and`](crate::Zip::and).
#[macro_export]
macro_rules! simd_azip {
    // Either `unordered (PATTERN in OPERAND, ...) BODY`, or a function call that begins the first
    // operand. The function may be called `unordered`.
    ($first:ident ($($inside:tt)*) $($rest:tt)*) => {
        $crate::__azip!(
            @if_in [$($inside)*]
            {@prefixed $first ($($inside)*) $($rest)*}
            {@build simd_for_each $first ($($inside)*) $($rest)*}
        )
    };
    ($($tokens:tt)*) => {
        $crate::__azip!(@build simd_for_each $($tokens)*)
    };
}

/// [`simd_azip!`](crate::simd_azip) on several threads, by rayon: a drop-in for [`ndarray::parallel::par_azip!`].
///
/// ```text
/// par_azip!((PATTERN in OPERAND, ...) BODY)
/// par_azip!((index PATTERN, PATTERN in OPERAND, ...) BODY)
/// ```
///
/// The grammar is that of [`azip!`](crate::azip), and so are the numbers. Cells are visited in any order, and several at the same
/// time: the body may read what stands around it, and change nothing but its items, unless by atomics or locks. It is marked
/// `#[inline(always)]`, and compiled for every level of [`simd`](crate::simd).
///
/// At most 65536 cells are walked by the thread that asks, without rayon, unless the first of them show that it will take long: see
/// [`Zip`](crate::Zip#in-parallel). `par_azip!(OPERAND, OPERAND, ...)` is the `Zip`.
///
/// Needs the feature `rayon`.
///
/// # Panics
///
/// In the caller's line, if the operands differ in shape; see [`Zip::and`](crate::Zip::and). A panic of the body comes through.
///
/// # Examples
///
/// ```
/// use ndarray::Array2;
/// use ndarray_lockstep::{ArrayInterior, ArrayWindows, par_azip};
///
/// fn spread(now: &Array2<f32>, next: &mut Array2<f32>, speed: f32) {
///     par_azip!((next in next.interior_mut::<3, 3>(), w in now.array_windows::<3, 3>()) {
///         let around = w.at(-1, 0) + w.at(1, 0) + w.at(0, -1) + w.at(0, 1);
///         *next = w.center() + speed * (around - 4.0 * w.center());
///     });
/// }
///
/// let now = Array2::from_shape_fn((5, 6), |(i, j)| if (i, j) == (2, 2) { 1.0 } else { 0.0 });
/// let mut next = now.clone();
/// spread(&now, &mut next, 0.25);
/// assert_eq!((next[[2, 2]], next[[1, 2]], next[[1, 1]]), (0.0, 0.25, 0.0));
/// ```
#[cfg(feature = "rayon")]
#[macro_export]
macro_rules! par_azip {
    ($($tokens:tt)*) => {
        $crate::__azip!(@build par_for_each $($tokens)*)
    };
}
