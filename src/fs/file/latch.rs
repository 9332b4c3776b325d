//! A failed sync stays failed.

use crate::lock::lock;
use std::io;
use std::sync::Mutex;

/// The first error of a sync of one open file.
#[derive(Debug, Default)]
pub(super) struct Latch(Mutex<Option<Failure>>);

#[derive(Clone, Copy, Debug)]
struct Failure {
    errno: Option<i32>,
    kind: io::ErrorKind,
}

impl Latch {
    /// Syncs, unless a sync has failed before: then that error again.
    pub(super) fn guard(&self, sync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.check()?;
        match sync() {
            // A sync of another descriptor may have had the error in the meantime.
            Ok(()) => self.check(),
            Err(error) => {
                let failure = Failure { errno: error.raw_os_error(), kind: error.kind() };
                lock(&self.0).get_or_insert(failure);
                Err(error)
            }
        }
    }

    fn check(&self) -> io::Result<()> {
        lock(&self.0).map_or(Ok(()), |failure| Err(failure.into()))
    }
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> io::Error {
        failure.errno.map_or_else(|| failure.kind.into(), io::Error::from_raw_os_error)
    }
}
