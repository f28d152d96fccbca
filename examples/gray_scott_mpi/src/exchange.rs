//! The communication between ranks: the halos, and at the end the whole grid.
//!
//! Rectangles of cells are sent and received in place. MPI datatypes describe their rows. The two
//! functions that pass a rectangle to MPI contain the unsafe code of the program. Each takes the
//! datatype from the view that it sends.

use std::mem;

use mpi::datatype::{DynBuffer, DynBufferMut, UserDatatype};
use mpi::topology::CartesianCommunicator;
use mpi::traits::{Communicator, Destination, Equivalence, Source};
use mpi::{Count, Rank, Tag};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};

use crate::block::{Block, Parts};
use crate::decomposition::{Side, Split, directions};

/// Exchanges the halos of a block with its neighbours and runs the first step after the exchange.
/// The inner cells are computed while the messages are in transit.
pub(crate) fn exchange_and_step(communicator: &CartesianCommunicator, split: &Split, rank: usize, block: &mut Block) {
    let sent: Vec<_> = directions().map(|direction| (direction, block.sent(direction))).collect();
    let Parts { centres, halos, inner } = block.parts();

    let mut incoming = Vec::new();
    for (field, halos) in halos.into_iter().enumerate() {
        for (direction @ (row_side, col_side), halo) in halos {
            if let Some(neighbour) = split.neighbour(rank, direction) {
                // The neighbour uses the tag of its own direction, which is the opposite one.
                let tag = tag(field, (row_side.opposite(), col_side.opposite()));
                incoming.push((as_rank(neighbour), tag, RectangleMut::new(halo)));
            }
        }
    }
    let mut outgoing = Vec::new();
    for (field, centre) in centres.iter().enumerate() {
        for &(direction, (ref rows, ref cols)) in &sent {
            if let Some(neighbour) = split.neighbour(rank, direction) {
                let cells = centre.slice(s![rows.clone(), cols.clone()]);
                outgoing.push((as_rank(neighbour), tag(field, direction), Rectangle::new(cells)));
            }
        }
    }

    let mut incoming: Vec<_> = incoming.iter_mut().map(|(from, tag, halo)| (*from, *tag, halo.buffer())).collect();
    let outgoing: Vec<_> = outgoing.iter().map(|(to, tag, cells)| (*to, *tag, cells.buffer())).collect();
    mpi::request::scope(|scope| {
        // Receives are posted first, so that an early message goes to its destination without a
        // buffer of MPI.
        let receives = incoming.iter_mut().map(|(from, tag, halo)| {
            communicator.process_at_rank(*from).immediate_receive_into_with_tag(scope, halo, *tag)
        });
        let mut receives: Vec<_> = receives.collect();
        let sends = outgoing
            .iter()
            .map(|(to, tag, cells)| communicator.process_at_rank(*to).immediate_send_with_tag(scope, cells, *tag));
        let sends: Vec<_> = sends.collect();

        // MPI without a progress thread moves messages only inside its functions. Testing the
        // requests between the parts keeps the messages moving.
        let move_on =
            || receives = mem::take(&mut receives).into_iter().filter_map(|request| request.test().err()).collect();
        inner.compute(centres.each_ref().map(|centre| centre.view()), move_on);

        receives.into_iter().for_each(|request| request.wait_without_status());
        sends.into_iter().for_each(|request| request.wait_without_status());
    });
    block.step_frame();
}

/// Collects the blocks of field number `field` on rank 0. Returns the whole grid there.
pub(crate) fn gather(
    communicator: &CartesianCommunicator,
    split: &Split,
    rank: usize,
    field: usize,
    block: &Block,
) -> Option<Array2<f32>> {
    let tag = tag(field, (Side::Within, Side::Within));
    let owned = block.owned()[field];
    if rank > 0 {
        communicator.process_at_rank(0).send_with_tag(&Rectangle::new(owned).buffer(), tag);
        return None;
    }
    let mut whole = Array2::zeros(split.grid);
    for other in 0..split.ranks.0 * split.ranks.1 {
        let (rows, cols) = split.extents(other);
        let mut cells = whole.slice_mut(s![rows.owned, cols.owned]);
        if other == rank {
            cells.assign(&owned);
        } else {
            let from = communicator.process_at_rank(as_rank(other));
            from.receive_into_with_tag(&mut RectangleMut::new(cells).buffer(), tag);
        }
    }
    Some(whole)
}

/// Returns the tag of a message: its field and its direction. Two ranks may be neighbours in
/// several directions.
fn tag(field: usize, (row_side, col_side): (Side, Side)) -> Tag {
    let number = (field * Side::ALL.len() + row_side as usize) * Side::ALL.len() + col_side as usize;
    Tag::try_from(number).expect("a small number")
}

/// Returns a rank in MPI's type.
fn as_rank(rank: usize) -> Rank {
    Rank::try_from(rank).expect("MPI has given this rank as such a number")
}

/// A rectangle of cells that MPI reads.
///
/// # Invariants
///
/// 1. `datatype` describes the cells of `cells` as seen from the first one, and no others.
struct Rectangle<'a> {
    cells: ArrayView2<'a, f32>,
    datatype: UserDatatype,
}

impl<'a> Rectangle<'a> {
    fn new(cells: ArrayView2<'a, f32>) -> Self {
        Rectangle { datatype: datatype_of(cells), cells }
    }

    fn buffer(&self) -> DynBuffer<'_> {
        // SAFETY: the pointer comes from a view that lives for the lifetime of the result. One
        // element of the datatype is exactly the cells of the view (invariant 1), and a cell has no
        // padding.
        unsafe { DynBuffer::from_raw(self.cells.as_ptr(), 1, self.datatype.as_ref()) }
    }
}

/// A rectangle of cells that MPI writes.
///
/// # Invariants
///
/// 1. `datatype` describes the cells of `cells` as seen from the first one, and no others.
struct RectangleMut<'a> {
    cells: ArrayViewMut2<'a, f32>,
    datatype: UserDatatype,
}

impl<'a> RectangleMut<'a> {
    fn new(cells: ArrayViewMut2<'a, f32>) -> Self {
        RectangleMut { datatype: datatype_of(cells.view()), cells }
    }

    fn buffer(&mut self) -> DynBufferMut<'_> {
        // SAFETY: the pointer comes from a mutable view that is borrowed for the lifetime of the
        // result, so its cells have no other reference. One element of the datatype is exactly the
        // cells of the view (invariant 1). A cell has no padding and accepts any bits.
        unsafe { DynBufferMut::from_raw(self.cells.as_mut_ptr(), 1, self.datatype.as_ref()) }
    }
}

/// Returns the datatype that describes the cells of a view, as seen from its first cell: a number
/// of rows of contiguous cells.
///
/// # Panics
///
/// Panics if the cells of a row are not contiguous, if the rows overlap or are in reverse order, or
/// if a number of rows or columns is too large for MPI. The arrays of this program are row-major
/// and not too large.
fn datatype_of(cells: ArrayView2<'_, f32>) -> UserDatatype {
    let (rows, cols) = cells.dim();
    let count =
        |number: usize| Count::try_from(number).expect("the options limit the sides of the grid to MPI's counts");
    let [row_stride, col_stride] = [cells.strides()[0], cells.strides()[1]];
    assert!(cols <= 1 || col_stride == 1, "the cells of a row must be contiguous");
    // The stride of a single row does not matter. It may be too large for MPI.
    let row_stride = if rows <= 1 { cols } else { usize::try_from(row_stride).expect("rows lie one below the other") };
    assert!(row_stride >= cols, "rows do not overlap");
    UserDatatype::vector(count(rows), count(cols), count(row_stride), &f32::equivalent_datatype())
}
