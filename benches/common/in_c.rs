//! The loops of the other modules in C, compiled by the machine's C compiler with
//! `-O3 -march=native`, for one thread or with OpenMP.

use std::path::Path;

use libloading::Library;
use ndarray::{Array2, Array3, ArrayView2, ArrayViewMut2};

use super::simd::{Inputs, Outputs, Pointers};

const SOURCES: [&str; 2] = ["common/gray_scott.c", "common/loops.c"];

type Step = unsafe extern "C" fn(*const f32, *const f32, *mut f32, *mut f32, usize, usize);
type FourArrays = unsafe extern "C" fn(*const f32, *const f32, *const f32, *mut f32, usize);
type Filter = unsafe extern "C" fn(*const f32, *mut f32, usize, usize);
type Heat<T> = unsafe extern "C" fn(*const T, *mut T, usize, usize, usize);

/// The loops in C.
pub struct InC {
    /// The library that the functions are in. They borrow from it, so it is dropped after them.
    library: Library,
    compiler: String,
    flags: String,
}

impl InC {
    /// Compiles the loops for one thread, or returns the reason why there are none.
    pub fn compile() -> Result<InC, String> {
        Self::compile_with(&[])
    }

    /// Compiles the loops for this number of threads, with OpenMP, or returns the reason why there
    /// are none.
    pub fn with_openmp(threads: usize) -> Result<InC, String> {
        let in_c = Self::compile_with(&["-fopenmp"])?;
        let threads = i32::try_from(threads).map_err(|error| error.to_string())?;
        {
            // SAFETY: the function has this type.
            let set_threads = unsafe { in_c.library.get::<unsafe extern "C" fn(i32)>(b"set_threads") };
            let set_threads = set_threads.map_err(|error| error.to_string())?;
            // SAFETY: OpenMP accepts any positive number of threads.
            unsafe { set_threads(threads) };
        }
        Ok(in_c)
    }

    fn compile_with(flags: &[&str]) -> Result<InC, String> {
        let target = match (std::env::consts::ARCH, std::env::consts::OS) {
            ("x86_64", "linux") => "x86_64-unknown-linux-gnu",
            ("aarch64", "linux") => "aarch64-unknown-linux-gnu",
            (arch, os) => return Err(format!("no C is compiled on {arch} {os}")),
        };
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let sources = SOURCES.map(|source| Path::new(env!("CARGO_MANIFEST_DIR")).join(source));
        let file = directory.path().join("loops.so");
        let mut build = cc::Build::new();
        build.target(target).host(target).opt_level(3).out_dir(directory.path()).cargo_metadata(false);
        build.flag("-march=native").flag("-shared").flag("-fPIC");
        for flag in flags {
            build.flag(flag);
        }
        let compiler = build.try_get_compiler().map_err(|error| error.to_string())?;
        let failure = |error: std::io::Error| format!("{}: {error}", compiler.path().display());
        let output = compiler.to_command().arg("-o").arg(&file).args(&sources).arg("-lm").output().map_err(failure)?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let version = compiler.to_command().arg("--version").output().map_err(failure)?;
        let version = String::from_utf8_lossy(&version.stdout).lines().next().unwrap_or("unknown").to_owned();
        // Some compilers report only the name of their command.
        let name = if compiler.is_like_clang() { "Clang" } else { "GCC" };
        // SAFETY: the file has just been compiled from sources that run no code when they are
        // loaded.
        let library = unsafe { Library::new(&file) }.map_err(|error| error.to_string())?;
        let flags = [&["-O3", "-march=native"], flags].concat().join(" ");
        Ok(InC { library, compiler: format!("{name}: {version}"), flags })
    }

    /// The compiler's name and version.
    pub fn compiler(&self) -> &str {
        &self.compiler
    }

    /// Its flags, without those for a library.
    pub fn flags(&self) -> &str {
        &self.flags
    }

    /// The Gray–Scott step `name`.
    pub fn step<'a>(&'a self, name: &str) -> impl Fn(Inputs, Outputs) + use<'a> {
        // SAFETY: all functions of gray_scott.c have this type.
        let step = unsafe { self.library.get::<Step>(name.as_bytes()) }.expect("gray_scott.c defines the steps");
        move |inputs, mut outputs| {
            let Pointers { u, v, next_u, next_v, rows, cols } = Pointers::new(&inputs, &mut outputs);
            // SAFETY: the fields are contiguous and have rows×cols cells, at least 3×3; the outputs
            // are exclusive.
            unsafe { step(u, v, next_u, next_v, rows, cols) };
        }
    }

    /// `w += x + y * z` over contiguous arrays.
    pub fn four_arrays(&self) -> impl Fn(ArrayViewMut2<f32>, ArrayView2<f32>, ArrayView2<f32>, ArrayView2<f32>) {
        // SAFETY: the function has this type.
        let kernel = unsafe { self.library.get::<FourArrays>(b"four_arrays") }.expect("loops.c defines it");
        move |mut w, x, y, z| {
            let inputs = [x, y, z];
            assert!(w.is_standard_layout());
            assert!(inputs.iter().all(|input| input.is_standard_layout() && input.dim() == w.dim()));
            let [x, y, z] = inputs.map(|input| input.as_ptr());
            // SAFETY: all four are contiguous and have as many cells as `w`, which is exclusive.
            unsafe { kernel(x, y, z, w.as_mut_ptr(), w.len()) };
        }
    }

    /// The filter `name` of a contiguous image of at least 5×5 cells.
    pub fn filter<'a>(&'a self, name: &str) -> impl Fn(&Array2<f32>, &mut Array2<f32>) + use<'a> {
        // SAFETY: all filters of loops.c have this type.
        let filter = unsafe { self.library.get::<Filter>(name.as_bytes()) }.expect("loops.c defines the filters");
        move |input, output| {
            let (rows, cols) = input.dim();
            assert!(input.is_standard_layout() && output.is_standard_layout() && output.dim() == (rows, cols));
            assert!(rows >= 5 && cols >= 5);
            // SAFETY: both images are contiguous and have rows×cols cells, at least 5×5; the output
            // is exclusive.
            unsafe { filter(input.as_ptr(), output.as_mut_ptr(), rows, cols) };
        }
    }

    /// A step of heat in three dimensions, for elements of type `T`.
    pub fn heat<T: HeatInC + 'static>(&self) -> impl Fn(&Array3<T>, &mut Array3<T>) {
        // SAFETY: the function of this name has this type.
        let step = unsafe { self.library.get::<Heat<T>>(T::NAME) }.expect("loops.c defines the steps");
        move |now, next| {
            let (planes, rows, cols) = now.dim();
            assert!(now.is_standard_layout() && next.is_standard_layout() && next.dim() == (planes, rows, cols));
            assert!(planes >= 3 && rows >= 3 && cols >= 3);
            // SAFETY: both arrays are contiguous and have planes×rows×cols cells, at least 3×3×3;
            // the output is exclusive. The loops reach one cell beyond those that are inside.
            unsafe { step(now.as_ptr(), next.as_mut_ptr(), planes, rows, cols) };
        }
    }
}

/// An element type for which there is a step of heat in C.
pub trait HeatInC {
    const NAME: &[u8];
}

impl HeatInC for f32 {
    const NAME: &[u8] = b"heat_f32";
}

impl HeatInC for f64 {
    const NAME: &[u8] = b"heat_f64";
}
