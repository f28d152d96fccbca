//! Loops in a program without `std`.
#![no_std]
extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};

struct NoMemory;

// SAFETY: it returns no memory, so there is nothing to free and nothing that can overlap.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: NoMemory = NoMemory;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

/// Adds `b` to `a` twice.
#[unsafe(no_mangle)]
pub extern "C" fn add(a: &mut [f32; 4], b: &[f32; 4]) {
    ndarray_lockstep::azip!((a in &mut *a, &b in b) *a += b);
    ndarray_lockstep::simd_azip!((a in a, &b in b) *a += b);
}
