//! The inventory of the unsafe code: what is promised, who keeps the promise, and what fails if nobody does.
//!
//! The argument why the crate is sound is on the [crate page](crate#why-it-is-sound); what follows from it for a caller is a list on
//! [`Zip`](crate::Zip#what-a-caller-may-rely-on). This page is for reviewers. The module has no items.
//!
//! # How to read it
//!
//! There is a table a module of the source, and modules that are not listed have no unsafe code. A row stands for occurrences that rest on
//! the same promise, as they are written: what is in a macro counts once. `tests/inventory.rs` counts them in the source, and fails where
//! this page is not up to date. Numbers are those of the `# Safety` and `# Invariants` sections that the `SAFETY` comments name. Most of the
//! preconditions that can be checked at run time are debug assertions too.
//!
//! The last column says what fails if the promise is broken:
//!
//! - *guarantee N* is the test `promise_N` of `tests/guarantees.rs` (15 with the feature `rayon`), and `auto_traits`, `boundary`, `extremes`,
//!   `iterator_laws`, `ndarray_invariants`, `soundness`, `steps` and `volumes` are files of `tests`;
//! - `contract` are the tests of `src/contract.rs`: an operand without memory asserts all that the loops promise their operands, in debug
//!   builds and without Miri, places included that are computed and not used;
//! - `compile_fail` are programs that must not compile, in `src/compile_fail.rs`;
//! - *fuzz* names targets in the folder `fuzz`: `zip`, `windows` and `volumes` against ndarray, `plan` for `layout.rs` against a plain enumeration,
//!   `levels` for dispatched loops against plain ones, `boundary` for ghost cells and `stencil_map` against a definition of the rules, `steps`
//!   for time steps against separate ones;
//! - *ASan* is AddressSanitizer over the test suite. *Miri* is the suite under Miri, `scripts/miri.sh`: with fewer and smaller cases, which
//!   still reach every unsafe block;
//! - *bug N* is one of the [planted bugs](#planted-bugs), of which it is known.
//!
//! # How to check it
//!
//! In the root of the repository; each script begins with what it needs. `.ci/run` calls most of it, with short limits, and says what it leaves to others.
//!
//! | command | what it checks |
//! |---|---|
//! | `cargo test` | all tests and examples; in debug builds with the assertions of every precondition that can be checked |
//! | `scripts/miri.sh` | the same under Miri: Stacked Borrows and Tree Borrows, strict provenance, symbolic alignment, 32 bits, big-endian; threads |
//! | `scripts/sanitizers.sh` | the same under AddressSanitizer, ThreadSanitizer (what has threads) and valgrind |
//! | `scripts/fuzz.sh` | the eight fuzz targets, a minute each, of which `audit` is for the machine-code checker; `--runs 10000000` is what `zip`, `windows`, `plan` and `levels` have been run for, `--coverage` tells the lines they reach |
//! | `scripts/supply-chain.sh` | the dependencies, the combinations of features, the oldest versions |
//! | `scripts/planted-bugs.sh` | that a check fails for every planted bug |
//! | `cargo mutants` | that a test fails for every change of the safe code; those that change nothing are listed in `.cargo/mutants.toml`, with the reason |
//!
//! # `operand.rs`
//!
//! The contract, and who keeps it for arrays and indices.
//!
//! | occurrences | where | what is promised | who keeps it | what fails otherwise |
//! |---|---|---|---|---|
//! | 1 × `unsafe trait` | [`Operand`](crate::Operand) | its promises 1 to 7 | its six implementations: the trait is sealed | what is said of those; bugs 10, 29 |
//! | 8 × `unsafe fn` | its methods, `offset` to `lane_item` | nothing: they ask | `row.rs`, `iter.rs` and `zip.rs`, by way of the tuples | `contract`; bugs 48, 55 |
//! | 1 × `unsafe impl` | `Operand for ArrayView` | 1 to 7 | ndarray's invariant for `ArrayView`; `layout::merges` | `ndarray_invariants`; guarantees 1, 9; fuzz `zip`; bugs 03, 04, 10, 14, 25 |
//! | 8 × `unsafe fn` | its methods | what 1 to 7 say of each | as for the trait's methods | as for the trait's methods; bug 12 |
//! | 6 × `unsafe {}` | in `offset`, `ahead`, `item`, `row`, `lane_item` | pointers move inside the view, and what is there is valid and shared | the function's preconditions with promise 1 | guarantees 1, 9; fuzz `zip`; ASan; bugs 12, 14, 18 |
//! | 1 × `unsafe impl` | `Operand for ArrayViewMut` | 1 to 7 | ndarray's invariant for `ArrayViewMut`: no two cells overlap | `ndarray_invariants`; guarantees 1, 3, 4; fuzz `zip`; Miri; bugs 11, 17 |
//! | 8 × `unsafe fn` | its methods | what 1 to 7 say of each | as for the trait's methods | as for the trait's methods; bug 16 |
//! | 8 × `unsafe {}` | in `offset`, `ahead`, `item`, `row`, `lead`, `follow`, `lane_item` | pointers move inside the view, and what is made of a cell is made once | the function's preconditions with promise 2 | guarantees 1, 4; fuzz `zip`, `levels`; Miri; bugs 13, 15, 16 |
//! | 1 × `unsafe impl` | `Operand for Indices` | 1 to 7 | safe code: there is no memory | guarantees 9, 13, 14; bugs 20, 21 |
//! | 8 × `unsafe fn` | its methods | what 1 to 7 say of each; their bodies are safe | nobody needs to | guarantee 9; bug 20 |
//! | 1 × `unsafe {}` | in `broadcast` | a stretched view lives as long as the view | its signature, and ndarray's rules of broadcasting | `ndarray_invariants`; `compile_fail`; fuzz `zip`; bug 19 |
//! | 1 × `unsafe trait` | [`Operands`](crate::Operands) | 1 and 2: all of it member by member | `operand_tuples!`, its only implementation | bugs 22, 23 |
//! | 4 × `unsafe fn` | its methods | nothing: they ask | `row.rs`, `iter.rs` and `zip.rs` | `contract`; bugs 48, 62 |
//! | 1 × `unsafe impl` | `Operands for ($($P,)+)`, in `operand_tuples!` | 1 and 2 | each member's implementation | guarantee 9; `contract`; bugs 22, 23 |
//! | 4 × `unsafe fn` | its methods | what 1 says of each | as for the trait's methods | `contract`; bug 23 |
//! | 4 × `unsafe {}` | in `offset`, `ahead`, `items`, `rows` | the function's preconditions hold for every member | the function's preconditions | `contract`; bugs 22, 48 |
//!
//! # `window.rs`
//!
//! The windows, and what a window shows of its array.
//!
//! | occurrences | where | what is promised | who keeps it | what fails otherwise |
//! |---|---|---|---|---|
//! | 1 × `unsafe impl` | `Operand for Windows`, of tables and of stacks of them | 1 to 7 | invariants 1 and 2 of `Windows`; `layout::windows_in`; `axes_of` | guarantees 11, 13; fuzz `windows`, `volumes`; ASan; bugs 01, 26, 28, 30, 31, 100, 102, 103 |
//! | 8 × `unsafe fn` | its methods | what 1 to 7 say of each | as for the trait's methods | as for the trait's methods; bug 33 |
//! | 7 × `unsafe {}` | in `offset`, `ahead`, `item`, `row`, `lane_item` | pointers move from window to window, and rows lie inside the view | the function's preconditions with promise 1 | guarantees 11, 12; fuzz `windows`, `volumes`, `levels`; ASan; bugs 27, 32, 34, 101 |
//! | 2 × `unsafe impl` | `Send` and `Sync` for `Window` | a window is what a `&T` is | the bound `T: Sync` | `auto_traits`, `compile_fail`; bugs 35, 36 |
//! | 1 × `unsafe fn` | `Window::moved` | nothing: it asks that the moved window keeps the invariants | `Window3d::plane_unchecked` | guarantee 11; bug 104 |
//! | 1 × `unsafe {}` | in `moved` | the first cell moves inside the view | the function's precondition | guarantee 11; `volumes`; fuzz `volumes`; ASan; bug 104 |
//! | 3 × `unsafe fn` | `Window::row_ptr`, `row`, `cell` | nothing: they ask for `k < K`, `l < L` | the accessors below | guarantee 11; bug 37 |
//! | 6 × `unsafe {}` | in `row_ptr`, `row`, `cell` | the K rows of L elements are in the array, valid and shared | invariant 1 of `Window`; the function's preconditions | guarantee 11; `compile_fail`; fuzz `windows`; ASan; bugs 37, 45 |
//! | 2 × `unsafe {}` | in `rows`, `to_array` | `k < K`, and `l < L` of the second | `each_row`, which asks for rows of K and cells of L | guarantee 11; bug 46 |
//! | 3 × `unsafe {}` | in `at`, `center`, `index` | `k < K` and `l < L` | a check at run time; K and L are positive | guarantee 11; `soundness`; bugs 38, 39, 40 |
//! | 3 × `unsafe {}` | in `view` | the view is of the window's elements, for as long | invariants 1 and 2 of `Window`; its signature | guarantee 11; `compile_fail`; bugs 43, 44 |
//! | 1 × `unsafe {}` | in `each_row`, which `window/volume.rs` and `steps/inputs.rs` call too | all K elements are written before they are read, if there are any | its loop | guarantee 11; `steps`; Miri; bug 46 |
//! | 5 × `unsafe {}` | in `WindowIter`: `next`, `nth`, `fold`, `next_back`, `nth_back` | `k < K` and `l < L` | invariant 1 of `WindowIter`; the bounds of the loops | guarantee 11; `iterator_laws`; `extremes`; bugs 41, 42, 87 |
//!
//! # `window/volume.rs`
//!
//! Windows over several planes. All that moves inside a plane is done by `Windows` over the stack of planes; what is new here leads from a
//! plane to those behind it.
//!
//! | occurrences | where | what is promised | who keeps it | what fails otherwise |
//! |---|---|---|---|---|
//! | 1 × `unsafe impl` | `Operand for Windows3d` | 1 to 7 | the implementation for `Windows`; invariants 1 and 2 of `Windows3d`; `layout::windows_in` | guarantees 9, 11, 13; `volumes`; fuzz `volumes`; ASan; bugs 105, 107, 108, 110, 111, 113, 114 |
//! | 8 × `unsafe fn` | its methods | what 1 to 7 say of each | as for the trait's methods | as for the trait's methods; bug 116 |
//! | 2 × `unsafe {}` | in `offset`, `ahead` | the function's preconditions hold in the stack of planes | the function's preconditions | guarantee 11; fuzz `volumes`; bug 105 |
//! | 3 × `unsafe {}` | in `item`, `row` | there are K windows behind each other from the place on | the function's preconditions with promise 1; invariant 1 of `Planes` | guarantee 11; `volumes`; fuzz `volumes`; ASan; bugs 105, 106, 112 |
//! | 2 × `unsafe {}` | in `lane_below`, `lane_item` | a row of a kernel is one in every plane of its windows | the function's preconditions | `volumes`; fuzz `volumes`; bugs 115, 116 |
//! | 1 × `unsafe fn` | `Window3d::plane_unchecked` | nothing: it asks for `k < K` | the accessors below | guarantee 11; bug 117 |
//! | 1 × `unsafe {}` | in `plane_unchecked` | the window keeps its invariants when it is moved by `k` planes | invariant 1 of `Window3d`; the function's precondition | guarantee 11; `compile_fail`; fuzz `volumes`; ASan; bugs 104, 106 |
//! | 3 × `unsafe {}` | in `planes`, `rows`, `to_array` | `k < K` | `each_row`, which asks for planes of K | guarantee 11; bug 46 |
//! | 3 × `unsafe {}` | in `plane`, `at`, `center` | `k < K` | a check at run time; K is positive | guarantee 11; `soundness`; bugs 109, 117, 119, 120 |
//! | 2 × `unsafe {}` | in `index` | `k < K`, and the cell is in the plane | a check at run time | guarantee 11; `soundness`; bug 118 |
//! | 3 × `unsafe {}` | in `view` | the view is of the window's elements, for as long | invariants 1 and 2 of `Window3d`; its signature | guarantee 11; `compile_fail`; fuzz `volumes`; bugs 121, 122 |
//!
//! # `row.rs`
//!
//! The loops and the kernels.
//!
//! | occurrences | where | what is promised | who keeps it | what fails otherwise |
//! |---|---|---|---|---|
//! | 6 × `unsafe fn` | `try_fold_row`, `try_fold_block`, `for_each_row`, `for_each_by_rows`, `for_each_side_by_side`, `fold_by_kernels` | nothing: they ask that cells are inside, unvisited, at unit strides where they say so, and rows along the row axis | `zip.rs` and `iter.rs`, by the plan | `contract`; bugs 73, 74, 76 |
//! | 16 × `unsafe {}` | in these | no cell but those of the block is reached, and each once | counted loops; the function's preconditions | `contract`; guarantees 1, 12; fuzz `zip`, `levels`; bugs 48, 49, 50, 51, 52, 47, 58 |
//! | 4 × `unsafe fn` | methods of `Kernels` and `FoldKernel` | nothing: they ask | the functions above | `contract`; bugs 74, 75 |
//! | 4 × `unsafe fn` | the same, in `kernels!` | what the traits say | as above | `contract`; bug 53 |
//! | 4 × `unsafe fn` | the functions inside, one for each of `for_level!` | nothing: 1 to 3 of `kernels!` | the methods around them | `contract`; bugs 54, 56 |
//! | 4 × `unsafe {}` | `offset` to the rows below, in `two_rows`, `four_rows` | these rows are in the block | 1 and 4 of `one_row`, for every row | `contract`; guarantee 12; bug 55 |
//! | 8 × `unsafe {}` | `lead` and `follow` | rows inside the shape, side by side, and each borrowed once | 1 to 4 of `one_row`, for every row | `contract`; Miri; bugs 55, 16 |
//! | 4 × `unsafe {}` | `lane_below` | the rows follow each other along the row axis | 5 of `two_rows`; 2 of `kernels!` | `contract`; guarantee 12; bugs 56, 76 |
//! | 8 × `unsafe {}` | `lane_item` | `col` is a cell of the row, visited once | 1 of `kernels!`; counted loops | `contract`; guarantees 1, 12; fuzz `levels`; bugs 53, 54, 57 |
//!
//! # `blocks.rs`
//!
//! Leads from block to block of a plan.
//!
//! | occurrences | where | what is promised | who keeps it | what fails otherwise |
//! |---|---|---|---|---|
//! | 1 × `unsafe fn` | `advance` | nothing: it requires a plan for a shape inside that of the parts | the callers | `contract`; bugs 71, 72 |
//! | 2 × `unsafe {}` | in `advance` | the next block starts inside | the plan; invariant 2 of `Blocks` | `contract`; guarantee 1; fuzz `plan`; bugs 78, 129, 130 |
//! | 1 × `unsafe fn` | `places_at` | nothing: it requires an index that is inside | the callers' plans | `contract`; bug 77 |
//! | 1 × `unsafe {}` | in `places_at` | every index on the way is inside | it is at most the index in each axis | `contract`; guarantee 1; bug 77 |
//!
//! # `zip.rs`
//!
//! What hands blocks of a plan to the loops.
//!
//! | occurrences | where | what is promised | who keeps it | what fails otherwise |
//! |---|---|---|---|---|
//! | 2 × `unsafe {}` | in `try_fold` | the block is inside, unvisited, not empty, and at unit strides where it says so | invariants of `Block`; a check | `contract`; guarantees 1, 9; fuzz `zip`, `plan`; bugs 05, 06, 07, 73, 70, 09 |
//! | 3 × `unsafe {}` | in `simd_each` | the same, and rows along the row axis | the same | `contract`; guarantees 2, 9, 12; fuzz `levels`; bugs 74, 76, 24 |
//! | 2 × `unsafe {}` | in `simd_fold_all` | the same | the same | `contract`; guarantees 1, 9; fuzz `levels`; bug 75 |
//! | 1 × `unsafe {}` | in `try_fold_blocks` | the plan is one for the shape of all parts, which has cells | invariant 1 of `Zip`; a check | `contract`; guarantees 1, 10; fuzz `plan`; bugs 71, 72 |
//! | 2 × `unsafe {}` | in `rows` | rows start inside, share no cell, are not empty, and are contiguous; the plan is one for their first cells | the plan of the first cells; checks of strides and shape | `contract`; guarantees 1, 9; fuzz `zip`; bugs 79, 80, 81 |
//!
//! # `iter.rs`
//!
//! The iterator, which takes a cell out of its state before it makes the item.
//!
//! | occurrences | where | what is promised | who keeps it | what fails otherwise |
//! |---|---|---|---|---|
//! | 2 × `unsafe impl` | `Send` and `Sync` for `ZipIter` | an iterator gives what its operands give | the bounds on `Parts` | `auto_traits`, `compile_fail`; bugs 59, 60 |
//! | 3 × `unsafe fn` | `row`, `items`, `fold_row` | nothing: they ask for rows of the plan, and for cells just taken out | the methods below | `contract`; bugs 64, 65 |
//! | 2 × `unsafe {}` | in `row` | the row starts inside the shape | invariant 1 of `ZipIter`; the plan | `contract`; guarantee 7; fuzz `zip`, `plan`; bugs 63, 08 |
//! | 2 × `unsafe {}` | in `next_row`, `next_row_back` | the rows between are the plan's | invariant 2 of `ZipIter` | `contract`; `iterator_laws`; bugs 64, 67 |
//! | 3 × `unsafe {}` | in `items` | a cell inside the shape, at unit strides where it says so, visited here only | 1 of `items`; invariant 3 of `ZipIter` | `contract`; guarantee 7; bug 62 |
//! | 2 × `unsafe {}` | in `fold_rows`, `fold_row` | the cells have been taken out | `take_row` | `contract`; `iterator_laws`; bug 66 |
//! | 10 × `unsafe {}` | in `next`, `nth`, `next_back`, `nth_back` | the cell has just been taken out | `Range::next` and its kin, before the call | `contract`; guarantees 3, 6, 7; fuzz `zip`; bugs 65, 61, 67 |
//!
//! # `simd.rs`
//!
//! The calls of functions that are compiled for more than the program.
//!
//! | occurrences | where | what is promised | who keeps it | what fails otherwise |
//! |---|---|---|---|---|
//! | 1 × `unsafe fn` | in the pattern of `for_level!` | nothing: what its body asks for | where the macro stands | as for `kernels!`; bug 53 |
//! | 3 × `unsafe fn` | `baseline`, `v3`, `v4` in `for_level!` | nothing: they ask for the features, and for what the body asks for | the calls below | bug 85 |
//! | 3 × `unsafe {}` | the calls of these | the machine has the features of the level | invariant 1 of `Machine` | unit tests of `simd.rs`; fuzz `levels`; bugs 82, 83, 84, 85, 86 |
//! | 1 × `unsafe fn` | in `Machine::run` | nothing: its body is safe | nobody needs to | unit tests of `simd.rs`; bug 85 |
//!
//! # `boundary.rs`
//!
//! The results of [`stencil_map`](crate::stencil_map), which are written one by one into memory that is not initialised.
//!
//! | occurrences | where | what is promised | who keeps it | what fails otherwise |
//! |---|---|---|---|---|
//! | 1 × `unsafe {}` | in `try_stencil_map` | every cell of the output has been written | `for_each_window`: the output is split into parts, and each part is zipped once; guarantees 1 and 10 | `boundary`; fuzz `boundary`; Miri; bug 89 |
//!
//! # `collect.rs`
//!
//! The results of `map_collect` that own nothing, which are written one by one into memory that is not initialised. Those that own something
//! are pushed into a vector, by safe code: a mistake there gives results in the wrong order, or leaks them (bugs 123, 125, 126, 128).
//!
//! | occurrences | where | what is promised | who keeps it | what fails otherwise |
//! |---|---|---|---|---|
//! | 1 × `unsafe {}` | in `map_collect` | every cell of the results has been written | `for_each` calls the closure for every cell, and the results are one of its operands; guarantees 1 and 10 | guarantee 16; fuzz `volumes`; Miri; bug 124 |
//! | 1 × `unsafe {}` | in `par_map_collect` | the same | the same, by `par_for_each` | guarantees 15, 16; Miri; bug 127 |
//!
//! # `memory.rs`
//!
//! Arrays whose cells are not initialised, made without an abort where there is no memory.
//!
//! | occurrences | where | what is promised | who keeps it | what fails otherwise |
//! |---|---|---|---|---|
//! | 1 × `unsafe {}` | in `uninit` | the vector has room for all cells, and cells of `MaybeUninit` need not be initialised | `make_room` | unit tests of `memory.rs`; Miri; ASan; bug 132 |
//!
//! # `steps/inputs.rs`
//!
//! Windows over several fields, and the cells of several coefficients, as one operand of a time step. It has no pointers of its own: all
//! that it does is done by `Windows` and `ArrayView`, part by part. The unit tests compare it with these, cell by cell and by address.
//!
//! | occurrences | where | what is promised | who keeps it | what fails otherwise |
//! |---|---|---|---|---|
//! | 1 × `unsafe impl` | `Operand for Inputs` | 1 to 7 | the implementations for `Windows` and `ArrayView`; invariant 1 of `Inputs` | unit tests; `steps`; fuzz `steps`; bugs 92, 93, 94, 95 |
//! | 8 × `unsafe fn` | its methods | what 1 to 7 say of each | as for the trait's methods | as for the trait's methods; bug 91 |
//! | 15 × `unsafe {}` | in these | the function's preconditions hold for every part | the function's preconditions, with invariant 1 of `Inputs` | unit tests; `steps`; fuzz `steps`; Miri; bugs 90, 91, 96 |
//!
//! The modules that decide what `Inputs` are made of and who writes where have no unsafe code. `steps.rs` makes inputs and outputs of
//! disjoint parts of a buffer, which the borrow checker and the bounds of slices see to, and `steps/wave.rs` says which: a mistake gives wrong
//! numbers or a panic (bugs 97, 98). `parallel.rs` splits zips, and hands the halves to rayon (guarantee 13; bug 99).
//!
//! # Planted bugs
//!
//! Each is a patch in `tests/planted` that breaks one promise. `scripts/planted-bugs.sh` plants them one at a time, and sees that the check
//! fails that stands beside it: a test that fails, or a build that fails. What a bug does is said in its patch. Those that change no result,
//! and reach no memory that is not the array's, are Miri's alone; their patches say why Miri refuses them.
//!
//! | bug | promise | caught by |
//! |---|---|---|
//! | `01-windows-in-one-too-many` | Operand 1 of Windows (in bounds) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `02-interior-off-centre` | guarantee 11 (the interior is the centres) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `03-merges-wraps` | Operand 4 (mergeable) | `test --lib axes_merge_where_their_strides_go_on` |
//! | `04-merges-always` | Operand 4 (mergeable) | `test --test guarantees promise_1_every_cell_once` |
//! | `05-plan-merges-by-the-outer-length` | Plan invariant 1; row::try_fold_block 1 (inside the shape) | `test --lib a_plan_of_two_axes_leads_to_every_cell_whatever_their_strides` |
//! | `06-plan-skips-the-last-block` | Plan invariant 2; guarantee 1 (every cell once) | `test --test guarantees promise_1_every_cell_once` |
//! | `07-plan-of-an-empty-shape` | Plan invariant 3; places_at 1 (the shape has cells) | `test --lib contract::tests::loops_keep_the_contract` |
//! | `08-locate-row-in-the-wrong-block` | ZipIter::row 1 (a row of the plan) | `test --test guarantees promise_7_exact_size` |
//! | `09-shape-compared-in-the-first-axis` | Zip invariant 1 (one shape) | `test --test guarantees promise_10_one_shape` |
//! | `10-shared-is-always-unit` | Operand 3 of ArrayView (adjacent) | `test --test guarantees promise_9_any_layout` |
//! | `11-mutable-is-always-unit` | Operand 3 of ArrayViewMut (adjacent) | `test --test guarantees promise_4_no_aliasing` |
//! | `12-shared-offset-forgets-the-stride` | Operand 1 of ArrayView (in bounds) | `test --test guarantees promise_9_any_layout` |
//! | `13-mutable-ahead-by-one-more` | Operand 3 of ArrayViewMut (adjacent); 2 (distinct) | `test --test guarantees promise_1_every_cell_once` |
//! | `14-shared-row-one-cell-longer` | Operand 5 of ArrayView (rows) | `test --test guarantees promise_9_any_layout` |
//! | `15-mutable-row-one-cell-longer` | Operand 5 of ArrayViewMut (rows); guarantee 4 | `test --test guarantees promise_1_every_cell_once` |
//! | `16-mutable-follow-overlaps-the-row-below` | Operand 7 of ArrayViewMut; 2 (distinct) | `test --lib what_a_kernel_borrows_of_a_mutable_row_is_the_row`, `miri test --test guarantees promise_12_the_same_numbers` |
//! | `17-mutable-item-of-the-first-row-again` | Operand 7 of ArrayViewMut; 2 (distinct) | `test --test guarantees promise_12_the_same_numbers` |
//! | `18-shared-lane-reads-ahead` | Operand 1 of ArrayView (in bounds) | `asan test --test guarantees promise_12_the_same_numbers` |
//! | `19-shared-item-of-any-lifetime` | broadcast (valid for 'a); guarantee 3 | `test --doc compile_fail` |
//! | `20-indices-split-at-the-start` | Indices invariant 1; guarantee 13 | `test --test guarantees promise_13_splits` |
//! | `21-indices-of-too-many-cells` | guarantee 14; Operand 6 of Indices | `test --test extremes` |
//! | `22-tuple-is-unit-by-its-last-member` | Operands 2 (for every member) | `test --test guarantees promise_9_any_layout` |
//! | `23-tuple-merges-by-any-member` | Operands 2 (for every member) | `test --test guarantees promise_9_any_layout` |
//! | `24-every-type-is-primitive` | guarantee 2 (order) | `test --test guarantees promise_2_order` |
//! | `25-shared-origin-of-an-element` | Operand 1 of ArrayView (in bounds) | `miri test --test guarantees promise_1_every_cell_once` |
//! | `26-windows-stride-unchecked` | Windows invariant 2 (unit column stride) | `test --test guarantees promise_9_any_layout` |
//! | `27-windows-with-the-column-stride` | Windows: the origin's row stride | `test --test guarantees promise_11_windows_stay_inside` |
//! | `28-windows-always-unit` | Operand 3 of Windows (adjacent) | `test --test guarantees promise_9_any_layout` |
//! | `29-windows-merge-by-the-input` | Operand 4 of Windows (mergeable) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `30-windows-split-loses-a-row` | Operand 1 of Windows; guarantee 13 | `test --test guarantees promise_13_splits` |
//! | `31-windows-split-overlaps` | guarantee 13 (each once) | `test --test guarantees promise_13_splits` |
//! | `32-windows-row-one-cell-longer` | Operand 5 of Windows (rows) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `33-lane-below-two-rows-down` | WindowLane invariant 2 | `test --test guarantees promise_12_the_same_numbers` |
//! | `34-lane-item-of-the-next-column` | Operand 7 of Windows (lanes) | `test --test guarantees promise_12_the_same_numbers` |
//! | `35-window-sent-with-cells` | unsafe impl Send for Window (T: Sync) | `build --test auto_traits` |
//! | `36-window-shared-with-cells` | unsafe impl Sync for Window (T: Sync) | `build --test auto_traits` |
//! | `37-window-row-off-by-one` | Window invariant 1; Window::row_ptr 1 | `test --test guarantees promise_11_windows_stay_inside` |
//! | `38-window-index-unchecked` | Window::cell 1, 2 (inside the window) | `test --test soundness a_cell_outside_the_window_is_named_in_the_callers_line` |
//! | `39-window-at-one-cell-further` | Window::cell 1, 2 (inside the window) | `test --test soundness a_cell_outside_the_window_is_named_in_the_callers_line` |
//! | `40-window-center-of-the-other-axis` | Window::cell 1, 2 (inside the window) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `41-window-iter-swaps-row-and-column` | WindowIter invariant 1 | `test --test guarantees promise_11_windows_stay_inside` |
//! | `42-window-iter-one-cell-more` | WindowIter invariant 1 | `test --test guarantees promise_11_windows_stay_inside` |
//! | `43-window-view-from-the-wrong-end` | Window::view (inside one array) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `44-window-view-of-any-lifetime` | Window::view (shared for 'a); guarantee 3 | `test --doc compile_fail` |
//! | `45-window-cell-of-any-lifetime` | Window::cell (shared for 'a); guarantee 3 | `test --doc compile_fail` |
//! | `46-each-row-leaves-one-out` | each_row (all K rows are written) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `47-side-by-side-beyond-the-last-row` | row::for_each_side_by_side 1 (rows inside the shape) | `test --lib contract::tests::kernels_keep_the_contract` |
//! | `48-loop-one-column-too-far` | row::try_fold_row 1 (columns inside the shape) | `test --test guarantees promise_1_every_cell_once` |
//! | `49-loop-one-row-too-far` | row::try_fold_block 1 (cells inside the shape) | `test --test guarantees promise_1_every_cell_once` |
//! | `50-rows-overlap` | row::for_each_row 1 (no two rows share a cell) | `test --test guarantees promise_1_every_cell_once` |
//! | `51-row-by-row-skips-the-first` | row::for_each_by_rows; guarantee 1 | `test --test guarantees promise_1_every_cell_once` |
//! | `52-fold-visits-the-last-row-twice` | row::fold_by_kernels 2 (not visited) | `test --test guarantees promise_1_every_cell_once` |
//! | `53-kernel-one-column-too-far` | Kernels::one_row: col is a cell of the row | `test --test guarantees promise_1_every_cell_once` |
//! | `54-kernel-visits-a-row-twice` | Kernels::two_rows 2 (not visited) | `test --lib contract::tests::kernels_keep_the_contract` |
//! | `55-kernel-lends-a-row-twice` | Operand::follow 3 (no other item or row); Kernels::four_rows 1 | `test --lib contract::tests::kernels_keep_the_contract` |
//! | `56-kernel-lanes-out-of-order` | Operand::lane_below 1 (the row below) | `test --lib contract::tests::kernels_keep_the_contract` |
//! | `57-fold-kernel-one-column-too-far` | FoldKernel::fold_row: col is a cell of the row | `test --test guarantees promise_1_every_cell_once` |
//! | `58-side-by-side-row-again` | Kernels::two_rows 5; row::for_each_side_by_side 1 | `test --lib contract::tests::kernels_keep_the_contract` |
//! | `59-iterator-sent-with-anything` | unsafe impl Send for ZipIter | `build --test auto_traits` |
//! | `60-iterator-shared-with-anything` | unsafe impl Sync for ZipIter | `build --test auto_traits` |
//! | `61-iterator-cloned-with-mutable-operands` | ZipIter invariant 2 (not yet visited unless Clone) | `build --test auto_traits` |
//! | `62-iterator-is-always-unit` | ZipIter invariant 3 (unit) | `test --test guarantees promise_7_exact_size` |
//! | `63-iterator-rows-by-the-column-stride` | ZipIter::row (the start of a row) | `test --test guarantees promise_7_exact_size` |
//! | `64-iterator-ends-do-not-meet` | ZipIter invariant 2 (distinct, not yet visited) | `test --test guarantees promise_7_exact_size` |
//! | `65-iterator-hands-out-before-it-advances` | ZipIter::items 1 (just taken out); guarantee 6 | `test --test guarantees promise_6_an_iterator_goes_on_behind_a_panic` |
//! | `66-iterator-folds-the-back-row-again` | ZipIter invariant 2 (taken out once); ZipIter::fold_row 1 | `test --lib contract::tests::iterators_keep_the_contract` |
//! | `67-iterator-skips-too-many-rows` | ZipIter invariant 2 (rows between are the plan's) | `test --lib contract::tests::iterators_keep_the_contract` |
//! | `68-iterator-counts-without-the-back` | guarantee 7 (exact size) | `test --test guarantees promise_7_exact_size` |
//! | `69-iterator-column-major` | guarantee 2 (order); ZipIter invariant 1 | `test --test guarantees promise_2_order` |
//! | `70-shape-unchecked` | Zip invariant 1 (one shape) | `test --test guarantees promise_10_one_shape` |
//! | `71-shape-unchecked-by-the-twin` | Zip invariant 1 (one shape) | `test --test guarantees promise_10_one_shape` |
//! | `72-split-of-the-shape-alone` | Zip invariant 1 (one shape) | `test --test guarantees promise_13_splits` |
//! | `73-loop-for-units-without-units` | row::try_fold_block 3 (unit strides) | `test --test guarantees promise_9_any_layout` |
//! | `74-kernels-without-units` | row::for_each_by_rows 3 (unit strides) | `test --test guarantees promise_9_any_layout` |
//! | `75-fold-kernels-without-units` | row::fold_by_kernels 3 (unit strides) | `test --test guarantees promise_1_every_cell_once` |
//! | `76-side-by-side-along-any-axis` | row::for_each_side_by_side 5 (rows along the row axis) | `test --lib contract::tests::kernels_keep_the_contract` |
//! | `77-place-of-the-mirrored-index` | places_at 1 (every index on the way is inside) | `test --test guarantees promise_1_every_cell_once` |
//! | `78-blocks-start-at-the-first` | Block invariant 2 (in no other block) | `test --test guarantees promise_1_every_cell_once` |
//! | `79-row-stride-unchecked` | row::for_each_row 3 (unit strides) | `test --test guarantees promise_9_any_layout` |
//! | `80-rows-of-an-empty-shape` | row::for_each_row 4 (not empty) | `test --lib contract::tests::rows_keep_the_contract` |
//! | `81-rows-start-in-every-column` | row::for_each_row 1 (no two rows share a cell) | `test --test guarantees promise_1_every_cell_once` |
//! | `82-level-not-clamped` | Machine invariant 1 (the machine has the level) | `test --lib no_level_is_vouched_for_that_the_machine_lacks` |
//! | `83-level-by-the-lower-features` | Machine invariant 1 (the machine has the level) | `test --lib a_level_is_had_with_its_features_and_with_those_of_the_levels_below` |
//! | `84-level-read-wrong` | Machine invariant 1 (what is in the cache) | `test --lib no_level_is_vouched_for_that_the_machine_lacks` |
//! | `85-level-function-of-another-level` | for_level!: the function of the machine's level | `test --lib a_closure_runs_in_the_function_that_is_compiled_for_the_level` |
//! | `86-level-error-after-the-call` | dispatch_at: nothing is called without the level | `test --lib no_level_is_vouched_for_that_the_machine_lacks` |
//! | `87-window-iter-jumps-too-far` | WindowIter invariant 1 | `test --test extremes` |
//! | `88-zip-takes-too-many-cells` | Zip invariant 2 (the cells can be counted); guarantee 10 | `test --test extremes` |
//! | `89-stencil-map-without-its-last-columns` | `stencil_map`: every cell of the output is written | `test --test boundary arrays_of_several_bands_and_kernels_have_every_cell_written_once` |
//! | `90-inputs-lane-of-the-first-coefficients` | Operand 7 of Inputs (lanes) | `test --lib four_rows_side_by_side_are_those_of_all_parts` |
//! | `91-inputs-item-of-the-first-coefficient` | Operand 1 of Inputs (part by part) | `test --lib items_and_rows_are_those_of_all_parts` |
//! | `92-inputs-second-half-of-the-first` | guarantee 13; Operand of Inputs (splits) | `test --lib halves_have_the_items_of_the_whole` |
//! | `93-inputs-unit-by-the-windows-alone` | Operand 3 of Inputs (adjacent) | `test --lib walks_give_the_items_of_each_index`, `test --test steps fields_and_coefficients_may_have_any_layout` |
//! | `94-inputs-merge-by-the-windows-alone` | Operand 4 of Inputs (mergeable) | `test --lib axes_merge_where_they_do_for_all_parts` |
//! | `95-inputs-shapes-unchecked` | Inputs invariant 1 (one shape) | `test --lib parts_of_another_shape_are_refused` |
//! | `96-inputs-lane-item-of-the-first-field` | Operand 7 of Inputs (lanes) | `test --test steps one_to_nine_fields_are_stepped` |
//! | `97-wave-levels-a-row-too-close` | Wave: a block is written above all rows that its windows read | `test --lib every_block_reads_the_rows_it_should`, `test --test steps sweeps_are_separate_steps` |
//! | `98-wave-band-with-a-row-too-few` | Wave: an open band has the rows that the windows of all levels reach | `test --lib every_block_reads_the_rows_it_should`, `test --features rayon --test steps sweeps_are_separate_steps` |
//! | `99-parallel-half-is-left-out` | guarantee 1 (every cell once), by several threads | `test --features rayon --lib pieces_have_all_cells_once_and_are_as_small_as_asked_for`, `test --features rayon --test parallel` |
//! | `100-windows-rows-along-the-first-axis` | Windows: the shape and the origin's row stride, of a stack too | `test --test guarantees promise_11_windows_stay_inside` |
//! | `101-windows-rows-of-a-stack-a-table-apart` | Windows: the origin's row stride | `test --test guarantees promise_11_windows_stay_inside` |
//! | `102-windows-split-of-a-stack-as-of-rows` | guarantee 13 (each once); Operand 1 of Windows | `test --test guarantees promise_13_splits` |
//! | `103-windows-stride-unchecked-of-one-table` | Windows invariant 2 (unit column stride) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `104-window-moved-one-step-too-far` | Window::moved 1 (it keeps the invariants) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `105-volume-one-plane-of-windows-too-many` | Operand 1 of Windows3d (in bounds) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `106-volume-planes-by-the-row-stride` | Planes invariant 1; Window3d invariant 1 | `test --test guarantees promise_11_windows_stay_inside` |
//! | `107-volume-stride-unchecked` | Windows3d invariant 2 (unit column stride) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `108-volume-stride-checked-without-a-window` | Windows3d: only what has a window is refused | `test --test guarantees promise_11_windows_stay_inside` |
//! | `109-volume-windows-of-no-plane` | Windows3d invariant 1 (K > 0) | `test --doc compile_fail` |
//! | `110-volume-windows-always-unit` | Operand 3 of Windows3d (adjacent) | `test --test guarantees promise_9_any_layout` |
//! | `111-volume-windows-merge-by-the-input` | Operand 4 of Windows3d (mergeable) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `112-volume-row-with-a-plane-too-few` | Operand 5 of Windows3d (rows) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `113-volume-split-loses-planes` | Operand 1 of Windows3d; guarantee 13 | `test --test guarantees promise_13_splits` |
//! | `114-volume-split-overlaps` | guarantee 13 (each once) | `test --test guarantees promise_13_splits` |
//! | `115-volume-lane-item-of-the-next-plane` | Operand 7 of Windows3d (lanes); Window3d invariant 1 | `test --test volumes several_rows_side_by_side_see_the_planes_around_them` |
//! | `116-volume-lane-of-the-row-above` | Operand 7 of Windows3d (lanes) | `test --test volumes several_rows_side_by_side_see_the_planes_around_them` |
//! | `117-volume-plane-unchecked` | Window3d::plane_unchecked 1 (k < K) | `test --test soundness a_plane_or_a_cell_outside_a_window_over_a_volume_is_named_in_the_callers_line` |
//! | `118-volume-index-unchecked` | Window3d::plane_unchecked 1 (k < K) | `test --test soundness a_plane_or_a_cell_outside_a_window_over_a_volume_is_named_in_the_callers_line` |
//! | `119-volume-window-at-one-plane-further` | Window3d::plane_unchecked 1 (k < K) | `test --test soundness a_plane_or_a_cell_outside_a_window_over_a_volume_is_named_in_the_callers_line` |
//! | `120-volume-center-of-the-first-plane` | Window3d::center (plane K / 2) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `121-volume-view-from-the-wrong-end` | Window3d::view (inside one array) | `test --test guarantees promise_11_windows_stay_inside` |
//! | `122-volume-view-of-any-lifetime` | Window3d::view (shared for 'a); guarantee 3 | `test --doc compile_fail` |
//! | `123-collect-in-the-other-order` | guarantee 16 (layout); map_collect: the walk's order | `test --test guarantees promise_16_results` |
//! | `124-collect-leaves-cells-unwritten` | map_collect: every cell is written before it is assumed to be | `test --test guarantees promise_16_results` |
//! | `125-collect-of-what-is-dropped-in-place` | guarantee 16 (dropped once); guarantee 5 (nothing is leaked) | `test --test guarantees promise_16_results` |
//! | `126-collect-assumes-before-it-writes` | guarantee 16 (dropped once) | `test --test guarantees promise_16_results` |
//! | `127-parallel-collect-leaves-cells-unwritten` | par_map_collect: every cell is written before it is assumed to be | `test --features rayon --test guarantees promise_15_results_of_several_threads` |
//! | `128-parallel-collect-pieces-in-the-other-order` | guarantee 16 (one result a cell, in its place) | `test --features rayon --test guarantees promise_15_results_of_several_threads` |
//! | `129-blocks-keep-the-run-of-the-loop-inside` | Blocks invariant 2 (runs) | `test --lib contract::tests::loops_keep_the_contract` |
//! | `130-blocks-advance-from-the-block-before` | Blocks invariant 2 (runs) | `test --lib contract::tests::loops_keep_the_contract` |
//! | `131-level-detection-undoes-a-limit` | Level::best (a limit that is set during the detection stays) | `test -p loom-models --test limit` |
//! | `132-uninit-with-room-for-half` | uninit: the vector has room for all cells of the array | `test --lib memory::tests::cells_lie_as_those_of_any_array` |
