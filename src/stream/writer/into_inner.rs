//! Why a `Writer` has not given its handle back.

use crate::error::Error;
use std::{error, fmt, io};

/// The error of [`Writer::into_inner`](crate::Writer::into_inner), and the writer, with all that is unwritten: as
/// [`std::io::IntoInnerError`].
///
/// ```
/// # #[cfg(target_os = "linux")]
/// # pollster::block_on(async {
/// let mut full = aiofile::open("/dev/full", "w").await?.writer();
/// full.write_all(b"12345").await?;
/// let failed = full.into_inner().await.unwrap_err();
/// assert_eq!(failed.error().kind(), std::io::ErrorKind::StorageFull);
/// let writer = failed.into_inner(); // as it was: a flush begins with the first unwritten byte
/// assert_eq!((writer.progress().accepted, writer.progress().written), (5, 0));
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
pub struct IntoInnerError<W>(W, Error);

impl<W> IntoInnerError<W> {
    pub(super) fn new(writer: W, error: Error) -> Self {
        IntoInnerError(writer, error)
    }

    /// What went wrong.
    pub fn error(&self) -> &Error {
        &self.1
    }

    /// The writer.
    pub fn into_inner(self) -> W {
        self.0
    }

    /// What went wrong, without the writer: it is dropped, with what is unwritten.
    pub fn into_error(self) -> Error {
        self.1
    }

    /// Both.
    pub fn into_parts(self) -> (Error, W) {
        (self.1, self.0)
    }
}

impl<W> From<IntoInnerError<W>> for Error {
    fn from(failed: IntoInnerError<W>) -> Error {
        failed.1
    }
}

impl<W> From<IntoInnerError<W>> for io::Error {
    fn from(failed: IntoInnerError<W>) -> io::Error {
        failed.1.into()
    }
}

impl<W> fmt::Debug for IntoInnerError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IntoInnerError").field(&self.1).finish()
    }
}

impl<W> fmt::Display for IntoInnerError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.fmt(f)
    }
}

impl<W> error::Error for IntoInnerError<W> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.1.source()
    }
}
