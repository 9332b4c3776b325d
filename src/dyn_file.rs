//! `AsyncFile`: a file as a trait object, which anyone can implement.

use crate::aio::Aio;
use crate::error::{Context, Error, Operation, Result};
use crate::fs::File;
use crate::io::Typed;
use async_trait::async_trait;
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::sync::Arc;

/// Something that is read, written and seeked like a file: a [`File`], an [`Aio`] of any type with std's
/// traits, or a type of your own, such as a file in memory, an encrypted or a remote one.
///
/// It is object safe, for code that does not care which: `&dyn AsyncFile`, `Box<dyn AsyncFile>`. All methods
/// take `&self`, as those of [`File`] do.
///
/// ```
/// use aiofile::{AsyncFile, Result};
/// use std::io::{Cursor, SeekFrom};
///
/// async fn append_date(log: &dyn AsyncFile) -> Result<()> {
///     log.seek(SeekFrom::End(0)).await?;
///     log.write_all(b"2026-11-21\n").await
/// }
///
/// # pollster::block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// let file = aiofile::open(dir.path().join("log"), "w").await?;
/// let memory = aiofile::Aio::new(Cursor::new(Vec::new()));
/// append_date(&file).await?;
/// append_date(&memory).await?;
/// assert_eq!(memory.finish(Cursor::into_inner).await, b"2026-11-21\n");
/// # Result::Ok(()) }).unwrap()
/// ```
///
/// # Implementing it
///
/// With [`async_trait`](https://docs.rs/async-trait), which this crate re-exports:
///
/// ```
/// use aiofile::{AsyncFile, Error, Operation, Result, async_trait};
/// use std::io::{Cursor, Read, Seek, SeekFrom, Write};
/// use std::sync::Mutex;
///
/// /// A file in memory.
/// #[derive(Default)]
/// struct Memory(Mutex<Cursor<Vec<u8>>>);
///
/// #[async_trait]
/// impl AsyncFile for Memory {
///     async fn read(&self, buffer: &mut [u8]) -> Result<usize> {
///         self.0.lock().unwrap().read(buffer).map_err(|e| Error::new(Operation::Read, e))
///     }
///     async fn write(&self, data: &[u8]) -> Result<usize> {
///         self.0.lock().unwrap().write(data).map_err(|e| Error::new(Operation::Write, e))
///     }
///     async fn seek(&self, to: SeekFrom) -> Result<u64> {
///         self.0.lock().unwrap().seek(to).map_err(|e| Error::new(Operation::Seek, e))
///     }
///     async fn flush(&self) -> Result<()> { Ok(()) }
/// }
///
/// # pollster::block_on(async {
/// let file: Box<dyn AsyncFile> = Box::new(Memory::default());
/// file.write_all(b"in memory").await?;
/// file.rewind().await?;
/// let mut text = String::new();
/// file.read_to_string(&mut text).await?;
/// assert_eq!(text, "in memory");
/// # Result::Ok(()) }).unwrap()
/// ```
///
/// # Ordering, abandonment, cost
///
/// For [`File`] and [`Aio`] they are those of the methods of the same name: a call is queued when it is
/// made, also through the trait. Implementations by `async_trait` begin when they are first polled. Each call
/// costs one allocation more than without the trait, for the boxed future.
#[async_trait]
pub trait AsyncFile: Send + Sync {
    /// Reads some bytes; 0 is the end.
    async fn read(&self, buffer: &mut [u8]) -> Result<usize>;

    /// Writes some of the data, and gives the number of bytes written.
    async fn write(&self, data: &[u8]) -> Result<usize>;

    /// Moves to an offset, in bytes, and gives it as counted from the start.
    async fn seek(&self, to: SeekFrom) -> Result<u64>;

    /// Resolves when everything written has been passed on.
    async fn flush(&self) -> Result<()>;

    /// Fills the buffer, or fails with [`UnexpectedEof`](io::ErrorKind::UnexpectedEof).
    async fn read_exact(&self, buffer: &mut [u8]) -> Result<()> {
        let mut filled = 0;
        while filled < buffer.len() {
            match retry(self.read(&mut buffer[filled..]).await)? {
                Some(0) => return Err(Error::new(Operation::Read, io::ErrorKind::UnexpectedEof.into())),
                Some(read) => filled += read,
                None => {}
            }
        }
        Ok(())
    }

    /// Appends everything up to the end, and gives the number of bytes.
    async fn read_to_end(&self, buffer: &mut Vec<u8>) -> Result<usize> {
        let start = buffer.len();
        let mut chunk = vec![0; CHUNK];
        loop {
            match retry(self.read(&mut chunk).await)? {
                Some(0) => return Ok(buffer.len() - start),
                Some(read) => buffer.extend_from_slice(&chunk[..read]),
                None => {}
            }
        }
    }

    /// Appends everything up to the end as text. If it is none, the string stays as it was.
    async fn read_to_string(&self, buffer: &mut String) -> Result<usize> {
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes).await?;
        let text = String::from_utf8(bytes).map_err(|not_text| {
            Error::new(Operation::Read, io::Error::new(io::ErrorKind::InvalidData, not_text.utf8_error()))
        })?;
        buffer.push_str(&text);
        Ok(text.len())
    }

    /// Writes all of the data.
    async fn write_all(&self, data: &[u8]) -> Result<()> {
        let mut rest = data;
        while !rest.is_empty() {
            match retry(self.write(rest).await)? {
                Some(0) => return Err(Error::new(Operation::Write, io::ErrorKind::WriteZero.into())),
                Some(written) => rest = &rest[written..],
                None => {}
            }
        }
        Ok(())
    }

    /// Moves to the start.
    async fn rewind(&self) -> Result<()> {
        self.seek(SeekFrom::Start(0)).await.map(drop)
    }

    /// Where the next byte is read or written, in bytes from the start.
    async fn stream_position(&self) -> Result<u64> {
        self.seek(SeekFrom::Current(0)).await
    }

    /// Cuts or extends the file; [`Unsupported`](io::ErrorKind::Unsupported) where there is no such thing.
    async fn set_len(&self, size: u64) -> Result<()> {
        let _ = size;
        Err(Error::new(Operation::SetLen, io::ErrorKind::Unsupported.into()))
    }

    /// Has everything on the disk; [`Unsupported`](io::ErrorKind::Unsupported) where there is none.
    async fn sync_all(&self) -> Result<()> {
        Err(Error::new(Operation::SyncAll, io::ErrorKind::Unsupported.into()))
    }

    /// Flushes, and closes what can be closed: the calls after it fail.
    async fn close(&self) -> Result<()> {
        self.flush().await
    }
}

/// What a read to the end takes at a time.
const CHUNK: usize = 64 << 10;

/// An interrupted call is to be made again, as std does it.
fn retry(result: Result<usize>) -> Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
        Err(error) => Err(error),
    }
}

/// What `async_trait` makes of a method's result.
type Boxed<'f, R> = Pin<Box<dyn Future<Output = Result<R>> + Send + 'f>>;

/// The methods that a handle and a pointer to one have themselves, written as `async_trait` reads them: the
/// call is made at once and not by the first poll, and a pointer's future is not boxed again.
macro_rules! forward_methods {
    ($to:ident) => {
        fn read<'s: 'f, 'b: 'f, 'f>(&'s self, buffer: &'b mut [u8]) -> Boxed<'f, usize> {
            forward_methods!(@$to self, read(buffer))
        }
        fn write<'s: 'f, 'b: 'f, 'f>(&'s self, data: &'b [u8]) -> Boxed<'f, usize> {
            forward_methods!(@$to self, write(data))
        }
        fn seek<'s: 'f, 'f>(&'s self, to: SeekFrom) -> Boxed<'f, u64> {
            forward_methods!(@$to self, seek(to))
        }
        fn flush<'s: 'f, 'f>(&'s self) -> Boxed<'f, ()> {
            forward_methods!(@$to self, flush())
        }
        fn read_exact<'s: 'f, 'b: 'f, 'f>(&'s self, buffer: &'b mut [u8]) -> Boxed<'f, ()> {
            forward_methods!(@$to self, read_exact(buffer))
        }
        fn read_to_end<'s: 'f, 'b: 'f, 'f>(&'s self, buffer: &'b mut Vec<u8>) -> Boxed<'f, usize> {
            forward_methods!(@$to self, read_to_end(buffer))
        }
        fn read_to_string<'s: 'f, 'b: 'f, 'f>(&'s self, buffer: &'b mut String) -> Boxed<'f, usize> {
            forward_methods!(@$to self, read_to_string(buffer))
        }
        fn write_all<'s: 'f, 'b: 'f, 'f>(&'s self, data: &'b [u8]) -> Boxed<'f, ()> {
            forward_methods!(@$to self, write_all(data))
        }
        fn rewind<'s: 'f, 'f>(&'s self) -> Boxed<'f, ()> {
            forward_methods!(@$to self, rewind())
        }
        fn stream_position<'s: 'f, 'f>(&'s self) -> Boxed<'f, u64> {
            forward_methods!(@$to self, stream_position())
        }
    };
    (@handle $self:expr, $method:ident($($argument:expr)?)) => {
        Box::pin(Self::$method($self, $($argument)?))
    };
    (@pointer $self:expr, $method:ident($($argument:expr)?)) => {
        (**$self).$method($($argument)?)
    };
}

impl AsyncFile for File {
    forward_methods!(handle);

    fn set_len<'s: 'f, 'f>(&'s self, size: u64) -> Boxed<'f, ()> {
        Box::pin(File::set_len(self, size))
    }
    fn sync_all<'s: 'f, 'f>(&'s self) -> Boxed<'f, ()> {
        Box::pin(File::sync_all(self))
    }
    fn close<'s: 'f, 'f>(&'s self) -> Boxed<'f, ()> {
        Box::pin(self.clone().close())
    }
}

impl<T: Read + Write + Seek + Send + 'static> AsyncFile for Aio<T> {
    forward_methods!(handle);

    fn close<'s: 'f, 'f>(&'s self) -> Boxed<'f, ()> {
        let policy = Typed::new(Context::of(Operation::Close));
        Box::pin(self.take(policy, |mut value| value.flush()))
    }
}

/// Whatever points to a file is one.
macro_rules! pointers {
    ($([$($generics:tt)*] $pointer:ty;)*) => {$(
        impl<$($generics)*> AsyncFile for $pointer {
            forward_methods!(pointer);

            fn set_len<'s: 'f, 'f>(&'s self, size: u64) -> Boxed<'f, ()> {
                (**self).set_len(size)
            }
            fn sync_all<'s: 'f, 'f>(&'s self) -> Boxed<'f, ()> {
                (**self).sync_all()
            }
            fn close<'s: 'f, 'f>(&'s self) -> Boxed<'f, ()> {
                (**self).close()
            }
        }
    )*};
}

pointers! {
    ['p, F: AsyncFile + ?Sized] &'p F;
    ['p, F: AsyncFile + ?Sized] &'p mut F;
    [F: AsyncFile + ?Sized] Box<F>;
    [F: AsyncFile + ?Sized] Arc<F>;
}
