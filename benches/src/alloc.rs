//! An allocator that counts, but only while it is told to. (One that always counts, such as `stats_alloc`, adds four
//! locked additions to each allocation: as much as a whole line of text costs here.)

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

pub struct Counting;

static ON: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicI64 = AtomicI64::new(0);

/// What was allocated while a piece of work ran, by all threads.
pub struct Allocated {
    pub allocations: u64,
    /// Bytes allocated and not freed.
    pub live: i64,
}

/// Counts from its start to its end.
pub struct Count {
    was_on: bool,
    allocations: u64,
    live: i64,
}

impl Count {
    pub fn start() -> Count {
        let was_on = ON.swap(true, Relaxed);
        Count { was_on, allocations: ALLOCATIONS.load(Relaxed), live: LIVE.load(Relaxed) }
    }

    pub fn end(self) -> Allocated {
        ON.store(self.was_on, Relaxed);
        let (allocations, live) = (ALLOCATIONS.load(Relaxed), LIVE.load(Relaxed));
        Allocated { allocations: allocations - self.allocations, live: live - self.live }
    }
}

fn count(allocations: u64, bytes: i64) {
    if ON.load(Relaxed) {
        ALLOCATIONS.fetch_add(allocations, Relaxed);
        LIVE.fetch_add(bytes, Relaxed);
    }
}

// SAFETY: everything is passed on to `System` as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as i64);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as i64);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(0, -(layout.size() as i64));
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(1, size as i64 - layout.size() as i64);
        unsafe { System.realloc(at, layout, size) }
    }
}
