//! Turns on loom's atomics in `src/simd.rs`. The flag applies only to this package, so no other
//! package has to be rebuilt.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cfg=lockstep_loom");
}
