//! Real files, below which calls of the C library fail: each error comes with its number, a failed sync stays failed,
//! and a close says how it went.

use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{Supplies, block_on, poll, until};
use crate::sys::{Call, Injection, SHORT};
use aiofile::{AsyncFile, Error, File, OpenOptions, Pool};
use std::io::{IoSliceMut, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::Duration;

pub const METHODS: Fault = Fault {
    name: "interposed-methods",
    what: "read, write, fsync, ftruncate, ... fail below every method of a File: errno, operation and path are told",
    needs: Needs::Nothing,
    limit: [60, 240],
    run: methods,
};

pub const LATCH: Fault = Fault {
    name: "sync-latch",
    what: "an fsync fails once, also cancelled, also on a clone: every later sync fails, of every handle",
    needs: Needs::Nothing,
    limit: [60, 240],
    run: latch,
};

pub const CLOSE: Fault = Fault {
    name: "close-errors",
    what: "close(2) fails: File, Writer and AsyncFile tell it, and close once",
    needs: Needs::Nothing,
    limit: [60, 240],
    run: close,
};

const ERRNOS: [i32; 5] = [libc::EIO, libc::ENOSPC, libc::EDQUOT, libc::EWOULDBLOCK, libc::EINTR];

/// A method, the call of the C library below it, and whether std makes an interrupted call again.
type Method = (&'static str, Call, bool, fn(&File) -> Result<(), Error>);

const METHODS_OF_A_FILE: [Method; 19] = [
    ("read", Call::Read, false, |file| block_on(file.read(&mut [0; 9])).map(drop)),
    ("read_exact", Call::Read, true, |file| block_on(file.read_exact(&mut [0; 9]))),
    ("read_to_end", Call::Read, true, |file| block_on(file.read_to_end(&mut Vec::new())).map(drop)),
    ("read_to_string", Call::Read, true, |file| block_on(file.read_to_string(&mut String::new())).map(drop)),
    ("read_vectored", Call::ReadVectored, false, |file| {
        block_on(file.read_vectored(&mut [IoSliceMut::new(&mut [0; 9])])).map(drop)
    }),
    ("read_at", Call::ReadAt, false, |file| block_on(file.read_at(&mut [0; 9], 3)).map(drop)),
    ("read_exact_at", Call::ReadAt, true, |file| block_on(file.read_exact_at(&mut [0; 9], 3))),
    ("write", Call::Write, false, |file| block_on(file.write("123456789")).map(drop)),
    ("write_all", Call::Write, true, |file| block_on(file.write_all("123456789"))),
    ("write_fmt", Call::Write, true, |file| block_on(async { write!(file, "{}", 123456789).await })),
    ("write_vectored", Call::WriteVectored, false, |file| {
        block_on(file.write_vectored(["12345", "6789"])).map(drop)
    }),
    ("write_at", Call::WriteAt, false, |file| block_on(file.write_at("123456789", 3)).map(drop)),
    ("write_all_at", Call::WriteAt, true, |file| block_on(file.write_all_at("123456789", 3))),
    ("seek", Call::Seek, false, |file| block_on(file.seek(SeekFrom::Start(5))).map(drop)),
    ("stream_position", Call::Seek, false, |file| block_on(file.stream_position()).map(drop)),
    ("set_len", Call::SetLen, true, |file| block_on(file.set_len(50))),
    ("set_permissions", Call::Chmod, true, |file| {
        let permissions = file.as_std().expect("it is open").metadata().expect("metadata").permissions();
        block_on(file.set_permissions(permissions))
    }),
    ("try_lock", Call::Lock, false, |file| block_on(file.try_lock())),
    ("unlock", Call::Lock, false, |file| block_on(file.unlock())),
];

fn open(pool: &Pool, path: &Path) -> File {
    let mut options = OpenOptions::new();
    block_on(options.read(true).write(true).create(true).truncate(true).pool(pool).open(path))
        .expect("a file")
}

/// The descriptor of a file; it stays good while the file is open.
fn descriptor(file: &File) -> impl AsRawFd + use<> {
    file.as_std().expect("it is open").as_raw_fd()
}

fn methods(run: &mut Run) {
    let supplies = Supplies::new();
    let path = run.dir().join("file");
    let mut std_felt = 0;
    for _ in 0..run.times(10, 60) {
        // What is done at once asks the kernel itself, not the C library.
        for pool in supplies.pools().map(|pool| pool.inline(false)) {
            for (name, call, retries, method) in METHODS_OF_A_FILE {
                for errno in ERRNOS {
                    let file = open(&pool, &path);
                    block_on(async {
                        file.write_all("0123456789abcdefghij").await?;
                        file.rewind().await
                    })
                    .expect("nothing fails yet");
                    let injection = Injection::new(&descriptor(&file), call, errno, 1, 1);
                    let result = method(&file);
                    let hits = injection.hits();
                    drop(injection);
                    run.injected(hits);
                    run.check(hits == 1, Wrong::Other, || format!("{name} makes no {call:?}"));
                    let wants_ok = retries && errno == libc::EINTR;
                    match result {
                        Ok(()) => run.check(wants_ok, Wrong::Silent, || format!("{name}, errno {errno}")),
                        Err(error) => {
                            let whole = error.raw_os_error() == Some(errno)
                                && error.path() == Some(path.as_path())
                                && error.to_string().starts_with(error.operation().as_str());
                            // try_lock says that somebody has it by a kind of its own.
                            let busy = name == "try_lock" && error.kind() == std::io::ErrorKind::WouldBlock;
                            run.check((whole || busy) && !wants_ok, Wrong::Other, || {
                                format!("{name}, errno {errno}: {error:?}")
                            });
                        }
                    }
                    // The handle goes on.
                    block_on(file.write_all("x")).expect("nothing fails any more");
                    short_counts(run, &file, call, name, method);
                }
            }
        }
        std_felt += std_feels(&path);
    }
    run.control(std_felt, format!("std: {std_felt} errors of its own calls"));
}

/// A write or read of one byte, where all of them are asked for.
fn short_counts(run: &mut Run, file: &File, call: Call, name: &str, method: fn(&File) -> Result<(), Error>) {
    if !matches!(call, Call::Read | Call::Write | Call::ReadAt | Call::WriteAt) {
        return;
    }
    block_on(file.rewind()).expect("a rewind");
    let injection = Injection::new(&descriptor(file), call, SHORT, 1, 3);
    let result = method(file);
    run.injected(injection.hits());
    drop(injection);
    run.check(result.is_ok(), Wrong::Other, || format!("{name}, short: {result:?}"));
    if name == "write_all" {
        let written = std::fs::read(file.path().expect("it has one")).expect("it is there");
        run.check_bytes(&written[..9], b"123456789", || "write_all in short writes".into());
    }
}

fn std_feels(path: &Path) -> u64 {
    let mut file = std::fs::File::create(path).expect("a file");
    ERRNOS
        .into_iter()
        .filter(|errno| {
            let injection = Injection::new(&file, Call::Write, *errno, 1, 1);
            let error = file.write(b"x").err().and_then(|error| error.raw_os_error());
            injection.hits() == 1 && error == Some(*errno)
        })
        .count() as u64
}

/// Ways in which the first sync of a file, the one that fails, comes about.
const FIRST: [&str; 8] =
    ["awaited", "dropped", "polled once", "polled twice", "clone", "try_clone", "dyn", "Writer"];

fn latch(run: &mut Run) {
    let supplies = Supplies::new();
    let path = run.dir().join("file");
    let mut std_ok = 0;
    let rounds = run.times(200, 1000);
    for round in 0..rounds {
        let pool = &supplies.pools()[round as usize % 2];
        let first = FIRST[run.random.below(FIRST.len())];
        let data = run.random.one_in(2);
        let call = if data && first != "dyn" && first != "Writer" { Call::Fdatasync } else { Call::Fsync };
        let file = open(pool, &path);
        let other = block_on(file.try_clone()).expect("a descriptor");
        let by = if first == "try_clone" { &other } else { &file };
        let injection = Injection::new(&descriptor(by), call, libc::EIO, 1, 1);
        fail_once(run, by, first, data);
        let there = until(Duration::from_secs(5), || injection.hits() > 0);
        run.check(there, Wrong::Lost, || format!("{first}: the sync was not made"));
        run.injected(injection.hits());
        // Only one sync fails: the kernel answers Ok from now on.
        let later = block_on(async {
            let clone = file.clone();
            let boxed: Box<dyn AsyncFile> = Box::new(file.clone());
            let third = file.try_clone().await.expect("a descriptor");
            let mut writer = file.clone().writer();
            writer.write_all(b"more").await.expect("room");
            [
                file.sync_all().await,
                file.sync_data().await,
                clone.sync_all().await,
                other.sync_all().await,
                other.sync_data().await,
                boxed.sync_all().await,
                third.sync_all().await,
                writer.sync().await,
            ]
        });
        drop(injection);
        for (i, result) in later.into_iter().enumerate() {
            match result {
                Ok(()) => run.wrong(Wrong::Silent, 1, || format!("{first}: later sync {i} is Ok")),
                Err(error) => {
                    run.check(error.raw_os_error() == Some(libc::EIO), Wrong::Other, || format!("{error:?}"))
                }
            }
        }

        let std = std::fs::File::create(&path).expect("a file");
        let injection = Injection::new(&std, Call::Fsync, libc::EIO, 1, 1);
        std_ok += u64::from(std.sync_all().is_err() && std.sync_all().is_ok());
        drop(injection);
    }
    run.control(std_ok, format!("std: the second sync is Ok {std_ok} of {rounds}"));
}

/// The sync that fails.
fn fail_once(run: &mut Run, file: &File, first: &str, data: bool) {
    let mut sync = match first {
        "dyn" => {
            let boxed: Box<dyn AsyncFile> = Box::new(file.clone());
            let result = block_on(boxed.sync_all());
            return run.check(result.is_err(), Wrong::Silent, || "dyn".into());
        }
        "Writer" => {
            let result = block_on(file.clone().writer().sync());
            return run.check(result.is_err(), Wrong::Silent, || "Writer".into());
        }
        "clone" if data => file.clone().sync_data(),
        "clone" => file.clone().sync_all(),
        _ if data => file.sync_data(),
        _ => file.sync_all(),
    };
    match first {
        "dropped" => drop(sync),
        "polled once" => drop(poll(&mut sync).is_pending()),
        "polled twice" => {
            if poll(&mut sync).is_pending() {
                let _ = poll(&mut sync);
            }
        }
        _ => {
            let result = block_on(sync);
            run.check(result.is_err(), Wrong::Silent, || first.into());
        }
    }
}

fn close(run: &mut Run) {
    let supplies = Supplies::new();
    let path = run.dir().join("file");
    let mut std_silent = 0;
    let rounds = run.times(200, 1000);
    for round in 0..rounds {
        let pool = &supplies.pools()[round as usize % 2];
        let errno = [libc::EIO, libc::ENOSPC, libc::EDQUOT, libc::EINTR][run.random.below(4)];
        let file = open(pool, &path);
        let injection = Injection::new(&descriptor(&file), Call::Close, errno, 1, 1);
        let way = run.random.below(4);
        let result = block_on(async {
            match way {
                0 => file.close().await,
                1 => {
                    drop(file.write_all("queued before"));
                    file.clone().close().await
                }
                2 => {
                    let mut writer = file.writer();
                    writer.write_all(b"accepted").await?;
                    writer.close().await
                }
                _ => {
                    let boxed: Box<dyn AsyncFile> = Box::new(file);
                    boxed.close().await
                }
            }
        });
        run.injected(injection.hits());
        run.check(injection.calls() == 1, Wrong::Other, || format!("closed {} times", injection.calls()));
        drop(injection);
        match result {
            Ok(()) => run.wrong(Wrong::Silent, 1, || format!("way {way}, errno {errno}")),
            Err(error) => {
                let whole = error.raw_os_error() == Some(errno) && error.path() == Some(path.as_path());
                run.check(whole, Wrong::Other, || format!("way {way}, errno {errno}: {error:?}"));
            }
        }

        let std = std::fs::File::create(&path).expect("a file");
        let injection = Injection::new(&std, Call::Close, errno, 1, 1);
        drop(std);
        std_silent += injection.hits();
    }
    run.control(std_silent, format!("std: the error of the close is dropped {std_silent} of {rounds}"));
}
