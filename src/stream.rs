//! Streams: the only places that buffer.

mod reader;
mod writer;

use crate::aio::Aio;
use crate::error::{Context, Operation};
use crate::fs::{File, seek_back};
use crate::io::keep;
pub use reader::{Lines, Reader};
use std::sync::Arc;
pub use writer::{Progress, Writer};

/// What a stream can stand on: a [`File`] or an [`Aio`].
pub trait Handle: sealed::Sealed + Send + 'static {
    /// What the handle's calls run on.
    type Value: Send + 'static;

    #[doc(hidden)]
    fn aio(&self) -> &Aio<Self::Value>;

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
