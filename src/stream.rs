//! Streams: the only places that buffer.

mod copy;
mod futures;
mod polled;
mod reader;
#[cfg(feature = "tokio")]
mod tokio;
mod writer;

use crate::aio::Aio;
use crate::call::Call;
use crate::error::{Context, Operation, Result};
use crate::fs::{File, seek_back};
use crate::io::{Typed, keep};
pub use copy::{Copy, copy};
pub use reader::{Chunks, Lines, Reader, Split};
use std::sync::Arc;
pub use writer::{IntoInnerError, Progress, Writer};

/// What a stream can stand on: a [`File`] or an [`Aio`].
pub trait Handle: sealed::Sealed + Send + Unpin + 'static {
    /// What the handle's calls run on.
    type Value: Send + 'static;

    #[doc(hidden)]
    fn aio(&self) -> &Aio<Self::Value>;

    #[doc(hidden)]
    fn aio_mut(&mut self) -> &mut Aio<Self::Value>;

    /// Fills the buffer with what can be read without waiting, and says how much, and in which turn of the value.
    #[doc(hidden)]
    fn fill_at_once(&self, _: &mut Vec<u8>) -> Option<(usize, u64)> {
        None
    }

    /// The same into a caller's buffer: some bytes.
    #[doc(hidden)]
    fn read_at_once(&self, _: &mut [u8]) -> Option<(usize, u64)> {
        None
    }

    /// Closes the value, for all its handles.
    #[doc(hidden)]
    fn close(&self) -> Call<Result<()>>;

    /// Puts the value back over bytes that nobody got, and says whether it could.
    #[doc(hidden)]
    fn put_back(value: &mut Self::Value, bytes: usize) -> bool;
}

mod sealed {
    use super::{Context, Operation};

    /// What the errors of a stream say; known to no other crate.
    #[allow(private_interfaces)]
    pub trait Sealed {
        fn context(&self, operation: Operation) -> Context;
    }
}

impl<T: Send + 'static> Handle for Aio<T> {
    type Value = T;

    fn aio(&self) -> &Aio<T> {
        self
    }

    fn aio_mut(&mut self) -> &mut Aio<T> {
        self
    }

    fn close(&self) -> Call<Result<()>> {
        self.take(Typed::new(Context::of(Operation::Close)), |value| {
            drop(value);
            Ok(())
        })
    }

    fn put_back(value: &mut T, bytes: usize) -> bool {
        keep(value, bytes)
    }
}

#[allow(private_interfaces)]
impl<T: Send + 'static> sealed::Sealed for Aio<T> {
    fn context(&self, operation: Operation) -> Context {
        Context::of(operation)
    }
}

impl Handle for File {
    type Value = Arc<std::fs::File>;

    fn aio(&self) -> &Aio<Self::Value> {
        self
    }

    fn aio_mut(&mut self) -> &mut Aio<Self::Value> {
        File::aio_mut(self)
    }

    fn fill_at_once(&self, buffer: &mut Vec<u8>) -> Option<(usize, u64)> {
        File::fill_at_once(self, buffer)
    }

    fn read_at_once(&self, buffer: &mut [u8]) -> Option<(usize, u64)> {
        self.take_some_at_once(buffer)
    }

    fn close(&self) -> Call<Result<()>> {
        self.clone().close()
    }

    fn put_back(value: &mut Self::Value, bytes: usize) -> bool {
        seek_back(value, bytes)
    }
}

#[allow(private_interfaces)]
impl sealed::Sealed for File {
    fn context(&self, operation: Operation) -> Context {
        File::context(self, operation)
    }
}

impl File {
    /// A buffer behind the file, filled ahead of its reader. See [`Reader`].
    pub fn reader(self) -> Reader<File> {
        Reader::new(self)
    }

    /// A buffer in front of the file: small writes at memory speed. See [`Writer`].
    pub fn writer(self) -> Writer<File> {
        Writer::new(self)
    }
}

impl<T: std::io::Write + Send + 'static> Aio<T> {
    /// A buffer in front of the value: small writes at memory speed. See [`Writer`].
    pub fn writer(self) -> Writer<Aio<T>> {
        Writer::new(self)
    }
}

impl<T: std::io::Read + Send + 'static> Aio<T> {
    /// A buffer behind the value, filled ahead of its reader. See [`Reader`].
    pub fn reader(self) -> Reader<Aio<T>> {
        Reader::new(self)
    }
}
