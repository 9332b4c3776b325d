//! Systems of which no call is known that does something at once or not at all: everything is for the pool.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// The most bytes that are read on the async thread at a time.
pub(crate) const MOST: usize = 0;

#[derive(Debug, Default)]
pub(crate) struct Inline;

impl Inline {
    pub(crate) fn tries(&self, _: usize) -> bool {
        false
    }

    pub(crate) fn read(&self, _: &File, _: &mut [u8], _: Option<u64>) -> Option<usize> {
        None
    }
}

/// What became of an attempt to read all of a file at once.
pub(crate) enum Attempt {
    #[expect(dead_code, reason = "of the systems that can")]
    Done(Vec<u8>),
    Not(Rest),
}

/// What is left to do on the pool: all of it.
pub(crate) struct Rest;

impl Rest {
    pub(crate) fn read(self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }
}

pub(crate) fn read(_: &Path) -> Attempt {
    Attempt::Not(Rest)
}

pub(crate) fn learn() {}

pub(crate) fn open(_: &Path) -> Option<File> {
    None
}
