//! Records of a run's time steps, and their options: a directory of pictures, and an animation.
//!
//! All of them are written at the end of the run, so that a run with a wrong result replaces no
//! older records.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use gif::{Encoder, EncodingError, Frame, Repeat};
use ndarray::{Array2, ArrayView2, s};

use crate::directory::Directory;
use crate::picture::{Look, Picture, encode};
use crate::program::Failure;

/// The options for records.
#[derive(Clone, Debug, Default, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("recording").args(["frames", "gif"]).multiple(true))]
pub struct Records {
    /// The directory for pictures, which are written at the end of the run; frame_000123.png shows
    /// the state after 123 steps
    #[arg(long, value_name = "DIRECTORY")]
    pub frames: Option<PathBuf>,

    /// The animated GIF picture to write; large grids are scaled down
    #[arg(long, value_name = "PATH")]
    pub gif: Option<PathBuf>,

    /// Steps from one frame to the next; by default a hundredth of all steps
    #[arg(long, value_name = "STEPS", requires = "recording", allow_negative_numbers = true,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub every: Option<u64>,
}

impl Records {
    /// Returns a recorder for `steps` steps of a grid of this size. `output` is the picture that
    /// the program writes in addition.
    ///
    /// # Errors
    ///
    /// Returns an error if a record cannot be written, or if it would replace `output` or another
    /// record.
    pub fn recorder(
        &self,
        output: &Picture,
        steps: u64,
        grid: (usize, usize),
        look: Look,
    ) -> Result<Recorder, Failure> {
        let every = self.every(steps);
        let pictures = self.frames.as_deref().map(|path| Pictures::new(path, steps, look)).transpose()?;
        let animation = self.gif.as_deref().map(|path| Animation::new(path, grid, look)).transpose()?;
        let recorder = Recorder { every, pictures, animation, last: None };
        recorder.check_places(output).map_err(Failure::of_options)?;
        Ok(recorder)
    }

    /// Returns the number of steps between two frames, for a run of `steps` steps.
    pub fn every(&self, steps: u64) -> u64 {
        const FRAMES: u64 = 100;
        self.every.unwrap_or(steps.div_ceil(FRAMES).max(1))
    }
}

/// Records a field at the start, at regular intervals, and at the end.
#[expect(missing_debug_implementations, reason = "the encoder of the crate gif has none")]
pub struct Recorder {
    /// The number of steps between two records, at least 1.
    every: u64,
    pictures: Option<Pictures>,
    animation: Option<Animation>,
    /// The last recorded step.
    last: Option<u64>,
}

impl Recorder {
    /// Returns a recorder that records nothing.
    pub fn none() -> Self {
        Recorder { every: u64::MAX, pictures: None, animation: None, last: None }
    }

    /// Returns an error if a record would replace another one or the picture `output`.
    fn check_places(&self, output: &Picture) -> Result<(), String> {
        let animation = self.animation.as_ref().map(|animation| &animation.target);
        if animation.is_some_and(|animation| animation.has_the_place_of(output)) {
            return Err(format!("'--gif' and '--output' are the same file {:?}", output.target()));
        }
        let Some(Pictures { directory, digits, .. }) = &self.pictures else { return Ok(()) };
        for (option, picture) in [("--output", Some(output)), ("--gif", animation)] {
            let Some(file) = picture.map(Picture::target) else { continue };
            if directory.target().starts_with(file) {
                return Err(format!("'--frames' needs a directory where '{option}' has the file {file:?}"));
            }
            let name = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
            if file.parent() == Some(directory.target()) && is_name_of_frame(name, *digits) {
                return Err(format!("'{option}' has the name of a picture of '--frames': {file:?}"));
            }
        }
        Ok(())
    }

    /// Returns whether there is any record to write.
    fn records(&self) -> bool {
        self.pictures.is_some() || self.animation.is_some()
    }

    /// Returns the first step after `step` that is to be recorded, or the largest number if there
    /// is none.
    pub fn next_after(&self, step: u64) -> u64 {
        if self.records() { (step / self.every + 1).saturating_mul(self.every) } else { u64::MAX }
    }

    /// Records the field after `step` steps, unless there is no record to write or this step is
    /// already recorded.
    pub fn record(&mut self, step: u64, field: ArrayView2<'_, f32>) -> Result<(), String> {
        if self.last == Some(step) {
            return Ok(());
        }
        self.last = Some(step);
        if let Some(pictures) = &mut self.pictures {
            pictures.add(step, field)?;
        }
        if let Some(animation) = &mut self.animation {
            animation.add(field)?;
        }
        Ok(())
    }

    /// Writes all records to their places. Returns a line per record.
    ///
    /// Call it after the result of the run has been checked. Older records are unchanged until
    /// then.
    pub fn finish(self) -> Result<Vec<String>, String> {
        let mut lines = Vec::new();
        if let Some(pictures) = self.pictures {
            lines.push(pictures.finish()?);
        }
        if let Some(animation) = self.animation {
            lines.push(animation.finish()?);
        }
        Ok(lines)
    }
}

/// A directory of pictures, named after their steps: `frame_000123.png`.
///
/// The pictures are kept in an unnamed file until the run has ended. A run that fails or is killed
/// changes nothing.
struct Pictures {
    directory: Directory,
    /// The number of digits of the steps in the names. It is the same for all names, so that they
    /// sort in the order of the steps.
    digits: usize,
    look: Look,
    spool: File,
    /// The steps, each with the size of its picture in bytes.
    frames: Vec<(u64, u64)>,
}

impl Pictures {
    /// Returns the pictures of `steps` steps, or an error if they cannot be written to this
    /// directory.
    fn new(path: &Path, steps: u64, look: Look) -> Result<Self, String> {
        let directory = Directory::at(path)?;
        let digits = digits_of_frames(steps);
        if directory.target().is_dir() {
            let cannot_read = |error: io::Error| format!("cannot read the directory {path:?}: {error}");
            for entry in fs::read_dir(directory.target()).map_err(cannot_read)? {
                let name = entry.map_err(cannot_read)?.file_name();
                if let Some(name) = name.to_str().filter(|name| is_name_of_frame(name, digits)) {
                    directory.picture(name)?;
                }
            }
        }
        Ok(Pictures { spool: directory.spool()?, directory, digits, look, frames: Vec::new() })
    }

    fn add(&mut self, step: u64, field: ArrayView2<'_, f32>) -> Result<(), String> {
        let mut add = || {
            let start = self.spool.stream_position()?;
            encode(field, self.look, BufWriter::new(&self.spool))?;
            self.frames.push((step, self.spool.stream_position()? - start));
            Ok(())
        };
        add().map_err(|error: io::Error| format!("cannot draw the picture after {step} steps: {error}"))
    }

    /// Writes the pictures to their places. Returns the line to print.
    fn finish(mut self) -> Result<String, String> {
        self.directory.make()?;
        let place = |&(step, len): &(u64, u64)| Ok((self.directory.picture(&name_of_frame(step, self.digits))?, len));
        let places: Vec<(Picture, u64)> = self.frames.iter().map(place).collect::<Result<_, String>>()?;
        self.spool.rewind().map_err(|error| format!("cannot read the pictures that were drawn: {error}"))?;
        for (picture, len) in &places {
            // `take` stops at the end of the picture, where the next one starts.
            picture.put(|mut file| {
                io::copy(&mut (&self.spool).take(*len), &mut file)?;
                file.flush()
            })?;
        }
        Ok(format!("Written: {} pictures in {}", places.len(), self.directory.path().display()))
    }
}

/// Returns the number of digits in the names of the pictures of `steps` steps.
fn digits_of_frames(steps: u64) -> usize {
    const FEWEST: usize = 6;
    steps.to_string().len().max(FEWEST)
}

/// Returns the name of the picture after `step` steps.
fn name_of_frame(step: u64, digits: usize) -> String {
    format!("frame_{step:0digits$}.png")
}

/// Returns whether `name` is the name of a picture of some step.
fn is_name_of_frame(name: &str, digits: usize) -> bool {
    let number = name.strip_prefix("frame_").and_then(|rest| rest.strip_suffix(".png"));
    number.is_some_and(|number| number.len() == digits && number.bytes().all(|digit| digit.is_ascii_digit()))
}

/// An animated GIF picture with one pixel per cell, or fewer if the grid is large.
///
/// It is kept in an unnamed file until it is complete. A run that fails or is killed changes
/// nothing.
struct Animation {
    target: Picture,
    path: PathBuf,
    encoder: Encoder<BufWriter<File>>,
    /// The side of the square of cells that become one pixel.
    scale: usize,
    look: Look,
    count: u64,
}

impl Animation {
    /// The longest side in pixels. It keeps the files small enough to be sent.
    const LONGEST_SIDE: usize = 480;
    /// The duration of a frame, in hundredths of a second.
    const DELAY: u16 = 5;

    fn new(path: &Path, (rows, cols): (usize, usize), look: Look) -> Result<Self, String> {
        let target = Picture::at(path)?;
        let scale = rows.max(cols).div_ceil(Self::LONGEST_SIDE);
        let palette: Vec<u8> = (0..=u8::MAX).flat_map(|index| (look.colours)(f32::from(index) / 255.0)).collect();
        let start = || -> Result<_, EncodingError> {
            let file = BufWriter::new(target.spool()?);
            let mut encoder = Encoder::new(file, side(cols.div_ceil(scale)), side(rows.div_ceil(scale)), &palette)?;
            encoder.set_repeat(Repeat::Infinite)?;
            Ok(encoder)
        };
        let encoder = start().map_err(|error| cannot_encode(&error))?;
        Ok(Animation { target, path: path.to_owned(), encoder, scale, look, count: 0 })
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the position is between 0 and 1")]
    fn add(&mut self, field: ArrayView2<'_, f32>) -> Result<(), String> {
        let field = shrink(field, self.scale);
        let position = self.look.scale.position_in(field.view());
        let pixels: Vec<u8> =
            field.iter().map(|&cell| (position(cell).clamp(0.0, 1.0) * 255.0).round() as u8).collect();
        let mut frame = Frame::from_indexed_pixels(side(field.ncols()), side(field.nrows()), pixels, None);
        frame.delay = Self::DELAY;
        self.encoder.write_frame(&frame).map_err(|error| cannot_encode(&error))?;
        self.count += 1;
        Ok(())
    }

    /// Writes the animation to its place. Returns the line to print.
    fn finish(self) -> Result<String, String> {
        let spool = self.encoder.into_inner().map_err(|error| cannot_encode(&error))?;
        let mut spool = spool.into_inner().map_err(|error| cannot_encode(&error.into_error().into()))?;
        let mut bytes = 0;
        self.target.put(|mut file| {
            spool.rewind()?;
            bytes = io::copy(&mut spool, &mut file)?;
            file.flush()
        })?;
        Ok(format!("Written: {} ({} frames, {:.1} MB)", self.path.display(), self.count, bytes as f64 / 1e6))
    }
}

/// Returns a side of an animation in the type of the file format.
fn side(pixels: usize) -> u16 {
    pixels.try_into().expect("no more than LONGEST_SIDE")
}

fn cannot_encode(error: &EncodingError) -> String {
    format!("cannot draw the animation: {error}")
}

/// Returns the means of squares of `scale`×`scale` cells. Squares at the last edges may be
/// incomplete.
fn shrink(field: ArrayView2<'_, f32>, scale: usize) -> Array2<f32> {
    let (rows, cols) = field.dim();
    let square = |at: usize, len: usize| at * scale..((at + 1) * scale).min(len);
    Array2::from_shape_fn((rows.div_ceil(scale), cols.div_ceil(scale)), |(i, j)| {
        field.slice(s![square(i, rows), square(j, cols)]).mean().expect("a square has a cell")
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use ndarray::array;

    use super::*;
    use crate::picture::{encode, inferno};

    /// Returns a recorder for a program that also writes a picture in `directory`.
    fn recorder(records: &Records, directory: &Path, steps: u64, grid: (usize, usize)) -> Result<Recorder, Failure> {
        records.recorder(&Picture::at(&directory.join("last.png")).unwrap(), steps, grid, Look::SPOTS)
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn the_start_and_every_so_many_steps_are_due() {
        let mut recorder = Recorder::none();
        assert_eq!(recorder.next_after(0), u64::MAX, "there is nothing to record to");
        let directory = tempfile::tempdir().unwrap();
        recorder.every = 10;
        recorder.pictures = Some(Pictures::new(directory.path(), 100, Look::SPOTS).unwrap());
        assert_eq!([0, 9, 10, 11, u64::MAX].map(|step| recorder.next_after(step)), [10, 10, 20, 20, u64::MAX]);
    }

    #[test]
    fn names_are_in_the_order_of_the_steps() {
        assert_eq!(name_of_frame(123, digits_of_frames(1)), "frame_000123.png");
        let digits = digits_of_frames(1_000_000);
        assert!(name_of_frame(999_999, digits) < name_of_frame(1_000_000, digits));
        for step in [0, 999_999, 1_000_000] {
            assert!(is_name_of_frame(&name_of_frame(step, digits), digits), "{step}");
        }
        for other in ["frame_0000001.gif", "frame_000001.png", "frame_000000a.png", "last.png", ""] {
            assert!(!is_name_of_frame(other, digits), "{other}");
        }
    }

    #[test]
    fn a_field_shrinks_to_means() {
        let field = array![[1.0, 3.0, 5.0], [1.0, 3.0, 7.0], [4.0, 8.0, 9.0]];
        assert_eq!(shrink(field.view(), 2), array![[2.0, 6.0], [6.0, 9.0]]);
        assert_eq!(shrink(field.view(), 1), field);
        assert_eq!(shrink(field.view(), 3).dim(), (1, 1));
    }

    /// Returns the height, width, delay and colours of each frame of an animation.
    fn decode(bytes: &[u8]) -> Vec<(u16, u16, u16, Vec<[u8; 3]>)> {
        let mut decoder = gif::DecodeOptions::new().read_info(Cursor::new(bytes)).unwrap();
        let palette = decoder.global_palette().unwrap().to_vec();
        let color = |&index: &u8| <[u8; 3]>::try_from(&palette[3 * usize::from(index)..][..3]).unwrap();
        let mut frames = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            frames.push((frame.height, frame.width, frame.delay, frame.buffer.iter().map(color).collect()));
        }
        frames
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn records_are_written_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let (pictures, animation) = (directory.path().join("new/frames"), directory.path().join("moving.gif"));
        let records = Records { frames: Some(pictures.clone()), gif: Some(animation.clone()), every: Some(5) };
        let fields = [array![[0.0, 2.0, 0.5]], array![[1.0, 0.0, 4.0]]];
        let record = || {
            let mut recorder = recorder(&records, directory.path(), 7, (1, 3)).unwrap();
            for (step, field) in [(0, &fields[0]), (7, &fields[1]), (7, &fields[1])] {
                recorder.record(step, field.view()).unwrap();
            }
            recorder
        };

        drop(record());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "a run that fails leaves nothing behind");

        let lines = record().finish().unwrap();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].contains("2 pictures") && lines[1].contains("2 frames"), "{lines:?}");

        assert_eq!(fs::read_dir(&pictures).unwrap().count(), 2);
        for (step, field) in [(0, &fields[0]), (7, &fields[1])] {
            let mut expected = Vec::new();
            encode(field.view(), Look::SPOTS, &mut expected).unwrap();
            assert!(fs::read(pictures.join(format!("frame_00000{step}.png"))).unwrap() == expected, "step {step}");
        }

        let (dark, bright, half) = (inferno(0.0), inferno(1.0), inferno(128.0 / 255.0));
        let frames = decode(&fs::read(&animation).unwrap());
        let expected =
            [[dark, bright, half], [half, dark, bright]].map(|pixels| (1, 3, Animation::DELAY, pixels.to_vec()));
        assert_eq!(frames, expected);
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn an_animation_of_a_large_grid_is_smaller() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("moving.gif");
        let (rows, cols) = (3, 4 * Animation::LONGEST_SIDE - 1);
        let records = Records { gif: Some(path.clone()), ..Records::default() };
        let mut recorder = recorder(&records, directory.path(), 1, (rows, cols)).unwrap();
        recorder.record(0, Array2::ones((rows, cols)).view()).unwrap();
        recorder.finish().unwrap();
        let frames = decode(&fs::read(&path).unwrap());
        assert_eq!((frames.len(), frames[0].0, frames[0].1), (1, 1, 480));
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn what_cannot_be_written_is_refused_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "old").unwrap();
        let refused = |frames: Option<PathBuf>, gif: Option<PathBuf>| {
            let failure = recorder(&Records { frames, gif, every: None }, directory.path(), 1, (3, 3)).err();
            failure.expect("a record that cannot be").line
        };
        let path = |name: &str| Some(directory.path().join(name));
        assert!(refused(Some(file.clone()), None).contains("cannot make the directory"));
        assert!(refused(path("file/frames"), None).contains("cannot make the directory"));
        assert!(refused(None, path("")).contains("this is"));
        assert!(refused(None, path("none/moving.gif")).contains("cannot write"));
        fs::create_dir(directory.path().join("frame_000001.png")).unwrap();
        assert!(refused(path(""), None).contains("not a file"), "a directory has the name of a picture");
        assert_eq!(fs::read(file).unwrap(), b"old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2, "nothing has been made");
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn records_in_the_same_place_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let refused = |output: &str, frames: Option<&str>, gif: Option<&str>| {
            let records = Records { frames: frames.map(path), gif: gif.map(path), every: None };
            let output = Picture::at(&path(output)).unwrap();
            let failure = records.recorder(&output, 1, (3, 3), Look::SPOTS).err();
            failure.map(|failure| (failure.code, failure.line))
        };
        fs::create_dir(path("frames")).unwrap();
        for (output, frames, gif) in [
            ("a.png", None, Some("a.png")),
            ("a.png", None, Some("frames/../a.png")),
            ("frames/frame_000001.png", Some("frames"), None),
            ("a.png", Some("."), Some("frame_000000.png")),
            ("new", Some("new"), None),
            ("new", Some("new/deep"), None),
            ("a.png", Some("new"), Some("new")),
        ] {
            let (code, line) = refused(output, frames, gif).unwrap_or_else(|| panic!("{output}, {frames:?}, {gif:?}"));
            assert_eq!((code, line.lines().count()), (2, 1), "{line}");
        }
        assert_eq!(refused("frames/last.png", Some("frames"), Some("frames/moving.gif")), None);
        assert_eq!(refused("a.png", Some("frames/frame_000001.png"), Some("frame_000001.gif")), None);
    }
}
