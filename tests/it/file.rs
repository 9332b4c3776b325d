//! `File`: std's everyday methods do what std's do; `Ok` means done; a failed sync stays failed.

use crate::support::{Steps, block_on, poll};
use aiofile::{File, OpenOptions, Result};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use tempfile::TempDir;

/// A file of this content, for reading and writing, alone in a directory.
fn file(content: &str) -> (TempDir, File) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    std::fs::write(&path, content).unwrap();
    let file = block_on(aiofile::open(&path, "r+")).unwrap();
    (dir, file)
}

fn on_disk(dir: &TempDir) -> Vec<u8> {
    std::fs::read(dir.path().join("file")).unwrap()
}

fn ok(test: impl Future<Output = Result<()>>) {
    block_on(test).unwrap();
}

/// tokio and async-fs say Ok before anything is written; here the file has it when the future resolves.
#[test]
fn a_write_is_in_the_file_when_it_resolves() {
    let (dir, file) = file("");
    ok(async {
        for i in 1..=100 {
            file.write_all([b'x']).await?;
            assert_eq!(on_disk(&dir).len(), i);
        }
        Ok(())
    });
}

#[test]
fn everything_that_is_bytes_can_be_written() {
    let (dir, file) = file("");
    ok(async {
        let vec = vec![b'a'];
        file.write_all(&vec).await?; // borrowed: `vec` stays
        file.write_all(&vec[..]).await?;
        file.write_all(vec).await?;
        file.write_all("b").await?;
        let text = String::from("b");
        file.write_all(&text).await?;
        file.write_all(text).await?;
        file.write_all(b"c").await?;
        file.write_all([b'c']).await?;
        file.write_all(&mut [b'c'][..]).await?;
        file.write_all(Box::<[u8]>::from(*b"d")).await?;
        file.write_all(std::sync::Arc::<[u8]>::from(*b"d")).await?;
        file.write_all(std::borrow::Cow::Borrowed("e")).await?;
        file.write_all(std::borrow::Cow::Borrowed(&b"e"[..])).await?;
        file.write_all("").await?;
        assert_eq!(file.write("fg").await?, 2);
        Ok(())
    });
    assert_eq!(on_disk(&dir), b"aaabbbcccddeefg");
}

/// The buffer itself travels: what the method sees is the memory that the caller gave.
#[test]
fn an_owned_buffer_is_not_copied() {
    struct Sink(Vec<usize>);
    impl Write for Sink {
        fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
            self.0.push(data.as_ptr().addr());
            Ok(data.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let sink = aiofile::Aio::new(Sink(Vec::new()));
    let (vec, text) = (vec![0; 100], String::from("text"));
    let given = [vec.as_ptr().addr(), text.as_ptr().addr()];
    ok(async {
        sink.write_all(vec).await?;
        sink.write_all(text).await
    });
    assert_eq!(block_on(sink.finish(|sink| sink.0)), given);
}

#[test]
fn reads_do_what_those_of_std_do() {
    let (_dir, file) = file("0123456789");
    ok(async {
        let mut two = [0; 2];
        assert_eq!(file.read(&mut two).await?, 2);
        assert_eq!(&two, b"01");
        let mut three = [0; 3];
        file.read_exact(&mut three).await?;
        assert_eq!(&three, b"234");
        let mut text = String::from("rest: ");
        assert_eq!(file.read_to_string(&mut text).await?, 5);
        assert_eq!(text, "rest: 56789");
        assert_eq!(file.read(&mut two).await?, 0, "the end");
        assert_eq!(file.read(&mut []).await?, 0);
        let mut nothing = Vec::new();
        assert_eq!(file.read_to_end(&mut nothing).await?, 0);

        assert_eq!(file.seek(SeekFrom::End(-3)).await?, 7);
        let mut end = vec![b'>'];
        assert_eq!(file.read_to_end(&mut end).await?, 3);
        assert_eq!(end, b">789");

        file.rewind().await?;
        let error = file.read_exact(&mut [0; 11]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(file.stream_position().await?, 10);
        Ok(())
    });
}

#[test]
fn text_that_is_none_is_an_error_and_leaves_the_string_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bytes");
    std::fs::write(&path, b"ab\xff").unwrap();
    ok(async {
        let mut text = String::from("as it was");
        let error = aiofile::open(&path, "r").await?.read_to_string(&mut text).await.unwrap_err();
        assert_eq!((error.kind(), text.as_str()), (ErrorKind::InvalidData, "as it was"));
        assert_eq!(error.path(), Some(path.as_path()));
        Ok(())
    });
}

#[test]
fn seeks_do_what_those_of_std_do() {
    let (dir, file) = file("0123456789");
    let mut std = std::fs::File::open(dir.path().join("file")).unwrap();
    let table = [
        SeekFrom::Start(3),
        SeekFrom::Current(4),
        SeekFrom::Current(-6),
        SeekFrom::End(5),
        SeekFrom::End(-10),
        SeekFrom::End(-11),
        SeekFrom::Current(i64::MIN),
        SeekFrom::Current(i64::MAX),
        SeekFrom::Start(u64::MAX),
    ];
    ok(async {
        for to in table {
            let ours = file.seek(to).await.map_err(|e| e.raw_os_error());
            assert_eq!(ours, std.seek(to).map_err(|e| e.raw_os_error()), "{to:?}");
            assert_eq!(file.stream_position().await?, std.stream_position().unwrap(), "after {to:?}");
        }
        Ok(())
    });
}

#[test]
fn length_metadata_and_syncs() {
    let (dir, file) = file("0123456789");
    ok(async {
        file.set_len(4).await?;
        assert_eq!(on_disk(&dir), b"0123");
        // A stale length while a write is on its way: async-fs 52 to 88 of 2,000.
        let write = file.write_all("abcdefgh");
        assert_eq!(file.metadata().await?.len(), 8);
        write.await?;
        file.flush().await?;
        file.sync_data().await?;
        file.sync_all().await
    });
}

#[test]
fn a_second_descriptor_shares_the_position() {
    let (dir, file) = file("");
    ok(async {
        file.write_all("one ").await?;
        let second = file.try_clone().await?;
        assert_eq!(second.path(), file.path());
        second.write_all("two ").await?;
        file.write_all("three").await?;
        file.close().await?;
        second.rewind().await?; // its descriptor is its own
        let mut text = String::new();
        second.read_to_string(&mut text).await?;
        assert_eq!(text, "one two three");
        Ok(())
    });
    assert_eq!(on_disk(&dir), b"one two three");
}

#[test]
fn into_std_gives_the_file_after_all_writes() {
    let (_dir, file) = file("");
    let clone = file.clone();
    drop(file.write_all("written")); // abandoned
    let mut std = block_on(file.into_std()).unwrap();
    std.rewind().unwrap();
    let mut text = String::new();
    std.read_to_string(&mut text).unwrap();
    assert_eq!(text, "written");
    let error = block_on(clone.write_all("late")).unwrap_err();
    assert!(error.call_error().unwrap().is_closed());
}

/// std and all peers drop the error of close(2). Here the descriptor is closed behind the file's back, in a
/// child of its own, so that the close has to fail.
#[cfg(unix)]
#[test]
fn close_gives_the_error_of_close() {
    crate::exit::in_child("file::child_closes_twice");
}

#[cfg(unix)]
#[test]
#[ignore = "the child of close_gives_the_error_of_close"]
fn child_closes_twice() {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    let (_dir, file) = file("");
    let number = block_on(file.with(|file| file.as_raw_fd()));
    close_behind_its_back(number);
    let error = block_on(file.close()).unwrap_err();
    assert_eq!((error.operation(), error.raw_os_error()), (aiofile::Operation::Close, Some(9)));

    // Without a fault it is no error, and the descriptor is gone when it resolves.
    let (_dir, file) = self::file("");
    let number = block_on(file.with(|file| file.as_raw_fd()));
    let link = format!("/proc/self/fd/{number}");
    let target = std::fs::read_link(&link);
    block_on(file.close()).unwrap();
    assert!(cfg!(not(target_os = "linux")) || std::fs::read_link(&link).ok() != target.ok());

    #[allow(unsafe_code)]
    fn close_behind_its_back(number: i32) {
        // SAFETY: this process does nothing else, so the number is nobody else's when it is closed again.
        drop(unsafe { OwnedFd::from_raw_fd(number) });
    }
}

/// Every method, on a descriptor that is gone: its operation, its path, the system's number.
#[cfg(target_os = "linux")]
#[test]
fn every_method_says_what_failed() {
    crate::exit::in_child("file::child_without_a_descriptor");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "the child of every_method_says_what_failed"]
fn child_without_a_descriptor() {
    use std::io::{IoSlice, IoSliceMut};
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    use std::time::SystemTime;
    let (dir, file) = file("content");
    let path = dir.path().join("file");
    let permissions = std::fs::metadata(&path).unwrap().permissions();
    let number = block_on(file.with(|file| file.as_raw_fd()));
    #[allow(unsafe_code)]
    // SAFETY: this process opens nothing until the file is forgotten, so the number stays nobody's.
    drop(unsafe { OwnedFd::from_raw_fd(number) });
    let (mut one, mut bytes, mut text) = ([0], Vec::new(), String::new());
    let results: Vec<(Result<()>, &str)> = block_on(async {
        vec![
            (file.write("x").await.map(drop), "write"),
            (file.write_all("x").await, "write"),
            (file.write_vectored([IoSlice::new(b"x")]).await.map(drop), "write"),
            (write!(file, "x").await, "write"),
            (file.read(&mut one).await.map(drop), "read"),
            (file.read_vectored(&mut [IoSliceMut::new(&mut [0])]).await.map(drop), "read"),
            (file.read_exact(&mut one).await, "read"),
            (file.read_to_end(&mut bytes).await.map(drop), "read"),
            (file.read_to_string(&mut text).await.map(drop), "read"),
            (file.seek(SeekFrom::Start(1)).await.map(drop), "seek"),
            (file.seek_relative(1).await, "seek"),
            (file.rewind().await, "seek"),
            (file.stream_position().await.map(drop), "seek"),
            (file.metadata().await.map(drop), "read metadata of"),
            (file.set_len(1).await, "set length of"),
            (file.set_permissions(permissions).await, "set permissions of"),
            (file.set_times(std::fs::FileTimes::new().set_modified(SystemTime::now())).await, "set times of"),
            (file.set_modified(SystemTime::now()).await, "set times of"),
            (file.sync_all().await, "sync"),
            (file.sync_data().await, "sync data of"),
            (file.lock().await, "lock"),
            (file.lock_shared().await, "lock shared"),
            (file.try_lock().await, "try to lock"),
            (file.try_lock_shared().await, "try to lock shared"),
            (file.unlock().await, "unlock"),
            (file.try_clone().await.map(drop), "clone handle of"),
            (file.read_at(&mut one, 0).await.map(drop), "read"),
            (file.read_exact_at(&mut one, 0).await, "read"),
            (file.write_at("x", 0).await.map(drop), "write"),
            (file.write_all_at("x", 0).await, "write"),
            (aiofile::fs::fchown(&file, None, None).await, "change owner of"),
        ]
    });
    for (result, operation) in results {
        let error = result.expect_err(operation);
        assert_eq!((error.path(), error.raw_os_error()), (Some(path.as_path()), Some(9)), "{operation}");
        assert_eq!(error.to_string(), format!("{operation} {path:?}: Bad file descriptor (os error 9)"));
    }
    std::mem::forget(file);
}

#[test]
fn a_closed_file_says_so_with_its_path() {
    let (dir, file) = file("");
    let clone = file.clone();
    block_on(file.close()).unwrap();
    let path = dir.path().join("file");
    for error in [
        block_on(clone.write_all("x")).unwrap_err(),
        block_on(clone.read(&mut [0])).unwrap_err(),
        block_on(clone.clone().close()).unwrap_err(),
    ] {
        let operation = error.operation();
        assert_eq!(error.to_string(), format!("{operation} {path:?}: the handle is closed"));
        assert!(error.call_error().unwrap().is_closed());
    }
}

/// The kernel answers a failed sync once; the second time it says Ok, with the data gone. `/dev/full` gives
/// no such error, so the fault is a pipe's: it cannot be synced at all.
#[cfg(unix)]
#[test]
fn a_failed_sync_stays_failed_for_all_who_share_the_file() {
    let (reader, _writer) = std::io::pipe().unwrap();
    let file = File::from_std(std::fs::File::from(std::os::fd::OwnedFd::from(reader)));
    ok(async {
        let error = file.sync_all().await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(22));
        let clone = file.clone();
        assert_eq!(clone.sync_data().await.unwrap_err().raw_os_error(), Some(22));
        let second = file.try_clone().await?;
        assert_eq!(second.sync_all().await.unwrap_err().raw_os_error(), Some(22));
        assert_eq!(second.sync_all().await.unwrap_err().operation(), aiofile::Operation::SyncAll);
        Ok(())
    });
}

/// `append` in one hop and by many tasks: whole lines, none lost.
#[test]
fn a_hundred_tasks_write_whole_lines() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let log = block_on(OpenOptions::new().append(true).create(true).open(&path)).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..100)
            .map(|task| {
                let log = log.clone();
                tokio::spawn(async move {
                    for line in 0..10 {
                        log.write_all(format!("{task} {line}\n")).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1000);
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), 1000);
}

#[test]
fn a_file_runs_on_the_pool_it_was_opened_on() {
    let dir = tempfile::tempdir().unwrap();
    let (steps, pool) = Steps::new();
    let mut open = OpenOptions::new().write(true).create(true).pool(&pool).open(dir.path().join("file"));
    assert!(poll(&mut open).is_pending());
    steps.run_all();
    let file = block_on(open).unwrap();
    let mut write = file.write_all("x");
    assert!(poll(&mut write).is_pending());
    assert_eq!(steps.waiting(), 1);
    steps.run_all();
    block_on(write).unwrap();
    let clone = file.try_clone();
    steps.run_all();
    let clone = block_on(clone).unwrap();
    drop((file, clone));
    assert_eq!(steps.waiting(), 2, "both are closed there");
    steps.run_all();
}
