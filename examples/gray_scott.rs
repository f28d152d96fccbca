//! The Gray–Scott reaction–diffusion system: two chemicals that spread over a plate and react, drawn as a picture.
//!
//! ```text
//! cargo run --release --example gray_scott
//! cargo run --release --example gray_scott -- --rows 360 --cols 640 --steps 20000 --output small.png
//! ```
//!
//! `u` is fed in everywhere and turns into `v` where it meets `v`; `v` decays. Each step reads 3×3 windows of both fields
//! and writes one cell of each, which is what lockstep windows are for. The same step is written with four engines: they
//! are checked against each other on a small grid first, and their speeds are compared at the end.
//!
//! The system is that of J. E. Pearson, "Complex Patterns in a Simple System", Science 261 (1993), 189–192.

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
use ndarray_lockstep::{ArrayInterior, ArrayWindows, Zip, azip};
use tempfile::NamedTempFile;

/// Simulates the Gray–Scott reaction–diffusion system, draws it, and compares the speeds of four ways to write a step.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Options {
    /// Rows of the grid, and of the picture
    #[arg(long, default_value_t = 1080, value_parser = parse_side, allow_negative_numbers = true)]
    rows: usize,

    /// Columns of the grid, and of the picture
    #[arg(long, default_value_t = 1920, value_parser = parse_side, allow_negative_numbers = true)]
    cols: usize,

    /// Time steps; with 0 the picture shows the start
    #[arg(long, default_value_t = 10_000, allow_negative_numbers = true)]
    steps: u64,

    /// The PNG picture to write
    #[arg(long, value_name = "PATH", default_value = "gray_scott.png")]
    output: PathBuf,

    /// What runs the time steps
    #[arg(long, value_enum, default_value_t = Engine::Multiversion)]
    engine: Engine,
}

/// The number of rows or columns in `text`.
fn parse_side(text: &str) -> Result<usize, String> {
    // A cell inside and a boundary around it; and what a PNG picture can have.
    const SIDES: RangeInclusive<usize> = 3..=0x7fff_ffff;
    let side = text.parse().map_err(|error| format!("{error}"))?;
    if SIDES.contains(&side) {
        Ok(side)
    } else {
        Err(format!("the grid has between {} and {} rows and columns", SIDES.start(), SIDES.end()))
    }
}

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) if error.use_stderr() => return fail(2, &one_line(&error)),
        Err(help_or_version) => help_or_version.exit(),
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(1, &format!("error: {message}")),
    }
}

/// Prints `line` to stderr; the exit code `code`.
fn fail(code: u8, line: &str) -> ExitCode {
    eprintln!("{line}");
    ExitCode::from(code)
}

/// What is wrong with the command line, without the usage that clap adds in further paragraphs.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let first_paragraph: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    first_paragraph.join(" ")
}

/// The whole program: an error is the line to print.
fn run(options: &Options) -> Result<(), String> {
    // All that can be refused is refused before the long computation.
    let picture = Picture::at(&options.output)?;
    let mut simulation = Simulation::new(options.rows, options.cols)?;
    check_engines()?;
    println!("Checked: all engines give the same numbers, bit for bit.");

    let time = simulate(&mut simulation, options.steps, options.engine);
    let Options { rows, cols, steps, engine, .. } = options;
    println!("Simulated: {steps} steps of {rows}×{cols} cells by {} in {:.1} s.", engine.name(), time.as_secs_f64());

    picture.write(simulation.now.v.view())?;
    println!("Written: {}\n", picture.target.display());

    print!("{}", speed_table(&measure_engines(&mut simulation)));
    Ok(())
}

// ---------------------------------------------------------------------------------------------------------------------
// The system

/// How strongly each cell of a 3×3 window pulls at its centre.
const WEIGHTS: [[f32; 3]; 3] = [[0.25, 0.5, 0.25], [0.5, 0.0, 0.5], [0.25, 0.5, 0.25]];
const DIFFUSION_RATE_U: f32 = 0.1;
const DIFFUSION_RATE_V: f32 = 0.05;
const FEED_RATE: f32 = 0.014;
const KILL_RATE: f32 = 0.054;
const TIME_STEP: f32 = 1.0;

/// `u` and `v` in the centre of their windows, one time step later.
// Plain `*` and `+`, which the compiler never fuses: all engines round alike, whatever they are compiled for.
#[inline(always)]
fn next_cell(u: [[f32; 3]; 3], v: [[f32; 3]; 3]) -> (f32, f32) {
    let (u_here, v_here) = (u[1][1], v[1][1]);
    let reaction = u_here * v_here * v_here;
    let u_rate = DIFFUSION_RATE_U * inflow(u) - reaction + FEED_RATE * (1.0 - u_here);
    let v_rate = DIFFUSION_RATE_V * inflow(v) + reaction - (FEED_RATE + KILL_RATE) * v_here;
    (u_here + u_rate * TIME_STEP, v_here + v_rate * TIME_STEP)
}

/// The weighted sum of what the cells of a window have more than its centre: the discrete Laplacian.
#[inline(always)]
fn inflow(cells: [[f32; 3]; 3]) -> f32 {
    let center = cells[1][1];
    let mut sum = 0.0;
    for (weights, row) in WEIGHTS.iter().zip(cells) {
        for (weight, cell) in weights.iter().zip(row) {
            sum += weight * (cell - center);
        }
    }
    sum
}

/// The concentrations of both chemicals at one time.
#[derive(Clone)]
struct Fields {
    u: Array2<f32>,
    v: Array2<f32>,
}

/// The fields now, and room for those of the next step.
struct Simulation {
    now: Fields,
    /// Its outermost cells are those of `now`, and no step writes them: the boundary is fixed.
    next: Fields,
}

impl Simulation {
    /// The start: `u` everywhere but in a rectangle near the middle, which is full of `v`.
    fn new(rows: usize, cols: usize) -> Result<Self, String> {
        check_memory(rows, cols)?;
        let mut now = Fields { u: Array2::ones((rows, cols)), v: Array2::zeros((rows, cols)) };
        let rectangle = s![near_middle(rows), near_middle(cols)];
        now.u.slice_mut(rectangle).fill(0.0);
        now.v.slice_mut(rectangle).fill(1.0);
        Ok(Simulation { next: now.clone(), now })
    }

    /// Goes one time step on.
    fn step(&mut self, engine: Engine) {
        engine.step(&self.now, &mut self.next);
        std::mem::swap(&mut self.now, &mut self.next);
    }
}

/// Refuses a grid for which there is no memory, as an allocation that fails later ends the program without a word.
fn check_memory(rows: usize, cols: usize) -> Result<(), String> {
    // Two fields, now and next; asked for at once, because a system may well promise each of them and not have them all.
    const VALUES_PER_CELL: usize = 4;
    let too_large = || format!("there is no memory for a grid of {rows}×{cols} cells: make it smaller");
    let values = rows.checked_mul(cols).and_then(|cells| cells.checked_mul(VALUES_PER_CELL)).ok_or_else(too_large)?;
    Vec::<f32>::new().try_reserve_exact(values).map_err(|_| too_large())
}

/// The cells of an axis that the starting rectangle takes: a sixteenth of them, at least one, and none at the edge.
fn near_middle(len: usize) -> Range<usize> {
    let start = 5 * len / 16;
    start..(11 * len / 16).max(start + 1)
}

/// Runs the time steps behind a progress bar; the time they took.
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

/// The ways to write a time step. They differ in speed alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// `ndarray::azip!` over ndarray's windows
    Ndarray,
    /// A `for` loop over the lockstep iterator
    Iterator,
    /// `azip!` over lockstep windows
    Azip,
    /// The same, compiled for several instruction sets; the processor's best is picked at run time
    Multiversion,
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
            Engine::Iterator => step_by_iterator(now, next),
            Engine::Azip => step_by_azip(now, next),
            Engine::Multiversion => step_by_multiversion(now, next),
        }
    }
}

fn step_by_ndarray(now: &Fields, next: &mut Fields) {
    let inner = s![1..-1, 1..-1];
    ndarray::azip!((
        next_u in next.u.slice_mut(inner),
        next_v in next.v.slice_mut(inner),
        u in now.u.windows((3, 3)),
        v in now.v.windows((3, 3)),
    ) {
        (*next_u, *next_v) = next_cell(copied(u), copied(v));
    });
}

/// The cells of a window whose size the type does not tell.
fn copied(window: ArrayView2<'_, f32>) -> [[f32; 3]; 3] {
    std::array::from_fn(|k| std::array::from_fn(|l| window[[k, l]]))
}

fn step_by_iterator(now: &Fields, next: &mut Fields) {
    let cells = Zip::from(next.u.interior_mut::<3, 3>())
        .and(next.v.interior_mut::<3, 3>())
        .and(now.u.array_windows::<3, 3>())
        .and(now.v.array_windows::<3, 3>());
    for (next_u, next_v, u, v) in cells {
        (*next_u, *next_v) = next_cell(u.to_array(), v.to_array());
    }
}

// Always inlined, so that it is compiled with the instruction sets of the function that it is called in.
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

/// Refuses to go on if the engines do not give the same numbers, bit for bit, on a small grid.
fn check_engines() -> Result<(), String> {
    let reference = fields_after_steps(Engine::Ndarray)?;
    for &engine in Engine::value_variants() {
        if !same_bits(&fields_after_steps(engine)?, &reference) {
            return Err(format!("the engine {} does not give ndarray's numbers", engine.name()));
        }
    }
    Ok(())
}

/// The result of a few steps on a small grid.
fn fields_after_steps(engine: Engine) -> Result<Fields, String> {
    let mut simulation = Simulation::new(40, 50)?;
    for _ in 0..20 {
        simulation.step(engine);
    }
    Ok(simulation.now)
}

fn same_bits(a: &Fields, b: &Fields) -> bool {
    let bits = |cells: &Array2<f32>| cells.map(|cell| cell.to_bits());
    bits(&a.u) == bits(&b.u) && bits(&a.v) == bits(&b.v)
}

/// Nanoseconds per cell and step for each engine: the best of several turns, in which each engine runs once.
fn measure_engines(simulation: &mut Simulation) -> Vec<(Engine, f64)> {
    const TIME_LIMIT: Duration = Duration::from_secs(3);
    // Enough for a turn to be long beside the clock's resolution.
    const CELLS_PER_TURN: usize = 1_000_000;

    let cells = simulation.now.u.interior::<3, 3>().len();
    let steps = CELLS_PER_TURN.div_ceil(cells);
    let mut times: Vec<(Engine, f64)> =
        Engine::value_variants().iter().map(|&engine| (engine, f64::INFINITY)).collect();
    let start = Instant::now();
    while start.elapsed() < TIME_LIMIT {
        for (engine, best) in &mut times {
            let turn = Instant::now();
            for _ in 0..steps {
                simulation.step(*engine);
            }
            *best = best.min(turn.elapsed().as_secs_f64() * 1e9 / (steps * cells) as f64);
        }
    }
    times
}

/// The engines and their times, and how many times as fast as ndarray's they are.
fn speed_table(times: &[(Engine, f64)]) -> String {
    let ndarray = times.iter().find(|(engine, _)| *engine == Engine::Ndarray).map_or(f64::NAN, |(_, time)| *time);
    let mut table = format!("{:<14}{:>12}{:>18}\n", "engine", "ns per cell", "speed to ndarray");
    for (engine, time) in times {
        table += &format!("{:<14}{time:>12.2}{:>17.1}×\n", engine.name(), ndarray / time);
    }
    table
}

// ---------------------------------------------------------------------------------------------------------------------
// The picture

/// Where the picture goes. It is written beside the target first and takes its place when it is whole, so that a run that
/// fails or is interrupted leaves an older picture as it was.
struct Picture {
    target: PathBuf,
}

impl Picture {
    /// The place for a picture, or the reason why none can be written there.
    fn at(path: &Path) -> Result<Self, String> {
        let cannot = |reason: &dyn std::fmt::Display| format!("cannot write the picture {path:?}: {reason}");
        let target = match fs::metadata(path) {
            Ok(old) if !old.is_file() => return Err(cannot(&"this is not a file")),
            Ok(old) if old.permissions().readonly() => return Err(cannot(&"the file is read-only")),
            // A link stays; what it leads to is replaced.
            Ok(_) => path.canonicalize().map_err(|error| cannot(&error))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(cannot(&error)),
        };
        let picture = Picture { target };
        picture.temporary_file().map_err(|error| cannot(&error))?;
        Ok(picture)
    }

    /// A new file in the directory of the target. It vanishes when dropped.
    fn temporary_file(&self) -> io::Result<NamedTempFile> {
        let directory = self.target.parent().filter(|parent| !parent.as_os_str().is_empty());
        let mut builder = tempfile::Builder::new();
        builder.prefix(".gray_scott-").suffix(".png");
        // Temporary files are for their owner's eyes by default; a picture is as open as any new file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(directory.unwrap_or(Path::new(".")))
    }

    /// Draws `cells` and puts the picture in its place.
    fn write(&self, cells: ArrayView2<'_, f32>) -> Result<(), String> {
        self.try_write(cells).map_err(|error| format!("cannot write the picture {:?}: {error}", self.target))
    }

    fn try_write(&self, cells: ArrayView2<'_, f32>) -> io::Result<()> {
        let file = self.temporary_file()?;
        encode(cells, BufWriter::new(file.as_file()))?;
        file.as_file().sync_all()?;
        file.persist(&self.target)?;
        Ok(())
    }
}

/// Writes `cells` as a PNG picture, a pixel a cell, from black for 0 to the brightest colour for the largest cell.
fn encode(cells: ArrayView2<'_, f32>, mut out: impl Write) -> io::Result<()> {
    let side = |len: usize| u32::try_from(len).map_err(io::Error::other);
    let (width, height) = (side(cells.ncols())?, side(cells.nrows())?);
    let largest = cells.iter().copied().fold(f32::MIN_POSITIVE, f32::max);

    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut picture = encoder.write_header()?;
    let mut pixels = picture.stream_writer()?;
    for row in cells.rows() {
        let row: Vec<u8> = row.iter().flat_map(|cell| inferno((cell / largest).sqrt())).collect();
        pixels.write_all(&row)?;
    }
    pixels.finish()?;
    picture.finish()?;
    out.flush()
}

/// The red, green and blue of `brightness`, from 0 to 1, in the colour map "inferno" of matplotlib, by Stéfan van der Walt
/// and Nathaniel Smith (CC0). Equal steps of brightness look equal, and it can be read without colour vision.
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
