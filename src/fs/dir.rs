//! Directories: made, and listed in batches.

use super::functions::change;
use crate::aio::Aio;
use crate::call::{Call, poll_kept};
use crate::error::{Context, Error, Operation, Result, again, shared};
use crate::io::{Typed, typed};
use crate::pool::Pool;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, FileType, Metadata};
use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::{self, Poll, ready};
use std::{fmt, io};

/// How many entries a hop brings.
const BATCH: usize = 1024;

/// Lists a directory: [`std::fs::read_dir`]. The first entries come with this hop, and then up to 1,024 with
/// each, with their types.
#[doc(alias("scandir", "listdir"))]
pub fn read_dir(path: impl AsRef<Path>) -> Call<Result<ReadDir>> {
    list(path.as_ref(), false, ReadDir)
}

/// Lists a directory and all directories below it: each entry before those that are in it. Links are listed, and
/// not followed. A directory that cannot be read is an error in its place; the others follow.
///
/// ```
/// # pollster::block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// # std::fs::create_dir_all(dir.path().join("a/b")).unwrap();
/// # std::fs::write(dir.path().join("a/b/c"), "").unwrap();
/// let mut below = Vec::new();
/// let mut walk = aiofile::fs::walk(dir.path()).await?;
/// while let Some(entry) = walk.next_entry().await? {
///     below.push(entry.path().strip_prefix(dir.path()).unwrap().to_owned());
/// }
/// assert_eq!(below, ["a", "a/b", "a/b/c"].map(std::path::PathBuf::from));
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
#[doc(alias("walkdir", "os.walk"))]
pub fn walk(path: impl AsRef<Path>) -> Call<Result<Walk>> {
    list(path.as_ref(), true, Walk)
}

/// Opens a listing, with its first batch.
fn list<L: Send + 'static>(path: &Path, deep: bool, of: fn(Batches) -> L) -> Call<Result<L>> {
    let pool = Pool::default();
    let path = shared(path);
    let context = Context::on(Operation::ReadDir, Some(path.clone()));
    pool.clone().run_as(Typed::harmless(context.clone()), move || {
        let listing = Listing { context, dirs: vec![fs::read_dir(&path)?], deep };
        Ok(of(Batches::new(&pool, listing)))
    })
}

/// The entries of a directory, from [`read_dir`]. In no order, as std's.
#[derive(Debug)]
pub struct ReadDir(Batches);

/// The entries of a directory and all below it, from [`walk`].
#[derive(Debug)]
pub struct Walk(Batches);

macro_rules! entries {
    ($($List:ident),*) => {$(
        impl $List {
            /// The next entry; `None` at the end. An error stands for one entry; the next call goes on behind it.
            ///
            /// *Abandonment:* nothing is lost. *Cost:* one hop for every 1,024 entries.
            pub async fn next_entry(&mut self) -> Result<Option<DirEntry>> {
                poll_fn(|cx| self.poll_next_entry(cx)).await
            }

            /// The same, to be polled.
            pub fn poll_next_entry(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<Option<DirEntry>>> {
                self.0.poll_next(cx)
            }
        }
    )*};
}

entries!(ReadDir, Walk);

/// Some entries in a row. They share one allocation, which lives as long as any of them.
#[derive(Debug, Default)]
struct Batch {
    found: Arc<Vec<Found>>,
    /// How many of them were given.
    at: usize,
    /// Errors, each with the number of entries before it.
    errors: VecDeque<(usize, Error)>,
}

#[derive(Debug)]
struct Found {
    std: fs::DirEntry,
    file_type: io::Result<FileType>,
}

impl Batch {
    fn next(&mut self) -> Option<Result<DirEntry>> {
        if self.errors.front().is_some_and(|(before, _)| *before <= self.at) {
            return self.errors.pop_front().map(|(_, error)| Err(error));
        }
        let at = self.at;
        self.at += 1;
        (at < self.found.len()).then(|| Ok(DirEntry { batch: Arc::clone(&self.found), at }))
    }
}

/// A listing, a batch at a time.
#[derive(Debug)]
struct Batches {
    listing: Aio<Listing>,
    context: Context,
    here: Batch,
    /// The batch that is on its way, unless this one was the last: kept here, so that an abandoned wait loses no
    /// entry.
    next: Option<Call<Result<(Batch, bool)>>>,
}

impl Batches {
    fn new(pool: &Pool, mut listing: Listing) -> Self {
        let (here, more) = listing.take_batch();
        let context = listing.context.clone();
        let listing = Aio::build(pool, Box::new(listing), false);
        let mut batches = Batches { listing, context, here, next: None };
        batches.go_on(more);
        batches
    }

    /// The pool reads on while the caller is at what is here.
    fn go_on(&mut self, more: bool) {
        let policy = Typed::harmless(self.context.clone());
        self.next = more.then(|| typed(&self.listing, policy, |listing| Ok(listing.take_batch())));
    }

    fn poll_next(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<Option<DirEntry>>> {
        loop {
            if let Some(entry) = self.here.next() {
                return Poll::Ready(entry.map(Some));
            }
            if self.next.is_none() {
                return Poll::Ready(Ok(None));
            }
            let (batch, more) = ready!(poll_kept(&mut self.next, cx))?;
            self.here = batch;
            self.go_on(more);
        }
    }
}

/// Directories in the middle of being read, the innermost last.
struct Listing {
    context: Context,
    dirs: Vec<fs::ReadDir>,
    deep: bool,
}

impl Listing {
    /// The next entries, and whether there may be more.
    fn take_batch(&mut self) -> (Batch, bool) {
        let (mut found, mut errors) = (Vec::new(), VecDeque::new());
        while found.len() + errors.len() < BATCH
            && let Some(dir) = self.dirs.last_mut()
        {
            match dir.next() {
                Some(Ok(std)) => {
                    let file_type = std.file_type();
                    let below = self.deep && file_type.as_ref().is_ok_and(FileType::is_dir);
                    let below = below.then(|| std.path());
                    found.push(Found { std, file_type });
                    match below.as_ref().map(fs::read_dir) {
                        Some(Ok(dir)) => self.dirs.push(dir),
                        Some(Err(error)) => {
                            let context = Context::on(Operation::ReadDir, below.as_deref().map(shared));
                            errors.push_back((found.len(), context.error(error)));
                        }
                        None => {}
                    }
                }
                Some(Err(error)) => errors.push_back((found.len(), self.context.error(error))),
                None => drop(self.dirs.pop()),
            }
        }
        (Batch { found: Arc::new(found), at: 0, errors }, !self.dirs.is_empty())
    }
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listing({})", self.context)
    }
}

/// An entry of a directory: [`std::fs::DirEntry`], with its type. It keeps the batch that it came with in memory.
pub struct DirEntry {
    batch: Arc<Vec<Found>>,
    at: usize,
}

impl DirEntry {
    fn found(&self) -> &Found {
        &self.batch[self.at]
    }

    /// The directory's path with the name.
    pub fn path(&self) -> PathBuf {
        self.found().std.path()
    }

    /// The name alone.
    pub fn file_name(&self) -> OsString {
        self.found().std.file_name()
    }

    /// Whether it is a file, a directory or a link. It came with the listing: no hop.
    pub fn file_type(&self) -> Result<FileType> {
        match &self.found().file_type {
            Ok(file_type) => Ok(*file_type),
            Err(error) => {
                Err(Context::on(Operation::Metadata, Some(shared(&self.path()))).error(again(error)))
            }
        }
    }

    /// What the system knows of it; of a link, the link itself: [`std::fs::DirEntry::metadata`]. One hop.
    pub fn metadata(&self) -> Call<Result<Metadata>> {
        let context = Context::on(Operation::Metadata, Some(shared(&self.path())));
        let (batch, at) = (Arc::clone(&self.batch), self.at);
        Pool::default().run_as(Typed::harmless(context), move || batch[at].std.metadata())
    }

    /// The number of its inode.
    #[cfg(unix)]
    pub fn ino(&self) -> u64 {
        std::os::unix::fs::DirEntryExt::ino(&self.found().std)
    }
}

impl fmt::Debug for DirEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DirEntry").field(&self.path()).finish()
    }
}

/// Makes directories: [`std::fs::DirBuilder`].
///
/// ```
/// # pollster::block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// aiofile::fs::DirBuilder::new().recursive(true).create(dir.path().join("a/b")).await?;
/// assert!(aiofile::fs::exists(dir.path().join("a/b")).await?);
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
#[derive(Debug, Default)]
pub struct DirBuilder {
    recursive: bool,
    #[cfg(unix)]
    mode: Option<u32>,
}

impl DirBuilder {
    /// A builder of one directory, whose parent is there.
    pub fn new() -> Self {
        DirBuilder::default()
    }

    /// Whether parents are made where they are missing, and a directory that is there is no error.
    pub fn recursive(&mut self, recursive: bool) -> &mut Self {
        self.recursive = recursive;
        self
    }

    /// Who may do what with the directory, less the umask; 0o777 unless it is set.
    #[cfg(unix)]
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        self.mode = Some(mode);
        self
    }

    /// Makes the directory.
    pub fn create(&self, path: impl AsRef<Path>) -> Call<Result<()>> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(self.recursive);
        #[cfg(unix)]
        if let Some(mode) = self.mode {
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
        }
        let operation = if self.recursive { Operation::CreateDirAll } else { Operation::CreateDir };
        change(operation, path, move |path| builder.create(path))
    }
}
