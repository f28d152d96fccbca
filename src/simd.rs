//! Levels of instruction sets, the detection of the machine's, and dispatch to it.
//!
//! [`dispatch`] runs a closure at the best [`Level`] of the machine; [`limit`] and [`dispatch_at`] choose another one, for
//! tests. A single zip is better run by [`simd_azip!`](crate::simd_azip) or [`Zip::simd_for_each`](crate::Zip#simd), which call
//! kernels of their own for each level.
//!
//! # Design
//!
//! Inside the crate `zip.rs` and `row.rs` call this module. It promises that code compiled for a level runs only where a value
//! of the private type `Machine` vouches for it.
//!
//! Written by hand, and not with the `multiversion` crate, which carries generics and slice parameters just as well, and costs
//! as little: both take less than 1.5 ns more than the call of a function out of line (`cargo bench --bench ratios -- dispatch`).
//! But it would be a runtime dependency with a procedural macro, it needs `std` to be compiled, and its choice cannot be changed,
//! so that code for lower levels could not be tested on the machine of a developer.

use core::fmt;

/// Hands the features of a level to the macro `$then`. The one list of them: what is turned on is what is asked for.
macro_rules! features_of {
    (v3, $then:ident, $($more:tt)*) => {
        $crate::simd::features_of! { @above_v3 [] $then, $($more)* }
    };
    (v4, $then:ident, $($more:tt)*) => {
        $crate::simd::features_of! {
            @above_v3
            [
                "avx512f" "avx512bw" "avx512cd" "avx512dq" "avx512vl" "avx512ifma" "avx512vbmi" "avx512vbmi2" "avx512vnni"
                "avx512bitalg" "avx512vpopcntdq"
            ]
            $then, $($more)*
        }
    };
    (@above_v3 [$($feature:tt)*] $then:ident, $($more:tt)*) => {
        $crate::simd::$then! { ["avx2" "fma" "f16c" "bmi1" "bmi2" "lzcnt" "movbe" "popcnt" $($feature)*] $($more)* }
    };
}
pub(crate) use features_of;

/// A function that is compiled for features.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
macro_rules! with_features {
    ([$($feature:tt)+] $($function:tt)+) => { $(#[target_feature(enable = $feature)])+ $($function)+ };
}
#[cfg(all(feature = "std", target_arch = "x86_64"))]
pub(crate) use with_features;

/// Whether the whole program is compiled for features.
macro_rules! are_compiled_in {
    ([$($feature:tt)+]) => { cfg!(all($(target_feature = $feature),+)) };
}
use are_compiled_in;

/// Whether the machine has features.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
macro_rules! are_detected {
    ([$($feature:tt)+]) => { true $(&& std::arch::is_x86_feature_detected!($feature))+ };
}
#[cfg(all(feature = "std", target_arch = "x86_64"))]
use are_detected;

/// Defines a function for every level, and calls the one for `$machine`. The arguments are the variables that have the
/// parameters' names. Where nobody asks the machine for its level, the baseline is what the program is compiled for, and all.
///
/// # Safety
///
/// 1. What `$body` asks for holds where the macro stands. The features of the level are no part of that: `$machine` vouches for them.
macro_rules! for_level {
    (
        $machine:expr,
        [$($Argument:ty),* $(,)?],
        unsafe fn[$($generics:tt)*]($($parameter:ident: $Type:ty),* $(,)?) -> $Return:ty $body:block
    ) => {{
        #[allow(clippy::too_many_arguments, reason = "every row of every operand is a parameter of its own")]
        #[inline(never)]
        unsafe fn baseline<$($generics)*>($($parameter: $Type),*) -> $Return $body

        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        $crate::simd::features_of! {
            v3, with_features,
            #[allow(clippy::too_many_arguments, reason = "as above")]
            #[inline(never)]
            unsafe fn v3<$($generics)*>($($parameter: $Type),*) -> $Return $body
        }

        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        $crate::simd::features_of! {
            v4, with_features,
            #[allow(clippy::too_many_arguments, reason = "as above")]
            #[inline(never)]
            unsafe fn v4<$($generics)*>($($parameter: $Type),*) -> $Return $body
        }

        match $crate::simd::Machine::level($machine) {
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            // SAFETY: the machine has the features of its level (invariant 1 of Machine); the rest is what the macro asks for (1).
            $crate::simd::Level::X86V4 => unsafe { v4::<$($Argument),*>($($parameter),*) },
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            // SAFETY: as above, with the features of this level.
            $crate::simd::Level::X86V3 => unsafe { v3::<$($Argument),*>($($parameter),*) },
            // SAFETY: the program runs here, so the machine has the features that all of it is compiled for; the rest is what the
            // macro asks for (1).
            _ => unsafe { baseline::<$($Argument),*>($($parameter),*) },
        }
    }};
}
pub(crate) use for_level;

/// A set of instructions that code can be compiled for.
///
/// On one architecture a higher level has all of the lower ones; nothing is said of levels of different architectures.
///
/// ```
/// use ndarray_lockstep::simd::Level;
///
/// let level = Level::best();
/// assert!(level.is_available() && level >= Level::Baseline);
/// println!("this machine runs {level}");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// What the program is compiled for: SSE2 on x86-64 and NEON on AArch64, unless flags of the compiler say more.
    Baseline,
    /// x86-64-v3: AVX2, FMA and BMI, which Intel has since Haswell (2013), and AMD since Zen (2017).
    X86V3,
    /// AVX-512 as Ice Lake (2019) and Zen 4 (2022) have it: the features of x86-64-v4, and IFMA, VBMI, VBMI2, VNNI, BITALG and
    /// VPOPCNTDQ. Processors that have x86-64-v4 alone (Skylake-X, Cascade Lake) are served at x86-64-v3, as they lower
    /// their clock for registers of 512 bits.
    X86V4,
}

impl Level {
    /// All levels, the lowest first, whether this machine has them or not.
    pub const ALL: &'static [Level] = &[Level::Baseline, Level::X86V3, Level::X86V4];

    /// What this program is compiled for throughout.
    const COMPILED: Level = Level::having(features_of!(v3, are_compiled_in,), features_of!(v4, are_compiled_in,));

    /// The level of what has the features of the levels `v3` and `v4`, or not.
    const fn having(v3: bool, v4: bool) -> Level {
        match (v3, v4) {
            (_, true) => Level::X86V4,
            (true, false) => Level::X86V3,
            (false, false) => Level::Baseline,
        }
    }

    /// The level that [`dispatch`] and the `simd_` methods use: the highest of this machine, unless [`limit`] has set another.
    ///
    /// The machine is asked once for it, and not at all where the program is compiled for the highest level. Without the feature
    /// `std` it is the level that the program is compiled for.
    #[inline]
    pub fn best() -> Level {
        Machine::best().level
    }

    /// Whether code for the level can be run here: whether the machine has it or, without the feature `std` and under Miri, whether
    /// the program is compiled for it. [`limit`] does not change that.
    #[inline]
    pub fn is_available(self) -> bool {
        self <= Machine::highest().level
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Baseline => "baseline",
            Level::X86V3 => "x86-64-v3 (AVX2, FMA)",
            Level::X86V4 => "AVX-512 of Ice Lake",
        })
    }
}

/// A level that this machine has.
///
/// # Invariants
///
/// 1. The machine has all features of the level. Nothing makes one but [`Machine::at_most`] and `cache::level`, and nothing is
///    stored in the cache but levels of such values and what has been detected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    level: Level,
}

impl Machine {
    #[inline(always)]
    pub(crate) fn level(self) -> Level {
        self.level
    }

    /// The highest level to use.
    #[inline(always)]
    pub(crate) fn best() -> Machine {
        cache::level(&cache::BEST)
    }

    /// The highest level there is.
    #[inline(always)]
    fn highest() -> Machine {
        cache::level(&cache::HIGHEST)
    }

    /// This level, or the highest one where the machine does not have it.
    #[inline(always)]
    fn at_most(level: Level) -> Machine {
        // Invariant 1: what has a level has all below it. What the program is compiled for, it runs everywhere.
        Machine { level: level.clamp(Level::COMPILED, Machine::highest().level) }
    }

    /// Calls `f`, compiled for this level.
    #[inline(always)]
    pub(crate) fn run<R, F: FnOnce() -> R>(self, f: F) -> R {
        for_level!(self, [R, F], unsafe fn[R, F: FnOnce() -> R](f: F) -> R { f() })
    }
}

/// What has been found out about the machine.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod cache {
    // tests/loom compiles this file with loom's atomics, and checks every interleaving of their
    // accesses.
    #[cfg(not(lockstep_loom))]
    use core::sync::atomic::{AtomicU8, Ordering};
    #[cfg(lockstep_loom)]
    use loom::sync::atomic::{AtomicU8, Ordering};

    use super::{Level, Machine};

    /// [`Machine::best`]: the [`number`] of a level, or `UNKNOWN`. Only levels of the machine are
    /// written to it.
    #[cfg(not(lockstep_loom))]
    pub(super) static BEST: AtomicU8 = AtomicU8::new(UNKNOWN);
    /// [`Machine::highest`], in the same form.
    #[cfg(not(lockstep_loom))]
    pub(super) static HIGHEST: AtomicU8 = AtomicU8::new(UNKNOWN);
    #[cfg(lockstep_loom)]
    loom::lazy_static! {
        pub(super) static ref BEST: AtomicU8 = AtomicU8::new(UNKNOWN);
        pub(super) static ref HIGHEST: AtomicU8 = AtomicU8::new(UNKNOWN);
    }

    const UNKNOWN: u8 = u8::MAX;

    /// The level in `cell`.
    #[inline(always)]
    pub(super) fn level(cell: &AtomicU8) -> Machine {
        if matches!(Level::COMPILED, Level::X86V4) {
            return Machine { level: Level::COMPILED };
        }
        // Relaxed: nothing else is read on the strength of this number, and every thread finds the same one.
        let level = from_number(cell.load(Ordering::Relaxed)).unwrap_or_else(
            #[inline(always)]
            || detect(cell),
        );
        Machine { level }
    }

    pub(super) fn set_best(machine: Machine) {
        // A store would do. loom puts a store and the exchange in `detect` in no order, so that its
        // threads would see the limit undone.
        BEST.swap(number(machine.level), Ordering::Relaxed);
    }

    fn number(level: Level) -> u8 {
        match level {
            Level::Baseline => 0,
            Level::X86V3 => 1,
            Level::X86V4 => 2,
        }
    }

    /// The level with this [`number`]; none for `UNKNOWN`.
    #[inline(always)]
    fn from_number(number: u8) -> Option<Level> {
        match number {
            0 => Some(Level::Baseline),
            1 => Some(Level::X86V3),
            2 => Some(Level::X86V4),
            _ => None,
        }
    }

    #[cold]
    #[inline(never)]
    fn detect(cell: &AtomicU8) -> Level {
        let level = ask().max(Level::COMPILED);
        // If another thread has set a limit meanwhile, that one stays.
        match cell.compare_exchange(UNKNOWN, number(level), Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => level,
            Err(found) => from_number(found).unwrap_or(level),
        }
    }

    fn ask() -> Level {
        // Miri runs code for the features that the program is compiled for, and no other.
        if cfg!(miri) {
            Level::Baseline
        } else {
            Level::having(features_of!(v3, are_detected,), features_of!(v4, are_detected,))
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_number_of_a_level_says_which_one_it_is() {
            assert_eq!(from_number(UNKNOWN), None);
            for &known in Level::ALL {
                assert_eq!(from_number(number(known)), Some(known));
                if Level::COMPILED != Level::X86V4 {
                    assert_eq!(level(&AtomicU8::new(number(known))).level, known);
                }
            }
        }
    }
}

/// Elsewhere there is nothing to find out.
#[cfg(not(all(feature = "std", target_arch = "x86_64")))]
mod cache {
    use super::{Level, Machine};

    pub(super) const BEST: () = ();
    pub(super) const HIGHEST: () = ();

    #[inline(always)]
    pub(super) fn level((): &()) -> Machine {
        Machine { level: Level::COMPILED }
    }

    pub(super) fn set_best(_: Machine) {}
}

/// Calls `f`, compiled for the best instruction set of this machine: [`Level::best`].
///
/// Everything that is inlined into `f` is compiled for that level too; a function that stays out of line is not. So mark the
/// closure, as below, and the functions that it calls `#[inline(always)]`. The loops of [`azip!`](crate::azip) and of
/// [`Zip`](crate::Zip)'s methods are then vectorised for the level.
///
/// For a single zip, [`simd_azip!`](crate::simd_azip) is simpler and faster; this is for loops around several, or of another
/// kind. It costs a call and a branch.
///
/// ```
/// use ndarray::Array1;
/// use ndarray_lockstep::{azip, simd};
///
/// let mut a = Array1::<f32>::ones(1000);
/// let b = Array1::<f32>::ones(1000);
/// let sum = simd::dispatch(
///     #[inline(always)]
///     || {
///         azip!((a in &mut a, &b in &b) *a += b);
///         a.iter().map(|&a| f64::from(a)).sum::<f64>()
///     },
/// );
/// assert_eq!(sum, 2000.0);
/// ```
#[inline(always)]
pub fn dispatch<R>(f: impl FnOnce() -> R) -> R {
    Machine::best().run(f)
}

/// [`dispatch`] at a level of the caller's choice, whatever [`limit`] says; not at a lower level than that for which the whole
/// program is compiled.
///
/// # Errors
///
/// If the machine does not have the level; `f` has not been called then.
///
/// ```
/// use ndarray_lockstep::simd::{self, Level};
///
/// for &level in Level::ALL {
///     match simd::dispatch_at(level, || 6 * 7) {
///         Ok(answer) => assert_eq!(answer, 42),
///         Err(error) => println!("{error}"),
///     }
/// }
/// ```
#[inline(always)]
pub fn dispatch_at<R>(level: Level, f: impl FnOnce() -> R) -> Result<R, LevelError> {
    let machine = Machine::at_most(level);
    if machine.level < level {
        return Err(LevelError { level, highest: machine.level });
    }
    Ok(machine.run(f))
}

/// SetCounts the highest level that [`dispatch`] and the `simd_` macros and methods use, in the whole process and from now on; returns
/// the level that they use now. [`lift_limit`] takes the limit away.
///
/// For tests of code for every level, and to find out what a level gains. A level that the machine does not have is no
/// limit, and below the level for which the whole program is compiled there is none.
///
/// ```
/// use ndarray_lockstep::simd::{self, Level};
///
/// let level = simd::limit(Level::X86V3);
/// assert!(level <= Level::X86V3 && level == Level::best());
/// simd::lift_limit();
/// ```
pub fn limit(level: Level) -> Level {
    let machine = Machine::at_most(level);
    cache::set_best(machine);
    machine.level
}

/// Takes a [`limit`] away; returns the level that is used now, the highest of this machine.
pub fn lift_limit() -> Level {
    let machine = Machine::highest();
    cache::set_best(machine);
    machine.level
}

/// A level that this machine does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelError {
    level: Level,
    highest: Level,
}

impl LevelError {
    /// The level that was asked for.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The highest level of this machine.
    pub fn highest(&self) -> Level {
        self.highest
    }
}

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this machine does not have the level {}: its highest is {}", self.level, self.highest)
    }
}

impl core::error::Error for LevelError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_had_with_its_features_and_with_those_of_the_levels_below() {
        assert_eq!(Level::having(false, false), Level::Baseline);
        assert_eq!(Level::having(true, false), Level::X86V3);
        assert_eq!(Level::having(true, true), Level::X86V4);
    }

    /// By the names of the functions around the closure: no number tells them apart, nor does a crash on a machine that has all
    /// levels.
    #[cfg(all(feature = "std", target_arch = "x86_64", target_os = "linux", not(miri)))]
    #[test]
    fn a_closure_runs_in_the_function_that_is_compiled_for_the_level() {
        use std::string::ToString;
        use std::vec::Vec;

        let functions = || {
            let trace = std::backtrace::Backtrace::force_capture().to_string();
            ["::baseline", "::v3", "::v4"].into_iter().filter(|name| trace.contains(name)).collect::<Vec<_>>()
        };
        for &level in Level::ALL {
            // What the machine has of it, or what the whole program is compiled for.
            let machine = Machine::at_most(level);
            let expected = match machine.level() {
                Level::X86V4 => ["::v4"],
                Level::X86V3 => ["::v3"],
                Level::Baseline => ["::baseline"],
            };
            assert_eq!(machine.run(functions), expected);
        }
    }

    /// On a machine that has less than this one.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    #[test]
    fn no_level_is_vouched_for_that_the_machine_lacks() {
        use core::sync::atomic::Ordering::Relaxed;

        for (number, highest) in [(0, Level::Baseline), (1, Level::X86V3)] {
            if highest < Level::COMPILED {
                continue;
            }
            // Less than the machine has, so the other tests may go on meanwhile.
            cache::HIGHEST.fetch_min(number, Relaxed);
            let highest = highest.min(Level::best());
            for &level in Level::ALL {
                let granted = level.clamp(Level::COMPILED, highest);
                assert_eq!(Machine::at_most(level).level(), granted);
                assert_eq!(level.is_available(), level <= highest);
                assert_eq!((limit(level), Level::best()), (granted, granted));
                assert_eq!(lift_limit(), highest);
                if level > highest {
                    let error = dispatch_at(level, || unreachable!("the machine lacks {level}"));
                    assert_eq!(error, Err::<(), _>(LevelError { level, highest }));
                }
            }
            // Asks the machine again.
            cache::HIGHEST.store(u8::MAX, Relaxed);
            lift_limit();
        }
    }
}
