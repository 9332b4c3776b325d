//! The functions of `fs` do what those of std do, and say what failed, on which paths.

use crate::support::block_on;
use aiofile::{Error, Operation, fs};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

fn dir() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn the_functions_do_what_those_of_std_do() {
    let dir = dir();
    let at = |name: &str| dir.path().join(name);
    block_on(async {
        fs::create_dir(at("d")).await?;
        fs::create_dir_all(at("d/e/f")).await?;
        fs::write(at("a"), "content").await?;
        assert_eq!(fs::read(at("a")).await?, b"content");
        assert_eq!(fs::read_to_string(at("a")).await?, "content");
        assert_eq!(fs::copy(at("a"), at("b")).await?, 7);
        fs::hard_link(at("a"), at("c")).await?;
        fs::rename(at("b"), at("d/b")).await?;
        assert!(fs::exists(at("d/b")).await? && !fs::exists(at("b")).await?);
        assert_eq!(fs::metadata(at("c")).await?.len(), 7);
        assert_eq!(fs::canonicalize(at("d/../a")).await?, at("a").canonicalize().unwrap());
        let mut permissions = fs::metadata(at("a")).await?.permissions();
        permissions.set_readonly(true);
        fs::set_permissions(at("a"), permissions).await?;
        assert!(fs::metadata(at("c")).await?.permissions().readonly());
        fs::remove_file(at("c")).await?;
        fs::remove_dir(at("d/e/f")).await?;
        fs::remove_dir_all(at("d")).await?;
        assert!(!fs::exists(at("d")).await?);
        aiofile::Result::Ok(())
    })
    .unwrap();
}

#[cfg(unix)]
#[test]
fn the_functions_of_unix_do_what_those_of_std_do() {
    use std::os::unix::fs::MetadataExt;
    let dir = dir();
    let at = |name: &str| dir.path().join(name);
    block_on(async {
        fs::write(at("a"), "x").await?;
        fs::symlink("a", at("link")).await?;
        assert_eq!(fs::read_link(at("link")).await?, Path::new("a"));
        assert!(fs::symlink_metadata(at("link")).await?.is_symlink());
        let metadata = fs::metadata(at("a")).await?;
        let (uid, gid) = (Some(metadata.uid()), Some(metadata.gid()));
        fs::chown(at("a"), uid, None).await?;
        fs::lchown(at("link"), uid, gid).await?;
        fs::fchown(&fs::File::open(at("a")).await?, uid, gid).await?;
        fs::DirBuilder::new().mode(0o700).create(at("private")).await?;
        assert_eq!(fs::metadata(at("private")).await?.mode() & 0o777, 0o700);
        aiofile::Result::Ok(())
    })
    .unwrap();
}

/// Every function, made to fail: its operation, each of its paths, and the system's number.
#[cfg(target_os = "linux")]
#[test]
fn every_function_says_what_failed() {
    const ENOENT: Option<i32> = Some(2);
    let dir = dir();
    let none = dir.path().join("none/a");
    let other = dir.path().join("none/b");
    let permissions = std::fs::metadata(dir.path()).unwrap().permissions();
    let one: Vec<(aiofile::Result<()>, &str)> = block_on(async {
        vec![
            (fs::canonicalize(&none).await.map(drop), "canonicalize"),
            (fs::create_dir(&none).await, "create directory"),
            (fs::metadata(&none).await.map(drop), "read metadata of"),
            (fs::read(&none).await.map(drop), "read"),
            (fs::read_dir(&none).await.map(drop), "read directory"),
            (fs::walk(&none).await.map(drop), "read directory"),
            (fs::read_link(&none).await.map(drop), "read link"),
            (fs::read_to_string(&none).await.map(drop), "read"),
            (fs::remove_dir(&none).await, "remove directory"),
            (fs::remove_dir_all(&none).await, "remove all of"),
            (fs::remove_file(&none).await, "remove"),
            (fs::set_permissions(&none, permissions).await, "set permissions of"),
            (fs::symlink_metadata(&none).await.map(drop), "read metadata of link"),
            (fs::write(&none, "x").await, "write"),
            (fs::write_atomic(&none, "x").await, "write atomically"),
            (fs::chown(&none, Some(0), None).await, "change owner of"),
            (fs::lchown(&none, Some(0), None).await, "change owner of link"),
            (fs::chroot(&none).await, "change root to"),
            (fs::DirBuilder::new().create(&none).await, "create directory"),
            (fs::File::open(&none).await.map(drop), "open"),
            (fs::File::create(&none).await.map(drop), "open"),
            (fs::File::create_new(&none).await.map(drop), "open"),
            (fs::OpenOptions::new().read(true).open(&none).await.map(drop), "open"),
            (fs::open(&none, "w").await.map(drop), "open"),
        ]
    });
    for (result, operation) in one {
        let error = result.expect_err(operation);
        assert_eq!((error.raw_os_error(), error.kind()), (ENOENT, ErrorKind::NotFound), "{operation}");
        assert_eq!((error.path(), error.to_path()), (Some(none.as_path()), None), "{operation}");
        assert_eq!(
            error.to_string(),
            format!("{operation} {none:?}: No such file or directory (os error 2)")
        );
    }
    let two: Vec<(aiofile::Result<()>, &str)> = block_on(async {
        vec![
            (fs::copy(&none, &other).await.map(drop), "copy"),
            (fs::copy_with(&none, &other, |_, _| ()).await.map(drop), "copy"),
            (fs::hard_link(&none, &other).await, "link"),
            (fs::rename(&none, &other).await, "rename"),
            (fs::symlink(&none, &other).await, "symlink"),
        ]
    });
    for (result, operation) in two {
        let error = result.expect_err(operation);
        assert_eq!(error.raw_os_error(), ENOENT, "{operation}");
        assert_eq!((error.path(), error.to_path()), (Some(none.as_path()), Some(other.as_path())));
        let text = format!("{operation} {none:?} to {other:?}: No such file or directory (os error 2)");
        assert_eq!(error.to_string(), text);
    }
    // These two need another fault.
    std::fs::write(dir.path().join("file"), "").unwrap();
    let below_a_file = dir.path().join("file/below");
    let error = block_on(fs::create_dir_all(&below_a_file)).unwrap_err();
    assert!(
        error.to_string().starts_with(&format!("create directories up to {below_a_file:?}: ")),
        "{error}"
    );
    let error = block_on(fs::exists(&below_a_file)).err();
    assert!(error.is_none_or(|error| error.operation() == Operation::Exists));
    let long = dir.path().join("x".repeat(300));
    let error = block_on(fs::exists(&long)).unwrap_err();
    assert_eq!((error.operation(), error.raw_os_error()), (Operation::Exists, Some(36)));
}

#[test]
fn a_directory_is_listed_whole_and_with_types() {
    const ENTRIES: usize = 5000;
    let dir = dir();
    for i in 0..ENTRIES {
        std::fs::write(dir.path().join(format!("file {i}")), "x").unwrap();
    }
    std::fs::create_dir(dir.path().join("dir")).unwrap();
    let std: BTreeSet<PathBuf> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    block_on(async {
        let mut ours = BTreeSet::new();
        let mut entries = fs::read_dir(dir.path()).await?;
        while let Some(entry) = entries.next_entry().await? {
            assert_eq!(entry.file_type()?.is_dir(), entry.file_name() == "dir");
            assert!(ours.insert(entry.path()));
        }
        assert_eq!(ours, std);
        assert!(entries.next_entry().await?.is_none(), "the end stays the end");
        let mut few = fs::read_dir(dir.path().join("dir")).await?;
        assert!(few.next_entry().await?.is_none());
        aiofile::Result::Ok(())
    })
    .unwrap();
}

/// A wait for entries that is dropped loses none of them.
#[test]
fn an_abandoned_wait_loses_no_entry() {
    const ENTRIES: usize = 3000;
    let dir = dir();
    for i in 0..ENTRIES {
        std::fs::write(dir.path().join(i.to_string()), "").unwrap();
    }
    let (mut rounds, mut abandoned) = (0, 0);
    while abandoned == 0 {
        rounds += 1;
        assert!(rounds < 1000, "no wait was abandoned");
        abandoned += block_on(list_and_abandon(dir.path())).unwrap();
    }

    /// Lists the directory; gives how often it went away from a wait.
    async fn list_and_abandon(dir: &Path) -> aiofile::Result<usize> {
        let mut entries = fs::read_dir(dir).await?;
        let (mut seen, mut abandoned) = (BTreeSet::new(), 0);
        loop {
            let polled = crate::support::poll(&mut std::pin::pin!(entries.next_entry()));
            let next = match polled {
                std::task::Poll::Ready(next) => next?,
                std::task::Poll::Pending => {
                    abandoned += 1;
                    entries.next_entry().await?
                }
            };
            match next {
                Some(entry) => assert!(seen.insert(entry.file_name())),
                None => break,
            }
        }
        assert_eq!(seen.len(), ENTRIES);
        Ok(abandoned)
    }
}

#[test]
fn a_walk_lists_everything_below_and_follows_no_link() {
    let dir = dir();
    std::fs::create_dir_all(dir.path().join("a/b/c")).unwrap();
    std::fs::create_dir(dir.path().join("d")).unwrap();
    for name in ["a/1", "a/b/2", "a/b/c/3", "4"] {
        std::fs::write(dir.path().join(name), "").unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("..", dir.path().join("d/loop")).unwrap();
    block_on(async {
        let mut walk = fs::walk(dir.path()).await?;
        let mut all = Vec::new();
        while let Some(entry) = walk.next_entry().await? {
            all.push(entry.path().strip_prefix(dir.path()).unwrap().to_owned());
        }
        for (i, path) in all.iter().enumerate() {
            let parent = path.parent().unwrap();
            assert!(parent == Path::new("") || all[..i].iter().any(|before| before == parent), "{path:?}");
        }
        let names: BTreeSet<_> = all.iter().map(|path| path.to_str().unwrap().replace('\\', "/")).collect();
        let mut expect = vec!["4", "a", "a/1", "a/b", "a/b/2", "a/b/c", "a/b/c/3", "d"];
        if cfg!(unix) {
            expect.push("d/loop");
        }
        assert!(names.iter().map(String::as_str).eq(expect), "{names:?}");
        aiofile::Result::Ok(())
    })
    .unwrap();
}

/// A file that is copied onto itself would be made empty first.
#[cfg(unix)]
#[test]
fn a_file_is_not_copied_onto_itself() {
    let dir = dir();
    let (path, link) = (dir.path().join("a"), dir.path().join("b"));
    std::fs::write(&path, "content").unwrap();
    std::fs::hard_link(&path, &link).unwrap();
    for error in [
        block_on(fs::copy(&path, &link)).unwrap_err(),
        block_on(fs::copy_with(&path, &path, |_, _| ())).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"content");
}

#[test]
fn a_copy_tells_how_far_it_is_and_copies_permissions() {
    let dir = dir();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    for size in [0, 1, 8 << 20, (16 << 20) + 1] {
        let content: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
        let _ = std::fs::remove_file(&to);
        let _ = std::fs::remove_file(&from);
        std::fs::write(&from, &content).unwrap();
        let mut permissions = std::fs::metadata(&from).unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&from, permissions).unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        let copied =
            block_on(fs::copy_with(&from, &to, move |done, all| tell.send((done, all)).unwrap())).unwrap();
        assert_eq!(copied, size as u64);
        assert!(std::fs::read(&to).unwrap() == content);
        assert!(std::fs::metadata(&to).unwrap().permissions().readonly());
        let told: Vec<_> = told.iter().collect();
        assert!(told.is_sorted() && told.last() == Some(&(size as u64, size as u64)), "{told:?}");
        assert_eq!(told.len(), (size >> 23) + usize::from(size % (8 << 20) > 0 || size == 0));
        #[cfg(windows)]
        for path in [&from, &to] {
            let mut permissions = std::fs::metadata(path).unwrap().permissions();
            permissions.set_readonly(false);
            std::fs::set_permissions(path, permissions).unwrap();
        }
    }
}

#[cfg(unix)]
#[test]
fn an_atomic_write_replaces_the_file_and_keeps_what_it_is() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let dir = dir();
    let (path, link) = (dir.path().join("file"), dir.path().join("link"));
    let mode = |path: &Path| std::fs::symlink_metadata(path).unwrap().mode() & 0o777;
    block_on(async {
        fs::write_atomic(&path, "new").await?;
        let plain = dir.path().join("plain");
        std::fs::write(&plain, "").unwrap();
        assert_eq!(mode(&path), mode(&plain), "the mode of any new file");
        std::fs::remove_file(plain).unwrap();

        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        fs::write_atomic(&link, vec![b'x'; 100_000]).await?;
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!((std::fs::read(&path).unwrap(), mode(&path)), (vec![b'x'; 100_000], 0o640));

        // An error leaves all as it was.
        assert_eq!(fs::write_atomic(dir.path(), "x").await.unwrap_err().kind(), ErrorKind::IsADirectory);
        std::os::unix::fs::symlink("nowhere", dir.path().join("dangling")).unwrap();
        assert!(fs::write_atomic(dir.path().join("dangling"), "x").await.is_err());
        aiofile::Result::Ok(())
    })
    .unwrap();
    let names = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let names: BTreeSet<_> = names.collect();
    assert!(names.into_iter().eq(["dangling", "file", "link"]), "nothing is left behind");
}

/// A reader sees the old content or the new, at every moment.
#[test]
fn a_reader_of_a_file_that_is_written_atomically_sees_one_or_the_other() {
    let dir = dir();
    let path = dir.path().join("file");
    let content = |round: u8| vec![round; 50_000];
    block_on(fs::write_atomic(&path, content(0))).unwrap();
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let reader = std::thread::spawn({
        let (path, done) = (path.clone(), done.clone());
        move || {
            let mut reads = 0;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let read = std::fs::read(&path).unwrap();
                assert!(read.len() == 50_000 && read.iter().all(|byte| *byte == read[0]));
                reads += 1;
            }
            reads
        }
    });
    for round in 1..50 {
        block_on(fs::write_atomic(&path, content(round))).unwrap();
    }
    done.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(reader.join().unwrap() > 0);
}

/// Input as odd as it comes: what std says, and never a panic or an abort.
#[cfg(target_os = "linux")]
#[test]
fn odd_input_is_answered_as_std_answers_it() {
    use std::os::unix::ffi::OsStrExt;
    let dir = dir();
    let not_text = dir.path().join(std::ffi::OsStr::from_bytes(b"\xff\xfe"));
    block_on(async {
        fs::write(&not_text, "x").await?;
        let error: Error = fs::create_dir(&not_text).await.unwrap_err();
        assert_eq!((error.path(), error.kind()), (Some(not_text.as_path()), ErrorKind::AlreadyExists));

        assert_eq!(fs::read("nul\0inside").await.unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(fs::read(dir.path()).await.unwrap_err().raw_os_error(), Some(21), "a directory");
        assert!(!fs::read("/proc/self/status").await?.is_empty(), "a file of size 0 that is not empty");

        let huge = dir.path().join("huge");
        std::fs::File::create(&huge).unwrap().set_len(8 << 40).unwrap();
        assert_eq!(fs::read(&huge).await.unwrap_err().kind(), ErrorKind::OutOfMemory);
        let file = fs::File::open(&huge).await?;
        let error = file.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutOfMemory);

        fs::symlink("loop", dir.path().join("loop")).await?;
        assert_eq!(fs::read(dir.path().join("loop")).await.unwrap_err().raw_os_error(), Some(40));
        assert_eq!(fs::read(dir.path().join("n".repeat(300))).await.unwrap_err().raw_os_error(), Some(36));
        aiofile::Result::Ok(())
    })
    .unwrap();
}

/// Linux moves 0x7ffff000 bytes in one call (write(2)); the rest is for the next one.
#[cfg(target_os = "linux")]
#[test]
fn a_write_of_more_than_two_gibibytes_is_written_whole() {
    const SIZE: usize = (3 << 30) + 5;
    block_on(async {
        let null = fs::open("/dev/null", "w").await?;
        let zeros = vec![0; SIZE]; // never touched, so it takes no memory
        assert_eq!(null.write(zeros).await?, 0x7fff_f000);
        null.write_all(vec![0; SIZE]).await?;
        null.close().await
    })
    .unwrap();
}

/// Root may do everything, so the child is nobody.
#[cfg(target_os = "linux")]
#[test]
fn what_is_not_permitted_is_said() {
    crate::exit::as_nobody("fs::child_without_permission");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "the child of what_is_not_permitted_is_said"]
fn child_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    let dir = dir();
    let path = dir.path().join("closed");
    std::fs::write(&path, "x").unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o000)).unwrap();
    let errors = block_on(async {
        [
            fs::open(&path, "r").await.err(),
            fs::open(&path, "w").await.err(),
            fs::read(&path).await.err(),
            fs::write(&path, "y").await.err(),
            fs::create_dir("/forbidden").await.err(),
        ]
    });
    // A directory that cannot be read is an error in its place, and what is beside it follows.
    let tree = dir.path().join("tree");
    for name in ["a", "closed", "z"] {
        std::fs::create_dir_all(tree.join(name)).unwrap();
        std::fs::write(tree.join(name).join("in"), "").unwrap();
    }
    let forbidden = tree.join("closed");
    std::fs::set_permissions(&forbidden, PermissionsExt::from_mode(0o000)).unwrap();
    let (mut found, mut refused) = (0, Vec::new());
    block_on(async {
        let mut walk = fs::walk(&tree).await.unwrap();
        loop {
            match walk.next_entry().await {
                Ok(Some(_)) => found += 1,
                Ok(None) => break,
                Err(error) => refused.push(error),
            }
        }
    });
    assert_eq!((found, refused.len()), (3 + 2, 1));
    assert_eq!(
        refused[0].to_string(),
        format!("read directory {forbidden:?}: Permission denied (os error 13)")
    );
    std::fs::set_permissions(&forbidden, PermissionsExt::from_mode(0o700)).unwrap();
    for error in errors {
        let error = error.expect("nobody may not");
        assert_eq!((error.kind(), error.raw_os_error()), (ErrorKind::PermissionDenied, Some(13)));
        assert!(error.to_string().ends_with(": Permission denied (os error 13)"), "{error}");
    }
}

/// An open that never ends can be given up: the pool goes on.
#[cfg(unix)]
#[test]
fn a_stuck_open_can_be_given_up() {
    let dir = dir();
    let fifo = dir.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let open = fs::File::open(&fifo);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(20), open).await.is_err());
        fs::write(dir.path().join("other"), "the pool goes on").await.unwrap();
    });
    // Let the stuck open end, so that it is closed before the directory goes.
    drop(std::fs::File::options().write(true).open(&fifo).unwrap());
}

/// Whoever may swap a link must not get one file's permissions on the other.
#[cfg(unix)]
#[test]
fn a_link_that_is_swapped_gives_no_file_the_permissions_of_another() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::sync::atomic::{AtomicBool, Ordering};
    let dir = tempfile::tempdir().unwrap();
    let [open, closed, link, new] = ["open", "closed", "link", "new"].map(|name| dir.path().join(name));
    for (path, mode) in [(&open, 0o666), (&closed, 0o600)] {
        std::fs::write(path, "old").unwrap();
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    }
    symlink(&open, &link).unwrap();
    let (done, swaps) = (AtomicBool::new(false), std::sync::atomic::AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                for to in [&closed, &open] {
                    symlink(to, &new).unwrap();
                    std::fs::rename(&new, &link).unwrap();
                    swaps.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        let mut writes = 0;
        while writes < 200 || swaps.load(Ordering::SeqCst) <= 200 {
            let _ = block_on(aiofile::fs::write_atomic(&link, "new"));
            writes += 1;
        }
        done.store(true, Ordering::SeqCst);
    });
    assert!(swaps.load(Ordering::SeqCst) > 200, "{swaps:?}");
    assert_eq!((mode(&open), mode(&closed)), (0o666, 0o600));
}

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path).unwrap()) & 0o777
}

/// As std: a file has the permissions of the source before there is anything in it, a pipe keeps its own.
#[test]
#[cfg(unix)]
fn a_copy_is_no_more_open_than_its_source_at_any_time() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let [from, to, pipe] = ["from", "to", "pipe"].map(|name| dir.path().join(name));
    let set = |path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    std::fs::write(&from, "secret").unwrap();
    std::fs::write(&to, "old").unwrap();
    set(&from, 0o600);
    set(&to, 0o644);
    let (say, said) = std::sync::mpsc::channel();
    let there = to.clone();
    block_on(fs::copy_with(&from, &to, move |_, _| say.send(mode(&there)).unwrap())).unwrap();
    assert_eq!(said.iter().collect::<Vec<_>>(), [0o600]);

    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    set(&pipe, 0o622);
    let reads = pipe.clone();
    let reader = std::thread::spawn(move || std::fs::read(reads).unwrap());
    block_on(fs::copy_with(&from, &pipe, |_, _| ())).unwrap();
    assert_eq!((reader.join().unwrap(), mode(&pipe)), (b"secret".to_vec(), 0o622));
}

#[test]
#[cfg(target_os = "linux")]
fn an_atomic_write_that_is_refused_has_changed_nothing() {
    crate::exit::as_nobody("fs::child_that_may_not_look");
}

/// A directory that one may change, and not look at: it cannot be synced, which is found before anything is changed.
#[test]
#[ignore = "the child of an_atomic_write_that_is_refused_has_changed_nothing"]
#[cfg(target_os = "linux")]
fn child_that_may_not_look() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    std::fs::write(&path, "old").unwrap();
    let set = |mode| std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(mode)).unwrap();
    set(0o300);
    let error = block_on(fs::write_atomic(&path, "new")).unwrap_err();
    set(0o700);
    assert_eq!(error.raw_os_error(), Some(13));
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left over");
}

#[test]
fn a_listing_that_is_refused_says_so() {
    crate::exit::in_child("fs::child_that_lists_on_a_pool_that_is_shut");
}

#[test]
#[ignore = "the child of a_listing_that_is_refused_says_so"]
fn child_that_lists_on_a_pool_that_is_shut() {
    const ENTRIES: usize = 5000;
    let pool = aiofile::Pool::new(2);
    aiofile::Pool::set_default(pool.clone());
    let dir = tempfile::tempdir().unwrap();
    (0..ENTRIES).for_each(|i| std::fs::write(dir.path().join(i.to_string()), "").unwrap());
    let mut entries = block_on(fs::read_dir(dir.path())).unwrap();
    assert!(block_on(pool.shutdown(std::time::Duration::from_secs(20))).is_empty());
    let mut given = 0;
    let error = loop {
        match block_on(std::pin::pin!(entries.next_entry())) {
            Ok(entry) => drop(entry.expect("it was cut short")),
            Err(error) => break error,
        }
        given += 1;
    };
    assert!(error.to_string().contains("shut down"), "{error}");
    assert!((1024..ENTRIES).contains(&given), "{given}");
    assert!(block_on(std::pin::pin!(entries.next_entry())).unwrap().is_none());
}
