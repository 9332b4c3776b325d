//! `NamedTempFile`: a file whose name is removed, unless it is persisted.

use super::{is_one_file, makers, open_on};
use crate::aio::Aio;
use crate::call::{Call, CallError, Policy};
use crate::error::{Context, Error, Operation, Result, shared};
use crate::fs::File;
use crate::io::{Typed, typed};
use crate::lock::lock;
use crate::pool::Pool;
use crate::sync::Mutex;
use std::error;
use std::fmt;
use std::fs;
use std::io;
use std::marker::PhantomData;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::result;
use std::sync::Arc;
use tempfile::{PathPersistError, TempPath};

/// A file with a name, which is removed when this is dropped: [`tempfile::NamedTempFile`].
///
/// It dereferences to its [`File`]: all typed methods are there, with the path in their errors.
///
/// ```
/// use aiofile::temp::NamedTempFile;
///
/// # pollster::block_on(async {
/// let file = NamedTempFile::with_suffix(".txt").await?;
/// file.write_all("seen by its name").await?;
/// assert_eq!(aiofile::fs::read_to_string(file.path()).await?, "seen by its name");
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
///
/// A clone is one of the `File`: it stays open when the name is gone.
///
/// *Ordering:* the name is removed, persisted or kept after all queued calls of the file that were made before.
/// (Those that name their own offset are not queued: await them first.) *Abandonment:* a file that was made for
/// nobody is removed. See also [the module](super#removal).
pub struct NamedTempFile {
    file: File,
    path: Arc<Path>,
    /// `None` when it has been persisted, kept or removed.
    name: Option<TempPath>,
}

makers!(NamedTempFile, tempfile, tempfile_in, "a file");

impl NamedTempFile {
    pub(super) fn of(file: File, name: TempPath) -> Self {
        let path = shared(&name);
        NamedTempFile { file: file.with_path(&path), path, name: Some(name) }
    }

    /// Where it is: an absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file alone.
    pub fn as_file(&self) -> &File {
        &self.file
    }

    /// Opens the file once more, for reading and writing, at a position of its own:
    /// [`tempfile::NamedTempFile::reopen`].
    ///
    /// *Errors:* [`NotFound`](io::ErrorKind::NotFound) also if the name leads to another file by now (Unix).
    pub fn reopen(&self) -> Call<Result<File>> {
        let (path, pool) = (self.path.clone(), self.pool().clone());
        typed(&self.file, Typed::harmless(self.context(Operation::Open)), move |file| {
            let mut options = fs::OpenOptions::new();
            options.read(true).write(true);
            let again = open_on(&pool, &options, &path)?;
            match again.as_std() {
                Some(std) if is_one_file(&std.metadata()?, &file.metadata()?) => Ok(again),
                _ => Err(io::Error::new(io::ErrorKind::NotFound, "the temporary file has been replaced")),
            }
        })
    }

    /// Gives the file this name, in place of what has it, in one step; it is the same file, and stays open:
    /// [`tempfile::NamedTempFile::persist`]. The name has to be on the same file system. For the disk to have the
    /// content before the name, [`sync_all`](File::sync_all) first.
    ///
    /// ```
    /// use aiofile::temp::NamedTempFile;
    ///
    /// # pollster::block_on(async {
    /// # let dir = tempfile::tempdir().unwrap();
    /// let file = NamedTempFile::new_in(dir.path()).await?;
    /// drop(file.write_all("queued before"));
    /// let refused = file.persist(dir.path().join("no/such/directory")).await.unwrap_err();
    /// assert_eq!(refused.error.raw_os_error(), Some(2));
    /// let file = refused.file.persist(dir.path().join("a")).await?; // it was handed back
    /// assert_eq!(file.metadata().await?.len(), 13);
    /// # aiofile::Result::Ok(()) }).unwrap()
    /// ```
    ///
    /// *Errors* hand the file back, also when the call could not be run or was cancelled.
    pub fn persist(self, new_path: impl AsRef<Path>) -> Call<result::Result<File, PersistError>> {
        self.persist_by(new_path, TempPath::persist)
    }

    /// The same, if nothing has that name: [`tempfile::NamedTempFile::persist_noclobber`].
    pub fn persist_noclobber(self, new_path: impl AsRef<Path>) -> Call<result::Result<File, PersistError>> {
        self.persist_by(new_path, TempPath::persist_noclobber)
    }

    fn persist_by(
        self,
        new_path: impl AsRef<Path>,
        persist: fn(TempPath, Arc<Path>) -> result::Result<(), PathPersistError>,
    ) -> Call<result::Result<File, PersistError>> {
        let to = shared(new_path.as_ref());
        let context = Context { to: Some(to.clone()), ..self.context(Operation::Persist) };
        self.give_up(context, move |name, file| {
            persist(name, to.clone())?;
            Ok(file.with_path(to))
        })
    }

    /// Lets the file stay under its name: [`tempfile::NamedTempFile::keep`].
    pub fn keep(self) -> Call<result::Result<(File, PathBuf), PersistError>> {
        let context = self.context(Operation::Keep);
        self.give_up(context, |name, file| Ok((file, name.keep()?)))
    }

    /// Whether the file stays when this is dropped.
    pub fn disable_cleanup(&mut self, disable_cleanup: bool) {
        if let Some(name) = &mut self.name {
            name.disable_cleanup(disable_cleanup);
        }
    }

    /// Removes the name, and says how that went; the file is closed, unless there is a clone of it.
    pub fn close(self) -> Call<Result<()>> {
        let policy = Typed::new(self.context(Operation::RemoveFile));
        // If the call is not run, this is dropped with it.
        self.queue().queue(policy, move |_| Some(self.remove()))
    }

    /// Not `TempPath::close`, whose errors have lost the system's number.
    fn remove(mut self) -> io::Result<()> {
        self.disable_cleanup(true);
        fs::remove_file(&self.path)
    }

    fn context(&self, operation: Operation) -> Context {
        Context::on(operation, Some(self.path.clone()))
    }

    /// The file's queue, which outlives this.
    fn queue(&self) -> Aio<Arc<fs::File>> {
        self.file.clone().into_aio()
    }

    /// Ends the care for the name. If that fails or is not done, there is all of it again.
    fn give_up<R, F>(self, context: Context, f: F) -> Call<result::Result<R, PersistError>>
    where
        R: Send + 'static,
        F: FnOnce(TempPath, File) -> result::Result<R, PathPersistError> + Send + 'static,
    {
        let queue = self.queue();
        let given = Arc::new(Mutex::new(Some(self)));
        let policy = GivingUp { context: context.clone(), given: Arc::clone(&given), result: PhantomData };
        queue.queue(policy, move |_| {
            let mut named = lock(&given).take()?;
            let name = named.name.take()?;
            Some(f(name, named.file.clone()).map_err(|refused| {
                named.name = Some(refused.path);
                PersistError { error: context.error(refused.error), file: named }
            }))
        })
    }
}

impl Drop for NamedTempFile {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            let policy = Typed::new(self.context(Operation::RemoveFile));
            let mut name = OffThread(Some(name));
            drop(self.file.queue(policy, move |_| {
                drop(name.0.take());
                Some(Ok(()))
            }));
        }
    }
}

/// A name that is never removed by whoever drops it.
struct OffThread(Option<TempPath>);

impl Drop for OffThread {
    fn drop(&mut self) {
        if let Some(name) = self.0.take() {
            drop(Aio::build(Pool::embedded(), Box::new(name), true));
        }
    }
}

impl Deref for NamedTempFile {
    type Target = File;

    fn deref(&self) -> &File {
        &self.file
    }
}

impl AsRef<Path> for NamedTempFile {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

impl fmt::Debug for NamedTempFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NamedTempFile({:?})", self.path)
    }
}

/// The policy of a call that ends the care for a name: what was not done hands the file back.
struct GivingUp<R> {
    context: Context,
    /// Taken by the call, when it is run.
    given: Arc<Mutex<Option<NamedTempFile>>>,
    result: PhantomData<fn() -> R>,
}

impl<R: Send + 'static> Policy for GivingUp<R> {
    type Raw = result::Result<R, PersistError>;
    type Out = result::Result<R, PersistError>;

    fn seal(&self, raw: Self::Raw) -> Self::Out {
        raw
    }

    fn refuse(&self, why: CallError) -> result::Result<Self::Out, CallError> {
        let error = self.context.refused(why)?;
        match lock(&self.given).take() {
            Some(file) => Ok(Err(PersistError { error, file })),
            None => Err(CallError::closed()),
        }
    }

    fn name(&self) -> String {
        self.context.to_string()
    }
}

/// A name that could not be given, and the file, which is as it was.
pub struct PersistError {
    /// What went wrong.
    pub error: Error,
    /// The file, to be tried again.
    pub file: NamedTempFile,
}

impl fmt::Display for PersistError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl fmt::Debug for PersistError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.error, f)
    }
}

impl error::Error for PersistError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.error.source()
    }
}

/// Without the file, which is removed.
impl From<PersistError> for Error {
    fn from(refused: PersistError) -> Error {
        refused.error
    }
}

/// Without the file, which is removed.
impl From<PersistError> for io::Error {
    fn from(refused: PersistError) -> io::Error {
        refused.error.into()
    }
}

impl From<PersistError> for NamedTempFile {
    fn from(refused: PersistError) -> NamedTempFile {
        refused.file
    }
}
