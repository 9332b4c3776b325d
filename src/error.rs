//! `Error`: the operation, the path, and the `io::Error` as the system gave it.

use crate::call::CallError;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{error, fmt, io, result};

/// The result of the typed methods.
pub type Result<T> = result::Result<T, Error>;

/// An `io::Error` that knows what was attempted, and on which file.
///
/// It prints as `open "no/such/file": No such file or directory (os error 2)`, or, with two paths, as
/// `rename "a" to "b": No such file or directory (os error 2)`.
///
/// ```
/// use aiofile::Operation;
/// use std::io;
///
/// # pollster::block_on(async {
/// let error = aiofile::open("no/such/file", "r").await.unwrap_err();
/// assert_eq!(error.operation(), Operation::Open);
/// assert_eq!(error.path().unwrap().to_str(), Some("no/such/file"));
/// assert_eq!(error.kind(), io::ErrorKind::NotFound);
/// assert!(error.raw_os_error().is_some()); // the system's own number, never lost
///
/// let plain: io::Error = error.into(); // and for code that speaks io::Error
/// assert!(plain.raw_os_error().is_some());
/// # })
/// ```
///
/// # As an `io::Error`
///
/// std's error cannot hold both a number and a text of its own. [`From`] keeps the number where there is
/// one, and with it the path is gone; an error without a number becomes one that holds this `Error` whole
/// ([`io::Error::get_ref`]). To show the path, print this type, or return it from `main`.
pub struct Error(Box<Parts>);

struct Parts {
    context: Context,
    source: io::Error,
}

/// What is attempted, and on which file: what an error of it will say.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) operation: Operation,
    pub(crate) path: Option<Arc<Path>>,
    /// What it was to become: of `rename`, `copy` and the links.
    pub(crate) to: Option<Arc<Path>>,
}

/// The operations, each with the words that its errors begin with. A new one is one line.
macro_rules! operations {
    ($($Name:ident $words:literal,)*) => {
        /// What was attempted when an [`Error`] came about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            $(#[doc = concat!("`", $words, "`")] $Name,)*
        }

        impl Operation {
            /// The words that errors begin with.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Operation::$Name => $words,)*
                }
            }
        }
    };
}

operations! {
    Open "open",
    Read "read",
    Write "write",
    Flush "flush",
    Seek "seek",
    Metadata "read metadata of",
    SetLen "set length of",
    SetPermissions "set permissions of",
    SetTimes "set times of",
    SyncAll "sync",
    SyncData "sync data of",
    Lock "lock",
    LockShared "lock shared",
    TryLock "try to lock",
    TryLockShared "try to lock shared",
    Unlock "unlock",
    TryClone "clone handle of",
    IntoStd "take std file of",
    Close "close",
    Canonicalize "canonicalize",
    Copy "copy",
    CreateDir "create directory",
    CreateDirAll "create directories up to",
    Exists "look for",
    HardLink "link",
    ReadDir "read directory",
    ReadLink "read link",
    RemoveDir "remove directory",
    RemoveDirAll "remove all of",
    RemoveFile "remove",
    Rename "rename",
    SymlinkMetadata "read metadata of link",
    Symlink "symlink",
    Chown "change owner of",
    Lchown "change owner of link",
    Chroot "change root to",
    WriteAtomic "write atomically",
    TempFile "make temporary file in",
    TempDir "make temporary directory in",
    Persist "persist",
    Keep "keep",
    Roll "roll to disk",
    IntoInner "take content",
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Context {
    pub(crate) fn of(operation: Operation) -> Self {
        Context { operation, path: None, to: None }
    }

    pub(crate) fn on(operation: Operation, path: Option<Arc<Path>>) -> Self {
        Context { operation, path, to: None }
    }

    pub(crate) fn error(&self, source: io::Error) -> Error {
        Error(Box::new(Parts { context: self.clone(), source }))
    }

    /// The error of a handle that is closed.
    pub(crate) fn closed(&self) -> Error {
        self.error(io::Error::other(CallError::closed()))
    }

    /// The error of a wait that could never end.
    pub(crate) fn deadlock(&self) -> Error {
        self.error(io::Error::new(io::ErrorKind::Deadlock, CallError::deadlock()))
    }

    /// What became of a call that was not run. A panic stays one: it is the caller's.
    pub(crate) fn refused(&self, why: CallError) -> result::Result<Error, CallError> {
        if why.is_panic() {
            return Err(why);
        }
        let kind = if why.is_deadlock() { io::ErrorKind::Deadlock } else { io::ErrorKind::Other };
        Ok(self.error(io::Error::new(kind, why)))
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operation)?;
        if let Some(path) = &self.path {
            write!(f, " {path:?}")?;
        }
        if let Some(to) = &self.to {
            write!(f, " to {to:?}")?;
        }
        Ok(())
    }
}

impl Error {
    /// An error of your own implementation of [`AsyncFile`](crate::AsyncFile), or of anything else that is
    /// to read like the crate's errors.
    pub fn new(operation: Operation, source: io::Error) -> Self {
        Context::of(operation).error(source)
    }

    /// The same error, on this path.
    pub fn with_path(mut self, path: impl AsRef<Path>) -> Self {
        self.0.context.path = Some(shared(path.as_ref()));
        self
    }

    /// What was attempted.
    pub fn operation(&self) -> Operation {
        self.0.context.operation
    }

    /// The file it was attempted on; none for a handle that was not opened by a path.
    pub fn path(&self) -> Option<&Path> {
        self.0.context.path.as_deref()
    }

    /// The second path, of an operation that has two: what a file was to be renamed to, copied to, or linked as.
    pub fn to_path(&self) -> Option<&Path> {
        self.0.context.to.as_deref()
    }

    /// The kind of the underlying error.
    pub fn kind(&self) -> io::ErrorKind {
        self.0.source.kind()
    }

    /// The system's number of the error (`errno` on Unix), whenever the error came from the system.
    #[doc(alias = "errno")]
    pub fn raw_os_error(&self) -> Option<i32> {
        self.0.source.raw_os_error()
    }

    /// The error as the system gave it.
    pub fn io_error(&self) -> &io::Error {
        &self.0.source
    }

    /// Why the call was not run, if that is what is wrong: the handle is closed, the pool is shut down,
    /// the call was cancelled or would have waited for itself.
    pub fn call_error(&self) -> Option<&CallError> {
        self.0.source.get_ref()?.downcast_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.context, self.0.source)
    }
}

/// As [`Display`](fmt::Display), with the kind: what `main` prints when it returns this error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} [{:?}]", self.kind())
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.0.source)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        match error.raw_os_error() {
            Some(_) => error.0.source,
            None => io::Error::new(error.kind(), error),
        }
    }
}

/// An owned copy of a path, as errors share it.
pub(crate) fn shared(path: &Path) -> Arc<Path> {
    Arc::from(PathBuf::from(path))
}

/// Whether a call was interrupted by a signal, and is to be made again. An error that carries more than that name is one
/// of the value's own, which may come for ever.
pub(crate) fn is_interrupted(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Interrupted && error.get_ref().is_none()
}

/// The same error once more, with its number: std's cannot be cloned.
pub(crate) fn again(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}
