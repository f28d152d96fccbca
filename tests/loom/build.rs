//! Turns on loom's atomics in `src/simd.rs`. A flag for this package alone, so that no other has to
//! be built again for it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cfg=lockstep_loom");
}
