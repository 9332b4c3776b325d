//! What Linux does at once or not at all: reads of what is in the page cache, by preadv2(2) with `RWF_NOWAIT`, and opens
//! of what is in the directory cache, by openat2(2) with `RESOLVE_CACHED`. Whatever it does not do is for the pool.

mod mounts;

pub(crate) use mounts::learn;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, StatxFlags};
use rustix::fs::{fcntl_getfl, fcntl_setfl, fstat, openat2, statx};
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use std::fs::{self, File};
use std::io::{self, IoSliceMut, Read};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// The most bytes that are read on the async thread at a time: about 7 µs.
pub(crate) const MOST: usize = 64 << 10;

/// What is known of one file, or of one kind of attempt.
#[derive(Debug, Default)]
pub(crate) struct Inline {
    /// [`UNKNOWN`], [`ON`] or [`OFF`].
    state: AtomicU8,
    misses: Misses,
}

const UNKNOWN: u8 = 0;
const ON: u8 = 1;
/// The file system does not do it, or it may wait all the same.
const OFF: u8 = 2;

impl Inline {
    /// Whether there is a point in asking for so many bytes.
    pub(crate) fn tries(&self, wanted: usize) -> bool {
        (1..=MOST).contains(&wanted) && self.state.load(Ordering::Relaxed) != OFF
    }

    /// Reads what is in the page cache: at an offset, or where the file's position is, and moves it. `None` if it would
    /// have to wait, or cannot be known not to.
    pub(crate) fn read(&self, file: &File, buffer: &mut [u8], offset: Option<u64>) -> Option<usize> {
        if !self.tries(buffer.len()) || !self.misses.try_again() {
            return None;
        }
        if self.state.load(Ordering::Relaxed) == UNKNOWN {
            // With O_DIRECT "no wait" may be the reading from the device itself.
            let direct = fcntl_getfl(file).is_ok_and(|flags| flags.contains(OFlags::DIRECT));
            if !is_trusted() || direct || kind(file) != FileType::RegularFile {
                self.state.store(OFF, Ordering::Relaxed);
                return None;
            }
            self.state.store(ON, Ordering::Relaxed);
        }
        let offset = match offset {
            None => u64::MAX, // -1: the file's position
            Some(offset) if offset > i64::MAX as u64 => return None,
            Some(offset) => offset,
        };
        match read_cached(file, buffer, offset) {
            Ok(count) => {
                self.misses.hit();
                Some(count)
            }
            Err(Errno::AGAIN) => {
                self.misses.miss();
                None
            }
            Err(Errno::OPNOTSUPP) => {
                self.state.store(OFF, Ordering::Relaxed);
                None
            }
            // What is wrong is for the pool to find, and to say.
            Err(_) => None,
        }
    }
}

/// After misses, each of which costs some 13 µs on the async thread, it is not tried for a while.
#[derive(Debug, Default)]
struct Misses {
    in_a_row: AtomicU8,
    skip: AtomicU8,
}

impl Misses {
    fn try_again(&self) -> bool {
        // Whoever comes at the same time may count double: it is a rule of thumb.
        let skip = self.skip.load(Ordering::Relaxed);
        if skip > 0 {
            self.skip.store(skip - 1, Ordering::Relaxed);
        }
        skip == 0
    }

    fn hit(&self) {
        if self.in_a_row.load(Ordering::Relaxed) > 0 {
            self.in_a_row.store(0, Ordering::Relaxed);
        }
    }

    fn miss(&self) {
        let row = self.in_a_row.load(Ordering::Relaxed).saturating_add(1).min(7);
        self.in_a_row.store(row, Ordering::Relaxed);
        self.skip.store((1 << row) >> 1, Ordering::Relaxed);
    }
}

/// For the whole process: the system call is there and allowed.
static ALLOWED: AtomicBool = AtomicBool::new(true);

fn read_cached(file: &File, buffer: &mut [u8], offset: u64) -> rustix::io::Result<usize> {
    loop {
        let read = preadv2(file, &mut [IoSliceMut::new(buffer)], offset, ReadWriteFlags::NOWAIT);
        match read {
            Err(Errno::INTR) => {}
            Err(Errno::NOSYS | Errno::PERM) => {
                ALLOWED.store(false, Ordering::Relaxed);
                return Err(Errno::OPNOTSUPP);
            }
            read => return read,
        }
    }
}

/// Whether the kernel's "no wait" can be relied on: 5.9 and 5.10 give 0 before the end (preadv2(2), BUGS), and older
/// ones may have what made them do so.
fn is_trusted() -> bool {
    static RECENT: OnceLock<bool> = OnceLock::new();
    let is_recent = || is_recent(&rustix::system::uname().release().to_string_lossy());
    ALLOWED.load(Ordering::Relaxed) && *RECENT.get_or_init(is_recent)
}

/// From 5.12 on, by the name of its release.
fn is_recent(release: &str) -> bool {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse::<u32>());
    let mut next = || numbers.next().and_then(Result::ok).unwrap_or(0);
    (next(), next()) >= (5, 12)
}

/// What became of an attempt to read all of a file at once.
pub(crate) enum Attempt {
    Done(Vec<u8>),
    Not(Rest),
}

/// What is left to do on the pool.
pub(crate) struct Rest(Option<Opened>);

enum Opened {
    /// A file that is to be read.
    Regular(File),
    /// A pipe, whose other end may write already, or a device: neither is opened twice.
    Other(File),
}

impl Rest {
    /// All of the file.
    pub(crate) fn read(self, path: &Path) -> io::Result<Vec<u8>> {
        learn();
        let mut file = match self.0 {
            Some(Opened::Regular(file)) => file,
            Some(Opened::Other(other)) => {
                // As an open that waits: until somebody has written, or come and gone.
                while let Err(error) = poll(&mut [PollFd::new(&other, PollFlags::IN)], None) {
                    if error != Errno::INTR {
                        return Err(error.into());
                    }
                }
                fcntl_setfl(&other, OFlags::empty())?;
                other
            }
            None => return fs::read(path),
        };
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        Ok(content)
    }
}

/// All of a file, if it is in the cache and small.
pub(crate) fn read(path: &Path) -> Attempt {
    static MISSES: Misses = Misses { in_a_row: AtomicU8::new(0), skip: AtomicU8::new(0) };
    if !MISSES.try_again() {
        return Attempt::Not(Rest(None));
    }
    let tries = mounts::known().is_some_and(|others| others.is_empty() || is_plain(path, &others));
    let opened = if tries { open_cached(path, READ) } else { None };
    let Some(file) = opened else { return Attempt::Not(Rest(None)) };
    match kind(&file) {
        FileType::RegularFile => match read_whole(&file) {
            Some(content) => {
                MISSES.hit();
                Attempt::Done(content)
            }
            None => {
                MISSES.miss();
                Attempt::Not(Rest(Some(Opened::Regular(file))))
            }
        },
        _ => Attempt::Not(Rest(Some(Opened::Other(file)))),
    }
}

fn read_whole(file: &File) -> Option<Vec<u8>> {
    let size = usize::try_from(fstat(file).ok()?.st_size).ok()?;
    // Files of the system say 0, whatever is in them.
    if size == 0 || size >= MOST {
        return None;
    }
    let mut content = vec![0; size + 1]; // one more, to see that this was the end
    let read = read_cached(file, &mut content, 0).ok()?;
    content.truncate(read);
    (read == size).then_some(content)
}

/// Opens a regular file for reading.
pub(crate) fn open(path: &Path) -> Option<File> {
    // Who opens a pipe is seen by its other end.
    if !is_plain(path, &mounts::known()?) {
        return None;
    }
    let file = open_cached(path, READ)?;
    let is_regular = kind(&file) == FileType::RegularFile; // still
    (is_regular && fcntl_setfl(&file, OFlags::empty()).is_ok()).then_some(file)
}

/// Without NONBLOCK, to open a pipe waits for its other end.
const READ: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// Opens what the directory cache knows.
fn open_cached(path: &Path, flags: OFlags) -> Option<File> {
    // To open a device may do anything, and what these file systems give is made when it is read.
    let is_special = ["/dev", "/proc", "/sys"].iter().any(|special| path.starts_with(special));
    if is_special || !is_trusted() {
        return None;
    }
    match openat2(CWD, path, flags | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::CACHED) {
        Ok(file) => Some(file.into()),
        Err(Errno::NOSYS | Errno::PERM) => {
            ALLOWED.store(false, Ordering::Relaxed);
            None
        }
        Err(_) => None,
    }
}

/// Whether it is a regular file, on none of those mounts: a look that nothing and nobody else notices.
fn is_plain(path: &Path, others: &[u64]) -> bool {
    let Some(there) = open_cached(path, OFlags::PATH) else { return false };
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    statx(there, "", flags, StatxFlags::TYPE | StatxFlags::MNT_ID).is_ok_and(|stat| {
        let is_regular = FileType::from_raw_mode(stat.stx_mode.into()) == FileType::RegularFile;
        is_regular && !others.contains(&stat.stx_mnt_id)
    })
}

fn kind(file: &File) -> FileType {
    fstat(file).map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode))
}

#[cfg(test)]
mod tests {
    use super::{Misses, is_recent};

    #[test]
    fn after_misses_it_is_not_tried_for_a_while() {
        let misses = Misses::default();
        let left_out = || (0..).take_while(|_| !misses.try_again()).count();
        let after_each: Vec<_> = (0..10)
            .map(|_| {
                misses.miss();
                left_out()
            })
            .collect();
        assert_eq!(after_each, [1, 2, 4, 8, 16, 32, 64, 64, 64, 64]);
        misses.hit();
        misses.miss();
        assert_eq!(left_out(), 1, "a hit begins anew");
    }

    #[test]
    fn a_kernel_that_gives_0_before_the_end_is_not_trusted() {
        for (release, recent) in [
            ("4.18.0-553.el8.x86_64", false), // may have the cause of it from a later one
            ("5.9.0", false),
            ("5.10.0-28-amd64", false),
            ("5.11.22", false), // without openat2's RESOLVE_CACHED
            ("5.12.0", true),
            ("5.15.0-1051-aws", true),
            ("6.18.44-fc", true),
            ("10.0", true),
            ("", false),
            ("linux", false),
        ] {
            assert_eq!(is_recent(release), recent, "{release}");
        }
    }
}
