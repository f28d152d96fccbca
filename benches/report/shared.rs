//! Memory that this program and the processes of Python share, so that all candidates walk the same
//! arrays. For arrays larger than the cache, other pages alone make a difference of a fifth or
//! more.
//!
//! Arrays that [`create`] creates are in this memory, and all other allocations are the system's.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

#[global_allocator]
static ALLOCATOR: Shared = Shared {
    start: AtomicPtr::new(ptr::null_mut()),
    is_on: AtomicBool::new(false),
    used: AtomicUsize::new(0),
    live: AtomicUsize::new(0),
};

/// More than the arrays of any loop. Only pages that are used take memory.
const SIZE: usize = if usize::BITS < 64 { 1 << 29 } else { 1 << (usize::BITS / 2) };
/// Smaller allocations are the system's.
const LEAST: usize = 1024;
/// From here on allocations begin 16 bytes after a page, like those of glibc.
const LARGE: usize = 128 * 1024;

/// The memory is handed out from its start on, and again if no allocation is left at the beginning
/// of [`create`].
struct Shared {
    /// Null, or the start of `SIZE` bytes.
    start: AtomicPtr<u8>,
    is_on: AtomicBool,
    used: AtomicUsize,
    live: AtomicUsize,
}

impl Shared {
    /// The distance from the start, if `pointer` is in the memory.
    fn offset(&self, pointer: *const u8) -> Option<usize> {
        let start = self.start.load(Ordering::Relaxed);
        let offset = pointer.addr().checked_sub(start.addr())?;
        (!start.is_null() && offset < SIZE).then_some(offset)
    }

    fn takes(&self, layout: Layout) -> bool {
        self.is_on.load(Ordering::Relaxed) && layout.size() >= LEAST && layout.align() <= 4096
    }
}

// SAFETY: memory is handed out once between two moments at which nothing is allocated, at the
// required alignment and within `SIZE`; the rest is the system's allocator.
unsafe impl GlobalAlloc for Shared {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !self.takes(layout) {
            // SAFETY: the caller keeps the contract.
            return unsafe { System.alloc(layout) };
        }
        let place = |used: usize| {
            let begin = if layout.size() >= LARGE { used.next_multiple_of(4096) } else { used };
            (begin + 16).next_multiple_of(layout.align().max(16))
        };
        let end = |used| (place(used) + layout.size() <= SIZE).then(|| place(used) + layout.size());
        self.live.fetch_add(1, Ordering::Relaxed);
        match self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, end) {
            Ok(used) => self.start.load(Ordering::Relaxed).wrapping_add(place(used)),
            Err(_) => {
                self.live.fetch_sub(1, Ordering::Relaxed);
                ptr::null_mut()
            }
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if self.offset(pointer).is_none() {
            // SAFETY: the pointer is the system's, and the caller keeps the contract.
            unsafe { System.dealloc(pointer, layout) };
        } else {
            self.live.fetch_sub(1, Ordering::Relaxed);
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !self.takes(layout) {
            // SAFETY: the caller keeps the contract.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: the same.
        let pointer = unsafe { self.alloc(layout) };
        if !pointer.is_null() {
            // SAFETY: so many bytes have just been allocated there.
            unsafe { pointer.write_bytes(0, layout.size()) };
        }
        pointer
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if self.offset(pointer).is_none() {
            // SAFETY: the pointer is the system's, and the caller keeps the contract.
            return unsafe { System.realloc(pointer, layout, size) };
        }
        let Ok(new) = Layout::from_size_align(size, layout.align()) else { return ptr::null_mut() };
        // SAFETY: the caller passes a size that is not zero.
        let moved = unsafe { self.alloc(new) };
        if !moved.is_null() {
            // SAFETY: both allocations have so many bytes, and one of them is new.
            unsafe { moved.copy_from_nonoverlapping(pointer, layout.size().min(size)) };
            // SAFETY: the caller keeps the contract.
            unsafe { self.dealloc(pointer, layout) };
        }
        moved
    }
}

/// Maps the memory, and returns the name of its file, which exists as long as this program runs; or
/// nothing where this is not possible.
#[cfg(target_os = "linux")]
pub(crate) fn map() -> Option<String> {
    use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
    use rustix::mm::{MapFlags, ProtFlags, mmap};
    use std::os::fd::{AsRawFd, IntoRawFd};

    let file = memfd_create("arrays", MemfdFlags::CLOEXEC).ok()?;
    ftruncate(&file, u64::try_from(SIZE).ok()?).ok()?;
    // SAFETY: this maps new memory.
    let start = unsafe {
        mmap(
            ptr::null_mut(),
            SIZE,
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::SHARED | MapFlags::NORESERVE,
            &file,
            0,
        )
    };
    ALLOCATOR.start.store(start.ok()?.cast(), Ordering::Relaxed);
    let name = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    // It stays open.
    _ = file.into_raw_fd();
    Some(name)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn map() -> Option<String> {
    None
}

/// Calls `create`, whose arrays are in the shared memory if there is one. Other threads must not
/// allocate meanwhile: they would get shared memory too, which would be reused later than
/// necessary.
pub(crate) fn create<T>(create: impl FnOnce() -> T) -> T {
    // Nothing allocates from the memory while it is off, so it is free if nothing is allocated.
    if ALLOCATOR.live.load(Ordering::Relaxed) == 0 {
        ALLOCATOR.used.store(0, Ordering::Relaxed);
    }
    ALLOCATOR.is_on.store(!ALLOCATOR.start.load(Ordering::Relaxed).is_null(), Ordering::Relaxed);
    let created = create();
    ALLOCATOR.is_on.store(false, Ordering::Relaxed);
    created
}

/// The distance of `pointer` from the start of the shared memory, if it is in it.
pub(crate) fn offset<T>(pointer: *const T) -> Option<usize> {
    ALLOCATOR.offset(pointer.cast())
}
