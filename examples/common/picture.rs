//! The picture of a field: its colours, and a PNG file that is written completely or not at all.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use ndarray::{Array2, ArrayView2};
use tempfile::NamedTempFile;

/// The place of a picture. The picture is written to a temporary file next to the target and then
/// renamed. A run that fails or is interrupted leaves an older picture unchanged.
#[derive(Debug)]
pub struct Picture {
    target: PathBuf,
}

impl Picture {
    /// Returns the place of a picture, or an error if `path` cannot be written.
    pub fn at(path: &Path) -> Result<Self, String> {
        let cannot = |reason: &dyn Display| format!("cannot write the picture {path:?}: {reason}");
        match fs::metadata(path) {
            Ok(old) if !old.is_file() => return Err(cannot(&"this is not a file")),
            Ok(old) if old.permissions().readonly() => return Err(cannot(&"the file is read-only")),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot(&error)),
            // A path that ends with a slash names a directory. `Path::file_name` ignores the slash.
            Err(_) if !path.file_name().is_some_and(|name| ends_with(path, name)) => {
                return Err(cannot(&"this is the name of a directory"));
            }
            Ok(_) | Err(_) => {}
        }
        // If the path is a link, its target is replaced instead of the link.
        let picture = Picture { target: resolve(path).map_err(|error| cannot(&error))? };
        // Checks that a file can be created there. The file is deleted at once, so that an
        // interrupted run leaves no file.
        picture.temporary_file().map_err(|error| cannot(&error))?;
        Ok(picture)
    }

    /// Returns the place of a picture in a directory that does not exist yet.
    pub fn in_directory_to_make(directory: &Path, name: &str) -> Self {
        Picture { target: directory.join(name) }
    }

    /// Returns whether both pictures would be the same file.
    pub fn has_the_place_of(&self, other: &Picture) -> bool {
        self.target == other.target
    }

    /// Returns the path of the picture, without links, `.` and `..`.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Returns the directory of the target.
    fn directory(&self) -> &Path {
        self.target.parent().unwrap_or(Path::new("/"))
    }

    /// Returns an unnamed file on the same disk as the picture. It is deleted when the program
    /// ends.
    pub fn spool(&self) -> io::Result<File> {
        tempfile::tempfile_in(self.directory())
    }

    /// Returns a new file in the directory of the target. It is deleted when dropped.
    fn temporary_file(&self) -> io::Result<NamedTempFile> {
        let mut ending = OsString::from(".");
        ending.push(self.target.extension().unwrap_or_default());
        let mut builder = tempfile::Builder::new();
        builder.prefix(".picture-").suffix(&ending);
        // By default only its owner can read a temporary file. A picture gets the permissions of
        // any new file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(self.directory())
    }

    /// Draws `field` and writes the picture to its place.
    ///
    /// # Errors
    ///
    /// Returns an error if the picture cannot be written, or if a cell is not finite. An older
    /// picture is unchanged.
    pub fn write(&self, field: ArrayView2<'_, f32>, look: Look) -> Result<(), String> {
        check_finite(field)?;
        self.put(|file| encode(field, look, file))
    }

    /// Calls `write` on a temporary file and then renames it to the path of the picture.
    pub fn put(&self, write: impl FnOnce(BufWriter<&File>) -> io::Result<()>) -> Result<(), String> {
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

/// Returns the absolute path of `path` without links, `.` and `..`. Its last components need not
/// exist.
pub fn resolve(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        known => return known,
    }
    let mut names = path.components();
    match names.next_back() {
        Some(Component::Normal(name)) => Ok(resolve(names.as_path())?.join(name)),
        // The path before `..` does not exist, so it is no link. Its parent follows from its name.
        Some(Component::ParentDir) => resolve(names.as_path()).map(|path| path.parent().unwrap_or(&path).to_owned()),
        Some(Component::CurDir) => resolve(names.as_path()),
        Some(_) => path.canonicalize(),
        None => Path::new(".").canonicalize(),
    }
}

/// Returns whether the path, as it was written, ends with `name`.
fn ends_with(path: &Path, name: &OsStr) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(name.as_encoded_bytes())
}

/// Returns an error if a cell is infinite or NaN.
fn check_finite(field: ArrayView2<'_, f32>) -> Result<(), String> {
    match field.indexed_iter().find(|(_, cell)| !cell.is_finite()) {
        None => Ok(()),
        Some(((row, col), cell)) => {
            Err(format!("there is no picture of this result: the cell in row {row} and column {col} is {cell}"))
        }
    }
}

/// The scale and the colours of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Maps the value of a cell to a position on the scale of colours.
    pub scale: Scale,
    /// Maps a position between 0 and 1 to red, green and blue.
    pub colours: fn(f32) -> [u8; 3],
}

impl Look {
    /// A few bright spots on a dark ground.
    pub const SPOTS: Look = Look { scale: Scale::RootOfLargest, colours: inferno };
}

/// A map from the values of a field to positions between 0 and 1 on a scale of colours.
#[derive(Clone, Copy, Debug)]
pub enum Scale {
    /// The square root of the ratio to the largest cell. It shows the faint surroundings of very
    /// bright spots.
    RootOfLargest,
    /// Linear from the first number to the second.
    Linear(f32, f32),
}

impl Scale {
    /// Returns a function that maps a cell of `field` to its position.
    pub fn position_in(self, field: ArrayView2<'_, f32>) -> impl Fn(f32) -> f32 + use<> {
        let largest = field.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        move |cell| match self {
            Scale::RootOfLargest => (cell / largest).sqrt(),
            Scale::Linear(from, to) => (cell - from) / (to - from),
        }
    }
}

/// Writes `field` as a PNG picture with one pixel per cell.
pub fn encode(field: ArrayView2<'_, f32>, look: Look, out: impl Write) -> io::Result<()> {
    let position = look.scale.position_in(field);
    let rows = field.rows().into_iter();
    let colours = rows.map(|row| row.iter().flat_map(|&cell| (look.colours)(position(cell))).collect());
    encode_rows(field.dim(), png::ColorType::Rgb, colours, out)
}

/// Writes a PNG picture of `rows`×`cols` pixels, with 8 bits per channel, from the bytes of its
/// rows.
pub fn encode_rows(
    (rows, cols): (usize, usize),
    color: png::ColorType,
    bytes: impl Iterator<Item = Vec<u8>>,
    mut out: impl Write,
) -> io::Result<()> {
    let side = |len: usize| u32::try_from(len).map_err(io::Error::other);
    let mut encoder = png::Encoder::new(&mut out, side(cols)?, side(rows)?);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    let mut picture = encoder.write_header()?;
    let mut pixels = picture.stream_writer()?;
    for row in bytes {
        pixels.write_all(&row)?;
    }
    pixels.finish()?;
    picture.finish()?;
    out.flush()
}

/// Returns the red, green and blue of a brightness between 0 and 1. The colours are matplotlib's
/// "inferno", by Nathaniel Smith and Stéfan van der Walt (CC0). Equal steps are perceived as equal,
/// also by colour-blind people.
pub fn inferno(brightness: f32) -> [u8; 3] {
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
    between(&STOPS, brightness)
}

/// Returns a colour from blue at 0 through white in the middle to red at 1, for fields with a sign.
/// The colours are ColorBrewer's "RdBu", by Cynthia Brewer (Apache-2.0), in the opposite order.
pub fn blue_white_red(position: f32) -> [u8; 3] {
    const STOPS: [[f32; 3]; 5] =
        [[5.0, 48.0, 97.0], [67.0, 147.0, 195.0], [247.0, 247.0, 247.0], [214.0, 96.0, 77.0], [103.0, 0.0, 31.0]];
    between(&STOPS, position)
}

/// Returns the colour at `position` between 0 and 1 on a scale of equidistant `stops`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "stops and colours are in range")]
fn between(stops: &[[f32; 3]], position: f32) -> [u8; 3] {
    let position = position.clamp(0.0, 1.0) * (stops.len() - 1) as f32;
    let stop = (position as usize).min(stops.len() - 2);
    let (from, to, way) = (stops[stop], stops[stop + 1], position - stop as f32);
    std::array::from_fn(|channel| (from[channel] + way * (to[channel] - from[channel])).round() as u8)
}

/// Returns `field` in single precision, which is enough for pictures.
#[expect(clippy::cast_possible_truncation, reason = "a picture has 256 shades")]
pub fn shades(field: ArrayView2<'_, f64>) -> Array2<f32> {
    field.mapv(|cell| cell as f32)
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
    fn colours_of_a_sign_are_white_at_zero() {
        assert_eq!([0.0, 0.5, 1.0].map(blue_white_red), [[5, 48, 97], [247, 247, 247], [103, 0, 31]]);
    }

    #[test]
    fn positions_are_in_proportion_or_roots_of_it() {
        let field = ndarray::array![[0.0, 4.0, 1.0]];
        let positions = |scale: Scale| field.map(|&cell| scale.position_in(field.view())(cell));
        assert_eq!(positions(Scale::RootOfLargest), ndarray::array![[0.0, 1.0, 0.5]]);
        assert_eq!(positions(Scale::Linear(-4.0, 4.0)), ndarray::array![[0.5, 1.0, 0.625]]);
    }

    #[test]
    fn a_picture_has_a_pixel_a_cell() {
        let mut png = Vec::new();
        encode(ndarray::array![[0.0, 2.0, 0.0], [0.0, 0.0, 2.0]].view(), Look::SPOTS, &mut png).unwrap();
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
        picture.write(ndarray::aview2(&[[1.0]]), Look::SPOTS).unwrap();
        assert!(fs::read(&path).unwrap().starts_with(b"\x89PNG"));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);

        assert!(Picture::at(directory.path()).unwrap_err().contains("not a file"));
        assert!(Picture::at(&directory.path().join("none/new.png")).is_err());
        assert!(Picture::at(&path.join("new.png")).is_err(), "below a file");
        for name in ["new.png/", "new.png/.", "new.png/.."] {
            assert!(Picture::at(&directory.path().join(name)).is_err(), "{name}: the name of a directory");
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn a_field_that_is_not_finite_replaces_no_picture() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("old.png");
        fs::write(&path, "old").unwrap();
        let picture = Picture::at(&path).unwrap();
        for cell in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let line = picture.write(ndarray::aview2(&[[0.0, 1.0], [2.0, cell]]), Look::SPOTS).unwrap_err();
            assert!(line.contains("row 1 and column 1"), "{line}");
            assert_eq!(fs::read(&path).unwrap(), b"old", "{cell}");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn different_names_of_a_place_are_seen_through() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let place = |name: &str| Picture::at(&path(name)).unwrap();
        assert!(place("a.png").has_the_place_of(&place("./a.png")));
        assert!(!place("a.png").has_the_place_of(&place("b.png")));
        fs::write(path("a.png"), "old").unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(path("a.png"), path("link.png")).unwrap();
            std::os::unix::fs::symlink(directory.path(), path("same")).unwrap();
            assert!(place("a.png").has_the_place_of(&place("link.png")));
            assert!(place("new.png").has_the_place_of(&place("same/new.png")));
        }
        let whole = |name: &str| resolve(&path(name)).unwrap();
        assert_eq!(whole("none/deep/../x"), whole("none/x"));
        assert_eq!(whole("none/./x/"), whole("none/x"));
        assert!(resolve(&path("a.png/x")).is_err(), "below a file");
    }
}
