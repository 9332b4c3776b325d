//! `temp`: made as tempfile makes them, removed on the pool, never left behind.

use crate::support::{SOON, Steps, block_on, poll};
use aiofile::temp::{
    Builder, NamedTempFile, SpooledTempFile, TempDir, spooled_tempfile, tempdir_in, tempfile, tempfile_in,
};
use aiofile::{Aio, Operation, Pool, Result};
use std::io::{ErrorKind, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

fn dir() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn ok(test: impl Future<Output = Result<()>>) {
    block_on(test).unwrap();
}

fn on(pool: &Pool) -> Builder {
    let mut builder = Builder::new();
    builder.pool(pool);
    builder
}

/// Waits until everything of this pool is done.
fn finish(pool: &Pool) {
    let stuck = block_on(pool.shutdown(SOON));
    assert!(stuck.is_empty(), "{stuck:?}");
}

#[test]
fn an_unnamed_file_is_read_and_written_and_has_no_name() {
    let dir = dir();
    ok(async {
        for file in [tempfile().await?, tempfile_in(dir.path()).await?] {
            assert!(names(dir.path()).is_empty());
            file.write_all("content").await?;
            file.rewind().await?;
            let mut text = String::new();
            file.read_to_string(&mut text).await?;
            assert_eq!((text.as_str(), file.path()), ("content", None));
        }
        Ok(())
    });
}

#[cfg(unix)]
#[test]
fn a_named_file_is_for_its_owner_alone_and_names_itself_in_errors() {
    use std::os::unix::fs::MetadataExt;
    let dir = dir();
    ok(async {
        let file = NamedTempFile::new_in(dir.path()).await?;
        assert_eq!(file.metadata().await?.mode() & 0o777, 0o600);
        assert!(file.path().is_absolute() && file.path().starts_with(dir.path()));
        assert_eq!(file.as_file().path(), Some(file.path()));
        let error = file.seek(SeekFrom::Current(-1)).await.unwrap_err();
        assert_eq!(error.path(), Some(file.path()));
        file.write_all_at("at", 3).await?; // all of `File`, beside the queue too
        assert_eq!(file.with(|file| file.metadata()).await.unwrap().len(), 5);
        let path: &Path = file.as_ref();
        assert_eq!(std::fs::read(path).unwrap(), b"\0\0\0at");
        Ok(())
    });
}

#[test]
fn a_relative_directory_is_made_absolute() {
    ok(async {
        let dir = tempdir_in("target").await;
        // The directory of the package; a build may have its target elsewhere.
        let dir = match dir {
            Ok(dir) => dir,
            Err(error) if error.kind() == ErrorKind::NotFound => tempdir_in(".").await?,
            Err(error) => return Err(error),
        };
        assert!(dir.path().is_absolute());
        let file = NamedTempFile::new_in(&dir).await?;
        assert!(file.path().is_absolute());
        file.close().await?;
        dir.close().await
    });
}

#[test]
fn a_dropped_file_is_removed_on_the_pool_after_its_calls() {
    let dir = dir();
    let (steps, pool) = Steps::new();
    let mut made = on(&pool).tempfile_in(dir.path());
    steps.run_all();
    let file = block_on(&mut made).unwrap();
    let path = file.path().to_owned();
    drop(file.write_all("written"));
    let seen = path.clone();
    let seen = file.with(move |_| std::fs::read_to_string(seen));
    let clone = file.clone();
    drop(file);
    assert!(path.exists(), "removed on the async thread");
    steps.run_all();
    assert_eq!(block_on(seen).unwrap(), "written", "removed before the calls that were made");
    assert!(!path.exists());
    let len = clone.metadata();
    steps.run_all();
    assert_eq!(block_on(len).unwrap().len(), 7, "a clone stays open");
}

#[test]
fn a_dropped_directory_is_removed_on_the_pool_with_all_in_it() {
    let dir = dir();
    let (steps, pool) = Steps::new();
    let made = on(&pool).tempdir_in(dir.path());
    steps.run_all();
    let tree = block_on(made).unwrap();
    let path = tree.path().to_owned();
    std::fs::create_dir_all(path.join("a/b/c")).unwrap();
    std::fs::write(path.join("a/b/c/d"), "x").unwrap();
    drop(tree);
    assert!(path.join("a/b/c/d").exists(), "removed on the async thread");
    steps.run_all();
    assert!(names(dir.path()).is_empty());
}

/// Closed by a clone, on a pool that is shut down, on one that has no thread, on one that loses its jobs.
#[test]
fn a_name_is_removed_also_when_its_queue_is_gone() {
    fn assert_removed(path: &Path) {
        let start = std::time::Instant::now();
        while path.exists() {
            assert!(start.elapsed() < SOON, "{path:?} is left");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let dir = dir();
    let closed = block_on(NamedTempFile::new_in(dir.path())).unwrap();
    block_on(closed.clone().close()).unwrap();
    let path = closed.path().to_owned();
    assert!(path.exists());
    drop(closed);
    assert_removed(&path);

    let shut = Pool::new(2);
    let file = block_on(on(&shut).tempfile_in(dir.path())).unwrap();
    let tree = block_on(on(&shut).tempdir_in(dir.path())).unwrap();
    let other = block_on(on(&shut).tempdir_in(dir.path())).unwrap();
    let paths = [file.path(), tree.path(), other.path()].map(Path::to_owned);
    finish(&shut);
    drop((file, tree));
    assert!(block_on(other.close()).unwrap_err().call_error().unwrap().is_refused());
    paths.iter().for_each(|path| assert_removed(path));

    let (steps, losing) = Steps::new();
    let made = (on(&losing).tempfile_in(dir.path()), on(&losing).tempdir_in(dir.path()));
    steps.run_all();
    let (file, tree) = (block_on(made.0).unwrap(), block_on(made.1).unwrap());
    drop((file, tree));
    while steps.waiting() > 0 {
        steps.lose_one();
    }
    let start = std::time::Instant::now();
    while !names(dir.path()).is_empty() {
        assert!(start.elapsed() < SOON, "{:?}", names(dir.path()));
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A creation that is given up: before it starts, after it ended, and after it was polled.
#[test]
fn what_was_made_for_nobody_is_removed() {
    let dir = dir();
    for (polled, ended) in [(false, false), (true, false), (false, true), (true, true)] {
        let (steps, pool) = Steps::new();
        let mut file = on(&pool).tempfile_in(dir.path());
        let mut tree = on(&pool).tempdir_in(dir.path());
        if polled {
            assert!(poll(&mut file).is_pending() && poll(&mut tree).is_pending());
        }
        if ended {
            steps.run_all();
            assert_eq!(names(dir.path()).len(), 2);
        }
        drop((file, tree));
        let start = std::time::Instant::now();
        while steps.waiting() > 0 || !names(dir.path()).is_empty() {
            assert!(start.elapsed() < SOON, "{:?}", names(dir.path()));
            steps.run_all();
        }
    }
}

/// The same at any moment, while it runs too.
#[test]
fn a_thousand_creations_given_up_at_random_leave_nothing() {
    let dir = dir();
    let four = Pool::new(4);
    let (mut random, mut ready) = (1_u32, 0);
    for _ in 0..1000 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let mut file = on(&four).tempfile_in(dir.path());
        let mut tree = on(&four).tempdir_in(dir.path());
        match random >> 27 {
            // Of the two ends there are some on every machine.
            0 => ready += usize::from(block_on(&mut file).is_ok() && block_on(&mut tree).is_ok()),
            1 => continue,
            yields => {
                for _ in 0..yields {
                    std::thread::yield_now();
                }
                ready += usize::from(poll(&mut file).is_ready() && poll(&mut tree).is_ready());
            }
        }
    }
    assert!(ready > 0 && ready < 1000, "{ready} of 1000 were ready");
    finish(&four);
    // What the pool gave to others after that is waited for by time.
    let start = std::time::Instant::now();
    while !names(dir.path()).is_empty() {
        assert!(start.elapsed() < SOON, "{} are left", names(dir.path()).len());
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_file_is_persisted_after_all_queued_writes() {
    let dir = dir();
    let path = dir.path().join("a");
    std::fs::write(&path, "old").unwrap();
    ok(async {
        let file = NamedTempFile::new_in(dir.path()).await?;
        for i in 0..100 {
            drop(file.write_all(format!("{i} ")));
        }
        let seen = path.clone();
        let before = file.with(move |_| std::fs::read_to_string(seen));
        let persisted = file.persist(&path);
        assert_eq!(before.await.unwrap(), "old");
        let file = persisted.await?;
        assert_eq!(file.path(), Some(path.as_path()));
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            (0..100).map(|i| format!("{i} ")).collect::<String>()
        );
        file.write_all("more").await?; // still the same file
        drop(file);
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("99 more"));
        assert_eq!(names(dir.path()), ["a"]);
        Ok(())
    });
}

#[test]
fn a_file_that_cannot_be_persisted_is_handed_back() {
    let dir = dir();
    let path = dir.path().join("a");
    std::fs::write(&path, "old").unwrap();
    ok(async {
        let file = NamedTempFile::new_in(dir.path()).await?;
        file.write_all("new").await?;
        let temporary = file.path().to_owned();
        let refused = file.persist_noclobber(&path).await.unwrap_err();
        assert_eq!(
            (refused.error.operation(), refused.error.kind()),
            (Operation::Persist, ErrorKind::AlreadyExists)
        );
        assert_eq!((refused.error.path(), refused.error.to_path()), (Some(&*temporary), Some(&*path)));
        assert!(
            refused.to_string().starts_with(&format!("persist {temporary:?} to {path:?}: ")),
            "{refused}"
        );
        assert!(temporary.exists());

        let refused = refused.file.persist(dir.path().join("none/a")).await.unwrap_err();
        assert_eq!(refused.error.kind(), ErrorKind::NotFound);
        assert!(refused.error.raw_os_error().is_some());
        let file = NamedTempFile::from(refused);
        file.write_all("er").await?;
        let file = file.persist(&path).await?;
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "newer");
        file.close().await?;

        let refused =
            NamedTempFile::new_in(dir.path()).await?.persist(dir.path().join("none/a")).await.unwrap_err();
        let temporary = refused.file.path().to_owned();
        let error: aiofile::Error = refused.into(); // `?` drops the file
        assert_eq!(error.operation(), Operation::Persist);
        while temporary.exists() {
            std::thread::yield_now();
        }
        Ok(())
    });
}

/// Cancelled, refused, and where it could only wait for itself: the file comes back each time.
#[test]
fn a_file_whose_persist_was_not_run_is_handed_back() {
    let dir = dir();
    let path = dir.path().join("a");
    let (steps, pool) = Steps::new();
    let made = on(&pool).tempfile_in(dir.path());
    steps.run_all();
    let file = block_on(made).unwrap();

    let mut persist = file.persist(&path);
    assert!(persist.cancel());
    let refused = block_on(persist).unwrap_err();
    assert!(refused.error.call_error().unwrap().is_cancelled());
    steps.run_all();
    assert!(refused.file.path().exists() && !path.exists());
    let keep = refused.file.keep();
    steps.run_all();
    let (file, kept) = block_on(keep).unwrap();
    drop(file);
    steps.run_all();
    assert!(kept.exists());
    std::fs::remove_file(kept).unwrap();

    let shut = Pool::new(1);
    let file = block_on(on(&shut).tempfile_in(dir.path())).unwrap();
    finish(&shut);
    let refused = block_on(file.persist(&path)).unwrap_err();
    assert!(refused.error.call_error().unwrap().is_refused());
    assert!(refused.file.path().exists());
    drop(refused);

    let file = block_on(NamedTempFile::new_in(dir.path())).unwrap();
    let (handle, to) = (file.clone(), path.clone());
    let refused = block_on(handle.with(move |_| file.persist(to).wait())).unwrap_err();
    assert!(refused.error.call_error().unwrap().is_deadlock());
    assert!(refused.file.path().exists() && !path.exists());
    block_on(refused.file.persist(&path)).unwrap();
    assert!(path.exists());
}

#[test]
fn a_file_or_a_directory_can_be_kept_and_closed() {
    let dir = dir();
    ok(async {
        let (file, path) = NamedTempFile::with_suffix_in(".kept", dir.path()).await?.keep().await?;
        file.close().await?;
        assert!(path.exists() && path.to_str().unwrap().ends_with(".kept"));
        std::fs::remove_file(path).unwrap();

        let tree = TempDir::with_prefix_in("kept", dir.path()).await?;
        let path = tree.path().to_owned();
        assert_eq!(tree.keep(), path);
        std::fs::remove_dir(path).unwrap();

        let mut file = NamedTempFile::new_in(dir.path()).await?;
        file.disable_cleanup(true);
        let mut tree = TempDir::new_in(dir.path()).await?;
        tree.disable_cleanup(true);
        let (file_path, tree_path) = (file.path().to_owned(), tree.path().to_owned());
        drop(tree);
        let clone = file.clone();
        drop(file);
        clone.flush().await?; // behind the drop
        assert!(file_path.exists() && tree_path.exists());
        std::fs::remove_file(file_path).unwrap();
        std::fs::remove_dir(tree_path).unwrap();

        let file = NamedTempFile::new_in(dir.path()).await?;
        let tree = TempDir::new_in(dir.path()).await?;
        std::fs::write(tree.path().join("a"), "").unwrap();
        file.close().await?;
        tree.close().await?;
        assert!(names(dir.path()).is_empty());
        Ok(())
    });
}

/// tempfile's own errors have lost the number, and some the path.
#[cfg(target_os = "linux")]
#[test]
fn every_function_says_what_failed() {
    const ENOENT: Option<i32> = Some(2);
    let dir = dir();
    let none = dir.path().join("none");
    ok(async {
        let gone = NamedTempFile::new_in(dir.path()).await?;
        std::fs::remove_file(gone.path()).unwrap();
        let path = gone.path().to_owned();
        let reopened = gone.reopen().await.map(drop);
        let closed = gone.close().await;
        let tree = TempDir::new_in(dir.path()).await?;
        let tree_path = tree.path().to_owned();
        std::fs::remove_dir(&tree_path).unwrap();
        let table = [
            (tempfile_in(&none).await.map(drop), "make temporary file in", &none),
            (NamedTempFile::new_in(&none).await.map(drop), "make temporary file in", &none),
            (TempDir::new_in(&none).await.map(drop), "make temporary directory in", &none),
            (on(&Pool::new(1)).tempfile_in(&none).await.map(drop), "make temporary file in", &none),
            (reopened, "open", &path),
            (closed, "remove", &path),
            (tree.close().await, "remove all of", &tree_path),
        ];
        for (result, operation, path) in table {
            let error = result.expect_err(operation);
            assert_eq!((error.raw_os_error(), error.path()), (ENOENT, Some(path.as_path())), "{operation}");
            let text = format!("{operation} {path:?}: No such file or directory (os error 2)");
            assert_eq!(error.to_string(), text);
        }
        Ok(())
    });
}

#[test]
fn a_reopened_file_has_a_position_of_its_own_and_is_the_same_file() {
    let dir = dir();
    for pool in [Pool::default(), Pool::new(1)] {
        ok(async {
            let file = on(&pool).tempfile_in(dir.path()).await?;
            file.write_all("content").await?;
            let again = file.reopen().await?;
            assert_eq!(again.path(), Some(file.path()));
            let mut text = String::new();
            again.read_to_string(&mut text).await?;
            assert_eq!((text.as_str(), file.stream_position().await?), ("content", 7));
            if cfg!(unix) {
                std::fs::rename(file.path(), dir.path().join("moved")).unwrap();
                std::fs::write(file.path(), "another").unwrap();
                assert_eq!(file.reopen().await.unwrap_err().kind(), ErrorKind::NotFound);
            }
            Ok(())
        });
    }
}

#[test]
fn the_builder_names_what_it_makes() {
    let dir = dir();
    ok(async {
        let mut builder = Builder::new();
        builder.prefix("a-").suffix(".b").rand_bytes(3).append(true);
        let file = builder.tempfile_in(dir.path()).await?;
        let name = file.path().file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("a-") && name.ends_with(".b") && name.len() == 7, "{name}");
        file.write_all("one, ").await?;
        file.rewind().await?;
        file.write_all("two").await?;
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), "one, two", "append");
        file.close().await?;

        // Without chance in the name there is one of it.
        builder.rand_bytes(0);
        let file = builder.tempfile_in(dir.path()).await?;
        let error = builder.tempdir_in(dir.path()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(builder.tempfile_in(dir.path()).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
        file.close().await?;
        let tree = builder.disable_cleanup(true).tempdir_in(dir.path()).await?;
        drop(tree);
        let file = builder.suffix(".c").tempfile_in(dir.path()).await?;
        let clone = file.clone();
        drop(file);
        clone.flush().await?;
        assert_eq!(names(dir.path()), ["a-.b", "a-.c"]);
        Ok(())
    });
    // By the environment's directory: these are removed too.
    ok(async {
        let made = (Builder::new().tempfile().await?, Builder::new().tempdir().await?);
        let paths = [made.0.path().to_owned(), made.1.path().to_owned()];
        assert!(paths.iter().all(|path| path.starts_with(tempfile::env::temp_dir())));
        made.0.close().await?;
        made.1.close().await?;
        assert!(!paths.iter().any(|path| path.exists()));
        let made = (NamedTempFile::with_prefix("aio").await?, TempDir::with_suffix("file").await?);
        made.0.close().await?;
        made.1.close().await
    });
}

#[cfg(unix)]
#[test]
fn the_builder_gives_permissions_from_the_start() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let dir = dir();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    ok(async {
        for pool in [Pool::default(), Pool::new(1)] {
            let mut builder = on(&pool);
            builder.permissions(PermissionsExt::from_mode(0o400));
            let file = builder.tempfile_in(dir.path()).await?;
            assert_eq!(mode(file.path()), 0o400);
            file.write_all("it is open for writing").await?;
            builder.permissions(PermissionsExt::from_mode(0o700));
            let tree = builder.tempdir_in(dir.path()).await?;
            assert_eq!(mode(tree.path()), 0o700);
            file.close().await?;
            tree.close().await?;
        }
        Ok(())
    });
}

#[test]
fn a_file_runs_on_the_pool_of_its_builder() {
    let dir = dir();
    let one = Pool::new(1);
    let file = block_on(on(&one).tempfile_in(dir.path())).unwrap();
    let again = block_on(file.reopen()).unwrap();
    let (resume, wait) = std::sync::mpsc::channel::<()>();
    let busy = one.run(move || wait.recv());
    let (mut write, mut read) = (file.write_all("x"), again.metadata());
    assert!(poll(&mut write).is_pending() && poll(&mut read).is_pending());
    resume.send(()).unwrap();
    block_on(busy).unwrap();
    block_on(async { write.await.and(read.await.map(drop)) }).unwrap();
    drop((file, again));
    finish(&one);
    assert!(names(dir.path()).is_empty(), "removed there, too");
}

#[test]
fn a_spooled_file_goes_to_disk_when_it_is_large() {
    ok(async {
        let file = spooled_tempfile(10);
        assert_eq!(file.write("0123456789").await?, 10);
        assert!(!file.is_rolled().await?);
        file.write_all("abc").await?;
        assert!(file.is_rolled().await?);
        file.seek(SeekFrom::Start(8)).await?;
        let mut text = String::new();
        file.read_to_string(&mut text).await?;
        assert_eq!(text, "89abc");
        file.set_len(2).await?;
        let clone = file.clone();
        let file = file.into_file().await?;
        assert_eq!(file.metadata().await?.len(), 2);
        let error = clone.roll().await.unwrap_err();
        assert!(error.call_error().unwrap().is_closed());

        let file = SpooledTempFile::new(10);
        file.write_all("memory").await?;
        file.set_len(3).await?;
        match file.into_inner().await? {
            tempfile::SpooledData::InMemory(content) => assert_eq!(content.into_inner(), b"mem"),
            tempfile::SpooledData::OnDisk(_) => panic!("it is small"),
        }
        let none = SpooledTempFile::new_in(10, "no/such/directory");
        none.write_all("small").await?;
        let error = none.roll().await.unwrap_err();
        assert_eq!((error.operation(), error.kind()), (Operation::Roll, ErrorKind::NotFound));
        assert_eq!(none.stream_position().await?, 5, "as it was");
        Ok(())
    });
}

/// The `Aio` alone would leave the content behind the bytes of an abandoned read.
#[test]
fn an_abandoned_read_leaves_a_spooled_file_where_it_was() {
    for rolled in [false, true] {
        let (steps, pool) = Steps::new();
        let mut content = tempfile::SpooledTempFile::new(100);
        content.write_all(b"0123456789").unwrap();
        if rolled {
            content.roll().unwrap();
        }
        let file = SpooledTempFile::from(Aio::on(&pool, content));
        let mut ten = [0; 10];
        drop(file.rewind());
        let mut read = file.read(&mut ten);
        assert!(poll(&mut read).is_pending());
        steps.run_all();
        drop(read);
        drop(file.write_all("abc"));
        let mut rest = String::new();
        let mut read = file.read_to_string(&mut rest);
        assert!(poll(&mut read).is_pending());
        steps.run_all();
        assert!(poll(&mut read).is_ready());
        drop(read);
        assert_eq!(rest, "3456789");
    }
}

const DIR: &str = "AIOFILE_TEST_TEMP_DIR";

/// The end of the process waits for every removal: of what was dropped, and of what was made for nobody.
#[test]
fn nothing_is_left_when_main_returns() {
    for _ in 0..5 {
        let dir = dir();
        let output =
            crate::exit::child("temp::child_leaves_all_to_its_end").env(DIR, dir.path()).output().unwrap();
        crate::exit::assert_success(&output);
        assert_eq!(names(dir.path()), ["proof"], "the child has been there");
    }
}

#[test]
#[ignore = "the child of nothing_is_left_when_main_returns"]
fn child_leaves_all_to_its_end() {
    let dir = std::env::var_os(DIR).expect("the parent sets it");
    let dir = Path::new(&dir);
    std::fs::write(dir.join("proof"), "").unwrap();
    let one = Pool::new(1);
    let mut made = Vec::new();
    for _ in 0..10 {
        let file = block_on(on(&one).tempfile_in(dir)).unwrap();
        let tree = block_on(on(&one).tempdir_in(dir)).unwrap();
        std::fs::create_dir_all(tree.path().join("a/b")).unwrap();
        made.push((file, tree));
    }
    // The end has begun before any of it can be done.
    drop(one.run(|| std::thread::sleep(Duration::from_millis(100))));
    drop(made);
    for _ in 0..10 {
        drop(on(&one).tempfile_in(dir));
        drop(on(&one).tempdir_in(dir));
        drop(Builder::new().tempfile_in(dir)); // beside them, at once
        drop(Builder::new().tempdir_in(dir));
    }
}

#[cfg(unix)]
#[test]
fn a_file_without_a_name_is_its_owners_alone() {
    use std::os::unix::fs::MetadataExt;
    let file = block_on(aiofile::temp::tempfile()).unwrap();
    assert_eq!(block_on(file.metadata()).unwrap().mode() & 0o777, 0o600);
}
