//! The cases: one function makes one, in the directory that it is given.

mod buffered;
mod calls;
mod chunks;
mod exact;
mod idle;
mod lines;
mod list;
mod pages;
mod random;
mod small_files;
mod text;
mod timer;

use crate::measure::Case;
use crate::work::Bench;

pub struct Entry {
    pub name: &'static str,
    pub files: Files,
    pub make: fn(&Bench) -> Case<'_>,
}

/// Where a case has its files.
#[derive(Clone, Copy, PartialEq)]
pub enum Files {
    None,
    /// On a disk, and on tmpfs.
    Anywhere,
    OnDisk,
}

use Files::{Anywhere, None, OnDisk};

pub const ALL: [Entry; 21] = [
    Entry { name: "no_op", files: None, make: calls::one_task },
    Entry { name: "burst", files: None, make: calls::one_handle },
    Entry { name: "handles", files: None, make: calls::many_handles },
    Entry { name: "slow", files: None, make: calls::slow },
    Entry { name: "exact_writes", files: Anywhere, make: exact::writes },
    Entry { name: "small_writes", files: Anywhere, make: buffered::writes },
    Entry { name: "lines", files: Anywhere, make: lines::lines },
    Entry { name: "write_64k", files: Anywhere, make: |bench| chunks::written::<{ 64 << 10 }>(bench) },
    Entry { name: "write_1m", files: Anywhere, make: |bench| chunks::written::<{ 1 << 20 }>(bench) },
    Entry { name: "read_64k", files: Anywhere, make: |bench| chunks::read::<{ 64 << 10 }>(bench) },
    Entry { name: "read_1m", files: Anywhere, make: |bench| chunks::read::<{ 1 << 20 }>(bench) },
    Entry { name: "random_1", files: Anywhere, make: |bench| random::cached(bench, 1) },
    Entry { name: "random_16", files: Anywhere, make: |bench| random::cached(bench, 16) },
    Entry { name: "random_128", files: Anywhere, make: |bench| random::cached(bench, 128) },
    Entry { name: "cold_16", files: OnDisk, make: random::cold },
    Entry { name: "small_files_1", files: Anywhere, make: |bench| small_files::read(bench, 1) },
    Entry { name: "small_files_64", files: Anywhere, make: |bench| small_files::read(bench, 64) },
    Entry { name: "write_files", files: Anywhere, make: small_files::written },
    Entry { name: "list", files: Anywhere, make: list::with_types },
    Entry { name: "idle", files: None, make: idle::handles },
    Entry { name: "timer", files: Anywhere, make: timer::beside_files },
];
