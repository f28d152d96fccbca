//! Parses the names of functions in a program. Compilers write them in two forms.

/// Returns whether a function is defined in this crate: `ndarray_lockstep::zip::execute::plan_of`,
/// `<ndarray_lockstep::zip::iter::ZipIter<A>>::next`,
/// `<A as ndarray_lockstep::operand::Operand>::offset`.
pub(crate) fn is_ours(name: &str) -> bool {
    let Some(implementation) = name.strip_prefix('<') else { return name.starts_with("ndarray_lockstep::") };
    let (this, of) = type_and_trait(implementation);
    [this, of].iter().any(|part| part.trim_start_matches('&').starts_with("ndarray_lockstep::"))
}

/// Returns whether one of our functions works on whole rows and blocks, between the loops over
/// cells. These are the functions in `stencil`, except the operand in `stencil/steps/inputs.rs`.
pub(crate) fn is_between_loops(name: &str) -> bool {
    let parts = name.strip_prefix('<').map_or([name, ""], |implementation| type_and_trait(implementation).into());
    let is_of = |module: &str| parts.iter().any(|part| part.starts_with(&format!("ndarray_lockstep::{module}::")));
    is_of("stencil") && !is_of("stencil::steps::inputs")
}

/// A function of ours that is intentionally not inlined: a loop that is compiled for a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kernel {
    pub(crate) rows: Rows,
    pub(crate) level: Level,
}

/// The kind of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// `kernel::simd::Kernels::one_row`
    One,
    /// `kernel::simd::Kernels::two_rows`
    Two,
    /// `kernel::simd::Kernels::four_rows`
    Four,
    /// `kernel::simd::Kernels::one_end`
    OneEnd,
    /// `kernel::simd::Kernels::four_ends`
    FourEnds,
    /// `kernel::simd::FoldKernel::fold_row`
    Fold,
    /// `simd::Machine::run`: any function, including the loop for other than unit strides.
    Any,
}

impl Rows {
    /// Returns the levels that this kind of kernel is compiled for.
    pub(crate) fn levels(self) -> impl Iterator<Item = Level> {
        let has_masks = |level| level != Level::Baseline;
        Level::ALL.into_iter().filter(move |&level| !matches!(self, Rows::OneEnd | Rows::FourEnds) || has_masks(level))
    }
}

/// The levels, with the names of their functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Baseline,
    V3,
    V4,
}

impl Level {
    pub(crate) const ALL: [Level; 3] = [Level::Baseline, Level::V3, Level::V4];
}

/// Returns the kernel with this name:
/// `<(A, B) as ndarray_lockstep::kernel::simd::Kernels<F>>::one_row::v3`,
/// `ndarray_lockstep::simd::Machine::run::run::v4`.
pub(crate) fn kernel(name: &str) -> Option<Kernel> {
    let module = match name.strip_prefix('<').map(type_and_trait) {
        Some((this, "")) => this,
        Some((_, of)) => of,
        None => name,
    };
    let parts = parts_of_path(name);
    let [.., function, level] = &parts[..] else { return None };
    let rows = match function.as_str() {
        "one_row" => Rows::One,
        "two_rows" => Rows::Two,
        "four_rows" => Rows::Four,
        "one_end" => Rows::OneEnd,
        "four_ends" => Rows::FourEnds,
        "fold_row" => Rows::Fold,
        "run" => Rows::Any,
        _ => return None,
    };
    let level = match level.as_str() {
        "baseline" => Level::Baseline,
        "v3" => Level::V3,
        "v4" => Level::V4,
        _ => return None,
    };
    let home = if rows == Rows::Any { "ndarray_lockstep::simd::" } else { "ndarray_lockstep::kernel::simd::" };
    module.starts_with(home).then_some(Kernel { rows, level })
}

/// Returns `A` and `B` of a name that begins with `<A as B>`. The name is passed without its first
/// bracket. `B` is empty if there is none.
fn type_and_trait(implementation: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    let mut end = implementation.len();
    let mut of = implementation.len();
    for (at, character) in implementation.char_indices() {
        match character {
            '<' => depth += 1,
            '>' if implementation[..at].ends_with('-') => {}
            '>' if depth == 0 => {
                end = at;
                break;
            }
            '>' => depth -= 1,
            ' ' if depth == 0 && implementation[at..].starts_with(" as ") => of = at,
            _ => {}
        }
    }
    (&implementation[..end.min(of)], implementation.get(of + " as ".len()..end).unwrap_or_default())
}

/// Returns the last part of a path, without generic arguments. For a closure it includes the
/// function around it. Compilers write names differently: `plan_of::{{closure}}` and
/// `plan_of::<A, B>::{closure#0}` both become `plan_of::{closure}`.
pub(crate) fn last_of_path(name: &str) -> String {
    let mut parts = parts_of_path(name);
    let is_closure = |part: &String| part.starts_with('{') && part.contains("closure");
    if parts.last().is_some_and(is_closure) {
        parts.retain(|part| !is_closure(part));
        return format!("{}::{{closure}}", parts.pop().unwrap_or_default());
    }
    parts.pop().unwrap_or_default()
}

/// Returns the parts of a path between the `::`, without generic arguments and `<A as B>`.
fn parts_of_path(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    // The arrow of a function type is not a closing bracket.
    for character in name.replace("->", "").chars() {
        match character {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => parts.push(String::new()),
            _ if depth == 0 => parts.last_mut().expect("there is a part").push(character),
            _ => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[test]
fn names_are_read_however_they_are_written() {
    for (name, last) in [
        ("ndarray_lockstep::zip::execute::plan_of", "plan_of"),
        ("ndarray_lockstep::zip::execute::plan_of::<(&mut f32, fn() -> u8)>", "plan_of"),
        ("ndarray_lockstep::zip::execute::plan_of::{{closure}}", "plan_of::{closure}"),
        ("ndarray_lockstep::zip::execute::plan_of::<f32>::{closure#0}", "plan_of::{closure}"),
        ("<ndarray_lockstep::zip::Zip<(A,), D>>::and::<B>", "and"),
        ("<ndarray::ArrayRef<f32, Dim<[usize; 2]>> as ndarray_lockstep::window::ArrayInterior>::interior", "interior"),
    ] {
        assert!(is_ours(name), "{name}");
        assert_eq!(last_of_path(name), last, "{name}");
    }
    assert!(!is_ours("core::ptr::drop_in_place<ndarray_lockstep::zip::ShapeError>"));
    assert!(!is_ours("<core::ops::ControlFlow<ndarray_lockstep::Zip> as core::ops::Try>::branch"));
    assert!(!is_ours("<core::ops::NeverShortCircuit<f32>>::wrap::<<A as ndarray_lockstep::operand::Operand>::row>"));
}

#[test]
fn what_stands_between_loops_is_told_from_what_stands_in_them() {
    for (name, is_between) in [
        ("ndarray_lockstep::stencil::steps::planes", true),
        (
            "<ndarray_lockstep::stencil::steps::Fields<2> as ndarray_lockstep::stencil::steps::StepFields<2>>::step::<f32>",
            true,
        ),
        ("<ndarray_lockstep::stencil::boundary::Source<f32>>::new", true),
        ("<usize as ndarray_lockstep::stencil::steps::StepCount<T,_>>::every", true),
        (
            "<ndarray_lockstep::stencil::steps::inputs::StepInputs<f32> as ndarray_lockstep::operand::Operand>::kernel_item",
            false,
        ),
        ("ndarray_lockstep::zip::execute::plan_of::<ndarray_lockstep::stencil::steps::Fields<2>>", false),
    ] {
        assert_eq!(is_between_loops(name), is_between, "{name}");
    }
}

#[test]
fn kernels_are_told_from_what_has_similar_names() {
    let four_rows = Some(Kernel { rows: Rows::Four, level: Level::V4 });
    assert_eq!(kernel("<(A,B) as ndarray_lockstep::kernel::simd::Kernels<Function>>::four_rows::v4"), four_rows);
    let of_types = "<(ArrayView<f32, D>, Windows<f32, Size2<3, 3>>) as ndarray_lockstep::kernel::simd::Kernels<main::{closure#0}>>";
    assert_eq!(kernel(&format!("{of_types}::four_rows::v4::<A, B, main::{{closure#0}}>")), four_rows);
    let any = Some(Kernel { rows: Rows::Any, level: Level::Baseline });
    assert_eq!(kernel("ndarray_lockstep::simd::Machine::run::run::baseline"), any);
    assert_eq!(kernel("<ndarray_lockstep::simd::Machine>::run::run::baseline::<(), F>"), any);
    for other in [
        "<(A,B) as ndarray_lockstep::kernel::simd::Kernels<Function>>::four_rows",
        "<(A,B) as ndarray_lockstep::kernel::simd::Kernels<Function>>::four_rows::v4::{{closure}}",
        "<(A,B) as ndarray_lockstep::operand::Operands>::four_rows::v4",
        "<(A,B) as other::kernel::simd::Kernels<Function>>::four_rows::v4",
        "ndarray_lockstep::simd::Machine::run::run",
        "ndarray_lockstep::simd::dispatch::v4",
        "ndarray_lockstep::zip::run::v4",
        "v4",
    ] {
        assert_eq!(kernel(other), None, "{other}");
    }
}
