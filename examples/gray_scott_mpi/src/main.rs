//! The Gray–Scott system on many processes, with MPI.
//!
//! ```text
//! mpirun -n 4 target/release/gray-scott-mpi --rows 1080 --cols 1920 --steps 12000
//! ```
//!
//! The grid is split into blocks, one per rank. A rank runs the loop of the example `gray_scott`
//! over lockstep windows of its block. It uses that example's system and the library of the
//! examples. The fields are the same bit for bit on any number of ranks. README.md explains how the
//! ranks work together.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use common::command_line::one_line;
use common::evolution::progress_bar;
use common::memory;
use common::picture::{Look, Picture};
use indicatif::ProgressBar;
use mpi::collective::SystemOperation;
use mpi::topology::CartesianCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives};
use mpi::{Count, Rank};

use crate::block::Block;
use crate::boundary::is_periodic;
use crate::decomposition::Split;
use crate::exchange::{exchange_and_step, gather};
use crate::system::{Rule, fingerprint, fingerprints};

mod block;
mod boundary;
mod decomposition;
mod exchange;
#[path = "../../gray_scott/system.rs"]
#[allow(dead_code, reason = "shared with the example gray_scott, which uses all of it")]
mod system;

/// Simulates the Gray–Scott reaction–diffusion system on the ranks of an MPI program, and draws it.
#[derive(Debug, Parser)]
#[command(name = "gray-scott-mpi")]
struct Options {
    /// Rows of the grid, and of the picture
    #[arg(long, default_value_t = 1080, value_parser = parse_count, allow_negative_numbers = true)]
    rows: usize,

    /// Columns of the grid, and of the picture
    #[arg(long, default_value_t = 1920, value_parser = parse_count, allow_negative_numbers = true)]
    cols: usize,

    /// Time steps; with 0 the picture shows the start
    #[arg(long, default_value_t = 12_000, allow_negative_numbers = true)]
    steps: u64,

    /// Time steps between two exchanges, which is also the width of the halos
    #[arg(long, default_value_t = 4, value_parser = parse_count, allow_negative_numbers = true)]
    depth: usize,

    /// The boundary rule at the edges of the grid
    #[arg(long, value_enum, default_value_t = Rule::Constant)]
    boundary: Rule,

    /// The PNG picture to write, on the machine of rank 0
    #[arg(long, value_name = "PATH", default_value = "gray_scott.png")]
    output: PathBuf,
}

/// The largest number of MPI's count type.
const LARGEST_COUNT: usize = Count::MAX.unsigned_abs() as usize;

/// Parses a number from `least` to the largest number that MPI can count.
fn parse_number(text: &str, least: usize) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (least..=LARGEST_COUNT).contains(number));
    number.ok_or_else(|| format!("a whole number from {least} to {LARGEST_COUNT} is needed"))
}

/// Parses a number of rows, columns or steps.
fn parse_count(text: &str) -> Result<usize, String> {
    parse_number(text, 1)
}

fn main() -> ExitCode {
    let Some(universe) = mpi::initialize() else {
        eprintln!("error: MPI cannot be initialised");
        return ExitCode::FAILURE;
    };
    let world = universe.world();
    // All ranks have the same command line and get the same result. One of them prints it.
    let speaks = world.rank() == 0;
    let code = match Options::try_parse() {
        Ok(options) => match run(&world, &options) {
            Ok(()) => 0,
            Err(Failure { line }) => {
                line.iter().for_each(|line| eprintln!("error: {line}"));
                1
            }
        },
        Err(error) => {
            if speaks && error.use_stderr() {
                eprintln!("{}", one_line(&error));
            } else if speaks {
                print!("{error}");
            }
            if error.use_stderr() { 2 } else { 0 }
        }
    };
    // `universe` finalizes MPI when it is dropped, before the process exits. A rank that exits
    // without that aborts the others.
    ExitCode::from(code)
}

/// An unsuccessful end of all ranks. One of them has a line to print.
#[derive(Debug)]
struct Failure {
    line: Option<String>,
}

/// Returns the value of each rank if all ranks have one. Otherwise all ranks fail, so that none
/// waits for a rank that has ended. The first rank with an error gets the message to print. Every
/// rank must call this function.
fn agree<T>(communicator: &impl Communicator, result: Result<T, String>) -> Result<T, Failure> {
    let mut first_failed: Rank = 0;
    let rank = if result.is_err() { communicator.rank() } else { Rank::MAX };
    communicator.all_reduce_into(&rank, &mut first_failed, SystemOperation::min());
    match result {
        Ok(value) if first_failed == Rank::MAX => Ok(value),
        Err(line) if first_failed == rank => Err(Failure { line: Some(line) }),
        _ => Err(Failure { line: None }),
    }
}

/// Runs the whole program on one rank.
fn run(world: &impl Communicator, options: &Options) -> Result<(), Failure> {
    let Options { rows, cols, steps, depth, boundary, output } = options;
    let ranks = usize::try_from(world.size()).expect("there is a rank");
    let split = agree(world, Split::new((*rows, *cols), ranks, *depth, *boundary))?;
    let communicator = agree(world, connect(world, &split))?;
    let rank = usize::try_from(communicator.rank()).expect("ranks are counted from 0");
    let speaks = rank == 0;
    let picture = speaks.then(|| Picture::at(output)).transpose();
    let picture = agree(&communicator, picture)?;
    agree(&communicator, check_size(&split, rank))?;

    let mut block = Block::start(&split, rank);
    let bar = if speaks { progress_bar(*steps) } else { ProgressBar::hidden() };
    let start = Instant::now();
    let mut left = *steps;
    while left > 0 {
        let steps = usize::try_from(left).unwrap_or(usize::MAX).min(*depth);
        exchange_and_step(&communicator, &split, rank, &mut block);
        (2..=steps).for_each(|step| block.step(step));
        left -= steps as u64;
        bar.inc(steps as u64);
    }
    bar.finish_and_clear();
    let time = start.elapsed();

    // The fields are gathered one after the other, so that rank 0 needs memory for only one.
    let u = gather(&communicator, &split, rank, 0, &block).map(|u| fingerprint(u.view()));
    let v = gather(&communicator, &split, rank, 1, &block);
    let written = picture.zip(v).zip(u).map_or(Ok(()), |((picture, v), u)| {
        let (rows_of_ranks, cols_of_ranks) = split.ranks;
        let ranks = format!("{rows_of_ranks}×{cols_of_ranks} ranks");
        print(&format!("Simulated: {steps} steps of {rows}×{cols} cells by {ranks} in {time:.1?}."))?;
        print(&fingerprints(u, fingerprint(v.view())))?;
        picture.write(v.view(), Look::SPOTS)?;
        print(&format!("Written: {}", output.display()))
    });
    agree(&communicator, written)
}

/// Prints `text` and ends the line. A closed stdout is an error here. `println!` would panic.
fn print(text: &str) -> Result<(), String> {
    writeln!(io::stdout(), "{text}").map_err(|error| format!("cannot print: {error}"))
}

/// Connects the ranks in the arrangement of the blocks, so that MPI can place neighbours close to
/// each other.
fn connect(world: &impl Communicator, split: &Split) -> Result<CartesianCommunicator, String> {
    let dims = [split.ranks.0, split.ranks.1].map(|ranks| Count::try_from(ranks).expect("no more than all ranks"));
    let periodic = [is_periodic(split.rule); 2];
    let connected = world.create_cartesian_communicator(&dims, &periodic, true);
    connected.ok_or_else(|| "MPI cannot connect the ranks".to_owned())
}

/// Returns an error if MPI cannot count a side of a rank's block, or if there is no memory for it.
/// An allocation that fails later would abort the program.
fn check_size(split: &Split, rank: usize) -> Result<(), String> {
    // There are two fields, now and next.
    const BYTES_PER_CELL: usize = 4 * size_of::<f32>();
    let (rows, cols) = split.extents(rank);
    if rows.len().max(cols.len()) > LARGEST_COUNT {
        return Err(format!("with its halos, the block of rank {rank} has more rows or columns than MPI can count"));
    }
    let block = memory::bytes_of(rows.len(), cols.len(), BYTES_PER_CELL);
    let whole = if rank == 0 { memory::bytes_of(split.grid.0, split.grid.1, size_of::<f32>()) } else { Some(0) };
    if memory::is_available(block.zip(whole).and_then(|(block, whole)| block.checked_add(whole))) {
        return Ok(());
    }
    let whole = if rank == 0 { " and one field of the whole grid" } else { "" };
    let (rows, cols) = (rows.owned.len(), cols.owned.len());
    Err(format!("rank {rank} has no memory for its block of {rows}×{cols} cells{whole}: choose a smaller grid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_options_give_one_line_that_names_them() {
        let bad =
            [("--rows", "0"), ("--cols", "2147483648"), ("--steps", "-1"), ("--depth", "0"), ("--boundary", "cliff")];
        for (option, value) in bad {
            let line = one_line(&Options::try_parse_from(["gray-scott-mpi", option, value]).unwrap_err());
            assert_eq!(line.lines().count(), 1, "{line}");
            assert!(line.starts_with("error: ") && line.contains(option) && line.contains(value), "{line}");
        }
    }

    #[test]
    fn a_block_without_memory_is_an_error() {
        // Including halo and ghosts, MPI can still count the larger side. The smaller side gives a
        // number of bytes that fits into a `usize` but exceeds the memory of any machine.
        for side in [LARGEST_COUNT - 8, 1 << 23] {
            let split = Split::new((side, side), 2, 4, Rule::Constant).unwrap();
            for rank in 0..2 {
                let line = check_size(&split, rank).unwrap_err();
                assert!(line.starts_with(&format!("rank {rank} has no memory")), "{line}");
                assert_eq!(line.contains("whole grid"), rank == 0, "{line}");
            }
        }
    }

    #[test]
    fn a_side_that_mpi_cannot_count_is_an_error() {
        let split = Split::new((3, LARGEST_COUNT), 1, 1, Rule::Constant).unwrap();
        assert!(check_size(&split, 0).unwrap_err().contains("more rows or columns"));
    }
}
