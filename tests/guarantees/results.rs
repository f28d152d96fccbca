//! Promise 16: arrays of results.

use super::*;

/// A result that owns something and records its drop.
#[derive(Debug)]
struct Logged<'a> {
    number: Box<u32>,
    drops: &'a RefCell<Vec<u32>>,
}

impl<'a> Logged<'a> {
    fn new(number: u32, drops: &'a RefCell<Vec<u32>>) -> Self {
        Logged { number: Box::new(number), drops }
    }
}

impl Drop for Logged<'_> {
    fn drop(&mut self) {
        self.drops.borrow_mut().push(*self.number);
    }
}

#[test]
fn promise_16_results() {
    /// Compares the results of a walk with ndarray's: values and layout, with and without
    /// destructor, the order of visits, and the drops after a panic in the closure.
    fn check<D: Dimension>(one: ArrayView<'_, u32, D>, other: ArrayView<'_, u32, D>) {
        /// The distance between cells at which the closure panics. Panics are slow under Miri.
        const STEP: usize = if cfg!(miri) { 7 } else { 1 };
        let value = |x: &u32, y: &u32| x * 1000 + y;
        macro_rules! collected {
            ($Zip:path) => {{
                use $Zip as Zip;
                let (mut order, drops) = (Vec::new(), RefCell::new(Vec::new()));
                let numbers = Zip::from(one.view()).and(other.view()).map_collect(|x, y| {
                    order.push(*x);
                    value(x, y)
                });
                let logged =
                    Zip::from(one.view()).and(other.view()).map_collect(|x, y| Logged::new(value(x, y), &drops));
                assert_eq!(drops.take(), [], "finished results are not dropped");
                let (strides, owned) = (logged.strides().to_vec(), logged.map(|result| *result.number));
                drop(logged);
                let all_drops = drops.take();

                // Stopped at every cell, and assigned to existing values.
                let (mut early_drops, mut assigned) = (Vec::new(), Vec::new());
                for last in (0..numbers.len()).step_by(STEP) {
                    let mut visits = 0;
                    let mut result = |x: &u32, y: &u32| {
                        visits += 1;
                        assert!(visits <= last, "stop");
                        Logged::new(value(x, y), &drops)
                    };
                    stopped(|| drop(Zip::from(one.view()).and(other.view()).map_collect(&mut result)));
                    early_drops.push(drops.take());
                    visits = 0;
                    let mut into = one.map(|&x| Logged::new(x, &drops));
                    let mut result = |x: &u32, y: &u32| {
                        visits += 1;
                        assert!(visits <= last, "stop");
                        Logged::new(value(x, y), &drops)
                    };
                    stopped(|| Zip::from(one.view()).and(other.view()).map_assign_into(&mut into, &mut result));
                    assigned.push((drops.take(), into.map(|result| *result.number)));
                    drop(into);
                    assert_eq!(drops.take().len(), one.len());
                }
                ((numbers.strides().to_vec(), numbers, order), (strides, owned, all_drops), early_drops, assigned)
            }};
        }
        let ours = collected!(ndarray_lockstep::Zip);
        assert_eq!(ours, collected!(ndarray::Zip));
        for (made, drops) in (0..).step_by(STEP).zip(&ours.2) {
            assert_eq!(drops, &ours.1.2[..made], "all results, in the order of their creation");
        }
    }
    // With windows, there is one result per window.
    let volume = counted((4, 4, 5));
    let sums = Zip::from(volume.array_windows_3d::<3, 3, 3>()).map_collect(|w| w.iter().sum::<u32>());
    let expected = ndarray::Zip::from(volume.windows((3, 3, 3))).map_collect(|w| w.sum());
    assert_eq!(sums, expected);

    let (c, f) = (counted((3, 4)), counted((3, 4).f()));
    let wide = counted((6, 9));
    let parts = [c.view(), f.view(), wide.slice(s![..;-2, 1..5]), wide.slice(s![1..4, ..;2]).slice_move(s![.., ..4])];
    if cfg!(miri) {
        check(parts[1], parts[2]);
        check(parts[3], parts[0]);
        check(counted((2, 2, 2).f()).view(), counted((2, 2, 2).f()).view());
        return;
    }
    for one in parts {
        parts.iter().for_each(|other| check(one, *other));
    }
    for shape in [(0, 4), (3, 0), (1, 1), (1, 5), (5, 1)] {
        check(counted(shape).view(), counted(shape.f()).view());
        check(counted(shape.f()).view(), counted(shape.f()).view());
    }
    check(counted((2, 3, 4)).view(), counted((2, 3, 4).f()).view());
    check(counted((2, 3, 4).f()).view(), counted((2, 3, 4).f()).view());
    check(counted((4, 2, 3)).view().permuted_axes([1, 2, 0]), counted((2, 3, 4)).view());
    check(counted(7).view(), counted(14).slice(s![..;-2]));
    check(counted(()).view(), counted(()).view());
    check(counted((2, 1, 3)).into_dyn().view(), counted((2, 1, 3).f()).into_dyn().view());
}
