//! Two image filters: edges by Sobel's operator, and smoothing that keeps edges.
//!
//! ```text
//! cargo run --release --example filters
//! cargo run --release --example filters -- --input photo.png --window 7 --range 0.15
//! ```
//!
//! The program writes `edges.png` and `smooth.png` into the directory `filters`. Without `--input`
//! it draws a picture of coloured rings with noise, writes it as `input.png`, and filters that. It
//! then prints and checks how much of the noise is gone. Any PNG picture in grey or colour can be
//! filtered. Its transparency is ignored.
//!
//! # The filters
//!
//! Both filters are `Stencil::map`, a function of the window around each pixel. Beyond the edges,
//! windows contain the mirror image of the picture (`Boundary::Symmetric`, SciPy's `reflect`).
//!
//! - Edges: the length of the gradient of the brightness, by I. Sobel's 3×3 operator. White is a
//!   step from black to white.
//! - Smooth: a weighted mean of the pixels in a window. The weight falls with the distance in the
//!   picture (a Gaussian) and with the distance between the pixel's colour and the colour in the
//!   centre. This is the bilateral filter of C. Tomasi and R. Manduchi, "Bilateral Filtering for
//!   Gray and Color Images", ICCV 1998. Their weight for a colour at the distance `d` is a
//!   Gaussian. Here it is `1 / (1 + (d / range)²)`, which needs no call of `exp` per pixel of a
//!   window.
//!
//! A pixel is an array, `[f32; 1]` or `[f32; 3]`: windows work with any type.

use std::fmt::Display;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use common::directory::Directory;
use common::memory::check_grid;
use common::picture::{Picture, encode_rows, inferno, resolve};
use common::program::{self, Failure, parse_small_side, print};
use common::random::SplitMix64;
use ndarray::{Array2, ArrayView2};
use ndarray_lockstep::{Boundary, Stencil, Zip};

/// Finds the edges of a picture, and smooths it without blurring them.
#[derive(Debug, Parser)]
#[command(name = "filters")]
struct Options {
    /// The PNG picture to filter; by default a picture of rings with noise
    #[arg(long, value_name = "PATH", conflicts_with_all = ["rows", "cols"])]
    input: Option<PathBuf>,

    /// Rows of the picture of rings
    #[arg(long, default_value_t = 720, value_parser = parse_small_side, allow_negative_numbers = true)]
    rows: usize,

    /// Columns of the picture of rings
    #[arg(long, default_value_t = 1280, value_parser = parse_small_side, allow_negative_numbers = true)]
    cols: usize,

    /// The side of the window for smoothing: 3, 5, 7 or 9
    #[arg(long, default_value_t = 5, value_parser = parse_window, allow_negative_numbers = true)]
    window: u8,

    /// The distance of colours that are still smoothed together; black and white have the distance
    /// 1
    #[arg(long, default_value_t = 0.15, value_parser = parse_range, allow_negative_numbers = true)]
    range: f32,

    /// The directory for the pictures edges.png and smooth.png
    #[arg(long, value_name = "DIRECTORY", default_value = "filters")]
    output: PathBuf,
}

fn parse_window(text: &str) -> Result<u8, String> {
    // A window with an even side has no pixel in its centre.
    let window = text.parse().ok().filter(|window| [3, 5, 7, 9].contains(window));
    window.ok_or_else(|| "an odd side is needed: 3, 5, 7 or 9".to_owned())
}

fn parse_range(text: &str) -> Result<f32, String> {
    // Different colours are at least 1/255 apart. The square of a much smaller range would be 0.
    let range = text.parse().ok().filter(|range: &f32| (0.001..=10.0).contains(range));
    range.ok_or_else(|| "a number from 0.001 to 10 is needed".to_owned())
}

/// A picture whose pixels have `CHANNELS` channels, each between 0 and 1.
type Image<const CHANNELS: usize> = Array2<[f32; CHANNELS]>;

/// A picture in grey or in colour.
#[derive(Debug, PartialEq)]
enum AnyImage {
    Grey(Image<1>),
    Colour(Image<3>),
}

fn main() -> ExitCode {
    program::main(Options::try_parse(), run)
}

fn run(options: &Options, stop: &dyn Fn() -> bool) -> Result<(), Failure> {
    // All errors that can be found early are found before the first file is written.
    let outputs = Outputs::of(options)?;
    match &options.input {
        Some(path) => match read(path)? {
            AnyImage::Grey(image) => outputs.write(None, filter(&image, options)?, stop),
            AnyImage::Colour(image) => outputs.write(None, filter(&image, options)?, stop),
        },
        None => {
            let (noisy, filtered) = filter_rings(options)?;
            outputs.write(Some(noisy), filtered, stop)
        }
    }
}

/// The paths of the pictures that the program writes.
struct Outputs {
    directory: Directory,
    /// The picture of rings, if there is no other input.
    rings: Option<Picture>,
    edges: Picture,
    smooth: Picture,
}

impl Outputs {
    /// Returns the paths of the pictures. Returns an error if one cannot be written, or if it would
    /// replace the input or another picture.
    fn of(options: &Options) -> Result<Self, Failure> {
        let directory = Directory::at(&options.output)?;
        let rings = options.input.is_none().then(|| directory.picture("input.png")).transpose()?;
        let (edges, smooth) = (directory.picture("edges.png")?, directory.picture("smooth.png")?);

        let input = options.input.as_deref().map(|path| resolve(path).map_err(|error| cannot_read(path, &error)));
        let input = input.transpose()?;
        let mut places = vec![("edges.png", edges.target()), ("smooth.png", smooth.target())];
        places.extend(rings.as_ref().map(|rings| ("input.png", rings.target())));
        places.extend(input.as_deref().map(|input| ("the picture of '--input'", input)));
        for (at, (name, place)) in places.iter().enumerate() {
            if let Some((other, _)) = places[..at].iter().find(|(_, other)| other == place) {
                let conflict = format!("{other} in '--output' is the same file as {name}: {place:?}");
                return Err(Failure::of_options(conflict));
            }
        }
        Ok(Outputs { directory, rings, edges, smooth })
    }

    /// Writes the pictures and prints the results, unless `stop` returns true.
    fn write<const C: usize>(
        self,
        noisy: Option<Image<3>>,
        filtered: Filtered<C>,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), Failure> {
        if stop() {
            return Err(Failure::interrupted("before the pictures were written"));
        }
        let Filtered { edges, smooth, mut lines } = filtered;
        self.directory.make()?;
        let rings = self.rings.as_ref().zip(noisy.as_ref());
        rings.map_or(Ok(()), |(place, noisy)| put(place, noisy))?;
        put(&self.edges, &edges)?;
        put(&self.smooth, &smooth)?;
        let names = rings.map(|_| "input.png").into_iter().chain(["edges.png", "smooth.png"]);
        lines.extend(names.map(|name| format!("Written: {}", self.directory.path().join(name).display())));
        Ok(lines.iter().try_for_each(|line| print(line))?)
    }
}

/// The filtered pictures.
struct Filtered<const CHANNELS: usize> {
    edges: Image<1>,
    smooth: Image<CHANNELS>,
    /// The speeds and other results to print.
    lines: Vec<String>,
}

/// Writes a picture to its path.
fn put<const C: usize>(place: &Picture, image: &Image<C>) -> Result<(), String> {
    let color = if C == 1 { png::ColorType::Grayscale } else { png::ColorType::Rgb };
    place.put(|file| encode_rows(image.dim(), color, bytes_of_rows(image), file))
}

/// Draws a picture of rings with noise, filters it, and checks that most of the noise is gone.
/// Returns both pictures.
fn filter_rings(options: &Options) -> Result<(Image<3>, Filtered<3>), String> {
    const LEAST_GAIN: f64 = 5.0;
    // In a smaller picture the rings are hardly wider than a window.
    const LEAST_SIDE: usize = 80;
    check_grid(options.rows, options.cols, BYTES_PER_PIXEL)?;
    let rings = rings((options.rows, options.cols));
    let noisy = with_noise(&rings);
    let mut filtered = filter(&noisy, options)?;
    let (before, after) = (signal_to_noise(&rings, &noisy), signal_to_noise(&rings, &filtered.smooth));
    filtered.lines.push(format!("Signal to noise: {before:.1} dB before, {after:.1} dB after."));
    // A narrower window or range removes less noise.
    let expected =
        options.rows.min(options.cols) >= LEAST_SIDE && options.window >= 5 && (0.1..=0.3).contains(&options.range);
    if expected && after < before + LEAST_GAIN {
        return Err(format!("smoothing has won {:.1} dB, and {LEAST_GAIN} are expected at least", after - before));
    }
    Ok((noisy, filtered))
}

/// Bytes of memory per pixel: the picture with and without noise, its brightness, the results, and
/// the bytes of the input file.
const BYTES_PER_PIXEL: usize = 64;

/// Returns the edges of `image` and the smoothed picture.
fn filter<const C: usize>(image: &Image<C>, options: &Options) -> Result<Filtered<C>, String> {
    let (rows, cols) = image.dim();
    let line = |filter: &str, start: Instant| {
        let each = start.elapsed().as_secs_f64() * 1e9 / (rows * cols) as f64;
        format!("{filter}: {rows}×{cols} pixels of {C} channels, {each:.2} ns a pixel")
    };
    let start = Instant::now();
    let edges = edges(&image.mapv(brightness));
    let mut lines = vec![line("Edges", start)];

    let start = Instant::now();
    let smooth = match options.window {
        3 => smooth::<3, C>(image, options.range),
        5 => smooth::<5, C>(image, options.range),
        7 => smooth::<7, C>(image, options.range),
        9 => smooth::<9, C>(image, options.range),
        other => unreachable!("the options have no window of {other}×{other} pixels"),
    };
    lines.push(line(&format!("Smooth, {0}×{0} windows", options.window), start));
    check_range(image, &smooth)?;
    Ok(Filtered { edges: edges.mapv(|edge| [edge]), smooth, lines })
}

/// Returns the length of the gradient of `brightness`. It is 1 at a step from 0 to 1.
fn edges(brightness: &Array2<f32>) -> Array2<f32> {
    Stencil::<3, 3>::map(
        brightness,
        Boundary::Symmetric,
        #[inline(always)]
        |w| {
            let [[a, b, c], [d, _, e], [f, g, h]] = w.to_array();
            let to_the_right = (c + 2.0 * e + h) - (a + 2.0 * d + f);
            let down = (f + 2.0 * g + h) - (a + 2.0 * b + c);
            f32::sqrt(to_the_right * to_the_right + down * down) / 4.0
        },
    )
}

/// Returns the weighted means of the pixels in K×K windows. The weight falls with the distance from
/// the centre, in place and in colour.
fn smooth<const K: usize, const C: usize>(image: &Image<C>, range: f32) -> Image<C> {
    let near = weights_of_places::<K>();
    let per_square = 1.0 / (range * range);
    Stencil::<K, K>::map(
        image,
        Boundary::Symmetric,
        #[inline(always)]
        |w| {
            let here = *w.center();
            let (mut sum, mut all) = ([0.0; C], 0.0);
            for (near, row) in near.iter().zip(w.rows()) {
                for (near, pixel) in near.iter().zip(row) {
                    let mut square = 0.0;
                    for channel in 0..C {
                        square += (pixel[channel] - here[channel]) * (pixel[channel] - here[channel]);
                    }
                    let weight = near / (1.0 + square * per_square);
                    all += weight;
                    for channel in 0..C {
                        sum[channel] += weight * pixel[channel];
                    }
                }
            }
            sum.map(|sum| sum / all)
        },
    )
}

/// Returns a Gaussian of the distance from the centre of a window. The sides of the window are two
/// standard deviations away.
fn weights_of_places<const K: usize>() -> [[f32; K]; K] {
    let deviation = K as f32 / 4.0;
    let from_centre = |at: usize| at as f32 - (K / 2) as f32;
    std::array::from_fn(|k| {
        std::array::from_fn(|l| {
            let square = from_centre(k).powi(2) + from_centre(l).powi(2);
            f32::exp(-square / (2.0 * deviation * deviation))
        })
    })
}

/// Returns the brightness of a colour: the luma of ITU-R BT.601.
fn brightness<const C: usize>(pixel: [f32; C]) -> f32 {
    match pixel[..] {
        [red, green, blue] => 0.299 * red + 0.587 * green + 0.114 * blue,
        _ => pixel[0],
    }
}

/// Returns an error if a mean is outside the range of the picture's values.
fn check_range<const C: usize>(image: &Image<C>, smooth: &Image<C>) -> Result<(), String> {
    const ROUNDING: f32 = 1e-5;
    for channel in 0..C {
        let values = || image.iter().map(|pixel| pixel[channel]);
        let least = values().fold(f32::INFINITY, f32::min) - ROUNDING;
        let most = values().fold(f32::NEG_INFINITY, f32::max) + ROUNDING;
        // NaN is in no range, so it is found, too.
        if let Some(pixel) = smooth.iter().find(|pixel| !(least..=most).contains(&pixel[channel])) {
            return Err(format!("a mean of {} of values from {least} to {most}", pixel[channel]));
        }
    }
    Ok(())
}

/// Returns the signal-to-noise ratio of `image`, in decibels. `clean` is the picture without noise.
fn signal_to_noise<const C: usize>(clean: &Image<C>, image: &Image<C>) -> f64 {
    let squares = Zip::from(clean).and(image).fold(0.0, |sum, clean, pixel| {
        let differences = clean.iter().zip(pixel).map(|(clean, pixel)| f64::from(clean - pixel));
        sum + differences.map(|difference| difference * difference).sum::<f64>()
    });
    let mean = squares / (clean.len() * C) as f64;
    -10.0 * mean.log10()
}

/// Returns a picture of concentric rings in very different colours.
fn rings((rows, cols): (usize, usize)) -> Image<3> {
    const RINGS: u16 = 8;
    let (middle_row, middle_col) = (rows as f32 / 2.0, cols as f32 / 2.0);
    let width = middle_row.min(middle_col) / f32::from(RINGS);
    Array2::from_shape_fn((rows, cols), |(i, j)| {
        let radius = f32::hypot(i as f32 - middle_row, j as f32 - middle_col);
        // Neighbouring rings are three colours of the scale apart.
        let ring = (radius / width).floor() * 3.0 % f32::from(RINGS);
        inferno(ring / f32::from(RINGS - 1)).map(|channel| f32::from(channel) / 255.0)
    })
}

/// Returns `image` with noise of at most 0.05 in all channels.
fn with_noise(image: &Image<3>) -> Image<3> {
    const MOST: f32 = 0.05;
    let mut random = SplitMix64(1);
    image.map(|pixel| pixel.map(|channel| (channel + MOST * (2.0 * random.unit() - 1.0)).clamp(0.0, 1.0)))
}

/// Reads the PNG file at `path`.
///
/// # Errors
///
/// Returns an error if the file is not a complete PNG picture, or if there is no memory for the
/// size in its header.
fn read(path: &Path) -> Result<AnyImage, String> {
    let cannot = |reason: &dyn Display| cannot_read(path, reason);
    let file = File::open(path).map_err(|error| cannot(&error))?;
    let mut decoder = png::Decoder::new(BufReader::new(file));
    // Converts palettes and other bit depths to 8 bits per channel.
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|error| cannot(&error))?;
    let side = |pixels: u32| usize::try_from(pixels).map_err(|error| cannot(&error));
    let (width, height) = reader.info().size();
    check_grid(side(height)?, side(width)?, BYTES_PER_PIXEL).map_err(|reason| cannot(&reason))?;
    let size = reader.output_buffer_size().ok_or_else(|| cannot(&"it is too large"))?;
    let mut bytes = vec![0; size];
    let frame = reader.next_frame(&mut bytes).map_err(|error| cannot(&error))?;
    // Reads to the end of the file, so that a truncated file is an error.
    reader.finish().map_err(|error| cannot(&error))?;
    let shape = (side(frame.height)?, side(frame.width)?);
    let samples = frame.color_type.samples();
    let bytes = ArrayView2::from_shape((shape.0 * shape.1, samples), &bytes[..frame.buffer_size()]);
    let bytes = bytes.map_err(|error| cannot(&error))?;
    let pixels = |at: &mut dyn Iterator<Item = [f32; 3]>| at.collect::<Vec<_>>();
    let value = |byte: u8| f32::from(byte) / 255.0;
    match samples {
        1 | 2 => {
            let pixels = bytes.column(0).iter().map(|&grey| [value(grey)]).collect();
            Array2::from_shape_vec(shape, pixels).map(AnyImage::Grey).map_err(|error| cannot(&error))
        }
        _ => {
            let pixels = pixels(&mut bytes.rows().into_iter().map(|pixel| std::array::from_fn(|at| value(pixel[at]))));
            Array2::from_shape_vec(shape, pixels).map(AnyImage::Colour).map_err(|error| cannot(&error))
        }
    }
}

fn cannot_read(path: &Path, reason: &dyn Display) -> String {
    format!("cannot read the picture {path:?}: {reason}")
}

/// Returns the rows of `image` as the bytes of a PNG picture.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a channel is between 0 and 1")]
fn bytes_of_rows<const C: usize>(image: &Image<C>) -> impl Iterator<Item = Vec<u8>> {
    let byte = |channel: f32| (channel.clamp(0.0, 1.0) * 255.0).round() as u8;
    image.rows().into_iter().map(move |row| row.iter().flatten().map(|&channel| byte(channel)).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_step_has_an_edge_and_a_plane_its_slope() {
        let step = Array2::from_shape_fn((5, 6), |(_, j)| if j < 3 { 0.0 } else { 1.0 });
        let expected = Array2::from_shape_fn((5, 6), |(_, j)| if j == 2 || j == 3 { 1.0 } else { 0.0 });
        assert_eq!(edges(&step), expected);
        assert_eq!(edges(&step.t().to_owned()), expected.t());

        // A plane rises by twice its slope over two pixels.
        let plane = Array2::from_shape_fn((9, 9), |(i, j)| 3.0 * i as f32 + 4.0 * j as f32);
        assert_eq!(edges(&plane)[[4, 4]], 10.0);
    }

    #[test]
    fn smoothing_leaves_an_even_picture_and_a_high_step() {
        let even = Array2::from_elem((6, 7), [0.25, 0.5, 0.75]);
        for smooth in [smooth::<3, 3>(&even, 0.1), smooth::<9, 3>(&even, 0.1)] {
            assert!(signal_to_noise(&even, &smooth) > 120.0);
        }
        let step = Array2::from_shape_fn((8, 8), |(_, j)| if j < 4 { [0.0] } else { [1.0] });
        assert!(signal_to_noise(&step, &smooth::<5, 1>(&step, 0.05)) > 40.0, "it stays sharp");
        assert!(signal_to_noise(&step, &smooth::<5, 1>(&step, 10.0)) < 20.0, "a wide range blurs it");
    }

    #[test]
    fn smoothing_is_the_mean_by_weights() {
        let image = Array2::from_shape_fn((5, 5), |(i, j)| [(i * 5 + j) as f32 / 25.0]);
        let (near, range) = (weights_of_places::<5>(), 0.3);
        let here = image[[2, 2]][0];
        let (mut sum, mut all) = (0.0, 0.0);
        for ((k, l), [value]) in image.indexed_iter() {
            let weight = near[k][l] / (1.0 + ((value - here) / range).powi(2));
            (sum, all) = (sum + weight * value, all + weight);
        }
        assert!((smooth::<5, 1>(&image, range)[[2, 2]][0] - sum / all).abs() < 1e-6);
    }

    #[test]
    fn means_outside_of_the_range_are_refused() {
        let image = Array2::from_shape_fn((3, 3), |(i, _)| [i as f32]);
        assert!(check_range(&image, &image).is_ok());
        for wrong in [-1.0, 2.5, f32::NAN] {
            let mut smooth = image.clone();
            smooth[[1, 1]] = [wrong];
            assert!(check_range(&image, &smooth).is_err(), "{wrong}");
        }
    }

    #[test]
    fn noise_goes_where_rings_stay() {
        let rings = rings((120, 160));
        let noisy = with_noise(&rings);
        let [before, after] = [&noisy, &smooth::<5, 3>(&noisy, 0.15)].map(|image| signal_to_noise(&rings, image));
        assert!(after > before + 5.0, "{before} dB, {after} dB");
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn pictures_are_read_as_they_were_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("picture.png");
        let write = |color, bytes: &[u8]| {
            let row = vec![bytes.to_vec()];
            Picture::at(&path).unwrap().put(|file| encode_rows((1, 2), color, row.into_iter(), file)).unwrap();
            read(&path).unwrap()
        };
        let grey = AnyImage::Grey(Array2::from_shape_vec((1, 2), vec![[0.0], [1.0]]).unwrap());
        assert_eq!(write(png::ColorType::Grayscale, &[0, 255]), grey);
        assert_eq!(write(png::ColorType::GrayscaleAlpha, &[0, 9, 255, 9]), grey);
        let colour = AnyImage::Colour(Array2::from_shape_vec((1, 2), vec![[0.0, 0.2, 1.0], [0.4, 0.6, 0.8]]).unwrap());
        assert_eq!(write(png::ColorType::Rgb, &[0, 51, 255, 102, 153, 204]), colour);
        assert_eq!(write(png::ColorType::Rgba, &[0, 51, 255, 9, 102, 153, 204, 9]), colour);

        fs::write(&path, "no picture").unwrap();
        assert!(read(&path).unwrap_err().contains("cannot read"));
        assert!(read(&directory.path().join("none.png")).unwrap_err().contains("cannot read"));
        assert!(read(directory.path()).unwrap_err().contains("cannot read"));
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn a_picture_that_is_cut_or_damaged_anywhere_is_an_error_or_a_picture() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("picture.png");
        let image = rings((12, 9));
        put(&Picture::at(&path).unwrap(), &image).unwrap();
        let whole = fs::read(&path).unwrap();
        let read_bytes = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            read(&path)
        };
        for len in 0..whole.len() {
            let line = read_bytes(&whole[..len]).expect_err("a part of a picture");
            assert!(line.contains("cannot read") && line.lines().count() == 1, "{len} bytes: {line}");
        }
        for at in 0..whole.len() {
            for wrong in [0, 0xff, whole[at] ^ 1, whole[at] ^ 0x80] {
                let mut bytes = whole.clone();
                bytes[at] = wrong;
                if let Err(line) = read_bytes(&bytes) {
                    assert!(line.contains("cannot read") && line.lines().count() == 1, "byte {at}: {line}");
                }
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn a_size_without_memory_in_a_header_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("large.png");
        for color in [png::ColorType::Grayscale, png::ColorType::Rgb, png::ColorType::Rgba] {
            let mut bytes = Vec::new();
            let mut encoder = png::Encoder::new(&mut bytes, 4_000_000, 40_000_000);
            encoder.set_color(color);
            encoder.write_header().unwrap().write_chunk(png::chunk::IDAT, &[0x78, 0x9c]).unwrap();
            assert!(bytes.len() < 100, "it is the header that has the size");
            fs::write(&path, bytes).unwrap();
            let line = read(&path).unwrap_err();
            assert!(line.contains("large.png") && line.contains("no memory"), "{line}");
        }
    }

    /// Parses `arguments` as the program does.
    fn options(arguments: &[&str]) -> Options {
        Options::try_parse_from([&["filters"], arguments].concat()).unwrap()
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn pictures_replace_neither_the_input_nor_each_other() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).into_os_string().into_string().unwrap();
        fs::create_dir(path("deep")).unwrap();
        let refused = |input: &str| {
            let options = options(&["--input", &path(input), "--output", &path("")]);
            Outputs::of(&options).err().map(|failure| (failure.code, failure.line))
        };
        for input in ["edges.png", "smooth.png", "./edges.png", "deep/../smooth.png"] {
            let (code, line) = refused(input).unwrap_or_else(|| panic!("{input}"));
            assert!(code == 2 && line.contains("the same file"), "{line}");
        }
        // With another input, the program does not write it.
        assert_eq!(refused("input.png"), None);
        #[cfg(unix)]
        {
            fs::write(path("edges.png"), "old").unwrap();
            std::os::unix::fs::symlink(path("edges.png"), path("smooth.png")).unwrap();
            assert!(refused("input.png").unwrap().1.contains("smooth.png"));
        }
    }

    #[test]
    fn windows_and_ranges_that_cannot_be_are_refused() {
        for window in ["2", "4", "8", "10", "11", "-3", "", "many"] {
            assert!(parse_window(window).unwrap_err().contains("3, 5, 7 or 9"), "{window}");
        }
        for range in ["0", "1e-30", "-1", "10.1", "NaN", "inf"] {
            assert!(parse_range(range).is_err(), "{range}");
        }
        let image = Array2::from_shape_fn((4, 4), |(i, j)| [if i == j { 0.0 } else { 1.0 }]);
        let narrowest = filter(&image, &options(&["--range", "0.001", "--window", "9"])).unwrap();
        assert!(narrowest.smooth.iter().flatten().all(|value| value.is_finite()));
        for side in 1..3 {
            filter(&Array2::from_elem((side, 1), [0.5; 3]), &options(&["--window", "9"])).unwrap();
        }
    }
}
