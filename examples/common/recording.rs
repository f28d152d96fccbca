//! What is recorded on the way through the time steps: a directory of pictures, and an animation; and the options for that.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use gif::{Encoder, EncodingError, Frame, Repeat};
use ndarray::{Array2, ArrayView2, s};

use super::picture::{Look, Picture};
use super::program::Failure;

/// The options that say what is recorded.
#[derive(Clone, Debug, Default, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("recording").args(["frames", "gif"]).multiple(true))]
pub(crate) struct Records {
    /// A directory for a picture every so many steps: frame_000123.png is that after 123 steps
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) frames: Option<PathBuf>,

    /// An animated GIF picture to write, with a frame every so many steps; of large grids it is scaled down
    #[arg(long, value_name = "PATH")]
    pub(crate) gif: Option<PathBuf>,

    /// Steps from one frame to the next; a hundredth of all unless told
    #[arg(long, value_name = "STEPS", requires = "recording", allow_negative_numbers = true,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) every: Option<u64>,
}

impl Records {
    /// A recorder for `steps` steps of a grid of that size, or the reason why it cannot be.
    pub(crate) fn recorder(&self, steps: u64, grid: (usize, usize), look: Look) -> Result<Recorder, String> {
        Recorder::new(self.frames.as_deref(), self.gif.as_deref(), self.every(steps), steps, grid, look)
    }

    /// The same beside the picture `output`, whose place the animation must not take.
    pub(crate) fn recorder_beside(
        &self,
        output: &Path,
        steps: u64,
        grid: (usize, usize),
        look: Look,
    ) -> Result<Recorder, Failure> {
        self.check_beside(output).map_err(Failure::of_options)?;
        Ok(self.recorder(steps, grid, look)?)
    }

    /// Steps from one frame to the next, of `steps` in all.
    pub(crate) fn every(&self, steps: u64) -> u64 {
        const FRAMES: u64 = 100;
        self.every.unwrap_or(steps.div_ceil(FRAMES).max(1))
    }

    /// Refuses an animation in the place of the picture `output`.
    pub(crate) fn check_beside(&self, output: &Path) -> Result<(), String> {
        if self.gif.as_deref() == Some(output) {
            return Err(format!("'--gif' and '--output' are the same file {output:?}"));
        }
        Ok(())
    }
}

/// Records a field at the start, after every so many steps, and at the end.
pub(crate) struct Recorder {
    /// Steps from one record to the next, at least 1.
    every: u64,
    pictures: Option<Pictures>,
    animation: Option<Animation>,
    /// The step that was recorded last.
    last: Option<u64>,
}

impl Recorder {
    /// One that records nothing.
    pub(crate) fn none() -> Self {
        Recorder { every: u64::MAX, pictures: None, animation: None, last: None }
    }

    /// A recorder for `steps` steps of a grid of that size, or the reason why it cannot be.
    fn new(
        pictures: Option<&Path>,
        animation: Option<&Path>,
        every: u64,
        steps: u64,
        grid: (usize, usize),
        look: Look,
    ) -> Result<Self, String> {
        let pictures = pictures.map(|directory| Pictures::new(directory, steps, look)).transpose()?;
        let animation = animation.map(|path| Animation::new(path, grid, look)).transpose()?;
        Ok(Recorder { every, pictures, animation, last: None })
    }

    /// Whether anything is recorded at all.
    fn records(&self) -> bool {
        self.pictures.is_some() || self.animation.is_some()
    }

    /// The first step after `step` that is to be recorded; the largest number if there is none.
    pub(crate) fn next_after(&self, step: u64) -> u64 {
        if self.records() { (step / self.every + 1).saturating_mul(self.every) } else { u64::MAX }
    }

    /// Records the field after `step` steps, if there is something to record it to and that was not done.
    pub(crate) fn record(&mut self, step: u64, field: ArrayView2<'_, f32>) -> Result<(), String> {
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

    /// Writes what is not written yet. The result has a line for each record.
    pub(crate) fn finish(self) -> Result<Vec<String>, String> {
        let mut lines = Vec::new();
        if let Some(Pictures { directory, count, .. }) = self.pictures {
            lines.push(format!("Written: {count} pictures in {}", directory.display()));
        }
        if let Some(animation) = self.animation {
            lines.push(animation.finish()?);
        }
        Ok(lines)
    }
}

/// A directory of pictures, which are named for their steps: `frame_000123.png`.
struct Pictures {
    directory: PathBuf,
    /// Digits of the steps in the names, so that the names are in the order of the steps.
    digits: usize,
    look: Look,
    count: u64,
}

impl Pictures {
    /// The directory, which is made if need be.
    fn new(directory: &Path, steps: u64, look: Look) -> Result<Self, String> {
        const FEWEST_DIGITS: usize = 6;
        fs::create_dir_all(directory)
            .map_err(|error| format!("cannot make the directory {directory:?} for pictures: {error}"))?;
        let digits = steps.to_string().len().max(FEWEST_DIGITS);
        let pictures = Pictures { directory: directory.to_owned(), digits, look, count: 0 };
        // To see that there can be pictures.
        Picture::at(&pictures.path(0))?;
        Ok(pictures)
    }

    fn path(&self, step: u64) -> PathBuf {
        self.directory.join(format!("frame_{step:0digits$}.png", digits = self.digits))
    }

    fn add(&mut self, step: u64, field: ArrayView2<'_, f32>) -> Result<(), String> {
        Picture::at(&self.path(step))?.write(field, self.look)?;
        self.count += 1;
        Ok(())
    }
}

/// An animated GIF picture of a pixel a cell, or fewer where the grid is large.
///
/// It stays in memory until it is whole, so that a run that is killed leaves no part of it behind.
struct Animation {
    target: Picture,
    path: PathBuf,
    encoder: Encoder<Vec<u8>>,
    /// The side of the square of cells that share a pixel.
    scale: usize,
    look: Look,
    count: u64,
}

impl Animation {
    /// In pixels. An animation is for looking at, and shall stay small enough to be sent.
    const LONGEST_SIDE: usize = 480;
    /// How long a frame is shown, in hundredths of a second.
    const DELAY: u16 = 5;

    fn new(path: &Path, (rows, cols): (usize, usize), look: Look) -> Result<Self, String> {
        let target = Picture::at(path)?;
        let scale = rows.max(cols).div_ceil(Self::LONGEST_SIDE);
        let palette: Vec<u8> = (0..=u8::MAX).flat_map(|index| (look.colours)(f32::from(index) / 255.0)).collect();
        let start = || -> Result<Encoder<Vec<u8>>, EncodingError> {
            let mut encoder =
                Encoder::new(Vec::new(), side(cols.div_ceil(scale)), side(rows.div_ceil(scale)), &palette)?;
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

    /// Puts the animation in its place. The result says so.
    fn finish(self) -> Result<String, String> {
        let bytes = self.encoder.into_inner().map_err(|error| cannot_encode(&error))?;
        self.target.put(|mut file| {
            file.write_all(&bytes)?;
            file.flush()
        })?;
        Ok(format!("Written: {} ({} frames, {:.1} MB)", self.path.display(), self.count, bytes.len() as f64 / 1e6))
    }
}

/// A side of an animation as the format has it.
fn side(pixels: usize) -> u16 {
    pixels.try_into().expect("no more than LONGEST_SIDE")
}

fn cannot_encode(error: &EncodingError) -> String {
    format!("cannot draw the animation: {error}")
}

/// The means of the squares of `scale`×`scale` cells; at the last edges, of what there is of them.
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
    use crate::common::picture::{encode, inferno};

    #[test]
    fn the_start_and_every_so_many_steps_are_due() {
        let mut recorder = Recorder::none();
        assert_eq!(recorder.next_after(0), u64::MAX, "there is nothing to record to");
        recorder.every = 10;
        recorder.pictures = Some(Pictures { directory: PathBuf::new(), digits: 6, look: Look::SPOTS, count: 0 });
        assert_eq!([0, 9, 10, 11, u64::MAX].map(|step| recorder.next_after(step)), [10, 10, 20, 20, u64::MAX]);
    }

    #[test]
    fn names_are_in_the_order_of_the_steps() {
        let name =
            |digits, step| Pictures { directory: PathBuf::new(), digits, look: Look::SPOTS, count: 0 }.path(step);
        assert_eq!(name(6, 123), Path::new("frame_000123.png"));
        assert!(name(7, 999_999) < name(7, 1_000_000));
    }

    #[test]
    fn a_field_shrinks_to_means() {
        let field = array![[1.0, 3.0, 5.0], [1.0, 3.0, 7.0], [4.0, 8.0, 9.0]];
        assert_eq!(shrink(field.view(), 2), array![[2.0, 6.0], [6.0, 9.0]]);
        assert_eq!(shrink(field.view(), 1), field);
        assert_eq!(shrink(field.view(), 3).dim(), (1, 1));
    }

    /// The sizes, delays and colours of the frames of an animation.
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
        let fields = [array![[0.0, 2.0, 0.5]], array![[1.0, 0.0, 4.0]]];
        let record = || {
            let mut recorder = Recorder::new(Some(&pictures), Some(&animation), 5, 7, (1, 3), Look::SPOTS).unwrap();
            for (step, field) in [(0, &fields[0]), (7, &fields[1]), (7, &fields[1])] {
                recorder.record(step, field.view()).unwrap();
            }
            recorder
        };

        drop(record());
        assert!(!animation.exists(), "an animation without an end has been written");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "only the directory of the pictures is there");

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
        let mut recorder = Recorder::new(None, Some(&path), 1, 1, (rows, cols), Look::SPOTS).unwrap();
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
        let new = |pictures: Option<&Path>, animation: Option<&Path>| {
            Recorder::new(pictures, animation, 1, 1, (3, 3), Look::SPOTS).map(|_| ()).unwrap_err()
        };
        assert!(new(Some(&file), None).contains("cannot make the directory"));
        assert!(new(None, Some(directory.path())).contains("not a file"));
        assert!(new(None, Some(&directory.path().join("none/moving.gif"))).contains("cannot write"));
    }
}
