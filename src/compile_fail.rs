//! Programs that must not compile, with any compiler. What one release says about them is in `tests/compile_fail`.
//!
//! Nightly compilers check that each program is refused for the reason that is meant, by the number of the error. And here
//! is all of it used well:
//!
//! ```
//! use std::cell::Cell;
//! use ndarray::{Array1, Array2, Array3};
//! use ndarray_lockstep::{
//!     ArrayInterior, ArrayInterior3d, ArrayWindows, ArrayWindows3d, Windows, Windows3d, Zip, azip, simd_azip,
//! };
//!
//! fn send<T: Send>(item: T) -> T {
//!     item
//! }
//!
//! let (mut a, mut b) = (Array2::from_elem((4, 4), 1.0_f32), Array2::from_elem((4, 4), 2.0));
//! azip!((x in &mut a, y in &mut b) std::mem::swap(x, y));
//! azip!((x in &mut a, &y in &b) *x += y);
//! azip!((out in a.interior_mut::<3, 3>(), w in b.array_windows::<3, 3>()) *out = *w.at(-1, 0));
//! azip!((index (i, j), x in &mut a) *x = b[[j, i]]);
//! azip!((&x in &a) b[[0, 0]] += x);
//!
//! let _ = (a.array_windows::<1, 3>(), a.try_array_windows::<3, 1>(), Windows::<f32, 1, 1>::new(a.view()));
//! let _ = (a.interior::<1, 1>(), b.interior_mut::<2, 1>());
//!
//! let _ = send(a.array_windows::<3, 3>());
//! let _ = send(Zip::from(a.array_windows::<3, 3>()).into_iter());
//! let (window,) = send(Zip::from(a.array_windows::<3, 3>()).into_iter().next().unwrap());
//! let cells = Array2::from_elem((3, 3), Cell::new(1.0));
//! azip!((w in cells.array_windows::<3, 3>()) w.center().set(*window.center()));
//!
//! let mut kept = Vec::new();
//! azip!((x in a.interior_mut::<3, 3>()) kept.push(x));
//! *kept[0] = b.sum();
//!
//! let (w,) = Zip::from(b.array_windows::<3, 3>()).into_iter().next().unwrap();
//! let (cell, rows, cells, view) = {
//!     let copy = w;
//!     (copy.at(0, 1), copy.rows(), copy.iter(), copy.view())
//! };
//! assert_eq!((*cell, cells.sum::<f32>()), (rows[1][2], view.iter().sum()));
//!
//! azip!((
//!     index _, &b in &b, &c in &b, &d in &b, &e in &b, &f in &b, &g in &b, &h in &b, &i in &b, &j in &b,
//! ) assert!(b + c + d + e + f + g + h + i + j > 0.0));
//!
//! let (mut total, once) = (0.0, String::from("1.5"));
//! simd_azip!((&x in &b) total += x);
//! let shared = std::cell::RefCell::new(Vec::new());
//! simd_azip!(unordered (x in &mut a) shared.borrow_mut().push(x));
//! azip!((&x in &b) total += x * once.parse::<f32>().unwrap());
//! Zip::from(&mut a).and_broadcast(&Array1::from_elem(4, 1.0)).for_each(|a, &b| *a += b);
//! azip!((row in a.rows(), total in &mut Array1::<f32>::zeros(4)) *total = row.sum());
//! Zip::from(b.windows((3, 3))).for_each(|w| assert!(w.sum() > 0.0));
//! let zip = Zip::from(&b);
//! assert_eq!(zip.clone().size(), zip.into_iter().clone().len());
//!
//! let (mut volume, heat) = (Array3::from_elem((4, 4, 4), 1.0_f32), Array3::from_elem((4, 4, 4), 2.0));
//! azip!((out in volume.interior_3d_mut::<3, 3, 3>(), w in heat.array_windows_3d::<3, 3, 3>()) *out = *w.at(-1, 0, 0));
//! azip!((out in volume.interior_mut::<3, 3>(), w in heat.array_windows::<3, 3>()) *out = *w.at(-1, 0));
//! let _ = (heat.try_array_windows_3d::<1, 2, 3>(), Windows3d::<f32, 1, 1, 1>::new(heat.view()));
//! let _ = (heat.interior_3d::<1, 1, 1>(), volume.interior_3d_mut::<3, 2, 1>());
//! let _ = send(heat.array_windows::<3, 3>());
//! let _ = send(heat.array_windows_3d::<3, 3, 3>());
//! let (window,) = send(Zip::from(heat.array_windows_3d::<3, 3, 3>()).into_iter().next().unwrap());
//! let (cell, plane, rows, cells, view) = {
//!     let copy = window;
//!     (copy.at(0, 0, 1), copy.plane(2), copy.rows(), copy.iter(), copy.view())
//! };
//! assert_eq!((*cell, cells.sum::<f32>()), (rows[2][1][2], view.iter().sum()));
//! let cells = Array3::from_elem((3, 3, 3), Cell::new(1.0));
//! azip!((w in cells.array_windows_3d::<3, 3, 3>()) w.center().set(*plane.center()));
//! ```
//!
//! # Aliasing
//!
//! Two operands that write to one array.
//!
//! ```compile_fail,E0499
//! # use ndarray::Array2;
//! # use ndarray_lockstep::azip;
//! # let mut a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((x in &mut a, y in &mut a) std::mem::swap(x, y));
//! ```
//!
//! An operand that reads what another one writes.
//!
//! ```compile_fail,E0502
//! # use ndarray::Array2;
//! # use ndarray_lockstep::azip;
//! # let mut a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((x in &mut a, &y in &a) *x += y);
//! ```
//!
//! Windows over the array that is written.
//!
//! ```compile_fail,E0502
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{ArrayInterior, ArrayWindows, azip};
//! # let mut a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((out in a.interior_mut::<3, 3>(), w in a.array_windows::<3, 3>()) *out = *w.at(-1, 0));
//! ```
//!
//! A body that reads what an operand writes.
//!
//! ```compile_fail,E0502
//! # use ndarray::Array2;
//! # use ndarray_lockstep::azip;
//! # let mut a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((index (i, j), x in &mut a) *x = a[[j, i]]);
//! ```
//!
//! A body that writes what an operand reads.
//!
//! ```compile_fail,E0502
//! # use ndarray::Array2;
//! # use ndarray_lockstep::azip;
//! # let mut a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((&x in &a) a[[0, 0]] += x);
//! ```
//!
//! An array that is read while items to write to are kept.
//!
//! ```compile_fail,E0502
//! # use ndarray::Array2;
//! # use ndarray_lockstep::azip;
//! # let mut a = Array2::from_elem((4, 4), 1.0_f32);
//! let mut kept = Vec::new();
//! azip!((x in &mut a) kept.push(x));
//! let sum = a.sum();
//! *kept[0] = sum;
//! ```
//!
//! A window that lives longer than the array.
//!
//! ```compile_fail,E0597
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{ArrayWindows, Zip};
//! let window = {
//!     let a = Array2::<f32>::zeros((3, 3));
//!     let (window,) = Zip::from(a.array_windows::<3, 3>()).into_iter().next().unwrap();
//!     window
//! };
//! assert_eq!(*window.center(), 0.0);
//! ```
//!
//! A cell, a row, the cells and the view of a window that live longer than the array.
//!
//! ```compile_fail,E0597
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{ArrayWindows, Zip};
//! let cell = {
//!     let a = Array2::<f32>::zeros((3, 3));
//!     Zip::from(a.array_windows::<3, 3>()).into_iter().map(|(w,)| w.at(0, 1)).next().unwrap()
//! };
//! assert_eq!(*cell, 0.0);
//! ```
//!
//! ```compile_fail,E0597
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{ArrayWindows, Zip};
//! let rows = {
//!     let a = Array2::<f32>::zeros((3, 3));
//!     Zip::from(a.array_windows::<3, 3>()).into_iter().map(|(w,)| w.rows()).next().unwrap()
//! };
//! assert_eq!(rows[0][0], 0.0);
//! ```
//!
//! ```compile_fail,E0597
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{ArrayWindows, Zip};
//! let cells = {
//!     let a = Array2::<f32>::zeros((3, 3));
//!     Zip::from(a.array_windows::<3, 3>()).into_iter().map(|(w,)| w.iter()).next().unwrap()
//! };
//! assert_eq!(cells.sum::<f32>(), 0.0);
//! ```
//!
//! ```compile_fail,E0597
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{ArrayWindows, Zip};
//! let view = {
//!     let a = Array2::<f32>::zeros((3, 3));
//!     Zip::from(a.array_windows::<3, 3>()).into_iter().map(|(w,)| w.view()).next().unwrap()
//! };
//! assert_eq!(view.sum(), 0.0);
//! ```
//!
//! A window over a volume, and a plane, a cell, the rows, the cells and the view of one, that live longer than the array.
//!
//! ```compile_fail,E0597
//! # use ndarray::Array3;
//! # use ndarray_lockstep::{ArrayWindows3d, Zip};
//! let window = {
//!     let a = Array3::<f32>::zeros((3, 3, 3));
//!     let (window,) = Zip::from(a.array_windows_3d::<3, 3, 3>()).into_iter().next().unwrap();
//!     window
//! };
//! assert_eq!(*window.center(), 0.0);
//! ```
//!
//! ```compile_fail,E0597
//! # use ndarray::Array3;
//! # use ndarray_lockstep::{ArrayWindows3d, Zip};
//! let plane = {
//!     let a = Array3::<f32>::zeros((3, 3, 3));
//!     Zip::from(a.array_windows_3d::<3, 3, 3>()).into_iter().map(|(w,)| w.plane(0)).next().unwrap()
//! };
//! assert_eq!(*plane.center(), 0.0);
//! ```
//!
//! ```compile_fail,E0597
//! # use ndarray::Array3;
//! # use ndarray_lockstep::{ArrayWindows3d, Zip};
//! let cell = {
//!     let a = Array3::<f32>::zeros((3, 3, 3));
//!     Zip::from(a.array_windows_3d::<3, 3, 3>()).into_iter().map(|(w,)| w.at(0, 0, 1)).next().unwrap()
//! };
//! assert_eq!(*cell, 0.0);
//! ```
//!
//! ```compile_fail,E0597
//! # use ndarray::Array3;
//! # use ndarray_lockstep::{ArrayWindows3d, Zip};
//! let rows = {
//!     let a = Array3::<f32>::zeros((3, 3, 3));
//!     Zip::from(a.array_windows_3d::<3, 3, 3>()).into_iter().map(|(w,)| w.rows()).next().unwrap()
//! };
//! assert_eq!(rows[0][0][0], 0.0);
//! ```
//!
//! ```compile_fail,E0597
//! # use ndarray::Array3;
//! # use ndarray_lockstep::{ArrayWindows3d, Zip};
//! let cells = {
//!     let a = Array3::<f32>::zeros((3, 3, 3));
//!     Zip::from(a.array_windows_3d::<3, 3, 3>()).into_iter().map(|(w,)| w.iter()).next().unwrap()
//! };
//! assert_eq!(cells.sum::<f32>(), 0.0);
//! ```
//!
//! ```compile_fail,E0597
//! # use ndarray::Array3;
//! # use ndarray_lockstep::{ArrayWindows3d, Zip};
//! let view = {
//!     let a = Array3::<f32>::zeros((3, 3, 3));
//!     Zip::from(a.array_windows_3d::<3, 3, 3>()).into_iter().map(|(w,)| w.view()).next().unwrap()
//! };
//! assert_eq!(view.sum(), 0.0);
//! ```
//!
//! Windows over a stack that live longer than the array.
//!
//! ```compile_fail,E0597
//! # use ndarray::Array3;
//! # use ndarray_lockstep::ArrayWindows;
//! let windows = {
//!     let a = Array3::<f32>::zeros((2, 3, 3));
//!     a.array_windows::<3, 3>()
//! };
//! assert_eq!(windows.len(), 2);
//! ```
//!
//! A zip that lives longer than an array that it broadcasts.
//!
//! ```compile_fail,E0597
//! # use ndarray::{Array1, Array2};
//! # use ndarray_lockstep::Zip;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! let zip = {
//!     let row = Array1::from_elem(4, 1.0_f32);
//!     Zip::from(&a).and_broadcast(&row)
//! };
//! zip.for_each(|x, y| assert_eq!(x, y));
//! ```
//!
//! Items that live longer than the array.
//!
//! ```compile_fail,E0597
//! # use ndarray::Array2;
//! # use ndarray_lockstep::azip;
//! let mut kept = Vec::new();
//! {
//!     let mut a = Array2::<f32>::zeros((3, 3));
//!     azip!((x in &mut a) kept.push(x));
//! }
//! *kept[0] = 1.0;
//! ```
//!
//! A second zip, and a second iterator, over what the first one writes.
//!
//! ```compile_fail,E0599
//! # use ndarray::Array2;
//! # use ndarray_lockstep::Zip;
//! # let mut a = Array2::from_elem((4, 4), 1.0_f32);
//! let zip = Zip::from(&mut a);
//! drop(zip.clone());
//! ```
//!
//! ```compile_fail,E0599
//! # use ndarray::Array2;
//! # use ndarray_lockstep::Zip;
//! # let mut a = Array2::from_elem((4, 4), 1.0_f32);
//! let iter = Zip::from(&mut a).into_iter();
//! drop(iter.clone());
//! ```
//!
//! Writing through windows, and to what is broadcast.
//!
//! ```compile_fail,E0594
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{ArrayWindows, azip};
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((w in a.array_windows::<3, 3>()) *w.center() = 0.0);
//! ```
//!
//! ```compile_fail,E0271
//! # use ndarray::{Array1, Array2};
//! # use ndarray_lockstep::Zip;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! Zip::from(&a).and_broadcast(&mut Array1::from_elem(4, 1.0)).for_each(|a, b| *b += a);
//! ```
//!
//! Writing to the interior of a volume that windows are taken of, two interiors of one volume, and writing through a window over it.
//!
//! ```compile_fail,E0502
//! # use ndarray::Array3;
//! # use ndarray_lockstep::{ArrayInterior3d, ArrayWindows3d, azip};
//! # let mut a = Array3::from_elem((4, 4, 4), 1.0_f32);
//! azip!((out in a.interior_3d_mut::<3, 3, 3>(), w in a.array_windows_3d::<3, 3, 3>()) *out = *w.center());
//! ```
//!
//! ```compile_fail,E0499
//! # use ndarray::Array3;
//! # use ndarray_lockstep::{ArrayInterior3d, azip};
//! # let mut a = Array3::from_elem((4, 4, 4), 1.0_f32);
//! azip!((x in a.interior_3d_mut::<3, 3, 3>(), y in a.interior_3d_mut::<3, 3, 3>()) *x = *y);
//! ```
//!
//! ```compile_fail,E0594
//! # use ndarray::Array3;
//! # use ndarray_lockstep::{ArrayWindows3d, azip};
//! # let a = Array3::from_elem((4, 4, 4), 1.0_f32);
//! azip!((w in a.array_windows_3d::<3, 3, 3>()) *w.center() = 0.0);
//! ```
//!
//! # Operands
//!
//! Windows of both crates: each of them is walked by one alone.
//!
//! ```compile_fail,E0277
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{ArrayWindows, azip};
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((w in a.array_windows::<2, 2>(), v in a.windows((2, 2))) assert_eq!(w.view(), v));
//! ```
//!
//! Methods of what is known as ndarray's producer alone.
//!
//! ```compile_fail,E0277
//! # use ndarray::{Ix1, IntoNdProducer};
//! # use ndarray_lockstep::Zip;
//! fn walk<P: IntoNdProducer<Dim = Ix1>>(p: P) {
//!     Zip::from(p).for_each(drop);
//! }
//! ```
//!
//! An array by value.
//!
//! ```compile_fail,E0277
//! # use ndarray::Array2;
//! # use ndarray_lockstep::azip;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((&x in a) assert!(x > 0.0));
//! ```
//!
//! Operands of different dimensions.
//!
//! ```compile_fail,E0271
//! # use ndarray::{Array1, Array2};
//! # use ndarray_lockstep::azip;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((&x in &a, &y in &Array1::from_elem(4, 1.0)) assert!(x == y));
//! ```
//!
//! The index and ten operands.
//!
//! ```compile_fail
//! # use ndarray::Array2;
//! # use ndarray_lockstep::azip;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((
//!     index _, &b in &a, &c in &a, &d in &a, &e in &a, &f in &a, &g in &a, &h in &a, &i in &a, &j in &a, &k in &a,
//! ) assert!(b + c + d + e + f + g + h + i + j + k > 0.0));
//! ```
//!
//! An operand of another crate's.
//!
//! ```compile_fail,E0277
//! struct Mine;
//! fn is_operand<P: ndarray_lockstep::Operand>(_: P) {}
//! is_operand(Mine);
//! ```
//!
//! # Sealed traits
//!
//! What `Zip::from`, `Zip::indexed` and `Zip::and` take, for a type of another crate.
//!
//! ```compile_fail,E0277
//! # use ndarray::Ix1;
//! # use ndarray_lockstep::IntoZip;
//! struct Mine;
//!
//! impl IntoZip<(), Ix1> for Mine {
//!     type Zip = ();
//!
//!     fn into_zip(self) {}
//! }
//! ```
//!
//! ```compile_fail,E0277
//! # use ndarray::Ix1;
//! # use ndarray_lockstep::IntoIndexedZip;
//! struct Mine;
//!
//! impl IntoIndexedZip<(), Ix1> for Mine {
//!     type Zip = ();
//!
//!     fn into_indexed_zip(self) {}
//! }
//! ```
//!
//! ```compile_fail,E0277
//! # use ndarray::Ix1;
//! # use ndarray_lockstep::AndOperand;
//! struct Mine;
//!
//! impl AndOperand<(), Ix1> for Mine {
//!     type Output = ();
//!
//!     fn and_operand(self, _: ndarray_lockstep::Zip<(), Ix1>) {}
//! }
//! ```
//!
//! The same for a type that implements the open trait `IntoOperand`.
//!
//! ```compile_fail,E0277
//! # use ndarray::{ArrayView1, Ix1};
//! # use ndarray_lockstep::{IntoOperand, IntoZip};
//! struct Mine<'a>(&'a [f32]);
//!
//! impl<'a> IntoOperand for Mine<'a> {
//!     type Item = &'a f32;
//!     type Dim = Ix1;
//!     type Operand = ArrayView1<'a, f32>;
//!
//!     fn into_operand(self) -> ArrayView1<'a, f32> {
//!         ArrayView1::from(self.0)
//!     }
//! }
//!
//! impl IntoZip<(), Ix1> for Mine<'_> {
//!     type Zip = ();
//!
//!     fn into_zip(self) {}
//! }
//! ```
//!
//! The traits by which the macros choose a zip.
//!
//! ```compile_fail,E0277
//! # use ndarray_lockstep::expansion::ways::ForUs;
//! struct Mine;
//!
//! impl ForUs for Mine {}
//! ```
//!
//! ```compile_fail,E0277
//! # use ndarray_lockstep::expansion::ways::ForThem;
//! struct Mine;
//!
//! impl ForThem for Mine {}
//! ```
//!
//! ```compile_fail,E0277
//! # use ndarray_lockstep::expansion::ways::Otherwise;
//! struct Mine;
//!
//! impl Otherwise for Mine {}
//! ```
//!
//! The other traits that the macros use, by any path.
//!
//! ```compile_fail,E0603
//! use ndarray_lockstep::fallback::AndProducer;
//! ```
//!
//! ```compile_fail,E0603
//! use ndarray_lockstep::fallback::AsProducer;
//! ```
//!
//! ```compile_fail,E0603
//! use ndarray_lockstep::fallback::Eleventh;
//! ```
//!
//! ```compile_fail,E0603
//! use ndarray_lockstep::fallback::First;
//! ```
//!
//! ```compile_fail,E0603
//! use ndarray_lockstep::fallback::IntoOurIndexed;
//! ```
//!
//! ```compile_fail,E0603
//! use ndarray_lockstep::fallback::IntoOurs;
//! ```
//!
//! ```compile_fail,E0603
//! use ndarray_lockstep::fallback::IntoTheirs;
//! ```
//!
//! ```compile_fail,E0603
//! use ndarray_lockstep::fallback::Next;
//! ```
//!
//! ```compile_fail,E0603
//! use ndarray_lockstep::fallback::WithIndex;
//! ```
//!
//! ```compile_fail,E0432
//! use ndarray_lockstep::expansion::IntoOurs;
//! ```
//!
//! # Zero windows
//!
//! Windows, and cells around them, of no row or no column.
//!
//! ```compile_fail,E0080
//! # use ndarray::Array2;
//! # use ndarray_lockstep::ArrayWindows;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! let _ = a.array_windows::<0, 3>();
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array2;
//! # use ndarray_lockstep::ArrayWindows;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! let _ = a.array_windows::<3, 0>();
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array2;
//! # use ndarray_lockstep::ArrayWindows;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! let _ = a.try_array_windows::<0, 0>();
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array2;
//! # use ndarray_lockstep::Windows;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! let _ = Windows::<f32, 0, 1>::new(a.view());
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array2;
//! # use ndarray_lockstep::ArrayInterior;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! let _ = a.interior::<0, 1>();
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array2;
//! # use ndarray_lockstep::ArrayInterior;
//! # let mut a = Array2::from_elem((4, 4), 1.0_f32);
//! let _ = a.interior_mut::<2, 0>();
//! ```
//!
//! Windows of filters and time steps of more than 65536 cells, or of none, and arrays made of a
//! window of more than 1 MiB.
//!
//! ```compile_fail,E0080
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{Boundary, stencil_map};
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! let _ = stencil_map::<257, 256, _, _, _>(&a, Boundary::Edge, |w| *w.center());
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{Boundary, try_stencil_map};
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! let _ = try_stencil_map::<0, 1, _, _, _>(&a, Boundary::Edge, |w| *w.center());
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{Boundary, stencil_map_into};
//! # let mut a = Array2::from_elem((4, 4), 1.0_f32);
//! stencil_map_into::<1, 65537, _, _, _>(&a.clone(), Boundary::Edge, &mut a, |w| *w.center());
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{Boundary, stencil_steps};
//! # let mut a = Array2::from_elem((4, 4), 1.0_f32);
//! stencil_steps::<65537, 1, 1, f32, _>(1, [&mut a], Boundary::Edge, |_, _| ());
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{Boundary, StencilSteps};
//! # let mut a = Array2::from_elem((4, 4), 1.0_f32);
//! StencilSteps::<{ 1 << 30 }, 4, 1, f32>::new(Boundary::Edge).run(1, [&mut a], |_, _| ());
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{ArrayWindows, azip};
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((w in a.array_windows::<{ 1 << 20 }, 1>()) drop(w.rows()));
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{ArrayWindows, azip};
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((w in a.array_windows::<1024, 1024>()) assert_eq!(w.to_array().len(), 1024));
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{ArrayWindows, Zip};
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! let _ = Zip::from(a.array_windows::<{ 1 << 20 }, 1>()).for_each_row(|rows| assert_eq!(rows.len(), 1 << 20));
//! ```
//!
//! Those of volumes: no plane, no row or no column.
//!
//! ```compile_fail,E0080
//! # use ndarray::Array3;
//! # use ndarray_lockstep::ArrayWindows3d;
//! # let a = Array3::from_elem((4, 4, 4), 1.0_f32);
//! let _ = a.array_windows_3d::<0, 3, 3>();
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array3;
//! # use ndarray_lockstep::ArrayWindows3d;
//! # let a = Array3::from_elem((4, 4, 4), 1.0_f32);
//! let _ = a.array_windows_3d::<3, 0, 3>();
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array3;
//! # use ndarray_lockstep::ArrayWindows3d;
//! # let a = Array3::from_elem((4, 4, 4), 1.0_f32);
//! let _ = a.array_windows_3d::<3, 3, 0>();
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array3;
//! # use ndarray_lockstep::ArrayWindows3d;
//! # let a = Array3::from_elem((4, 4, 4), 1.0_f32);
//! let _ = a.try_array_windows_3d::<0, 0, 0>();
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array3;
//! # use ndarray_lockstep::Windows3d;
//! # let a = Array3::from_elem((4, 4, 4), 1.0_f32);
//! let _ = Windows3d::<f32, 0, 1, 1>::new(a.view());
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array3;
//! # use ndarray_lockstep::ArrayInterior3d;
//! # let a = Array3::from_elem((4, 4, 4), 1.0_f32);
//! let _ = a.interior_3d::<0, 1, 1>();
//! ```
//!
//! ```compile_fail,E0080
//! # use ndarray::Array3;
//! # use ndarray_lockstep::ArrayInterior3d;
//! # let mut a = Array3::from_elem((4, 4, 4), 1.0_f32);
//! let _ = a.interior_3d_mut::<1, 0, 2>();
//! ```
//!
//! Those of a stack.
//!
//! ```compile_fail,E0080
//! # use ndarray::Array3;
//! # use ndarray_lockstep::ArrayWindows;
//! # let a = Array3::from_elem((4, 4, 4), 1.0_f32);
//! let _ = a.array_windows::<0, 3>();
//! ```
//!
//! # Threads
//!
//! Windows of cells that may be written through a shared reference, one of them, and an iterator over them.
//!
//! ```compile_fail,E0277
//! # use std::cell::Cell;
//! # use ndarray::Array2;
//! # use ndarray_lockstep::ArrayWindows;
//! # fn send<T: Send>(_: T) {}
//! let cells = Array2::from_elem((3, 3), Cell::new(1.0));
//! send(cells.array_windows::<3, 3>());
//! ```
//!
//! ```compile_fail,E0277
//! # use std::cell::Cell;
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{ArrayWindows, Zip};
//! # fn send<T: Send>(_: T) {}
//! let cells = Array2::from_elem((3, 3), Cell::new(1.0));
//! let (window,) = Zip::from(cells.array_windows::<3, 3>()).into_iter().next().unwrap();
//! send(window);
//! ```
//!
//! ```compile_fail,E0277
//! # use std::cell::Cell;
//! # use ndarray::Array2;
//! # use ndarray_lockstep::{ArrayWindows, Zip};
//! # fn send<T: Send>(_: T) {}
//! let cells = Array2::from_elem((3, 3), Cell::new(1.0));
//! send(Zip::from(cells.array_windows::<3, 3>()).into_iter());
//! ```
//!
//! The same over volumes and stacks.
//!
//! ```compile_fail,E0277
//! # use std::cell::Cell;
//! # use ndarray::Array3;
//! # use ndarray_lockstep::{ArrayWindows, ArrayWindows3d, Zip};
//! # fn send<T: Send>(_: T) {}
//! let cells = Array3::from_elem((3, 3, 3), Cell::new(1.0));
//! send(cells.array_windows::<3, 3>());
//! ```
//!
//! ```compile_fail,E0277
//! # use std::cell::Cell;
//! # use ndarray::Array3;
//! # use ndarray_lockstep::{ArrayWindows, ArrayWindows3d, Zip};
//! # fn send<T: Send>(_: T) {}
//! let cells = Array3::from_elem((3, 3, 3), Cell::new(1.0));
//! send(cells.array_windows_3d::<3, 3, 3>());
//! ```
//!
//! ```compile_fail,E0277
//! # use std::cell::Cell;
//! # use ndarray::Array3;
//! # use ndarray_lockstep::{ArrayWindows, ArrayWindows3d, Zip};
//! # fn send<T: Send>(_: T) {}
//! let cells = Array3::from_elem((3, 3, 3), Cell::new(1.0));
//! let (window,) = Zip::from(cells.array_windows_3d::<3, 3, 3>()).into_iter().next().unwrap();
//! send(window);
//! ```
//!
//! ```compile_fail,E0277
//! # use std::cell::Cell;
//! # use ndarray::Array3;
//! # use ndarray_lockstep::{ArrayWindows, ArrayWindows3d, Zip};
//! # fn send<T: Send>(_: T) {}
//! let cells = Array3::from_elem((3, 3, 3), Cell::new(1.0));
//! send(Zip::from(cells.array_windows_3d::<3, 3, 3>()).into_iter());
//! ```
//!
//! Elements that stay on their thread.
//!
//! ```compile_fail,E0277
//! # use ndarray::Array2;
//! # use ndarray_lockstep::Zip;
//! # fn send<T: Send>(_: T) {}
//! let mut elements = Array2::from_elem((3, 3), std::rc::Rc::new(1.0));
//! send(Zip::from(&mut elements));
//! ```
//!
#![cfg_attr(
    feature = "rayon",
    doc = r#"# Parallel walks

Used well.

```
# use std::cell::Cell;
# use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
# use ndarray::Array2;
# use ndarray_lockstep::{ArrayWindows, Zip, par_azip};
# use rayon::prelude::*;
let a = Array2::from_elem((4, 4), 1.0_f32);
let mut cells = Array2::from_elem((2, 2), Cell::new(1.0));
let count = AtomicUsize::new(0);
par_azip!((cell in &mut cells, w in a.array_windows::<3, 3>()) {
    cell.set(*w.center());
    count.fetch_add(1, Relaxed);
});
assert_eq!(count.into_inner(), 4);
assert!(Zip::from(&a).par_all(|&x| x > 0.0));
assert_eq!(Zip::from(&a).par_fold(|| 0.0, |sum, x| sum + x, |one, other| one + other), 16.0);
assert_eq!(Zip::from(&mut cells).into_par_iter().count(), 4);
```

Windows of cells that may be written through a shared reference, the cells themselves, and a parallel iterator over them.

```compile_fail,E0277
# use std::cell::Cell;
# use ndarray::Array2;
# use ndarray_lockstep::{ArrayWindows, par_azip};
let cells = Array2::from_elem((3, 3), Cell::new(1.0));
par_azip!((w in cells.array_windows::<3, 3>()) w.center().set(2.0));
```

```compile_fail,E0277
# use std::cell::Cell;
# use ndarray::Array2;
# use ndarray_lockstep::Zip;
let cells = Array2::from_elem((3, 3), Cell::new(1.0));
Zip::from(&cells).par_all(|cell| cell.get() > 0.0);
```

```compile_fail,E0599
# use std::cell::Cell;
# use ndarray::Array2;
# use ndarray_lockstep::{ArrayWindows, Zip};
# use rayon::prelude::*;
let cells = Array2::from_elem((3, 3), Cell::new(1.0));
Zip::from(cells.array_windows::<3, 3>()).into_par_iter();
```

Elements that stay on their thread, shared and mutable.

```compile_fail,E0277
# use std::rc::Rc;
# use ndarray::Array2;
# use ndarray_lockstep::Zip;
let elements = Array2::from_elem((3, 3), Rc::new(1.0));
Zip::from(&elements).par_fold(|| 0.0, |sum, x| sum + **x, |one, other| one + other);
```

```compile_fail,E0277
# use std::rc::Rc;
# use ndarray::Array2;
# use ndarray_lockstep::par_azip;
let mut elements = Array2::from_elem((3, 3), Rc::new(1.0));
par_azip!((x in &mut elements) drop(x.clone()));
```

A body that changes what it has captured, one that captures what only one thread may use, and a fold of values that stay on their
thread.

```compile_fail,E0594
# use ndarray::Array2;
# use ndarray_lockstep::par_azip;
# let a = Array2::from_elem((4, 4), 1.0_f32);
let mut total = 0.0;
par_azip!((&x in &a) total += x);
```

```compile_fail,E0277
# use std::cell::Cell;
# use ndarray::Array2;
# use ndarray_lockstep::par_azip;
# let a = Array2::from_elem((4, 4), 1.0_f32);
let total = Cell::new(0.0);
par_azip!((&x in &a) total.set(total.get() + x));
```

```compile_fail,E0277
# use std::rc::Rc;
# use ndarray::Array2;
# use ndarray_lockstep::Zip;
# let a = Array2::from_elem((4, 4), 1.0_f32);
Zip::from(&a).par_fold(|| Rc::new(0.0), |sum, x| Rc::new(*sum + x), |one, other| Rc::new(*one + *other));
```

A body that reads what an operand writes.

```compile_fail,E0502
# use ndarray::Array2;
# use ndarray_lockstep::par_azip;
# let mut a = Array2::from_elem((4, 4), 1.0_f32);
par_azip!((index (i, j), x in &mut a) *x = a[[j, i]]);
```

A promise that is made already.

```compile_fail
# use ndarray::Array2;
# use ndarray_lockstep::par_azip;
# let a = Array2::from_elem((4, 4), 1.0_f32);
par_azip!(unordered (&x in &a) assert!(x > 0.0));
```
"#
)]
//!
//! # Bodies and grammar
//!
//! Leaving the walk from the body of a cell.
//!
//! ```compile_fail,E0267
//! # use ndarray::Array2;
//! # use ndarray_lockstep::azip;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! loop {
//!     azip!((&x in &a) if x > 0.0 { break });
//! }
//! ```
//!
//! ```compile_fail,E0277
//! # use ndarray::Array1;
//! # use ndarray_lockstep::azip;
//! fn parse(texts: Array1<&str>) -> Result<(), std::num::ParseFloatError> {
//!     azip!((&text in &texts) drop(text.parse::<f32>()?));
//!     Ok(())
//! }
//! ```
//!
//! Using a variable up in the first cell.
//!
//! ```compile_fail,E0507
//! # use ndarray::Array2;
//! # use ndarray_lockstep::azip;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! let once = String::new();
//! azip!((_ in &a) drop(once));
//! ```
//!
//! Promising that cells may be visited in any order, of a body that changes what it has captured; and of one that hands out
//! what it may not give twice.
//!
//! ```compile_fail,E0594
//! # use ndarray::Array2;
//! # use ndarray_lockstep::simd_azip;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! let mut total = 0.0;
//! simd_azip!(unordered (&x in &a) total += x);
//! ```
//!
//! ```compile_fail,E0596
//! # use ndarray::Array2;
//! # use ndarray_lockstep::simd_azip;
//! # let mut a = Array2::from_elem((4, 4), 1.0_f32);
//! let mut kept = Vec::new();
//! simd_azip!(unordered (x in &mut a) kept.push(x));
//! ```
//!
//! A pattern that may not match.
//!
//! ```compile_fail,E0005
//! # use ndarray::Array2;
//! # use ndarray_lockstep::azip;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((&Some(x) in &a.mapv(Some)) assert!(x > 0.0));
//! ```
//!
//! What is not the grammar.
//!
//! ```compile_fail
//! # use ndarray::Array2;
//! # use ndarray_lockstep::azip;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((x = &a) assert!(*x > 0.0));
//! ```
//!
//! ```compile_fail
//! # use ndarray::Array2;
//! # use ndarray_lockstep::azip;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! azip!((&x in &a));
//! ```
//!
//! ```compile_fail
//! # use ndarray::Array2;
//! # use ndarray_lockstep::simd_azip;
//! # let a = Array2::from_elem((4, 4), 1.0_f32);
//! simd_azip!(FnMut (&x in &a) assert!(x > 0.0));
//! ```
//!
//! ```compile_fail
//! # use ndarray_lockstep::azip;
//! azip!((index i) drop(i));
//! ```
//!
//! ```compile_fail
//! # use ndarray_lockstep::azip;
//! azip!();
//! ```
