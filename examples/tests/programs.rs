//! Runs the example programs as a user does: they draw pictures, refuse bad input in one line, and
//! leave no other files.
//!
//! `cargo test -p examples` builds the programs first; `cargo test --test programs` does not. Runs
//! that take long without optimisation are ignored in debug builds, so run it with `--release` as
//! well, and with `--features rayon`.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::{TempDir, tempdir};

/// The programs with the options `--gif`, `--frames` and `--output`.
const WITH_FRAMES: [&str; 5] = ["gray_scott", "heat", "wave", "life", "wide_simd"];

// --- Pictures ------------------------------------------------------------------------------------

/// Commands, with the size and the names of their pictures.
const DRAWINGS: [(&str, (u32, u32), &str); 11] = [
    ("heat --intervals 64", (63, 63), "heat.png"),
    ("heat --intervals 32 --gif heat.gif", (31, 31), "heat.gif heat.png"),
    ("wave --rows 60 --cols 80 --steps 300 --gif wave.gif --every 10", (80, 60), "wave.gif wave.png"),
    ("wave --rows 60 --cols 80 --steps 300 --edges free", (80, 60), "wave.png"),
    ("life --rows 60 --cols 80 --steps 100", (80, 60), "life.png"),
    ("life --pattern glider --rows 40 --cols 50 --steps 801", (50, 40), "life.png"),
    ("life --pattern gosper --rows 80 --cols 90 --steps 180 --gif life.gif", (90, 80), "life.gif life.png"),
    ("jacobi --intervals 16", (15, 15), "jacobi.png"),
    ("jacobi --intervals 16 --factor 1.5", (15, 15), "jacobi.png"),
    // The fields of eight simulations, in two rows.
    ("wide_simd --rows 20 --cols 30 --steps 100", (120, 40), "wide_simd.png"),
    (
        "wide_simd --rows 20 --cols 20 --steps 40 --frames frames --every 20",
        (80, 40),
        "frames/frame_000000.png frames/frame_000020.png frames/frame_000040.png wide_simd.png",
    ),
];

#[test]
fn programs_draw_pictures_of_the_right_size() {
    for (command, size, pictures) in DRAWINGS {
        draws(tempdir().unwrap().path(), command, size, pictures);
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "the comparison of speeds takes long without optimisation")]
fn gray_scott_draws_a_picture_of_the_right_size() {
    let command = "gray_scott --rows 90 --cols 160 --steps 50";
    draws(tempdir().unwrap().path(), command, (160, 90), "gray_scott.png");
}

#[test]
fn filters_reads_pictures_in_grey_and_in_colour() {
    let folder = tempdir().unwrap();
    let made = "filters/edges.png filters/input.png filters/smooth.png";
    draws(folder.path(), "filters --rows 120 --cols 160", (160, 120), made);
    let grey = "filters --input filters/edges.png --window 3 --output out";
    draws(folder.path(), grey, (160, 120), &format!("{made} out/edges.png out/smooth.png"));
    let colour = "filters --input filters/input.png --window 9 --output new/out";
    let all = format!("{made} new/out/edges.png new/out/smooth.png out/edges.png out/smooth.png");
    draws(folder.path(), colour, (160, 120), &all);
    draws(tempdir().unwrap().path(), "filters --rows 3 --cols 3 --window 9 --range 0.001", (3, 3), made);
}

/// Runs a command in a folder, and checks that the folder then has these pictures and no other
/// files.
fn draws(folder: &Path, command: &str, size: (u32, u32), pictures: &str) {
    let output = run(folder, command);
    assert!(output.status.success(), "{command}: {output:?}");
    let files: Vec<_> = listing(folder).into_iter().filter(|(path, _)| folder.join(path).is_file()).collect();
    let names: Vec<_> = files.iter().map(|(path, _)| path.to_str().unwrap()).collect();
    assert_eq!(names.join(" "), pictures, "{command}");
    for (path, bytes) in files {
        let found = if path.extension().unwrap() == "gif" { size_of_gif(&bytes) } else { size_of_png(&bytes) };
        assert_eq!(found, size, "{command}: {}", path.display());
    }
}

/// Decodes a PNG picture and returns its width and height.
fn size_of_png(bytes: &[u8]) -> (u32, u32) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    reader.finish().unwrap();
    (frame.width, frame.height)
}

/// Decodes all frames of an animation and returns their width and height.
fn size_of_gif(bytes: &[u8]) -> (u32, u32) {
    let mut decoder = gif::DecodeOptions::new().read_info(bytes).unwrap();
    let mut frames = 0;
    while decoder.read_next_frame().unwrap().is_some() {
        frames += 1;
    }
    assert!(frames > 1 && bytes.ends_with(b";"), "{frames} frames");
    (decoder.width().into(), decoder.height().into())
}

// --- Refusals ------------------------------------------------------------------------------------

/// Exit codes, words that the line on stderr contains, and commands.
type Refusals<const N: usize> = [(i32, &'static str, &'static str); N];

#[test]
fn bad_options_are_refused() {
    // Arguments are separated by single spaces, so the last command in the table ends with an empty
    // argument.
    const REFUSALS: Refusals<21> = [
        (2, "unexpected argument '--colour'", "gray_scott --rows 90 --cols 160 --steps 50 --colour red"),
        (2, "unexpected argument '--windw' found; a similar argument exists: '--window'", "filters --windw 5"),
        (2, "a similar value exists: 'gosper'", "life --pattern gospr"),
        (2, "'--rows <ROWS>': a whole number from 1", "gray_scott --rows 0"),
        (2, "'--cols <COLS>': a whole number from 1", "gray_scott --cols 0"),
        (2, "'--rows <ROWS>': a whole number from 1", "gray_scott --rows -5"),
        (2, "'many' for '--steps <STEPS>'", "gray_scott --steps many"),
        (2, "'steam' for '--engine <ENGINE>'", "gray_scott --engine steam"),
        (2, "'cliff' for '--boundary <BOUNDARY>'", "gray_scott --boundary cliff"),
        (2, "a whole number from 1 to 1024", "gray_scott --threads 100000"),
        (2, "'--threads 2': the engine simd runs on one thread", "gray_scott --engine simd --threads 2"),
        (2, "'--steps <STEPS>'", "wave --steps -1"),
        (2, "'--rows <ROWS>'", "life --rows 1\n\n2"),
        (2, "an even number", "heat --intervals 65"),
        (2, "'--ratio 1e-300' needs", "heat --intervals 64 --ratio 1e-300"),
        (2, "a number from 0.001 to 1", "wave --courant 1e-300"),
        (2, "an odd side is needed", "filters --window 4"),
        (2, "a number from 0.001 to 10", "filters --range 1e-30"),
        (2, "above 0 and below 2", "jacobi --factor 2"),
        (1, "the pattern needs", "life --pattern gosper --rows 10 --frames new --gif new.gif"),
        (2, "a value is required for '--output <PATH>'", "gray_scott --output "),
    ];
    refuse(REFUSALS);
}

#[test]
#[cfg(not(feature = "rayon"))]
fn several_threads_are_refused_without_the_feature_rayon() {
    refuse([
        (2, "'--engine par': several threads need a build with --features rayon", "gray_scott --engine par"),
        (2, "'--threads 2': several threads need a build with --features rayon", "gray_scott --threads 2"),
    ]);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes long without optimisation")]
fn results_that_are_not_what_theory_says_are_refused() {
    const STABLE: &str = "a ratio above 0.25 is not stable";
    const COURANT: &str = "a Courant number above 0.7071 is not stable";
    refuse([
        (1, STABLE, "heat --intervals 64 --ratio 0.3 --frames frames --gif heat.gif"),
        (1, STABLE, "heat --intervals 64 --ratio 0.5 --time 0.2"),
        (1, COURANT, "wave --rows 60 --cols 80 --courant 0.75 --frames frames --every 20 --gif wave.gif"),
        (1, COURANT, "wave --rows 60 --cols 80 --courant 1 --steps 9000 --frames new"),
        (1, "after 100 iterations", "jacobi --intervals 32 --most 100"),
        (1, "after 0 iterations", "jacobi --intervals 32 --most 0"),
    ]);
}

#[test]
fn pictures_that_cannot_be_read_are_refused() {
    refuse([
        (1, "cannot read the picture", "filters --input none.png"),
        (1, "cannot read the picture", "filters --input folder.png"),
        (1, "cannot read the picture", "filters --input heat.png --output new"),
        (1, "cannot read the picture", "filters --input cut.png"),
        (1, "cannot read the picture", "filters --input damaged.png"),
        (1, "there is no memory for a grid of 400000×400000 cells", "filters --input large.png"),
    ]);
}

#[test]
fn places_where_a_picture_cannot_be_are_refused() {
    for program in WITH_FRAMES.into_iter().chain(["jacobi"]) {
        for output in ["folder.png", "missing/picture.png", &format!("{program}.png/picture.png"), "missing.png/"] {
            refuses(1, "cannot write the picture", &format!("{program} --output {output}"));
        }
    }
    for program in WITH_FRAMES {
        for (code, words, options) in [
            (1, "cannot write the picture", "--gif folder.png --frames new"),
            (1, "cannot make the directory", &format!("--frames {program}.png --gif new.gif")),
            (1, "cannot make the directory", "--frames dangling/new"),
            (2, "'--gif' and '--output' are the same file", &format!("--gif ./{program}.png")),
            (2, "'--gif' and '--output' are the same file", "--gif link.png --output heat.png"),
            (2, "a picture of '--frames'", "--frames frames --output frames/../frames/frame_000020.png"),
            (2, "'--frames' needs a directory", "--frames new/frames --output new"),
        ] {
            refuses(code, words, &format!("{program} {options}"));
        }
    }
    refuse([
        (1, "cannot write the picture", "filters --output folder.png"),
        (1, "cannot make the directory", "filters --output photo.png"),
        (1, "cannot make the directory", "filters --output photo.png/new"),
        (
            2,
            "edges.png in '--output' is the same file as the picture of '--input'",
            "filters --input filters/edges.png",
        ),
        (
            2,
            "smooth.png in '--output' is the same file",
            "filters --input filters/../filters/smooth.png --output ./filters",
        ),
    ]);
}

#[test]
fn grids_for_which_there_is_no_memory_are_refused() {
    refuses(1, "there is no memory", "gray_scott --rows 1000000000 --cols 1000000000");
    refuses(1, "there is no memory", "gray_scott --rows 1000000 --cols 1000000");
    for program in ["wave", "life", "wide_simd", "filters"] {
        let command = format!("{program} --rows 1000000000 --cols 1000000000");
        refuses(2, "a whole number from 3 to 8192", &command);
    }
}

/// An allocation that fails would abort the program.
#[test]
#[cfg(target_os = "linux")]
fn grids_beyond_a_limit_of_memory_are_refused() {
    for (kibibytes, command) in [
        (700_000, "gray_scott --rows 8192 --cols 8192"),
        (700_000, "heat --intervals 8192"),
        (700_000, "wave --rows 8192 --cols 8192"),
        (100_000, "life --rows 8192 --cols 8192"),
        (700_000, "filters --rows 8192 --cols 8192"),
        (700_000, "jacobi --intervals 4096"),
        (700_000, "wide_simd --rows 8192 --cols 8192"),
    ] {
        refuses_in(Some(kibibytes), 1, "there is no memory", command);
    }
}

fn refuse<const N: usize>(refusals: Refusals<N>) {
    for (code, words, command) in refusals {
        refuses(code, words, command);
    }
}

/// Checks that the command exits with this code, prints one line with these words on stderr, and
/// changes no file.
fn refuses(code: i32, words: &str, command: &str) {
    refuses_in(None, code, words, command);
}

/// Checks the same with a memory limit.
fn refuses_in(kibibytes: Option<u32>, code: i32, words: &str, command: &str) {
    let folder = old_files();
    let before = listing(folder.path());
    let Output { status, stderr, .. } = run_in(folder.path(), kibibytes, command);
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(code), "{command}: {stderr}");
    assert!(stderr.lines().count() == 1 && stderr.contains(words), "{command}: no line with {words:?}: {stderr}");
    let after = listing(folder.path());
    let names: Vec<_> = after.keys().collect();
    assert!(after == before, "{command}: files have changed: {names:?}");
}

/// Creates a folder with a file at every path that a program may write to, and with input of all
/// kinds.
fn old_files() -> TempDir {
    let folder = tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, bytes: &[u8]| fs::write(path(name), bytes).unwrap();
    for name in ["frames", "filters", "folder.png", "folder.png/edges.png"] {
        fs::create_dir(path(name)).unwrap();
    }
    for program in WITH_FRAMES.into_iter().chain(["jacobi"]) {
        write(&format!("{program}.png"), b"old");
        write(&format!("{program}.gif"), b"old");
    }
    write("frames/frame_000000.png", b"old");
    write("frames/frame_000020.png", b"old");
    write("filters/input.png", b"old");
    symlink("heat.png", path("link.png")).unwrap();
    symlink("nowhere", path("dangling")).unwrap();
    let photo = photo();
    for name in ["photo.png", "filters/edges.png", "filters/smooth.png"] {
        write(name, &photo);
    }
    write("cut.png", &photo[..1000]);
    let mut damaged = photo;
    // One wrong byte in the pixels.
    damaged[500] ^= 1;
    write("damaged.png", &damaged);
    // 68 bytes, with a header for 400000×400000 pixels.
    write(
        "large.png",
        b"\x89PNG\r\n\x1a\n\
          \0\0\0\x0dIHDR\0\x06\x1a\x80\0\x06\x1a\x80\x08\x02\0\0\0\xea\xf9\x05\x34\
          \0\0\0\x0bIDAT\x78\x9c\x63\x60\x40\0\0\0\x0c\0\x01\x7c\x4c\x44\xc2\
          \0\0\0\0IEND\xae\x42\x60\x82",
    );
    folder
}

/// A PNG picture of noise.
fn photo() -> Vec<u8> {
    let mut random = common::random::SplitMix64(1);
    let pixels: Vec<u8> = (0..30 * 40 * 3).map(|_| random.bits().to_le_bytes()[0]).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 40, 30);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

/// Every file, directory and link in a folder, with its contents.
fn listing(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut entries = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let contents = if path.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else if path.is_dir() {
                folders.push(path.clone());
                b"directory".to_vec()
            } else {
                fs::read(&path).unwrap()
            };
            entries.insert(path.strip_prefix(folder).unwrap().to_owned(), contents);
        }
    }
    entries
}

// --- Runs that are interrupted -------------------------------------------------------------------

#[test]
fn ctrl_c_leaves_the_picture_of_the_last_step() {
    let folder = tempdir().unwrap();
    let records = "--gif moving.gif --frames frames --every 100000";
    let output = interrupted(folder.path(), Signal::SIGINT, records);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.lines().count() == 1 && stderr.starts_with("interrupted after "), "{stderr}");
    let files = listing(folder.path());
    let last = files.keys().rfind(|path| path.starts_with("frames")).unwrap();
    assert!(files[Path::new("gray_scott.png")] == files[last], "the picture is not {}", last.display());
    assert_eq!(size_of_png(&files[last]), (160, 90));
    assert_eq!(size_of_gif(&files[Path::new("moving.gif")]), (160, 90));
}

#[test]
fn a_program_that_is_terminated_changes_nothing() {
    let folder = old_files();
    let before = listing(folder.path());
    let output = interrupted(folder.path(), Signal::SIGTERM, "");
    assert_eq!(output.status.signal(), Some(Signal::SIGTERM as i32), "{output:?}");
    assert!(listing(folder.path()) == before, "files have changed");
}

/// Starts an endless run, and sends it a signal after half a second of time steps.
fn interrupted(folder: &Path, signal: Signal, options: &str) -> Output {
    let command = format!("gray_scott --rows 90 --cols 160 --steps 1000000000 {options}");
    let mut child =
        command_in(folder, None, command.trim_end()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("Checked: "), "{line}");
    sleep(Duration::from_millis(500));
    kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
    for _ in 0..600 {
        if child.try_wait().unwrap().is_some() {
            return child.wait_with_output().unwrap();
        }
        sleep(Duration::from_millis(100));
    }
    child.kill().unwrap();
    panic!("the program does not end after {signal}");
}

// --- Several threads -----------------------------------------------------------------------------

/// The grid is large enough for two threads and for several steps in a sweep, and so narrow that
/// the edges matter.
#[test]
#[cfg(feature = "rayon")]
#[cfg_attr(debug_assertions, ignore = "takes long without optimisation")]
fn several_threads_give_the_fields_of_one() {
    for boundary in ["constant", "reflect", "wrap"] {
        let [one, two] = ["", " --engine par --threads 2"].map(|threads| {
            let folder = tempdir().unwrap();
            let grid = format!("gray_scott --rows 2048 --cols 50 --steps 101 --boundary {boundary}{threads}");
            let output = run(folder.path(), &grid);
            let stdout = String::from_utf8(output.stdout).unwrap();
            stdout.lines().find(|line| line.starts_with("Fingerprints: ")).expect("fingerprints").to_owned()
        });
        assert_eq!(one, two, "{boundary}");
    }
}

// --- Programs ------------------------------------------------------------------------------------

fn run(folder: &Path, command: &str) -> Output {
    run_in(folder, None, command)
}

fn run_in(folder: &Path, kibibytes: Option<u32>, command: &str) -> Output {
    command_in(folder, kibibytes, command).output().unwrap()
}

/// Returns the command of a program and its arguments, in a folder, with a memory limit.
fn command_in(folder: &Path, kibibytes: Option<u32>, command: &str) -> Command {
    let mut words = command.split(' ');
    let program = program(words.next().unwrap());
    let mut command = match kibibytes {
        None => Command::new(program),
        Some(kibibytes) => {
            let mut shell = Command::new("sh");
            shell.args(["-c", r#"ulimit -v "$0" && exec "$@""#, &kibibytes.to_string()]).arg(program);
            shell
        }
    };
    command.args(words).current_dir(folder).stdin(Stdio::null());
    command
}

/// The program of an example. Cargo puts it next to the folder of this test.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(File::open(&program).is_ok(), "{} is missing: build it with `cargo test -p examples`", program.display());
    program
}
