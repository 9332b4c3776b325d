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

#[cfg(test)]
mod tests {
    use super::Latch;
    use std::io;

    fn fails() -> io::Result<()> {
        Err(io::Error::from_raw_os_error(5))
    }

    #[test]
    fn a_sync_that_failed_stays_failed_with_its_number() {
        let latch = Latch::default();
        latch.guard(|| Ok(())).unwrap();
        assert_eq!(latch.guard(fails).unwrap_err().raw_os_error(), Some(5));
        // The system would answer Ok now, with the data gone.
        let again = latch.guard(|| panic!("it is not asked a second time"));
        assert_eq!(again.unwrap_err().raw_os_error(), Some(5));
    }

    #[test]
    fn an_error_that_another_descriptor_had_in_the_meantime_counts() {
        let latch = Latch::default();
        let synced = latch.guard(|| {
            latch.guard(fails).unwrap_err();
            Ok(())
        });
        assert_eq!(synced.unwrap_err().raw_os_error(), Some(5));
    }
}
