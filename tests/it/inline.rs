//! What Linux does at once or not at all is done on the thread that asks, and only that.

use crate::support::{SOON, Steps, block_on, poll};
use aiofile::{File, OpenOptions, Pool};
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use nix::sys::statfs::{BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, statfs};
use std::io::{SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

/// A pool over threads of its own, and the number of jobs that it has given them.
fn counted() -> (Pool, Arc<AtomicUsize>) {
    let jobs = Arc::new(AtomicUsize::new(0));
    let counter = jobs.clone();
    let pool = Pool::from_fn(move |job| {
        counter.fetch_add(1, Ordering::SeqCst);
        thread::spawn(move || job.run());
    });
    (pool, jobs)
}

/// A directory on a file system that can tell what is in its cache; `None` where there is none.
fn dir() -> Option<tempfile::TempDir> {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let kind = statfs(dir.path()).unwrap().filesystem_type();
    let can = [EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC].contains(&kind);
    if !can {
        eprintln!("skipped: the target directory's file system does not say what is in its cache");
    }
    // The first of all opens finds out what is mounted, on the pool.
    block_on(aiofile::fs::read(dir.path())).unwrap_err();
    can.then_some(dir)
}

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i % 251) as u8).collect()
}

fn file(dir: &Path, size: usize) -> PathBuf {
    let path = dir.join("file");
    std::fs::write(&path, content(size)).unwrap();
    path
}

fn open(pool: &Pool, path: &Path) -> File {
    block_on(OpenOptions::new().read(true).pool(pool).open(path)).unwrap()
}

#[test]
fn what_is_in_the_cache_takes_no_thread() {
    let Some(dir) = dir() else { return };
    let path = file(dir.path(), 200_000);
    let (pool, jobs) = counted();
    let all = content(200_000);
    let file = open(&pool, &path);
    block_on(async {
        let mut buffer = vec![0; 1000];
        assert_eq!(file.read_at(&mut buffer, 7).await?, 1000);
        assert_eq!(buffer, all[7..1007]);
        file.read_exact_at(&mut buffer, 100_000).await?;
        assert_eq!(buffer, all[100_000..101_000]);
        assert_eq!(file.read_at(&mut buffer, 200_000).await?, 0, "the end");
        assert_eq!(file.read(&mut buffer).await?, 1000);
        file.read_exact(&mut buffer).await?;
        assert_eq!(buffer, all[1000..2000]);
        aiofile::Result::Ok(())
    })
    .unwrap();
    assert_eq!(jobs.load(Ordering::SeqCst), 0, "the open, too");
    assert_eq!(block_on(file.stream_position()).unwrap(), 2000);
    assert!(jobs.load(Ordering::SeqCst) > 0, "which a seek needs");
}

#[test]
fn a_small_file_that_is_in_the_cache_takes_no_thread() {
    crate::exit::in_child("inline::reads_whole_files");
}

#[test]
#[ignore = "a child of the test above: it sets the pool of the process"]
fn reads_whole_files() {
    let Some(dir) = dir() else { return };
    let path = file(dir.path(), 200_000);
    let (pool, jobs) = counted();
    Pool::set_default(pool.clone());
    let small = dir.path().join("small");
    std::fs::write(&small, "text").unwrap();
    let before = jobs.load(Ordering::SeqCst);
    assert_eq!(block_on(aiofile::fs::read(&small)).unwrap(), b"text");
    assert_eq!(block_on(aiofile::fs::read_to_string(&small)).unwrap(), "text");
    assert_eq!(jobs.load(Ordering::SeqCst), before);
    assert_eq!(block_on(aiofile::fs::read(&path)).unwrap(), content(200_000), "which is large");
    assert_eq!(jobs.load(Ordering::SeqCst), before + 1);
}

#[test]
fn what_has_to_be_waited_for_goes_to_the_pool_and_loses_nothing() {
    let Some(dir) = dir() else { return };
    let path = file(dir.path(), 1 << 20);
    let all = content(1 << 20);
    let (pool, jobs) = counted();
    let file = open(&pool, &path);
    for round in 0..3 {
        let std = std::fs::File::open(&path).unwrap();
        std.sync_all().unwrap();
        posix_fadvise(&std, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED).unwrap();
        let before = jobs.load(Ordering::SeqCst);
        let mut buffer = vec![0; 4096];
        block_on(file.read_exact_at(&mut buffer, 500_000)).unwrap();
        assert_eq!(buffer, all[500_000..504_096]);
        assert_eq!(jobs.load(Ordering::SeqCst), before + 1, "round {round}: it was not in the cache");
    }
    // A read from the position, the first page of which is there and the rest is not.
    let std = std::fs::File::open(&path).unwrap();
    posix_fadvise(&std, 8192, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED).unwrap();
    let mut buffer = vec![0; 60_000];
    block_on(file.read_exact(&mut buffer)).unwrap();
    assert_eq!(buffer, all[..60_000]);
    assert_eq!(block_on(file.stream_position()).unwrap(), 60_000);
}

#[test]
fn a_pool_that_is_not_to_do_so_gets_every_call() {
    let Some(dir) = dir() else { return };
    let path = file(dir.path(), 1000);
    let (pool, jobs) = counted();
    let file = open(&pool.inline(false), &path);
    block_on(file.read_at(&mut [0; 10], 0)).unwrap();
    block_on(file.read(&mut [0; 10])).unwrap();
    assert!(jobs.load(Ordering::SeqCst) >= 2);
    block_on(pool.shutdown(SOON));
    let refused = block_on(OpenOptions::new().read(true).pool(&pool).open(&path)).unwrap_err();
    assert!(
        refused.call_error().unwrap().is_refused(),
        "a pool that is shut down does nothing at once, either"
    );
}

/// A descriptor that shares the position may be in the middle of a read that waits.
#[test]
fn a_position_that_is_shared_is_not_asked_for_at_once() {
    let Some(dir) = dir() else { return };
    let path = file(dir.path(), 1000);
    let (steps, pool) = Steps::new();
    let file = open(&pool.inline(true), &path);
    let mut buffer = [0; 10];
    assert!(poll(&mut file.read_exact(&mut buffer)).is_ready(), "it is the only one");
    let mut clone = file.try_clone();
    steps.run_all();
    let Poll::Ready(Ok(other)) = poll(&mut clone) else { panic!("it was made") };
    for (handle, expect) in [(&file, 10), (&other, 20), (&file, 30)] {
        {
            let mut read = handle.read_exact(&mut buffer);
            assert!(poll(&mut read).is_pending());
            steps.run_all();
            assert!(poll(&mut read).is_ready());
        }
        assert_eq!(buffer[0], expect);
    }
}

/// To open a pipe waits for its other end: never on the thread that asks.
#[test]
fn a_pipe_is_opened_on_the_pool() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pipe");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut read = aiofile::fs::read(&path);
    assert!(poll(&mut read).is_pending());
    let to = path.clone();
    thread::spawn(move || {
        std::fs::OpenOptions::new().write(true).open(to).unwrap().write_all(b"through a pipe").unwrap();
    });
    assert_eq!(block_on(read).unwrap(), b"through a pipe");

    let mut open = aiofile::open(&path, "r");
    assert!(poll(&mut open).is_pending());
    thread::spawn(move || {
        std::fs::OpenOptions::new().write(true).open(path).unwrap().write_all(b"and again")
    });
    let (file, mut text) = (block_on(open).unwrap(), String::new());
    block_on(file.read_to_string(&mut text)).unwrap();
    assert_eq!(text, "and again");
}

/// A device is none of the plain files that are read at once, by whatever name.
#[test]
fn a_device_is_read_as_by_std() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("link");
    std::os::unix::fs::symlink("/dev/null", &path).unwrap();
    for _ in 0..3 {
        assert_eq!(block_on(aiofile::fs::read(&path)).unwrap(), b"");
        let file = block_on(aiofile::open(&path, "r")).unwrap();
        assert_eq!(block_on(file.read(&mut [0; 10])).unwrap(), 0);
    }
}

/// What std's open gives, this one gives: a directory's error, no flags left over.
#[test]
fn an_open_from_the_cache_is_one_like_any_other() {
    use nix::fcntl::{FcntlArg, fcntl};
    let Some(dir) = dir() else { return };
    let path = file(dir.path(), 100);
    let flags = |file: &std::fs::File| fcntl(file, FcntlArg::F_GETFL).unwrap();
    let ours = open(&Pool::default(), &path);
    assert_eq!(flags(&ours.as_std().unwrap()), flags(&std::fs::File::open(&path).unwrap()));
    let error = block_on(aiofile::fs::read(dir.path())).unwrap_err();
    assert_eq!(error.raw_os_error(), std::fs::read(dir.path()).unwrap_err().raw_os_error());
    let missing = block_on(aiofile::open(dir.path().join("missing"), "r")).unwrap_err();
    assert_eq!(missing.kind(), std::io::ErrorKind::NotFound);
    let text = dir.path().join("text");
    std::fs::write(&text, [0xff]).unwrap();
    let error = block_on(aiofile::fs::read_to_string(&text)).unwrap_err();
    let std = std::fs::read_to_string(&text).unwrap_err();
    assert_eq!((error.kind(), error.io_error().to_string()), (std.kind(), std.to_string()));
    // For reading alone: what may make or empty a file is for the pool.
    let written = block_on(aiofile::open(&path, "r+")).unwrap();
    block_on(written.write_all("x")).unwrap();
    block_on(written.seek(SeekFrom::Start(0))).unwrap();
    assert_eq!(std::fs::read(&path).unwrap()[0], b'x');
}

/// A task that never has to wait gives way to the others all the same, on any executor.
#[test]
fn what_is_done_at_once_gives_way() {
    let Some(dir) = dir() else { return };
    let path = file(dir.path(), 4096);
    let pool = Pool::default();
    let file = open(&pool, &path);
    let large = dir.path().join("large");
    std::fs::write(&large, content(16 << 20)).unwrap();
    let (mut reader, mut buffer) = (open(&pool, &large).reader(), vec![0; 64 << 10]);
    for way in 0..5 {
        let ran = std::cell::Cell::new(false);
        let executor = async_executor::LocalExecutor::new();
        let reads = block_on(executor.run(async {
            let other = executor.spawn(async { ran.set(true) });
            let mut reads = 0;
            while !ran.get() {
                match way {
                    0 => drop(file.read_at(&mut [0; 1000], 0).await.unwrap()),
                    1 => drop(aiofile::fs::read(&path).await.unwrap()),
                    2 => file.with(|_| ()).await, // by a thread that stays awake
                    3 => assert!(reader.read(&mut buffer).await.unwrap() > 0),
                    _ => drop(open_at_once(&pool, &path).await),
                }
                reads += 1;
                assert!(reads < 100_000, "way {way}: the other task never has its turn");
            }
            other.await;
            reads
        }));
        assert!(reads < 100, "way {way}: {reads} before the other task had its turn");
    }
}

async fn open_at_once(pool: &Pool, path: &Path) -> File {
    OpenOptions::new().read(true).pool(pool).open(path).await.unwrap()
}

/// Tells the other thread to end, also when the test fails.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What comes while another thread reads at once, and finds that something runs, is called when that has ended.
#[test]
fn calls_that_come_while_another_thread_reads_at_once_are_run() {
    let Some(dir) = dir() else { return };
    let path = file(dir.path(), 16 << 20);
    let file = open(&Pool::default().linger(Duration::ZERO), &path); // or else that thread would seldom come to it
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut buffer = vec![0; 64 << 10];
            while !done.load(Ordering::SeqCst) {
                block_on(file.read(&mut buffer)).unwrap(); // and at the end, again: no call of its own helps the others
            }
        });
        let _at_the_end = Done(&done);
        for i in 0..5_000 {
            assert_eq!(block_on(file.with(move |_| i)), i);
        }
    });
}
