//! The picture of a field: a PNG file that appears whole or not at all.
//!
//! Like `system.rs`, this file is also part of `examples/gray_scott_mpi`, and refers to nothing else in the example.

use std::ffi::OsString;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ndarray::ArrayView2;
use tempfile::NamedTempFile;

/// Where the picture goes. It is written beside the target and takes its place when it is whole, so that a run that fails
/// or is interrupted leaves an older picture as it was.
#[derive(Debug)]
pub(crate) struct Picture {
    target: PathBuf,
}

impl Picture {
    /// The place for a picture, or the reason why there can be none at `path`.
    pub(crate) fn at(path: &Path) -> Result<Self, String> {
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
        let mut ending = OsString::from(".");
        ending.push(self.target.extension().unwrap_or_default());
        let mut builder = tempfile::Builder::new();
        builder.prefix(".gray_scott-").suffix(&ending);
        // A temporary file is its owner's alone unless told otherwise; a picture is as open as any new file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(directory.unwrap_or(Path::new(".")))
    }

    /// Draws `field` and puts the picture in its place.
    pub(crate) fn write(&self, field: ArrayView2<'_, f32>) -> Result<(), String> {
        self.put(|file| encode(field, file))
    }

    /// Puts in the place of the picture what `write` writes, once it is whole.
    pub(crate) fn put(&self, write: impl FnOnce(BufWriter<&File>) -> io::Result<()>) -> Result<(), String> {
        let put = || {
            let file = self.temporary_file()?;
            write(BufWriter::new(file.as_file()))?;
            file.as_file().sync_all()?;
            file.persist(&self.target)?;
            Ok(())
        };
        put().map_err(|error: io::Error| format!("cannot write the picture {:?}: {error}", self.target))
    }
}

/// Writes `field` as a PNG picture of a pixel a cell, from black for 0 to the brightest colour for the largest cell.
pub(crate) fn encode(field: ArrayView2<'_, f32>, mut out: impl Write) -> io::Result<()> {
    let side = |len: usize| u32::try_from(len).map_err(io::Error::other);
    let mut encoder = png::Encoder::new(&mut out, side(field.ncols())?, side(field.nrows())?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut picture = encoder.write_header()?;
    let mut pixels = picture.stream_writer()?;
    let brightness = brightness_in(field);
    for row in field.rows() {
        let row: Vec<u8> = row.iter().flat_map(|&cell| inferno(brightness(cell))).collect();
        pixels.write_all(&row)?;
    }
    pixels.finish()?;
    picture.finish()?;
    out.flush()
}

/// The brightness of a cell of `field`: 0 for an empty one, and 1 for the fullest.
pub(crate) fn brightness_in(field: ArrayView2<'_, f32>) -> impl Fn(f32) -> f32 + use<> {
    let largest = field.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    // The square root shows the faint halos of the spots beside a few spots that are very bright.
    move |cell| (cell / largest).sqrt()
}

/// The red, green and blue of a brightness between 0 and 1. The colours are matplotlib's "inferno", by Nathaniel Smith and
/// Stéfan van der Walt (CC0): equal steps look equal, to colour-blind eyes as well.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "stops and colours are in range")]
pub(crate) fn inferno(brightness: f32) -> [u8; 3] {
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
