//! The Gray–Scott reaction–diffusion system: two chemicals that spread over a plate and react, drawn as a picture.
//!
//! ```text
//! cargo run --release --example gray_scott
//! cargo run --release --example gray_scott -- --rows 360 --cols 640 --steps 7000 --output small.png
//! ```
//!
//! The chemical `u` is fed in everywhere and turns into `v` where it meets `v`, and `v` decays. A time step reads 3×3
//! windows of both fields and writes one cell of each, which is what lockstep windows are for. The step stands here once
//! and is run by several engines: they are checked against each other on a small grid first, and their speeds are compared
//! at the end.
//!
//! The system is that of J. E. Pearson, "Complex Patterns in a Simple System", Science 261 (1993), 189–192.

use std::fmt::Display;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use multiversion::multiversion;
use ndarray::{Array2, ArrayView2, s};
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Zip, azip, simd_azip};
use tempfile::NamedTempFile;

/// Simulates the Gray–Scott reaction–diffusion system, draws it, and compares the speeds of several ways to run it.
#[derive(Debug, Parser)]
#[command(name = "gray_scott")]
struct Options {
    /// Rows of the grid, and of the picture
    #[arg(long, default_value_t = 1080, value_parser = parse_side, allow_negative_numbers = true)]
    rows: usize,

    /// Columns of the grid, and of the picture
    #[arg(long, default_value_t = 1920, value_parser = parse_side, allow_negative_numbers = true)]
    cols: usize,

    /// Time steps; with 0 the picture shows the start
    #[arg(long, default_value_t = 12_000, allow_negative_numbers = true)]
    steps: u64,

    /// The PNG picture to write
    #[arg(long, value_name = "PATH", default_value = "gray_scott.png")]
    output: PathBuf,

    /// What runs the time steps
    #[arg(long, value_enum, default_value_t = Engine::Simd)]
    engine: Engine,
}

/// The number of rows or columns in `text`.
fn parse_side(text: &str) -> Result<usize, String> {
    // At least one cell inside the boundary, and no more than a PNG picture can have.
    const SIDES: RangeInclusive<usize> = 3..=0x7fff_ffff;
    let side = text.parse().ok().filter(|side| SIDES.contains(side));
    side.ok_or_else(|| format!("a whole number from {} to {} is needed", SIDES.start(), SIDES.end()))
}

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) if error.use_stderr() => return fail(2, &one_line(&error)),
        Err(help) => help.exit(),
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(1, &format!("error: {message}")),
    }
}

/// Prints `line` to stderr and gives the exit code for `code`.
fn fail(code: u8, line: &str) -> ExitCode {
    eprintln!("{line}");
    ExitCode::from(code)
}

/// What is wrong with the command line, without the advice that clap adds in further paragraphs.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let first_paragraph: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    first_paragraph.join(" ")
}

/// The whole program; an error is the line to print.
fn run(options: &Options) -> Result<(), String> {
    // All that can be refused is refused before the long computation.
    let picture = Picture::at(&options.output)?;
    let mut simulation = Simulation::new(options.rows, options.cols)?;
    check_engines(40, 50, 20)?;
    print("Checked: all engines give the same numbers, bit for bit.")?;

    let time = simulate(&mut simulation, options.steps, options.engine);
    let Options { rows, cols, steps, engine, output } = options;
    print(&format!("Simulated: {steps} steps of {rows}×{cols} cells by {} in {time:.1?}.", engine.name()))?;

    picture.write(simulation.now.v.view())?;
    print(&format!("Written: {}\n", output.display()))?;

    print(&speed_table(&measure_engines(&mut simulation)))
}

/// Prints `text` and ends the line. Where stdout has been closed this is an error, and `println!` would panic.
fn print(text: &str) -> Result<(), String> {
    writeln!(io::stdout(), "{text}").map_err(|error| format!("cannot print: {error}"))
}

// ---------------------------------------------------------------------------------------------------------------------
// The system
// ---------------------------------------------------------------------------------------------------------------------

/// How strongly each cell of a window pulls at the one in its centre.
const WEIGHTS: [[f32; 3]; 3] = [[0.25, 0.5, 0.25], [0.5, 0.0, 0.5], [0.25, 0.5, 0.25]];
const DIFFUSION_RATE_U: f32 = 0.1;
const DIFFUSION_RATE_V: f32 = 0.05;
const FEED_RATE: f32 = 0.014;
const KILL_RATE: f32 = 0.054;
const TIME_STEP: f32 = 1.0;

/// `u` and `v` in the centre of their windows, one time step later.
// Plain `*` and `+`, which the compiler never fuses, so that all engines round alike whatever they are compiled for.
#[inline(always)]
fn next_cell(u: [[f32; 3]; 3], v: [[f32; 3]; 3]) -> (f32, f32) {
    let (u_here, v_here) = (u[1][1], v[1][1]);
    let reaction = u_here * v_here * v_here;
    let u_rate = DIFFUSION_RATE_U * inflow(u) - reaction + FEED_RATE * (1.0 - u_here);
    let v_rate = DIFFUSION_RATE_V * inflow(v) + reaction - (FEED_RATE + KILL_RATE) * v_here;
    (u_here + u_rate * TIME_STEP, v_here + v_rate * TIME_STEP)
}

/// The weighted sum of what the cells of a window have more than the one in the centre: the discrete Laplacian.
#[inline(always)]
fn inflow(window: [[f32; 3]; 3]) -> f32 {
    let here = window[1][1];
    let mut sum = 0.0;
    for (weights, row) in WEIGHTS.iter().zip(window) {
        for (weight, cell) in weights.iter().zip(row) {
            sum += weight * (cell - here);
        }
    }
    sum
}

/// The concentrations of both chemicals at one time.
#[derive(Clone, Debug)]
struct Fields {
    u: Array2<f32>,
    v: Array2<f32>,
}

/// The fields now, and room for those of the next step.
#[derive(Debug)]
struct Simulation {
    now: Fields,
    /// Its outermost cells are those of `now`, and no step writes them: the boundary is fixed.
    next: Fields,
}

impl Simulation {
    /// The start: `u` everywhere, but for a rectangle in the middle that is full of `v`.
    fn new(rows: usize, cols: usize) -> Result<Self, String> {
        check_memory(rows, cols)?;
        let mut now = Fields { u: Array2::ones((rows, cols)), v: Array2::zeros((rows, cols)) };
        let rectangle = s![middle(rows), middle(cols)];
        now.u.slice_mut(rectangle).fill(0.0);
        now.v.slice_mut(rectangle).fill(1.0);
        Ok(Simulation { next: now.clone(), now })
    }

    /// Goes on by one time step.
    fn step(&mut self, engine: Engine) {
        engine.step(&self.now, &mut self.next);
        std::mem::swap(&mut self.now, &mut self.next);
    }
}

/// Refuses a grid for which there is no memory: an allocation that fails later would abort the program.
fn check_memory(rows: usize, cols: usize) -> Result<(), String> {
    // Two fields, now and next. They are asked for at once, as a system may promise each of them and not have them all.
    const VALUES_PER_CELL: usize = 4;
    let too_large = || format!("there is no memory for a grid of {rows}×{cols} cells: choose a smaller one");
    let values = rows.checked_mul(cols).and_then(|cells| cells.checked_mul(VALUES_PER_CELL)).ok_or_else(too_large)?;
    Vec::<f32>::new().try_reserve_exact(values).map_err(|_| too_large())
}

/// The part of an axis that the starting rectangle takes: a quarter, but at least one cell and none at an edge.
fn middle(len: usize) -> Range<usize> {
    let before = len / 2 - len / 8;
    before..(len - before).max(before + 1)
}

/// Runs the time steps behind a progress bar. The result is the time they took.
fn simulate(simulation: &mut Simulation, steps: u64, engine: Engine) -> Duration {
    const UPDATES: u64 = 200;
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} steps, {eta} left").expect("a valid template");
    let bar = ProgressBar::new(steps).with_style(style);
    let start = Instant::now();
    while bar.position() < steps {
        let batch = steps.div_ceil(UPDATES).min(steps - bar.position());
        for _ in 0..batch {
            simulation.step(engine);
        }
        bar.inc(batch);
    }
    bar.finish_and_clear();
    start.elapsed()
}

// ---------------------------------------------------------------------------------------------------------------------
// The engines
// ---------------------------------------------------------------------------------------------------------------------

/// The ways to run a time step. They differ in speed alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// `ndarray::azip!` over ndarray's windows
    Ndarray,
    /// The same inside `#[multiversion]`, where ndarray's loop calls the closure for every cell
    NdarrayMultiversion,
    /// A `for` loop over the lockstep iterator
    Iterator,
    /// `ndarray_lockstep::azip!` over lockstep windows
    Azip,
    /// The same inside `#[multiversion]`, for the best instruction set of the processor
    Multiversion,
    /// `ndarray_lockstep::simd_azip!`, which finds the instruction set by itself and walks several rows at a time
    Simd,
}

impl Engine {
    /// The name on the command line.
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Computes the inner cells of `next` from `now`.
    fn step(self, now: &Fields, next: &mut Fields) {
        match self {
            Engine::Ndarray => step_by_ndarray(now, next),
            Engine::NdarrayMultiversion => step_by_ndarray_multiversion(now, next),
            Engine::Iterator => step_by_iterator(now, next),
            Engine::Azip => step_by_azip(now, next),
            Engine::Multiversion => step_by_multiversion(now, next),
            Engine::Simd => step_by_simd(now, next),
        }
    }
}

/// A step by ndarray's `azip!`. Not a function: the closure has to stand inside the multiversioned one, as it does in the
/// programs that this is compared with.
macro_rules! ndarray_step {
    ($now:ident, $next:ident) => {{
        let (rows, cols) = $now.u.dim();
        ndarray::azip!((
            next_u in $next.u.slice_mut(s![1..rows - 1, 1..cols - 1]),
            next_v in $next.v.slice_mut(s![1..rows - 1, 1..cols - 1]),
            u in $now.u.windows((3, 3)),
            v in $now.v.windows((3, 3)),
        ) {
            (*next_u, *next_v) = next_cell(cells(u), cells(v));
        });
    }};
}

fn step_by_ndarray(now: &Fields, next: &mut Fields) {
    ndarray_step!(now, next);
}

/// The cells of a window whose size is not part of its type. Faster than a walk over `window.iter()`.
#[inline(always)]
fn cells(window: ArrayView2<'_, f32>) -> [[f32; 3]; 3] {
    std::array::from_fn(|k| std::array::from_fn(|l| window[[k, l]]))
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
fn step_by_ndarray_multiversion(now: &Fields, next: &mut Fields) {
    ndarray_step!(now, next);
}

fn step_by_iterator(now: &Fields, next: &mut Fields) {
    let lockstep = Zip::from(next.u.interior_mut::<3, 3>())
        .and(next.v.interior_mut::<3, 3>())
        .and(now.u.array_windows::<3, 3>())
        .and(now.v.array_windows::<3, 3>());
    for (next_u, next_v, u, v) in lockstep {
        (*next_u, *next_v) = next_cell(u.to_array(), v.to_array());
    }
}

// Always inlined, and so compiled for the instruction sets of the function that it is called in.
#[inline(always)]
fn step_by_azip(now: &Fields, next: &mut Fields) {
    azip!((
        next_u in next.u.interior_mut::<3, 3>(),
        next_v in next.v.interior_mut::<3, 3>(),
        u in now.u.array_windows::<3, 3>(),
        v in now.v.array_windows::<3, 3>(),
    ) {
        (*next_u, *next_v) = next_cell(u.to_array(), v.to_array());
    });
}

// The first target that the processor has is taken, so the widest stands first.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl", "x86_64+avx2+fma"))]
fn step_by_multiversion(now: &Fields, next: &mut Fields) {
    step_by_azip(now, next);
}

fn step_by_simd(now: &Fields, next: &mut Fields) {
    simd_azip!((
        next_u in next.u.interior_mut::<3, 3>(),
        next_v in next.v.interior_mut::<3, 3>(),
        u in now.u.array_windows::<3, 3>(),
        v in now.v.array_windows::<3, 3>(),
    ) {
        (*next_u, *next_v) = next_cell(u.to_array(), v.to_array());
    });
}

/// An error if, after some steps from the start, an engine has not the numbers that ndarray's has, bit for bit.
fn check_engines(rows: usize, cols: usize, steps: usize) -> Result<(), String> {
    let fields_after_steps = |engine| -> Result<Fields, String> {
        let mut simulation = Simulation::new(rows, cols)?;
        (0..steps).for_each(|_| simulation.step(engine));
        Ok(simulation.now)
    };
    let expected = fields_after_steps(Engine::Ndarray)?;
    for &engine in Engine::value_variants() {
        if !same_bits(&fields_after_steps(engine)?, &expected) {
            return Err(format!("the numbers of the engine {} are not those of ndarray", engine.name()));
        }
    }
    Ok(())
}

fn same_bits(a: &Fields, b: &Fields) -> bool {
    let bits = |field: &Array2<f32>| field.map(|cell| cell.to_bits());
    bits(&a.u) == bits(&b.u) && bits(&a.v) == bits(&b.v)
}

/// The nanoseconds that each engine takes for a cell: its best turn of several, in each of which all engines run.
fn measure_engines(simulation: &mut Simulation) -> Vec<(Engine, f64)> {
    const TIME_LIMIT: Duration = Duration::from_secs(3);
    // Enough cells for a turn to be long beside the resolution of the clock.
    const CELLS_PER_TURN: usize = 1_000_000;

    let cells = simulation.now.u.interior::<3, 3>().len();
    let steps = CELLS_PER_TURN.div_ceil(cells);
    let mut times: Vec<_> = Engine::value_variants().iter().map(|&engine| (engine, f64::INFINITY)).collect();
    let start = Instant::now();
    while start.elapsed() < TIME_LIMIT {
        for (engine, best) in &mut times {
            let turn = Instant::now();
            (0..steps).for_each(|_| simulation.step(*engine));
            *best = best.min(turn.elapsed().as_secs_f64() * 1e9 / (steps * cells) as f64);
        }
    }
    times
}

/// A line for each engine: its nanoseconds per cell, and how many times as fast as ndarray's it is.
fn speed_table(times: &[(Engine, f64)]) -> String {
    let ndarray = times.iter().find(|(engine, _)| *engine == Engine::Ndarray).map_or(f64::NAN, |(_, time)| *time);
    let line =
        |(engine, time): &(Engine, f64)| format!("{:<20}  {time:>11.2}  {:>18.2}", engine.name(), ndarray / time);
    let head = format!("{:<20}  {:>11}  {:>18}", "engine", "ns per cell", "speed, ndarray = 1");
    std::iter::once(head).chain(times.iter().map(line)).collect::<Vec<_>>().join("\n")
}

// ---------------------------------------------------------------------------------------------------------------------
// The picture
// ---------------------------------------------------------------------------------------------------------------------

/// Where the picture goes. It is written beside the target and takes its place when it is whole, so that a run that fails
/// or is interrupted leaves an older picture as it was.
#[derive(Debug)]
struct Picture {
    target: PathBuf,
}

impl Picture {
    /// The place for a picture, or the reason why there can be none at `path`.
    fn at(path: &Path) -> Result<Self, String> {
        let cannot = |reason: &dyn Display| format!("cannot write the picture {path:?}: {reason}");
        let target = match fs::metadata(path) {
            Ok(old) if !old.is_file() => return Err(cannot(&"this is not a file")),
            Ok(old) if old.permissions().readonly() => return Err(cannot(&"the file is read-only")),
            // Of a link the file that it leads to is replaced, not the link.
            Ok(_) => path.canonicalize().map_err(|error| cannot(&error))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(cannot(&error)),
        };
        let picture = Picture { target };
        // Made to see that it can be made. It goes away at once: an interrupted run leaves nothing behind.
        picture.temporary_file().map_err(|error| cannot(&error))?;
        Ok(picture)
    }

    /// A new file in the directory of the target, which is deleted when dropped.
    fn temporary_file(&self) -> io::Result<NamedTempFile> {
        let directory = self.target.parent().filter(|parent| !parent.as_os_str().is_empty());
        let mut builder = tempfile::Builder::new();
        builder.prefix(".gray_scott-").suffix(".png");
        // A temporary file is its owner's alone unless told otherwise; a picture is as open as any new file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(directory.unwrap_or(Path::new(".")))
    }

    /// Draws `field` and puts the picture in its place.
    fn write(&self, field: ArrayView2<'_, f32>) -> Result<(), String> {
        self.try_write(field).map_err(|error| format!("cannot write the picture {:?}: {error}", self.target))
    }

    fn try_write(&self, field: ArrayView2<'_, f32>) -> io::Result<()> {
        let file = self.temporary_file()?;
        encode(field, BufWriter::new(file.as_file()))?;
        file.as_file().sync_all()?;
        file.persist(&self.target)?;
        Ok(())
    }
}

/// Writes `field` as a PNG picture of a pixel a cell, from black for 0 to the brightest colour for the largest cell.
fn encode(field: ArrayView2<'_, f32>, mut out: impl Write) -> io::Result<()> {
    let side = |len: usize| u32::try_from(len).map_err(io::Error::other);
    let mut encoder = png::Encoder::new(&mut out, side(field.ncols())?, side(field.nrows())?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut picture = encoder.write_header()?;
    let mut pixels = picture.stream_writer()?;
    let largest = field.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    for row in field.rows() {
        // The square root shows the faint halos of the spots beside a few spots that are very bright.
        let row: Vec<u8> = row.iter().flat_map(|cell| inferno((cell / largest).sqrt())).collect();
        pixels.write_all(&row)?;
    }
    pixels.finish()?;
    picture.finish()?;
    out.flush()
}

/// The red, green and blue of a brightness between 0 and 1. The colours are matplotlib's "inferno", by Nathaniel Smith and
/// Stéfan van der Walt (CC0): equal steps look equal, to colour-blind eyes as well.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "stops and colours are in range")]
fn inferno(brightness: f32) -> [u8; 3] {
    const STOPS: [[f32; 3]; 10] = [
        [0.0, 0.0, 4.0],
        [27.0, 12.0, 66.0],
        [75.0, 12.0, 107.0],
        [120.0, 28.0, 109.0],
        [165.0, 44.0, 96.0],
        [207.0, 68.0, 70.0],
        [237.0, 105.0, 37.0],
        [251.0, 154.0, 6.0],
        [247.0, 208.0, 60.0],
        [252.0, 255.0, 164.0],
    ];
    let position = brightness.clamp(0.0, 1.0) * (STOPS.len() - 1) as f32;
    let stop = (position as usize).min(STOPS.len() - 2);
    let (from, to, way) = (STOPS[stop], STOPS[stop + 1], position - stop as f32);
    std::array::from_fn(|channel| (from[channel] + way * (to[channel] - from[channel])).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_agree_on_the_smallest_and_on_odd_grids() {
        for (rows, cols) in [(3, 3), (3, 8), (6, 5)] {
            check_engines(rows, cols, 2).unwrap();
        }
    }

    #[test]
    fn a_single_bit_is_a_difference() {
        let fields = Simulation::new(5, 5).unwrap().now;
        let mut other = fields.clone();
        other.v[[0, 0]] = -0.0;
        assert!(same_bits(&fields, &fields));
        assert!(!same_bits(&fields, &other));
    }

    #[test]
    fn a_cell_follows_the_equations() {
        let around = |here: f32, others: f32| {
            let mut window = [[others; 3]; 3];
            window[1][1] = here;
            window
        };
        assert_eq!(next_cell(around(1.0, 1.0), around(0.0, 0.0)), (1.0, 0.0));
        let (u, v) = next_cell(around(0.5, 1.0), around(0.25, 0.0));
        assert!((u - (0.5 + 0.1 * 3.0 * 0.5 - 0.5 * 0.0625 + 0.014 * 0.5)).abs() < 1e-6);
        assert!((v - (0.25 - 0.05 * 3.0 * 0.25 + 0.5 * 0.0625 - 0.068 * 0.25)).abs() < 1e-6);
    }

    #[test]
    fn a_rectangle_starts_in_the_middle_and_the_boundary_is_fixed() {
        let mut simulation = Simulation::new(8, 12).unwrap();
        assert_eq!(simulation.now.v.slice(s![3..5, 5..7]), ndarray::array![[1.0, 1.0], [1.0, 1.0]]);
        assert_eq!(simulation.now.v.sum(), 4.0);
        simulation.now.v[[0, 3]] = 0.5;
        simulation.next.v[[0, 3]] = 0.5;
        for steps in 1..=2 {
            simulation.step(Engine::Azip);
            assert_eq!(simulation.now.v[[0, 3]], 0.5, "after {steps} steps");
            assert_ne!(simulation.now.v[[1, 3]], 0.0, "after {steps} steps");
        }
    }

    #[test]
    fn colours_go_from_black_to_bright() {
        assert_eq!(inferno(0.0), [0, 0, 4]);
        assert_eq!(inferno(0.5 / 9.0), [14, 6, 35]);
        assert_eq!(inferno(1.0), [252, 255, 164]);
    }

    #[test]
    fn a_picture_has_a_pixel_a_cell() {
        let mut png = Vec::new();
        encode(ndarray::array![[0.0, 2.0, 0.0], [0.0, 0.0, 2.0]].view(), &mut png).unwrap();
        let mut reader = png::Decoder::new(io::Cursor::new(png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let (dark, bright) = (inferno(0.0), inferno(1.0));
        assert_eq!(reader.info().size(), (3, 2));
        assert_eq!(pixels, [dark, bright, dark, dark, dark, bright].as_flattened());
    }

    #[test]
    fn bad_options_give_one_line_that_names_them() {
        for (option, value) in [("--rows", "0"), ("--cols", "2"), ("--steps", "-1"), ("--engine", "warp")] {
            let line = one_line(&Options::try_parse_from(["gray_scott", option, value]).unwrap_err());
            assert_eq!(line.lines().count(), 1, "{line}");
            assert!(line.starts_with("error: ") && line.contains(option) && line.contains(value), "{line}");
        }
    }

    #[test]
    fn a_grid_without_memory_is_an_error() {
        for (rows, cols) in [(usize::MAX, 3), (usize::MAX / 64, 8)] {
            assert!(Simulation::new(rows, cols).unwrap_err().contains("no memory"));
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn a_picture_is_replaced_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("old.png");
        fs::write(&path, "old").unwrap();
        let picture = Picture::at(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        picture.write(ndarray::aview2(&[[1.0]])).unwrap();
        assert!(fs::read(&path).unwrap().starts_with(b"\x89PNG"));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);

        assert!(Picture::at(directory.path()).unwrap_err().contains("not a file"));
        assert!(Picture::at(&directory.path().join("none/new.png")).is_err());
    }
}
