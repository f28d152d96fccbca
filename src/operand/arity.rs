//! The table of arities: how many operands a zip may have, and the names that macros use for them.
//!
//! Every macro that writes code for each number of operands is called by `for_each_arity!`, so the
//! numbers are in one place.
#![forbid(unsafe_code)]

/// Calls `$apply!` once for each number of operands from 1 to the given limit.
///
/// Each call passes one member per operand: a type parameter, four names for bindings, and the
/// number of the operand, counted from 1.
macro_rules! for_each_arity {
    ($apply:ident, 5) => {
        for_each_arity! { @$apply [] (A a b c d 1) (B e f g h 2) (C i j k l 3) (D m n o p 4) (E q r s t 5) }
    };
    ($apply:ident, 6) => {
        for_each_arity! { @$apply []
            (A a b c d 1) (B e f g h 2) (C i j k l 3) (D m n o p 4) (E q r s t 5) (F u v w x 6) }
    };
    ($apply:ident, 9) => {
        for_each_arity! { @$apply []
            (A a b c d 1) (B e f g h 2) (C i j k l 3) (D m n o p 4) (E q r s t 5) (F u v w x 6) (G y z aa bb 7)
            (H cc dd ee ff 8) (I gg hh ii jj 9) }
    };
    ($apply:ident, 10) => {
        for_each_arity! { @$apply []
            (A a b c d 1) (B e f g h 2) (C i j k l 3) (D m n o p 4) (E q r s t 5) (F u v w x 6) (G y z aa bb 7)
            (H cc dd ee ff 8) (I gg hh ii jj 9) (J kk ll mm nn 10) }
    };
    (@$apply:ident [$($before:tt)*] $next:tt $($rest:tt)*) => {
        $apply! { $($before)* $next }
        for_each_arity! { @$apply [$($before)* $next] $($rest)* }
    };
    (@$apply:ident [$($all:tt)*]) => {};
}
pub(crate) use for_each_arity;
