//! The crate's main job: writes files without blocking an async thread.
//!
//! ```text
//! cargo run --example write_file              # writes 103 files in a temporary directory and checks them
//! cargo run --example write_file -- SRC DST   # copies a file; `-` is standard input or output
//! ```
//!
//! The first screen is the demonstration; below it is a copy as a real program does it, of any size in a
//! few MiB of memory. DST is replaced by a rename at the end, so that an error or a kill leaves it as it
//! was (a kill leaves a `.write_file-*` beside it). A device or a FIFO is written in place.

use aiofile::{Aio, File, OpenOptions, Operation, unblock};
use async_executor::Executor;
use futures_lite::future::{block_on, try_zip};
use std::fs::{self, Metadata};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const TEXT: &str = "written by aiofile\n";

/// Writes files in each way that the crate has, then a hundred at once, and reads all of them back.
async fn write_files() -> Result {
    let out = Aio::new(io::stdout());
    let dir = tempfile::tempdir().map_err(|error| format!("create temporary directory: {error}"))?;
    out.write_all(format!("writing in {}\n", dir.path().display())).await?;

    // A typed method, by std's name. `Ok` means that the bytes are in the file.
    let path = dir.path().join("typed");
    let file = aiofile::open(&path, "w").await?;
    file.write_all(TEXT).await?;
    file.close().await?;
    out.write_all(report("typed method", 1, read_back(&path, TEXT).await?)).await?;

    // Any other method, by its path.
    let path = dir.path().join("path");
    let file = aiofile::open(&path, "w").await?;
    file.call(Write::write_all, (TEXT.as_bytes(),)).await?;
    file.close().await?;
    out.write_all(report("by path", 1, read_back(&path, TEXT).await?)).await?;

    // A closure: many steps in one hop to the pool.
    let path = dir.path().join("closure");
    let file = aiofile::open(&path, "w").await?;
    let written = file.with(|file| {
        file.write_all(b"written ")?;
        file.write_all(b"by aiofile\n")
    });
    written.await?;
    file.close().await?;
    out.write_all(report("by closure", 1, read_back(&path, TEXT).await?)).await?;

    // A hundred tasks on this one thread, each with a file of its own.
    let executor = Executor::new();
    let start = |n| executor.spawn(write_and_read_back(dir.path().join(format!("{n}")), n));
    let tasks: Vec<_> = (0..100).map(start).collect();
    let mut bytes = 0;
    for task in tasks {
        bytes += executor.run(task).await?;
    }
    out.write_all(report("100 tasks", 100, bytes)).await?;

    dir.close()?;
    Ok(())
}

/// One of the hundred tasks.
async fn write_and_read_back(path: PathBuf, n: usize) -> Result<usize> {
    let text = format!("file {n}\n").repeat(1000);
    let file = aiofile::open(&path, "w").await?;
    file.write_all(&text).await?;
    file.close().await?;
    read_back(&path, &text).await
}

/// The size of the file, if it holds this text.
async fn read_back(path: &Path, expected: &str) -> Result<usize> {
    let mut text = String::new();
    let bytes = aiofile::open(path, "r").await?.read_to_string(&mut text).await?;
    if text != expected {
        return Err(format!("read {path:?}: not what was written").into());
    }
    Ok(bytes)
}

fn report(step: &str, files: usize, bytes: usize) -> String {
    let s = if files == 1 { "" } else { "s" };
    format!("{step}: {files} file{s}, {bytes} bytes written and read back\n")
}

const USAGE: &str = "usage: write_file [SRC DST]    (`-` is standard input or output)\n";

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let done = match args.as_slice() {
        [] => block_on(write_files()),
        [help] if help.as_os_str() == "--help" => {
            io::stdout().write_all(USAGE.as_bytes()).map_err(Into::into)
        }
        [src, dst] => block_on(copy(src, dst)),
        _ => {
            let _ = io::stderr().write_all(USAGE.as_bytes());
            return ExitCode::from(2);
        }
    };
    let Err(error) = done else { return ExitCode::SUCCESS };
    // Not `eprintln!`, which panics when nobody listens.
    let _ = writeln!(io::stderr(), "write_file: {error}");
    ExitCode::FAILURE
}

/// How much is read at once at most, in bytes. Up to four of these are in memory.
const CHUNK: usize = 1 << 20;

/// What is copied, for its messages.
struct Job<'a> {
    src: &'a Path,
    dst: &'a Path,
    /// In bytes, if it can be known.
    size: Option<u64>,
}

async fn copy(src: &Path, dst: &Path) -> Result {
    let paths = (src.to_owned(), dst.to_owned());
    if unblock(move || is_one_file(&paths.0, &paths.1)).await {
        return Err(format!("copy {src:?}: {dst:?} is the same file").into());
    }
    if is_standard(src) {
        return write_to_dst(&Aio::new(io::stdin()), &Job { src, dst, size: None }).await;
    }
    let file = aiofile::open(src, "r").await?;
    let metadata = file.metadata().await?;
    if metadata.is_dir() {
        return Err(format!("read {src:?}: is a directory").into());
    }
    let size = Some(metadata.len()).filter(|&size| size > 0); // files in /proc say 0
    write_to_dst(&file, &Job { src, dst, size }).await
}

async fn write_to_dst<R: Read + Send + 'static>(from: &Aio<R>, job: &Job<'_>) -> Result {
    if is_standard(job.dst) {
        return transfer(from, &Aio::new(io::stdout()), job).await;
    }
    // Neither made nor made empty: only asked whether it may be written, and what it is.
    let old = match OpenOptions::new().write(true).open(job.dst).await {
        Ok(file) => {
            let metadata = file.metadata().await?;
            if !metadata.is_file() {
                transfer(from, &file, job).await?;
                return Ok(file.close().await?);
            }
            Some(metadata)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    replace_dst(from, old, job).await
}

/// Writes a temporary file and renames it to DST when it is on the disk. Until then DST is as it was.
async fn replace_dst<R: Read + Send + 'static>(
    from: &Aio<R>,
    old: Option<Metadata>,
    job: &Job<'_>,
) -> Result {
    let dst = job.dst.to_owned();
    let (temp, target) = unblock(move || create_beside(&dst, old.as_ref()))
        .await
        .map_err(|error| format!("create {:?}: {error}", job.dst))?;
    let (file, temp) = temp.into_parts();
    let written = write_to_disk(from, File::from_std(file), job).await;
    let rename = format!("rename to {:?}", job.dst);
    unblock(move || {
        written?; // or else `temp` is dropped, which removes the file
        temp.persist(target).map_err(|error| format!("{rename}: {}", error.error).into())
    })
    .await
}

async fn write_to_disk<R: Read + Send + 'static>(from: &Aio<R>, file: File, job: &Job<'_>) -> Result {
    transfer(from, &file, job).await?;
    file.sync_all().await.map_err(|error| job.name(error))?;
    file.close().await.map_err(|error| job.name(error))
}

/// Reads a chunk while the one before it is written.
async fn transfer<R, W>(from: &Aio<R>, to: &Aio<W>, job: &Job<'_>) -> Result
where
    R: Read + Send + 'static,
    W: Write + Send + 'static,
{
    let mut progress = Progress::of(job);
    let all = async {
        let mut chunk = read_chunk(from, CHUNK).await?;
        while !chunk.is_empty() {
            let bytes = chunk.len();
            let next = (2 * bytes).clamp(CHUNK / 16, CHUNK); // a pipe has less at a time than a file
            ((), chunk) = try_zip(to.write_all(chunk), read_chunk(from, next)).await?;
            progress.add(bytes);
        }
        to.flush().await
    };
    all.await.map_err(|error| job.name(error))
}

/// The next bytes, `most` at most; none at the end.
async fn read_chunk<R: Read + Send + 'static>(from: &Aio<R>, most: usize) -> aiofile::Result<Vec<u8>> {
    let mut chunk = vec![0; most];
    let bytes = from.read(&mut chunk).await?;
    chunk.truncate(bytes);
    Ok(chunk)
}

impl Job<'_> {
    /// The error with SRC or DST in it: a stream has no path, and that of the temporary file says nothing.
    fn name(&self, error: aiofile::Error) -> Box<dyn std::error::Error + Send + Sync> {
        let (operation, cause) = (error.operation(), error.io_error());
        let text = match operation {
            Operation::Read if is_standard(self.src) => format!("{operation} standard input: {cause}"),
            Operation::Read => format!("{operation} {:?}: {cause}", self.src),
            _ if is_standard(self.dst) => format!("{operation} standard output: {cause}"),
            _ => format!("{operation} {:?}: {cause}", self.dst),
        };
        text.into()
    }
}

/// How far a copy is, on standard error if that is a terminal.
struct Progress {
    on: bool,
    done: u64,
    size: Option<u64>,
    shown: Instant,
}

impl Progress {
    fn of(job: &Job<'_>) -> Self {
        let in_the_way = is_standard(job.dst) && io::stdout().is_terminal();
        let on = io::stderr().is_terminal() && !in_the_way;
        Progress { on, done: 0, size: job.size, shown: Instant::now() }
    }

    fn add(&mut self, bytes: usize) {
        self.done += bytes as u64;
        if self.on && self.shown.elapsed() > Duration::from_millis(100) {
            self.show("");
        }
    }

    fn show(&mut self, end: &str) {
        let mib = |bytes: u64| bytes as f64 / (1 << 20) as f64;
        let of = self.size.map_or(String::new(), |size| format!(" of {:.1}", mib(size)));
        let _ = write!(io::stderr(), "\r{:.1}{of} MiB{end}", mib(self.done));
        self.shown = Instant::now();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.on && self.done > 0 {
            self.show("\n");
        }
    }
}

/// Makes a temporary file in the directory of DST, and says what it is to be renamed to.
fn create_beside(dst: &Path, old: Option<&Metadata>) -> io::Result<(NamedTempFile, PathBuf)> {
    // A symlink stays one: what it leads to is replaced. If it leads nowhere, this is an error.
    let target = if old.is_some() || dst.is_symlink() { dst.canonicalize()? } else { dst.to_owned() };
    let dir = target.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".write_file-");
    if old.is_none() {
        open_to_umask(&mut builder);
    }
    let temp = builder.tempfile_in(dir)?;
    if let Some(old) = old {
        take_after(temp.as_file(), old)?;
    }
    Ok((temp, target))
}

fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

#[cfg(not(unix))]
use other::{is_one_file, open_to_umask, take_after};
#[cfg(unix)]
use unix::{is_one_file, open_to_umask, take_after};

#[cfg(unix)]
mod unix {
    use super::{Metadata, Path, fs, io, is_standard};
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    /// By device and inode, which also sees through symlinks and hard links.
    pub(crate) fn is_one_file(src: &Path, dst: &Path) -> bool {
        let metadata = |path, stream| fs::metadata(if is_standard(path) { Path::new(stream) } else { path });
        let (Ok(a), Ok(b)) = (metadata(src, "/dev/stdin"), metadata(dst, "/dev/stdout")) else {
            return false;
        };
        // A standard stream may well be the terminal, or /dev/null, that the other end is.
        let counts = a.is_file() || !(is_standard(src) || is_standard(dst));
        counts && (a.dev(), a.ino()) == (b.dev(), b.ino())
    }

    /// Gives the file the permissions of an old one, and its owner.
    pub(crate) fn take_after(file: &fs::File, old: &Metadata) -> io::Result<()> {
        let _ = fchown(file, Some(old.uid()), Some(old.gid())); // only root may give a file away
        file.set_permissions(Permissions::from_mode(old.mode() & 0o777))
    }

    /// Has the file made with the permissions of any new file; a temporary one is closed to others.
    pub(crate) fn open_to_umask(builder: &mut tempfile::Builder<'_, '_>) {
        builder.permissions(Permissions::from_mode(0o666));
    }
}

#[cfg(not(unix))]
mod other {
    use super::{Metadata, Path, fs, io};

    /// By path: nothing else is to be had here. Does not see through hard links.
    pub(crate) fn is_one_file(src: &Path, dst: &Path) -> bool {
        matches!((src.canonicalize(), dst.canonicalize()), (Ok(src), Ok(dst)) if src == dst)
    }

    pub(crate) fn take_after(file: &fs::File, old: &Metadata) -> io::Result<()> {
        file.set_permissions(old.permissions())
    }

    pub(crate) fn open_to_umask(_: &mut tempfile::Builder<'_, '_>) {}
}
