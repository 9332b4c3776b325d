//! What stands in for the system, and asks it for what no crate offers safely. All of the suite's `unsafe`.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// A call of the C library that this program answers itself when it is told to.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u32)]
pub enum Call {
    None,
    Read,
    Write,
    ReadAt,
    WriteAt,
    ReadVectored,
    WriteVectored,
    Fsync,
    Fdatasync,
    Close,
    SetLen,
    Seek,
    Chmod,
    Lock,
}

// One injection at a time, on one descriptor. Read by every call of the process, so these are plain atomics.
static FD: AtomicI32 = AtomicI32::new(-1);
static CALL: AtomicU32 = AtomicU32::new(Call::None as u32);
static ERRNO: AtomicI32 = AtomicI32::new(0);
/// The numbers of the calls that fail.
static FIRST: AtomicU64 = AtomicU64::new(1);
static LAST: AtomicU64 = AtomicU64::new(0);
static CALLS: AtomicU64 = AtomicU64::new(0);
static HITS: AtomicU64 = AtomicU64::new(0);

/// A read or write of one byte, in place of an error.
pub const SHORT: i32 = -1;

/// Has calls fail, until it is dropped.
pub struct Injection(());

impl Injection {
    /// From the `first` to the `last` call of this kind on the descriptor, counted from 1.
    pub fn new(fd: &impl AsRawFd, call: Call, errno: i32, first: u64, last: u64) -> Injection {
        ERRNO.store(errno, Ordering::SeqCst);
        FIRST.store(first, Ordering::SeqCst);
        LAST.store(last, Ordering::SeqCst);
        CALLS.store(0, Ordering::SeqCst);
        HITS.store(0, Ordering::SeqCst);
        CALL.store(call as u32, Ordering::SeqCst);
        FD.store(fd.as_raw_fd(), Ordering::SeqCst);
        Injection(())
    }

    pub fn hits(&self) -> u64 {
        HITS.load(Ordering::SeqCst)
    }

    pub fn calls(&self) -> u64 {
        CALLS.load(Ordering::SeqCst)
    }
}

impl Drop for Injection {
    fn drop(&mut self) {
        FD.store(-1, Ordering::SeqCst);
    }
}

/// What to answer in place of the system.
fn injected(fd: RawFd, call: Call) -> Option<i32> {
    if FD.load(Ordering::SeqCst) != fd || CALL.load(Ordering::SeqCst) != call as u32 {
        return None;
    }
    let number = CALLS.fetch_add(1, Ordering::SeqCst) + 1;
    let hit = (FIRST.load(Ordering::SeqCst)..=LAST.load(Ordering::SeqCst)).contains(&number);
    hit.then(|| {
        HITS.fetch_add(1, Ordering::SeqCst);
        ERRNO.load(Ordering::SeqCst)
    })
}

fn fail(errno: i32) -> isize {
    // SAFETY: the location is this thread's own.
    unsafe { *libc::__errno_location() = errno };
    -1
}

static INTERRUPTIONS: AtomicU64 = AtomicU64::new(0);

/// Counts calls that a signal has interrupted.
fn noted(result: libc::c_long) -> libc::c_long {
    // SAFETY: the location is this thread's own.
    if result == -1 && unsafe { *libc::__errno_location() } == libc::EINTR {
        INTERRUPTIONS.fetch_add(1, Ordering::Relaxed);
    }
    result
}

/// How many calls signals have interrupted.
pub fn interruptions() -> u64 {
    INTERRUPTIONS.load(Ordering::Relaxed)
}

/// Defines functions of the C library, for this program and all that is linked into it: std's calls come here. Each
/// asks the kernel, unless it is to fail.
macro_rules! interposed {
    ($($name:ident($fd:ident $(, $argument:ident: $Type:ty)*) -> $Result:ty, $number:ident, $call:ident;)*) => {$(
        // SAFETY: the name and the signature are those of the C library, and so is what it does.
        #[unsafe(no_mangle)]
        extern "C" fn $name($fd: c_int $(, $argument: $Type)*) -> $Result {
            match injected($fd, Call::$call) {
                Some(errno) if errno != SHORT => fail(errno) as $Result,
                // SAFETY: the system call that the C library's function makes, with the same arguments.
                short => unsafe {
                    interposed!(@short short, $($argument),*);
                    noted(libc::syscall(libc::$number, $fd $(, $argument)*)) as $Result
                },
            }
        }
    )*};
    // A buffer and its length come first wherever something can be short.
    (@short $short:ident, $buffer:ident, $count:ident $(, $rest:ident)*) => {
        let $count = if $short.is_some() { 1.min($count) } else { $count };
    };
    (@short $short:ident, $($rest:ident)?) => { let _ = $short; };
}

interposed! {
    read(fd, buffer: *mut c_void, count: usize) -> isize, SYS_read, Read;
    write(fd, buffer: *const c_void, count: usize) -> isize, SYS_write, Write;
    pread64(fd, buffer: *mut c_void, count: usize, offset: i64) -> isize, SYS_pread64, ReadAt;
    pwrite64(fd, buffer: *const c_void, count: usize, offset: i64) -> isize, SYS_pwrite64, WriteAt;
    readv(fd, slices: *const libc::iovec, count: c_int) -> isize, SYS_readv, ReadVectored;
    writev(fd, slices: *const libc::iovec, count: c_int) -> isize, SYS_writev, WriteVectored;
    fsync(fd) -> c_int, SYS_fsync, Fsync;
    fdatasync(fd) -> c_int, SYS_fdatasync, Fdatasync;
    ftruncate64(fd, length: i64) -> c_int, SYS_ftruncate, SetLen;
    fchmod(fd, mode: libc::mode_t) -> c_int, SYS_fchmod, Chmod;
    flock(fd, operation: c_int) -> c_int, SYS_flock, Lock;
}

// SAFETY: as above; an offset and where to count it from are no buffer.
#[unsafe(no_mangle)]
extern "C" fn lseek64(fd: c_int, offset: i64, whence: c_int) -> i64 {
    match injected(fd, Call::Seek) {
        Some(errno) => fail(errno) as i64,
        // SAFETY: the system call that the C library's function makes.
        None => unsafe { libc::syscall(libc::SYS_lseek, fd, offset, whence) },
    }
}

// SAFETY: as above. As in Linux, the descriptor is gone even if the close fails.
#[unsafe(no_mangle)]
extern "C" fn close(fd: c_int) -> c_int {
    let injected = injected(fd, Call::Close);
    // SAFETY: the system call that the C library's function makes.
    let closed = unsafe { libc::syscall(libc::SYS_close, fd) } as c_int;
    injected.map_or(closed, |errno| fail(errno) as c_int)
}

pub fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

/// The end of this process, without what a normal end does.
pub fn exit_at_once(code: i32) -> ! {
    // SAFETY: it does not return.
    unsafe { libc::_exit(code) }
}

/// Has `f` run by a normal end of the process, after everything that is registered later.
pub fn at_exit(f: extern "C" fn()) {
    // SAFETY: `f` is what atexit(3) asks for.
    unsafe { libc::atexit(f) };
}

extern "C" fn do_nothing(_: c_int) {}

fn handle(signal: nix::sys::signal::Signal, handler: nix::sys::signal::SigHandler) {
    use nix::sys::signal::{SaFlags, SigAction, SigSet, sigaction};
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: the handlers do nothing.
    unsafe { sigaction(signal, &action) }.expect("a handler");
}

/// Has this signal interrupt system calls: a handler without SA_RESTART.
pub fn interrupt_by(signal: nix::sys::signal::Signal) {
    handle(signal, nix::sys::signal::SigHandler::Handler(do_nothing));
}

/// Has a write beyond the limit of the file size be an error, and not the end.
pub fn ignore_sigxfsz() {
    handle(nix::sys::signal::Signal::SIGXFSZ, nix::sys::signal::SigHandler::SigIgn);
}

/// Signals each thread of this process but the one that calls.
pub fn signal_other_threads(signal: nix::sys::signal::Signal) {
    let (own, process) = (nix::unistd::gettid().as_raw(), nix::unistd::getpid().as_raw());
    for thread in threads().into_iter().filter(|thread| *thread != own) {
        // SAFETY: a signal to a thread of this process; one that is gone is an error that does not matter.
        unsafe { libc::syscall(libc::SYS_tgkill, process, thread, signal as c_int) };
    }
}

fn control(dir: &Path, request: u64, argument: Option<u32>) -> io::Result<()> {
    let dir = fs::File::open(dir)?;
    let argument = argument.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: these requests read an u32 at most.
    match unsafe { libc::ioctl(dir.as_raw_fd(), request, argument) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// The power fails: ext4 forgets what is not on the disk, and the journal with it (EXT4_IOC_SHUTDOWN, no log flush).
pub fn cut_power(mount: &Path) -> io::Result<()> {
    control(mount, 0x8004_587d, Some(2))
}

/// Has every write of a file system wait: FIFREEZE.
pub fn freeze(mount: &Path) -> io::Result<()> {
    control(mount, 0xc004_5877, None)
}

/// FITHAW.
pub fn thaw(mount: &Path) -> io::Result<()> {
    control(mount, 0xc004_5878, None)
}

/// Whatever is mounted from now on is gone with this process and its children.
pub fn own_mounts() {
    use nix::mount::{MsFlags, mount};
    nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS).expect("a mount namespace");
    let private = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).expect("private mounts");
}

fn threads() -> Vec<i32> {
    let tasks = fs::read_dir("/proc/self/task").expect("this process");
    tasks.flatten().filter_map(|task| task.file_name().to_str()?.parse().ok()).collect()
}

/// Descriptors and threads of this process.
#[derive(Debug)]
pub struct Holdings {
    descriptors: Vec<String>,
    threads: usize,
}

impl Holdings {
    pub fn now() -> Holdings {
        let entries = fs::read_dir("/proc/self/fd").expect("this process").flatten();
        let link = |entry: fs::DirEntry| {
            let to = fs::read_link(entry.path()).ok()?;
            Some(format!("{} {}", entry.file_name().display(), to.display()))
        };
        // The one that lists them is among them.
        let descriptors = entries.filter_map(link).filter(|link| !link.contains("/proc/")).collect();
        Holdings { descriptors, threads: threads().len() }
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    pub fn descriptors(&self) -> usize {
        self.descriptors.len()
    }

    /// What there is more of than there was, after this long at most.
    pub fn left_over(&self, patience: Duration) -> Vec<String> {
        let more = || {
            let now = Holdings::now();
            let mut more = Vec::new();
            if now.threads > self.threads {
                more.push(format!("{} threads: {}", now.threads - self.threads, thread_names().join(" ")));
            }
            if now.descriptors.len() > self.descriptors.len() {
                more.extend(now.descriptors.into_iter().filter(|one| !self.descriptors.contains(one)));
            }
            more
        };
        crate::support::until(patience, || more().is_empty());
        more()
    }
}

fn thread_names() -> Vec<String> {
    let name = |thread: i32| fs::read_to_string(format!("/proc/self/task/{thread}/comm")).ok();
    threads().into_iter().filter_map(name).map(|name| name.trim().to_owned()).collect()
}

/// Resident memory of this process, in bytes.
pub fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("this process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
}

/// Processor time of this process.
pub fn processor_time() -> Duration {
    let usage =
        nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).expect("this process");
    let time = |value: nix::sys::time::TimeVal| {
        Duration::new(value.tv_sec().unsigned_abs(), value.tv_usec().unsigned_abs() as u32 * 1000)
    };
    time(usage.user_time()) + time(usage.system_time())
}
