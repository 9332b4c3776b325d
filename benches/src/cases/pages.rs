//! A large file whose pages say which they are.

use crate::work::Bench;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::{Deref, DerefMut, Range};
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

/// A buffer that begins with a page. Where else one begins is the allocator's luck, and to fill one that begins 16 bytes behind
/// takes 1.4 times as long, whoever has it filled.
pub struct Buffer {
    bytes: Vec<u8>,
    start: usize,
}

impl Buffer {
    pub fn new(length: usize) -> Buffer {
        let mut bytes = vec![0; length + PAGE];
        let start = bytes.as_ptr().align_offset(PAGE);
        bytes.truncate(start + length);
        Buffer { bytes, start }
    }

    /// Gives the bytes away, to what fills those of the range and gives them back.
    pub async fn fill_by(&mut self, fill: impl AsyncFnOnce(Vec<u8>, Range<usize>) -> Vec<u8>) {
        let here = self.start..self.bytes.len();
        self.bytes = fill(std::mem::take(&mut self.bytes), here).await;
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..]
    }
}
