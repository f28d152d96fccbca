//! Conway's Game of Life on a torus, with one byte per cell.
//!
//! ```text
//! cargo run --release --example life
//! cargo run --release --example life -- --pattern gosper --rows 120 --cols 160 --steps 600 \
//!     --gif life.gif
//! cargo run --release --example life -- --pattern glider --rows 40 --cols 40 --steps 160
//! ```
//!
//! The program prints the population and the generations per second. A random start declines until
//! a few per cent of the cells live. Most of these blink or stay. Gosper's gun shoots a glider
//! every 30 generations. A glider moves one cell down and to the right every 4 generations. The
//! picture shows the last generation, with living cells bright.
//!
//! # The rule
//!
//! A cell lives in the next generation if it has three living neighbours, or if it lives and has
//! two. The code adds the neighbours and sets the lowest bit of the sum if the cell lives. The
//! result is 3 in exactly these cases. A step of a whole row is therefore a few instructions on
//! vectors of bytes, without branches: 64 cells at a time with AVX-512. Before the run the rule is
//! checked against its plain definition. See M. Gardner, "The fantastic combinations of John
//! Conway's new solitaire game 'life'", Scientific American 223 (1970), 120–123.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use common::evolution::{Evolution, count, evolve};
use common::memory::check_grid;
use common::picture::{Look, Picture, Scale, inferno};
use common::program::{self, Failure, parse_small_side, print};
use common::random::SplitMix64;
use common::recording::Records;
use ndarray::{Array2, ArrayView2, CowArray, Ix2, Zip, s};
use ndarray_lockstep::{Boundary, Stencil, StencilSteps};

/// Plays the Game of Life on a torus, counts the living cells, and draws them.
#[derive(Debug, Parser)]
#[command(name = "life")]
struct Options {
    /// The first generation
    #[arg(long, value_enum, default_value_t = Pattern::Random)]
    pattern: Pattern,

    /// Rows of the torus, and of the picture
    #[arg(long, default_value_t = 540, value_parser = parse_small_side, allow_negative_numbers = true)]
    rows: usize,

    /// Columns of the torus, and of the picture
    #[arg(long, default_value_t = 960, value_parser = parse_small_side, allow_negative_numbers = true)]
    cols: usize,

    /// Generations; with 0 the picture shows the first one
    #[arg(long, default_value_t = 10_000, allow_negative_numbers = true)]
    steps: u64,

    /// The seed of the random first generation
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    seed: u64,

    /// The PNG picture to write
    #[arg(long, value_name = "PATH", default_value = "life.png")]
    output: PathBuf,

    #[command(flatten)]
    records: Records,
}

/// The first generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Pattern {
    /// Five cells that move
    Glider,
    /// A random third of all cells
    Random,
    /// Gosper's gun, which shoots gliders
    Gosper,
}

impl Pattern {
    /// Returns the first generation on a torus of this size, or an error if the torus is too small.
    fn start(self, torus: (usize, usize), seed: u64) -> Result<Array2<u8>, String> {
        match self {
            Pattern::Glider => draw(&GLIDER, torus),
            Pattern::Gosper => draw(&GOSPER, torus),
            Pattern::Random => {
                let mut random = SplitMix64(seed);
                Ok(Array2::from_shape_simple_fn(torus, || u8::from(random.bits() < u64::MAX / 3)))
            }
        }
    }
}

/// A pattern of five cells that moves one cell down and to the right in 4 generations.
const GLIDER: [&str; 3] = [".O.", "..O", "OOO"];

/// The gun that R. W. Gosper's group found in 1970. It returns to its first state every 30
/// generations and adds a glider.
const GOSPER: [&str; 9] = [
    "........................O...........",
    "......................O.O...........",
    "............OO......OO............OO",
    "...........O...O....OO............OO",
    "OO........O.....O...OO..............",
    "OO........O...O.OO....O.O...........",
    "..........O.....O.......O...........",
    "...........O...O....................",
    "............OO......................",
];

/// The distance of a pattern from the upper and left edges.
const MARGIN: usize = 2;

/// Returns a torus with `pattern` near its upper left corner.
fn draw(pattern: &[&str], torus: (usize, usize)) -> Result<Array2<u8>, String> {
    let (rows, cols) = (pattern.len(), pattern[0].len());
    if torus.0 < rows + 2 * MARGIN || torus.1 < cols + 2 * MARGIN {
        let (rows, cols) = (rows + 2 * MARGIN, cols + 2 * MARGIN);
        return Err(format!("the pattern needs {rows}×{cols} cells at least, and there are {}×{}", torus.0, torus.1));
    }
    let mut cells = Array2::zeros(torus);
    for (mut row, line) in cells.slice_mut(s![MARGIN.., MARGIN..]).rows_mut().into_iter().zip(pattern) {
        row.iter_mut().zip(line.bytes()).for_each(|(cell, letter)| *cell = u8::from(letter == b'O'));
    }
    Ok(cells)
}

fn main() -> ExitCode {
    program::main(Options::try_parse(), run)
}

/// Runs the whole program until `stop` returns true.
fn run(options: &Options, stop: &dyn Fn() -> bool) -> Result<(), Failure> {
    let Options { pattern, rows, cols, steps, seed, output, records } = options;
    check_grid(*rows, *cols, BYTES_PER_CELL)?;
    let start = pattern.start((*rows, *cols), *seed)?;
    let picture = Picture::at(output)?;
    let look = Look { scale: Scale::Linear(0.0, 1.0), colours: inferno };
    let mut recorder = records.recorder(&picture, *steps, (*rows, *cols), look)?;
    check_rule(start.slice(s![..(*rows).min(60), ..(*cols).min(80)]), 20)?;
    print("Checked: 20 generations are those of the rule's plain definition.")?;

    let mut life = Life::new(start.clone());
    let progress = evolve(&mut life, *steps, &mut recorder, stop)?;
    // Older files are replaced only after the result has been checked.
    check_pattern(*pattern, &start, &life.cells, progress.steps)?;
    picture.write(life.field().view(), look)?;
    let written = recorder.finish()?;
    if progress.steps < *steps {
        let (done, output) = (progress.steps, output.display());
        return Err(Failure::interrupted(&format!("after {done} of {steps} generations: {output} shows the last one")));
    }
    if *steps > 0 {
        let (each, speed) = (progress.nanoseconds(rows * cols), *steps as f64 / progress.time.as_secs_f64());
        print(&format!(
            "Played: {steps} generations of {rows}×{cols} cells, {speed:.0} a second, {each:.3} ns a cell."
        ))?;
    }
    print(&format!("Population: {} before, {} after.", population(start.view()), population(life.cells.view())))?;
    print(&format!("Written: {}", output.display()))?;
    Ok(written.iter().try_for_each(|line| print(line))?)
}

/// Bytes of memory per cell: the first and the last generation, a third one to compare with, and
/// the picture.
const BYTES_PER_CELL: usize = 12;

/// Returns the number of living cells.
fn population(cells: ArrayView2<'_, u8>) -> u64 {
    cells.iter().copied().map(u64::from).sum()
}

/// Returns an error if a generation after `start` differs from the rule of the game.
fn check_rule(start: ArrayView2<'_, u8>, generations: u64) -> Result<(), String> {
    let mut life = Life::new(start.to_owned());
    let mut expected = start.to_owned();
    for generation in 1..=generations {
        life.advance(1);
        expected = after_one_generation(&expected);
        if life.cells != expected {
            return Err(format!("generation {generation} is not what the rule says"));
        }
    }
    Ok(())
}

/// Computes a generation by the plain definition of the rule.
fn after_one_generation(cells: &Array2<u8>) -> Array2<u8> {
    let (rows, cols) = cells.dim();
    Array2::from_shape_fn((rows, cols), |(i, j)| {
        let mut neighbours = 0;
        for (k, l) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1), (2, 2)] {
            neighbours += cells[[(i + rows + k - 1) % rows, (j + cols + l - 1) % cols]];
        }
        u8::from(neighbours == 3 || (neighbours == 2 && cells[[i, j]] == 1))
    })
}

/// Returns an error if the pattern cannot evolve from `start` to `end`.
fn check_pattern(pattern: Pattern, start: &Array2<u8>, end: &Array2<u8>, generations: u64) -> Result<(), String> {
    let as_expected = match pattern {
        Pattern::Random => true,
        Pattern::Glider => !generations.is_multiple_of(4) || *end == moved(start, count(generations / 4)),
        // No two gliders collide, and none reaches the gun, until the first one has gone around the
        // torus.
        Pattern::Gosper => {
            let shortest = start.nrows().min(start.ncols()) as u64;
            let alone = generations < 4 * shortest.saturating_sub(30);
            !alone
                || !generations.is_multiple_of(30)
                || population(end.view()) == population(start.view()) + generations / 6
        }
    };
    if as_expected { Ok(()) } else { Err(format!("after {generations} generations {pattern:?} is another pattern")) }
}

/// Returns a torus with all cells moved down and to the right by `by`.
fn moved(cells: &Array2<u8>, by: usize) -> Array2<u8> {
    let (rows, cols) = cells.dim();
    let mut moved = Array2::zeros((rows, cols));
    Zip::indexed(cells).for_each(|(i, j), &cell| moved[[(i + by) % rows, (j + by) % cols]] = cell);
    moved
}

/// One generation.
struct Life {
    cells: Array2<u8>,
    many: StencilSteps<3, 3, 1, u8>,
}

impl Life {
    fn new(cells: Array2<u8>) -> Self {
        Life { cells, many: Stencil::stepper(Boundary::Wrap) }
    }
}

impl Evolution for Life {
    fn advance(&mut self, steps: u64) {
        self.many.run(
            count(steps),
            &mut self.cells,
            #[inline(always)]
            |cells| {
                let [[a, b, c], [d, here, e], [f, g, h]] = cells.to_array();
                u8::from((a + b + c + d + e + f + g + h) | here == 3)
            },
        );
    }

    fn field(&self) -> CowArray<'_, f32, Ix2> {
        self.cells.mapv(f32::from).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_that_of_the_game_on_every_torus() {
        for torus in [(3, 3), (3, 8), (16, 5), (33, 70)] {
            for seed in 0..5 {
                let start = Pattern::Random.start(torus, seed).unwrap();
                check_rule(start.view(), 25).unwrap_or_else(|line| panic!("{torus:?}, {seed}: {line}"));
            }
        }
    }

    #[test]
    fn a_glider_goes_around_the_torus() {
        let start = Pattern::Glider.start((9, 12), 0).unwrap();
        let mut life = Life::new(start.clone());
        life.advance(4 * 36);
        assert_eq!(life.cells, start);
        life.advance(4);
        check_pattern(Pattern::Glider, &start, &life.cells, 148).unwrap();
        assert!(check_pattern(Pattern::Glider, &start, &start, 148).is_err());
    }

    #[test]
    fn a_gun_shoots_a_glider_every_30_generations() {
        let start = Pattern::Gosper.start((80, 90), 0).unwrap();
        let mut life = Life::new(start.clone());
        for shots in 1..=6 {
            life.advance(30);
            assert_eq!(population(life.cells.view()), 36 + 5 * shots);
            check_pattern(Pattern::Gosper, &start, &life.cells, 30 * shots).unwrap();
        }
        assert!(check_pattern(Pattern::Gosper, &start, &start, 30).is_err());
    }

    #[test]
    fn a_torus_without_room_is_refused() {
        assert!(Pattern::Gosper.start((12, 100), 0).unwrap_err().contains("13×40"));
        assert!(Pattern::Glider.start((7, 7), 0).is_ok());
    }
}
