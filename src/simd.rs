//! Runs code that is compiled for the best instruction set of the processor, detected at run time.
//!
//! A [`Level`] is an instruction set that code can be compiled for. [`dispatch`] runs a closure at
//! the best level of the processor. [`dispatch_at`] runs it at a given level, and [`limit`]
//! restricts the levels of the whole process; both are for tests. For a single zip, prefer
//! [`simd_azip!`](crate::simd_azip) or [`Zip::simd_for_each`](crate::Zip#simd), which have a kernel
//! for each level.
//!
//! # Design
//!
//! Inside the crate, `kernel::simd` and `zip::execute` call this module. It promises that code
//! compiled for a level runs only if a value of the private type `Machine` proves that the
//! processor has the level.
//!
//! The dispatch is written by hand. The `multiversion` crate supports generics and slice parameters
//! equally well. Both cost less than 1.5 ns more than the call of a function that is not inlined
//! (`cargo bench --bench ratios -- dispatch`). But `multiversion` would be a runtime dependency
//! with a procedural macro, and it needs `std` to be compiled. It also offers no way to choose a
//! lower level, so a developer could not test code for lower levels.

use core::fmt;

/// Passes the features of a level to the macro `$then`. This is the only list of features, so
/// detection checks exactly what `target_feature` enables.
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

/// Defines a function that is compiled for the given features.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
macro_rules! with_features {
    ([$($feature:tt)+] $($function:tt)+) => { $(#[target_feature(enable = $feature)])+ $($function)+ };
}
#[cfg(all(feature = "std", target_arch = "x86_64"))]
pub(crate) use with_features;

/// Returns whether the whole program is compiled for the given features.
macro_rules! are_compiled_in {
    ([$($feature:tt)+]) => { cfg!(all($(target_feature = $feature),+)) };
}
use are_compiled_in;

/// Returns whether the processor has the given features.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
macro_rules! are_detected {
    ([$($feature:tt)+]) => { true $(&& std::arch::is_x86_feature_detected!($feature))+ };
}
#[cfg(all(feature = "std", target_arch = "x86_64"))]
use are_detected;

/// Defines a function for every level and calls the one for `$machine`. The arguments are the
/// variables that have the names of the parameters. Without detection (without `std`, or on an
/// architecture other than x86-64) there is only `baseline`, which is compiled for the features of
/// the whole program.
///
/// In `$body`, `LANES` is the number of [lanes](Machine::lanes) of the level.
///
/// # Safety
///
/// 1. The conditions of `$body` hold where the macro is used. The features of the level are not
///    among them, because `$machine` proves that they exist.
macro_rules! for_level {
    (
        $machine:expr,
        [$($Argument:ty),* $(,)?],
        unsafe fn[$($generics:tt)*]($($parameter:ident: $Type:ty),* $(,)?) -> $Return:ty $body:block
    ) => {
        $crate::simd::for_masked_level!(
            $machine,
            [$($Argument),*],
            unsafe fn[$($generics)*]($($parameter: $Type),*) -> $Return $body else {
                #[allow(clippy::too_many_arguments, reason = "every row of every operand is a parameter of its own")]
                #[inline(never)]
                unsafe fn baseline<$($generics)*>($($parameter: $Type),*) -> $Return {
                    $crate::simd::lanes_of! { Baseline }
                    $body
                }

                // SAFETY: the function is compiled for the features of the whole program. The
                // program is running, so the processor has them. The conditions of the body hold
                // (1).
                unsafe { baseline::<$($Argument),*>($($parameter),*) }
            }
        )
    };
}
pub(crate) use for_level;

/// Does what [`for_level!`] does, but defines functions only for the levels that have more than one
/// [lane](Machine::lanes). At other levels it executes `$otherwise` or nothing.
///
/// # Safety
///
/// 1. That of [`for_level!`].
macro_rules! for_masked_level {
    (
        $machine:expr,
        [$($Argument:ty),* $(,)?],
        unsafe fn[$($generics:tt)*]($($parameter:ident: $Type:ty),* $(,)?) -> $Return:ty $body:block $(else $otherwise:block)?
    ) => {{
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        $crate::simd::features_of! {
            v3, with_features,
            #[allow(clippy::too_many_arguments, reason = "every row of every operand is a parameter of its own")]
            #[inline(never)]
            unsafe fn v3<$($generics)*>($($parameter: $Type),*) -> $Return {
                $crate::simd::lanes_of! { X86V3 }
                $body
            }
        }

        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        $crate::simd::features_of! {
            v4, with_features,
            #[allow(clippy::too_many_arguments, reason = "as above")]
            #[inline(never)]
            unsafe fn v4<$($generics)*>($($parameter: $Type),*) -> $Return {
                $crate::simd::lanes_of! { X86V4 }
                $body
            }
        }

        match $crate::simd::Machine::level($machine) {
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            // SAFETY: the machine has the features of its level (invariant 1 of Machine), and the
            // conditions of the body hold (1).
            $crate::simd::Level::X86V4 => unsafe { v4::<$($Argument),*>($($parameter),*) },
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            // SAFETY: as above, for the features of this level.
            $crate::simd::Level::X86V3 => unsafe { v3::<$($Argument),*>($($parameter),*) },
            _ => {
                // Without detection and `$otherwise`, nothing else uses the parameters.
                $(_ = $parameter;)*
                $($otherwise)?
            }
        }
    }};
}
pub(crate) use for_masked_level;

/// Defines `LANES` for the body of a function of a level: see [`for_level!`].
macro_rules! lanes_of {
    ($level:ident) => {
        #[allow(dead_code, reason = "not every body needs it")]
        const LANES: usize = $crate::simd::Level::$level.lanes();
    };
}
pub(crate) use lanes_of;

/// A level: an instruction set that code can be compiled for.
///
/// On one architecture, a higher level includes all lower ones. Levels of different architectures
/// are not related.
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
    /// The features that the program is compiled for. Without compiler flags, these are SSE2 on
    /// x86-64 and NEON on AArch64.
    Baseline,
    /// x86-64-v3: AVX2, FMA and BMI. Intel has had it since Haswell (2013), AMD since Zen (2017).
    X86V3,
    /// AVX-512 as in Ice Lake (2019) and Zen 4 (2022): x86-64-v4 with IFMA, VBMI, VBMI2, VNNI,
    /// BITALG and VPOPCNTDQ. Processors with x86-64-v4 alone (Skylake-X, Cascade Lake) use
    /// x86-64-v3, because they lower their clock for 512-bit registers.
    X86V4,
}

impl Level {
    /// All levels, lowest first, including those that this machine does not have.
    pub const ALL: &'static [Level] = &[Level::Baseline, Level::X86V3, Level::X86V4];

    /// The level that the whole program is compiled for.
    const COMPILED: Level = Level::having(features_of!(v3, are_compiled_in,), features_of!(v4, are_compiled_in,));

    /// Returns the value of [`Machine::lanes`].
    #[inline(always)]
    pub(crate) const fn lanes(self) -> usize {
        match self {
            // The only function is `baseline`, whatever it is compiled for: see `for_level!`.
            _ if cfg!(not(all(feature = "std", target_arch = "x86_64"))) => 1,
            Level::Baseline => 1,
            Level::X86V3 => 8,
            Level::X86V4 => 16,
        }
    }

    /// Returns the highest level, given whether the features of `v3` and `v4` exist.
    const fn having(v3: bool, v4: bool) -> Level {
        match (v3, v4) {
            (_, true) => Level::X86V4,
            (true, false) => Level::X86V3,
            (false, false) => Level::Baseline,
        }
    }

    /// Returns the level that [`dispatch`] and the `simd_` methods use: the highest level of this
    /// machine, unless [`limit`] has set another one.
    ///
    /// The level is detected once. It is not detected if the program is compiled for the highest
    /// level. Without the feature `std`, it is the level that the program is compiled for.
    #[inline]
    pub fn best() -> Level {
        Machine::best().level
    }

    /// Returns whether code for this level can run here. Without the feature `std` and under Miri,
    /// this holds only for the level that the program is compiled for and those below it. [`limit`]
    /// does not change the result.
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
/// 1. The machine has all features of the level. Only [`Machine::at_most`] and `cache::level`
///    create values. The cache stores only levels of such values and detected levels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    level: Level,
}

impl Machine {
    #[inline(always)]
    pub(crate) fn level(self) -> Level {
        self.level
    }

    /// Returns the number of `f32`s in a vector of this level, or 1 if the level has no masks. A
    /// mask restricts the loads and stores of a vector to some of these lanes.
    #[inline(always)]
    pub(crate) fn lanes(self) -> usize {
        self.level.lanes()
    }

    /// Returns the level to use.
    #[inline(always)]
    pub(crate) fn best() -> Machine {
        cache::level(&cache::BEST)
    }

    /// Returns the highest level of the machine.
    #[inline(always)]
    fn highest() -> Machine {
        cache::level(&cache::HIGHEST)
    }

    /// Returns the level nearest to `level` that this program can use: at least the compiled level,
    /// at most the highest one of the machine.
    #[inline(always)]
    pub(crate) fn at_most(level: Level) -> Machine {
        // Invariant 1: the highest level includes all lower ones, and every processor that runs the
        // program has the compiled level.
        Machine { level: level.clamp(Level::COMPILED, Machine::highest().level) }
    }

    /// Calls `f`, compiled for this level.
    #[inline(always)]
    pub(crate) fn run<R, F: FnOnce() -> R>(self, f: F) -> R {
        for_level!(self, [R, F], unsafe fn[R, F: FnOnce() -> R](f: F) -> R { f() })
    }
}

/// Stores the detected levels.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod cache {
    // tests/loom compiles this file with loom's atomics and checks every interleaving of their
    // accesses.
    #[cfg(not(lockstep_loom))]
    use core::sync::atomic::{AtomicU8, Ordering};
    #[cfg(lockstep_loom)]
    use loom::sync::atomic::{AtomicU8, Ordering};

    use super::{Level, Machine};

    /// The level of [`Machine::best`]: its discriminant, or `UNKNOWN`. Only levels that the machine
    /// has are stored here.
    #[cfg(not(lockstep_loom))]
    pub(super) static BEST: AtomicU8 = AtomicU8::new(UNKNOWN);
    /// The level of [`Machine::highest`], in the same form.
    #[cfg(not(lockstep_loom))]
    pub(super) static HIGHEST: AtomicU8 = AtomicU8::new(UNKNOWN);
    #[cfg(lockstep_loom)]
    loom::lazy_static! {
        pub(super) static ref BEST: AtomicU8 = AtomicU8::new(UNKNOWN);
        pub(super) static ref HIGHEST: AtomicU8 = AtomicU8::new(UNKNOWN);
    }

    const UNKNOWN: u8 = u8::MAX;

    /// Returns the level in `cell`, which is detected first if it is unknown.
    #[inline(always)]
    pub(super) fn level(cell: &AtomicU8) -> Machine {
        if matches!(Level::COMPILED, Level::X86V4) {
            return Machine { level: Level::COMPILED };
        }
        // Relaxed: no other memory depends on this number, and every thread detects the same level.
        let level = from_number(cell.load(Ordering::Relaxed)).unwrap_or_else(
            #[inline(always)]
            || detect(cell),
        );
        Machine { level }
    }

    pub(super) fn set_best(machine: Machine) {
        // A plain store would be enough, but loom does not order it with the exchange in `detect`.
        // Its threads would then see the limit undone.
        BEST.swap(machine.level as u8, Ordering::Relaxed);
    }

    /// Returns the level with this discriminant, or `None` for `UNKNOWN`.
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
        // A limit that another thread has set in the meantime stays.
        match cell.compare_exchange(UNKNOWN, level as u8, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => level,
            Err(found) => from_number(found).unwrap_or(level),
        }
    }

    fn ask() -> Level {
        // Miri runs only code for the features that the program is compiled for.
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
                assert_eq!(from_number(known as u8), Some(known));
                if Level::COMPILED != Level::X86V4 {
                    assert_eq!(level(&AtomicU8::new(known as u8)).level, known);
                }
            }
        }
    }
}

/// There is nothing to detect without `std` or on other architectures.
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

/// Calls `f`, compiled for the best level of this machine: [`Level::best`].
///
/// All code that is inlined into `f` is compiled for that level as well. A function that is not
/// inlined is not. So mark the closure, as below, and the functions that it calls
/// `#[inline(always)]`. The loops of [`azip!`](crate::azip) and of the methods of
/// [`Zip`](crate::Zip) are then vectorised for the level.
///
/// For a single zip, [`simd_azip!`](crate::simd_azip) is simpler and faster. `dispatch` is for
/// loops around several zips, and for other loops. It costs a call and a branch.
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

/// Calls `f`, compiled for the given level, whatever [`limit`] has set. The level used is at least
/// the one that the whole program is compiled for.
///
/// # Errors
///
/// If the machine does not have the level. `f` is not called then.
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

/// Sets the highest level that [`dispatch`] and the `simd_` macros and methods use, for the whole
/// process from now on. Returns the level that they use now. [`lift_limit`] removes the limit.
///
/// Use it to test code for every level, or to measure the gain of a level. A level that the machine
/// does not have sets no limit. The limit is never lower than the level that the whole program is
/// compiled for.
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

/// Removes the [`limit`]. Returns the level that is used now, the highest of this machine.
pub fn lift_limit() -> Level {
    limit(Machine::highest().level)
}

/// The error of [`dispatch_at`]: this machine does not have the requested level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelError {
    level: Level,
    highest: Level,
}

impl LevelError {
    /// Returns the requested level.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Returns the highest level of this machine.
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

    /// Results are the same at every level, and a machine that has all levels never crashes. So the
    /// test compares the names of the functions around the closure.
    #[cfg(all(feature = "std", target_arch = "x86_64", target_os = "linux", not(miri)))]
    #[test]
    fn a_closure_runs_in_the_function_that_is_compiled_for_the_level() {
        use std::string::ToString;
        use std::vec::Vec;

        let functions = || {
            let trace = std::backtrace::Backtrace::force_capture().to_string();
            // Inlined functions are named without their modules. Lines with `at` name files.
            let words: Vec<_> = trace
                .lines()
                .filter(|line| !line.trim_start().starts_with("at "))
                .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
                .collect();
            ["baseline", "v3", "v4"].into_iter().filter(|name| words.contains(name)).collect::<Vec<_>>()
        };
        for &level in Level::ALL {
            // At least the level of the whole program, at most the highest one of the machine.
            let machine = Machine::at_most(level);
            let expected = match machine.level() {
                Level::X86V4 => ["v4"],
                Level::X86V3 => ["v3"],
                Level::Baseline => ["baseline"],
            };
            let found = machine.run(
                #[inline(always)]
                || {
                    let found = functions();
                    // Without work after the call, an optimised build may replace it by a jump,
                    // and then the function around the closure is not in the trace.
                    std::hint::black_box(&found);
                    found
                },
            );
            assert_eq!(found, expected);
        }
    }

    /// Simulates a machine with fewer levels than this one.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    #[test]
    fn no_level_is_vouched_for_that_the_machine_lacks() {
        use core::sync::atomic::Ordering::Relaxed;

        for (number, highest) in [(0, Level::Baseline), (1, Level::X86V3)] {
            if highest < Level::COMPILED {
                continue;
            }
            // A lower level than the machine has, so tests that run at the same time are not
            // affected.
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
            // Makes the next call detect the level again.
            cache::HIGHEST.store(u8::MAX, Relaxed);
            lift_limit();
        }
    }
}
