//! A failed sync stays failed.

use crate::error::again;
use crate::lock::lock;
use crate::sync::Mutex;
use std::io;

/// The first error of a sync of one open file.
#[derive(Debug, Default)]
pub(super) struct Latch(Mutex<Option<io::Error>>);

impl Latch {
    /// Syncs, unless a sync has failed before: then that error again.
    pub(super) fn guard(&self, sync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.check()?;
        match sync() {
            // A sync of another descriptor may have had the error in the meantime.
            Ok(()) => self.check(),
            Err(error) => {
                lock(&self.0).get_or_insert_with(|| again(&error));
                Err(error)
            }
        }
    }

    fn check(&self) -> io::Result<()> {
        lock(&self.0).as_ref().map_or(Ok(()), |failure| Err(again(failure)))
    }
}
