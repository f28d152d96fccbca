//! [`ParZipIter`]: the items of a zip as a parallel iterator for rayon.
#![forbid(unsafe_code)]

use ndarray::Dimension;
use rayon::iter::plumbing::{Folder, UnindexedConsumer, UnindexedProducer, bridge_unindexed};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::Zip;
use crate::kernel::plan::Order;
use crate::operand::Operands;

/// A parallel iterator over the items of a [`Zip`].
///
/// [`Zip::into_par_iter`](rayon::iter::IntoParallelIterator::into_par_iter) returns it. The items
/// are those of [`ZipIter`](crate::ZipIter), and `collect` returns them in row-major order.
///
/// ```
/// use ndarray::{Array2, array};
/// use ndarray_lockstep::{ArrayWindows, Zip};
/// use rayon::prelude::*;
///
/// let a = array![[1, 2, 3], [4, 5, 6]];
/// let b = Array2::from_elem((2, 3), 10);
/// let largest = Zip::from(&a).and(&b).into_par_iter().map(|(a, b)| a * b).max();
/// assert_eq!(largest, Some(60));
///
/// let windows = Zip::from(a.array_windows::<2, 2>());
/// let sums = windows.into_par_iter().map(|(w,)| w.iter().sum::<i32>());
/// assert_eq!(sums.collect::<Vec<_>>(), [12, 16]);
/// ```
///
/// Use it for rayon's adaptors, and for cells that take long: it splits zips of a few cells too.
/// For a few operations per cell, [`par_azip!`](crate::par_azip) is faster, because its loops are
/// dispatched by instruction set.
///
/// The iterator is not indexed, so it has the adaptors of [`ParallelIterator`] only. It is split
/// between rows, and within a row if only one is left.
#[derive(Clone, Debug)]
#[must_use = "iterators do nothing until they are consumed"]
pub struct ParZipIter<Parts, D> {
    zip: Zip<Parts, D>,
    min_len: usize,
}

impl<Parts, D> ParZipIter<Parts, D> {
    /// Sets the smallest number of items per task. The default is 1.
    ///
    /// # Panics
    ///
    /// If `min_len` is 0.
    #[track_caller]
    pub fn with_min_len(self, min_len: usize) -> Self {
        assert!(min_len > 0, "a task has at least one item, so `min_len` must not be 0");
        ParZipIter { min_len, ..self }
    }
}

impl<Parts: Operands<Dim = D, Items: Send> + Send, D: Dimension> IntoParallelIterator for Zip<Parts, D> {
    type Item = Parts::Items;
    type Iter = ParZipIter<Parts, D>;

    fn into_par_iter(self) -> Self::Iter {
        ParZipIter { zip: self, min_len: 1 }
    }
}

impl<Parts: Operands<Dim = D, Items: Send> + Send, D: Dimension> ParallelIterator for ParZipIter<Parts, D> {
    type Item = Parts::Items;

    fn drive_unindexed<C>(self, consumer: C) -> C::Result
    where
        C: UnindexedConsumer<Self::Item>,
    {
        bridge_unindexed(Producer(self), consumer)
    }
}

/// The items of one task.
// `ParZipIter` itself does not implement `UnindexedProducer`: the implementation would be public.
struct Producer<Parts, D>(ParZipIter<Parts, D>);

impl<Parts: Operands<Dim = D, Items: Send> + Send, D: Dimension> UnindexedProducer for Producer<Parts, D> {
    type Item = Parts::Items;

    fn split(self) -> (Self, Option<Self>) {
        let Producer(ParZipIter { zip, min_len }) = self;
        // The first half is the smaller one. It is empty if there is nothing to split.
        if zip.size_of_first_half(Order::RowMajor) < min_len {
            return (Producer(ParZipIter { zip, min_len }), None);
        }
        let (first, second) = zip.split_in(Order::RowMajor);
        (Producer(ParZipIter { zip: first, min_len }), Some(Producer(ParZipIter { zip: second, min_len })))
    }

    fn fold_with<F>(self, folder: F) -> F
    where
        F: Folder<Self::Item>,
    {
        // Most of rayon's folders call `for_each` or `fold` of the iterator, which are its fast
        // loops.
        folder.consume_iter(self.0.zip)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array, Array2, ShapeBuilder, arr0};

    use super::*;

    #[test]
    fn an_iterator_is_split_into_halves_that_are_large_enough() {
        fn halves<D: Dimension>(array: &Array<u8, D>, min_len: usize) -> (usize, Option<usize>) {
            let (first, second) = Producer(Zip::from(array).into_par_iter().with_min_len(min_len)).split();
            (first.0.zip.size(), second.map(|second| second.0.zip.size()))
        }
        assert_eq!(halves(&arr0(0), 1), (1, None));
        assert_eq!(halves(&Array2::zeros((1, 1)), 1), (1, None));
        assert_eq!(halves(&Array2::zeros((0, 8)), 1), (0, None));
        assert_eq!(halves(&Array2::zeros((1, 2)), 1), (1, Some(1)));
        assert_eq!(halves(&Array2::zeros((5, 3)), 6), (6, Some(9)));
        assert_eq!(halves(&Array2::zeros((5, 3)), 7), (15, None));
        // Rows are split first, even if columns are contiguous.
        assert_eq!(halves(&Array2::zeros((5, 3).f()), 6), (6, Some(9)));
        // Both halves keep the least number.
        let zeros = Array2::<u8>::zeros((8, 1));
        let (first, second) = Producer(Zip::from(&zeros).into_par_iter().with_min_len(3)).split();
        assert_eq!((first.0.min_len, second.unwrap().0.min_len), (3, 3));
    }
}
