//! What runs beside a file's queue: positional calls and locks.

use crate::support::{Gate, SOON, Steps, block_on, poll};
use aiofile::{File, OpenOptions, Pool};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn file(content: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    std::fs::write(&path, content).unwrap();
    (dir, path)
}

fn open(path: &Path) -> File {
    block_on(aiofile::open(path, "r+")).unwrap()
}

#[cfg(unix)]
#[test]
fn positional_calls_do_what_those_of_std_do() {
    let (_dir, path) = file("0123456789");
    let file = open(&path);
    block_on(async {
        let mut three = [0; 3];
        assert_eq!(file.read_at(&mut three, 4).await?, 3);
        assert_eq!(&three, b"456");
        assert_eq!(file.read_at(&mut three, 9).await?, 1);
        assert_eq!(file.read_at(&mut three, 10).await?, 0, "the end");
        file.read_exact_at(&mut three, 7).await?;
        assert_eq!(&three, b"789");
        let error = file.read_exact_at(&mut three, 8).await.unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::UnexpectedEof, Some(path.as_path())));
        assert_eq!(file.write_at("ab", 0).await?, 2);
        file.write_all_at(vec![b'c'; 2], 12).await?;
        assert_eq!(file.stream_position().await?, 0, "the position is not moved");
        assert_eq!(std::fs::read(&path).unwrap(), b"ab23456789\0\0cc");
        let error = file.read_at(&mut three, u64::MAX).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(22));
        aiofile::Result::Ok(())
    })
    .unwrap();
}

/// pwrite(2), BUGS: in append mode Linux appends, whatever the offset.
#[cfg(target_os = "linux")]
#[test]
fn append_mode_wins_over_an_offset() {
    let (_dir, path) = file("0123");
    block_on(async {
        aiofile::open(&path, "a").await?.write_all_at("x", 1).await?;
        assert_eq!(std::fs::read(&path).unwrap(), b"0123x");
        aiofile::Result::Ok(())
    })
    .unwrap();
}

/// tokio has had this asked for since 2019 (#1529). A queue that is stuck holds no positional call up, and they
/// hold each other up as little.
#[cfg(unix)]
#[test]
fn positional_calls_run_beside_a_stuck_queue() {
    let (_dir, path) = file("0123456789");
    let file = open(&path);
    let gate = Gate::new();
    let pass = gate.clone();
    let stuck = file.with(move |_| pass.pass());
    gate.wait_for(1);
    let mut buffers = [[0; 1]; 10];
    let reads: Vec<_> = buffers.iter_mut().enumerate().map(|(i, b)| file.read_at(b, i as u64)).collect();
    for read in reads {
        assert_eq!(block_on(read).unwrap(), 1);
    }
    assert_eq!(buffers.concat(), b"0123456789");
    block_on(file.write_all_at("x", 5)).unwrap();
    assert_eq!(std::fs::read(&path).unwrap()[5], b'x');
    gate.open();
    block_on(stuck);
}

#[cfg(unix)]
#[test]
fn each_positional_call_is_a_job_of_its_own() {
    let (_dir, path) = file("0123456789");
    let (steps, pool) = Steps::new();
    let open = OpenOptions::new().read(true).write(true).pool(&pool).open(&path);
    steps.run_all();
    let file = block_on(open).unwrap();
    let (mut a, mut b) = ([0; 2], [0; 2]);
    let before = steps.taken();
    let (mut first, mut second) = (file.read_at(&mut a, 0), file.read_at(&mut b, 2));
    let write = file.write_all_at("zz", 8); // abandoned, and done
    drop(write);
    assert_eq!(steps.taken() - before, 3);
    steps.run_all();
    assert!(poll(&mut first).is_ready() && poll(&mut second).is_ready());
    drop((first, second));
    assert_eq!((&a, &b), (b"01", b"23"));
    assert_eq!(std::fs::read(&path).unwrap(), b"01234567zz");
}

/// A file is closed when the calls that were made have ended, even if their threads are taken by who closes it.
#[cfg(unix)]
#[test]
fn close_waits_for_positional_calls() {
    let (_dir, path) = file("");
    let (steps, supply) = Steps::new();
    let one = supply.limit(1);
    let open = OpenOptions::new().write(true).pool(&one).open(&path);
    steps.run_all();
    let file = block_on(open).unwrap();
    let clone = file.clone();
    let close = {
        let busy = file.with(|_| ());
        drop(busy); // takes the one worker
        let close = file.clone().close();
        for i in 0..10_u64 {
            drop(file.write_all_at("x", i)); // behind it, in the pool's queue
        }
        close
    };
    steps.run_all();
    assert_eq!(block_on(close).map_err(|e| e.to_string()), Ok(()));
    assert_eq!(std::fs::read(&path).unwrap(), b"xxxxxxxxxx");
    for error in [
        block_on(clone.write_all_at("late", 0)).unwrap_err(),
        block_on(clone.read_at(&mut [0], 0)).unwrap_err(),
        block_on(clone.lock()).unwrap_err(),
        block_on(clone.unlock()).unwrap_err(),
    ] {
        assert!(error.call_error().unwrap().is_closed(), "{error}");
        assert_eq!(error.path(), Some(path.as_path()));
    }
    assert!(clone.as_std().is_none());
}

/// The last handle goes while a positional write is on its way: it is written all the same.
#[cfg(unix)]
#[test]
fn a_dropped_file_is_open_until_its_positional_calls_have_ended() {
    let (_dir, path) = file("");
    let (steps, pool) = Steps::new();
    let open = OpenOptions::new().write(true).pool(&pool).open(&path);
    steps.run_all();
    let file = block_on(open).unwrap();
    drop(file.write_all_at("x", 0));
    drop(file);
    while steps.waiting() > 1 {
        steps.rotate(); // the drop first
    }
    steps.run_all();
    assert_eq!(std::fs::read(&path).unwrap(), b"x");
}

#[test]
fn a_std_file_that_is_held_keeps_the_handle_open() {
    let (_dir, path) = file("");
    let file = open(&path);
    let held = file.as_std().unwrap();
    let clone = file.clone();
    let error = block_on(file.clone().close()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceBusy);
    block_on(clone.write_all("goes on")).unwrap();
    drop(held);
    block_on(file.into_std()).unwrap();
    assert!(clone.is_closed());
}

#[test]
fn locks_do_what_those_of_std_do() {
    let (_dir, path) = file("");
    let (ours, theirs) = (open(&path), open(&path));
    let busy = |result: aiofile::Result<()>| result.unwrap_err().kind() == ErrorKind::WouldBlock;
    block_on(async {
        ours.lock().await?;
        assert!(busy(theirs.try_lock().await) && busy(theirs.try_lock_shared().await));
        ours.unlock().await?;
        theirs.try_lock_shared().await?;
        ours.lock_shared().await?;
        assert!(busy(ours.try_lock().await) || busy(theirs.try_lock().await));
        ours.unlock().await?;
        theirs.unlock().await?;
        ours.try_lock().await?;
        ours.close().await?; // gives it back
        theirs.lock().await?;
        aiofile::Result::Ok(())
    })
    .unwrap();
}

/// tokio has none of this (#7523). A lock that waits holds up nothing: not the file's queue, not a pool of one.
#[test]
fn a_lock_that_waits_holds_nothing_up() {
    let (_dir, path) = file("");
    let holder = open(&path);
    block_on(holder.lock()).unwrap();
    let one = Pool::new(1);
    let file = block_on(OpenOptions::new().write(true).pool(&one).open(&path)).unwrap();
    let mut waits = file.lock();
    assert!(poll(&mut waits).is_pending());
    block_on(file.write_all("goes on")).unwrap();
    assert_eq!(block_on(file.metadata()).unwrap().len(), 7);
    assert!(poll(&mut waits).is_pending());
    block_on(holder.unlock()).unwrap();
    block_on(waits).unwrap();
    assert_eq!(block_on(holder.try_lock()).unwrap_err().kind(), ErrorKind::WouldBlock);
}

/// A lock that was given up, and is acquired later, would be held by nobody, for ever.
#[test]
fn a_lock_that_was_given_up_is_not_leaked() {
    let (_dir, path) = file("");
    let (holder, other) = (open(&path), open(&path));
    for state in ["waiting", "left out", "acquired"] {
        let file = open(&path);
        block_on(holder.lock()).unwrap();
        let mut lock = file.lock();
        match state {
            "waiting" => {
                assert!(poll(&mut lock).is_pending());
                drop(lock);
                block_on(holder.unlock()).unwrap();
            }
            "left out" => {
                let mut second = file.lock_shared();
                assert!(poll(&mut second).is_pending());
                drop(second);
                drop(lock);
                block_on(holder.unlock()).unwrap();
            }
            _ => {
                block_on(holder.unlock()).unwrap();
                until_kept_out(&other); // acquired, and never taken
                drop(lock);
            }
        }
        until(|| block_on(other.try_lock()).is_ok());
        block_on(other.unlock()).unwrap();
        block_on(file.write_all("still usable")).unwrap();
    }
}

/// A shared lock is what was held before: giving up the exclusive one does not lose it.
#[cfg(unix)]
#[test]
fn a_lock_that_was_given_up_leaves_the_one_before() {
    let (_dir, path) = file("");
    let (file, other) = (open(&path), open(&path));
    block_on(async {
        file.lock_shared().await?;
        other.lock_shared().await?;
        let mut exclusive = file.lock();
        assert!(poll(&mut exclusive).is_pending());
        drop(exclusive);
        other.unlock().await?;
        aiofile::Result::Ok(())
    })
    .unwrap();
    // flock(2) first removes the lock that it converts: until ours is acquired, `other` could have the file alone.
    until_kept_out(&other);
    until(|| block_on(other.try_lock_shared()).is_ok());
    assert_eq!(block_on(other.try_lock()).unwrap_err().kind(), ErrorKind::WouldBlock, "still shared with us");
}

/// Waits until somebody else has a lock.
fn until_kept_out(other: &File) {
    until(|| {
        block_on(other.try_lock()).is_err() || {
            block_on(other.unlock()).unwrap();
            false
        }
    });
}

/// Waits for what another thread of this process or another process brings about.
fn until(mut there: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !there() {
        assert!(start.elapsed() < SOON, "it does not come");
        std::thread::yield_now();
    }
}

#[test]
fn vectored_calls_are_one_call() {
    use std::io::{IoSlice, IoSliceMut, Read, Write};
    /// Notes how many slices each call has.
    struct Slices(Vec<usize>);
    impl Read for Slices {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            unreachable!("a vectored read stays one")
        }
        fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> std::io::Result<usize> {
            self.0.push(buffers.len());
            buffers.iter_mut().for_each(|buffer| buffer.fill(b'r'));
            Ok(buffers.iter().map(|buffer| buffer.len()).sum::<usize>() - 1)
        }
    }
    impl Write for Slices {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            unreachable!("a vectored write stays one")
        }
        fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> std::io::Result<usize> {
            self.0.push(buffers.len());
            Ok(buffers.iter().map(|buffer| buffer.len()).sum())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let slices = aiofile::Aio::new(Slices(Vec::new()));
    let (mut a, mut b, mut c) = ([0; 2], [0; 0], [0; 3]);
    block_on(async {
        let mut buffers = [IoSliceMut::new(&mut a), IoSliceMut::new(&mut b), IoSliceMut::new(&mut c)];
        assert_eq!(slices.read_vectored(&mut buffers).await?, 4);
        assert_eq!(slices.write_vectored([IoSlice::new(b"xy"), IoSlice::new(b"z")]).await?, 3);
        let borrowed = [IoSlice::new(b"xy")];
        assert_eq!(slices.write_vectored(borrowed.iter()).await?, 2);
        assert_eq!(slices.write_vectored(vec![vec![0; 9]]).await?, 9);
        aiofile::Result::Ok(())
    })
    .unwrap();
    assert_eq!((&a, &c), (b"rr", b"rr\0"));
    assert_eq!(block_on(slices.finish(|slices| slices.0)), [3, 2, 1, 1]);

    let (_dir, path) = file("0123456789");
    let file = open(&path);
    let (mut a, mut b) = ([0; 3], [0; 9]);
    let read = {
        let mut buffers = [IoSliceMut::new(&mut a), IoSliceMut::new(&mut b)];
        block_on(file.read_vectored(&mut buffers)).unwrap()
    };
    assert_eq!((read, &a, &b), (10, b"012", b"3456789\0\0"));
    block_on(async { write!(file, "{}-{}", 1, 2).await }).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"01234567891-2");
}

#[test]
fn permissions_and_times() {
    use std::time::{Duration, SystemTime};
    let (_dir, path) = file("");
    let file = open(&path);
    block_on(async {
        let mut permissions = file.metadata().await?.permissions();
        permissions.set_readonly(true);
        file.set_permissions(permissions).await?;
        assert!(file.metadata().await?.permissions().readonly());
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        file.set_modified(then).await?;
        assert_eq!(file.metadata().await?.modified().unwrap(), then);
        let times = std::fs::FileTimes::new().set_accessed(then).set_modified(then - Duration::from_secs(1));
        file.set_times(times).await?;
        let metadata = file.metadata().await?;
        assert_eq!(metadata.accessed().unwrap(), then);
        assert_eq!(metadata.modified().unwrap(), then - Duration::from_secs(1));
        aiofile::Result::Ok(())
    })
    .unwrap();
}
