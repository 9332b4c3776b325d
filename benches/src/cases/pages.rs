//! A large file whose pages say which they are.

use crate::work::Bench;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

pub const PAGE: usize = 4 << 10;

/// The file, of so many bytes at least: made by the first case that wants it, and in the page cache.
pub fn file(bench: &Bench, length: u64) -> &'static Path {
    let path = bench.path("pages");
    if path.metadata().map_or(0, |file| file.len()) < length {
        let mut file = BufWriter::with_capacity(1 << 20, File::create(path).expect("a file"));
        for page in 0..length / PAGE as u64 {
            file.write_all(&content(page, PAGE)).expect("write");
        }
        file.flush().expect("flush");
    }
    path
}

/// So many bytes, the first of which say the number.
pub fn content(number: u64, length: usize) -> Vec<u8> {
    let mut state = fastrand::Rng::with_seed(number);
    let mut content = Vec::with_capacity(length);
    content.extend(number.to_le_bytes());
    while content.len() < length {
        content.extend(state.u64(..).to_le_bytes());
    }
    content
}

/// The number that a page says.
pub fn stamp(page: &[u8]) -> u64 {
    u64::from_le_bytes(page[..8].try_into().expect("a page"))
}
