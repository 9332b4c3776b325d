//! Streams: the only places that buffer.

mod writer;

use crate::aio::Aio;
use crate::error::{Context, Operation};
use crate::fs::File;
use std::sync::Arc;
pub use writer::{Progress, Writer};

/// What a stream can stand on: a [`File`] or an [`Aio`].
pub trait Handle: sealed::Sealed + Send + 'static {
    /// What the handle's calls run on.
    type Value: Send + 'static;

    #[doc(hidden)]
    fn aio(&self) -> &Aio<Self::Value>;
}

mod sealed {
    use super::{Context, Operation};

    /// What the errors of a stream say; known to no other crate.
    pub trait Sealed {
        #[allow(private_interfaces)]
        fn context(&self, operation: Operation) -> Context;
    }
}

impl<T: Send + 'static> Handle for Aio<T> {
    type Value = T;

    fn aio(&self) -> &Aio<T> {
        self
    }
}

impl<T: Send + 'static> sealed::Sealed for Aio<T> {
    #[allow(private_interfaces)]
    fn context(&self, operation: Operation) -> Context {
        Context::of(operation)
    }
}

impl Handle for File {
    type Value = Arc<std::fs::File>;

    fn aio(&self) -> &Aio<Self::Value> {
        self
    }
}

impl sealed::Sealed for File {
    #[allow(private_interfaces)]
    fn context(&self, operation: Operation) -> Context {
        File::context(self, operation)
    }
}

impl File {
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
