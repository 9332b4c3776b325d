//! Places that run full: a limit of the file size, a full file system, /dev/full. Each error is told with its number, what
//! is written is the beginning of what was accepted, and with room again it is resumed there.

use crate::disk::{mount_tmpfs, unmount};
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{Supplies, block_on};
use crate::sys;
use aiofile::{Aio, Error, OpenOptions, Pool, fs};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

pub const FSIZE: Fault = Fault {
    name: "rlimit-fsize",
    what: "writes beyond RLIMIT_FSIZE: EFBIG after a short write",
    needs: Needs::Nothing,
    limit: [60, 240],
    run: fsize,
};

pub const TMPFS: Fault = Fault {
    name: "full-tmpfs",
    what: "writes to a file system without room: ENOSPC after a short write",
    needs: Needs::Root,
    limit: [60, 240],
    run: tmpfs,
};

pub const DEV_FULL: Fault = Fault {
    name: "dev-full",
    what: "writes to /dev/full: ENOSPC at once, for ever",
    needs: Needs::Nothing,
    limit: [60, 240],
    run: dev_full,
};

/// A place for files, that has less room than they want.
struct Place<'p> {
    dir: PathBuf,
    errno: i32,
    /// Has so many bytes left in all.
    leave: &'p dyn Fn(u64),
    /// There is room for everything.
    give_room: &'p dyn Fn(),
}

fn fsize(run: &mut Run) {
    sys::ignore_sigxfsz();
    let (soft, hard) = getrlimit(Resource::RLIMIT_FSIZE).expect("limits");
    let limit = |bytes| setrlimit(Resource::RLIMIT_FSIZE, bytes, hard).expect("a soft limit");
    let give_room = || limit(soft);
    let dir = run.dir().to_owned();
    fill(run, &Place { dir, errno: libc::EFBIG, leave: &limit, give_room: &give_room });
}

fn tmpfs(run: &mut Run) {
    const SIZE: u64 = 2 << 20;
    let dir = run.dir().join("tmpfs");
    mount_tmpfs(&dir, SIZE);
    let ballast = dir.join("ballast");
    let leave = |bytes| {
        let _ = std::fs::remove_file(&ballast);
        let free = nix::sys::statvfs::statvfs(&dir).expect("it is mounted");
        let free = free.blocks_free() * free.fragment_size();
        std::fs::write(&ballast, vec![0; free.saturating_sub(bytes) as usize]).expect("room");
    };
    let give_room = || drop(std::fs::remove_file(&ballast));
    fill(run, &Place { dir: dir.clone(), errno: libc::ENOSPC, leave: &leave, give_room: &give_room });
    unmount(&dir);
}

fn fill(run: &mut Run, place: &Place<'_>) {
    let supplies = Supplies::new();
    let content = run.random.bytes(200 << 10);
    for round in 0..run.times(60, 1000) {
        let pool = &supplies.pools()[round as usize % 2];
        let path = place.dir.join("file");
        match run.random.below(4) {
            0 => by_writer(run, place, pool, &path, &content),
            1 => by_file(run, place, pool, &path, &content),
            2 => by_buffer(run, place, pool, &path, &content),
            _ => whole(run, place, &path, &content),
        }
        (place.give_room)();
        let _ = std::fs::remove_file(&path);
    }
    let (mut felt, rounds) = (0, run.times(20, 100));
    let path = place.dir.join("tokio");
    for _ in 0..rounds {
        std::fs::write(&path, "").expect("a file");
        (place.leave)(8 << 10);
        let ok = supplies.block_on(async {
            use tokio::io::AsyncWriteExt;
            let mut file = tokio::fs::File::create(&path).await?;
            file.write_all(&content).await?;
            file.sync_all().await
        });
        (place.give_room)();
        let short = std::fs::metadata(&path).expect("it is there").len() < content.len() as u64;
        felt += u64::from(ok.is_ok() && short);
    }
    run.control(felt, format!("tokio: write_all and sync_all Ok, the file short {felt} of {rounds}"));
}

/// An error with this number, on this path.
fn told(run: &mut Run, result: &Result<(), Error>, errno: i32, path: Option<&Path>, what: &str) {
    match result {
        Ok(()) => run.wrong(Wrong::Silent, 1, || what.into()),
        Err(error) => {
            let right = error.raw_os_error() == Some(errno) && error.path() == path;
            run.check(right, Wrong::Other, || format!("{what}: {error:?}"));
        }
    }
    run.injected(1);
}

fn by_writer(run: &mut Run, place: &Place<'_>, pool: &Pool, path: &Path, content: &[u8]) {
    let options = OpenOptions::new().write(true).create(true).truncate(true).pool(pool).clone();
    let mut writer = block_on(options.open(path)).expect("a file").writer();
    (place.leave)(4096 * (1 + run.random.below(20) as u64));
    let mut accepted = 0;
    let result = block_on(async {
        while accepted < content.len() {
            let count = (1 + run.random.below(9000)).min(content.len() - accepted);
            let written = writer.write_all(&content[accepted..][..count]).await;
            accepted = writer.progress().accepted as usize;
            written?;
        }
        writer.flush().await
    });
    told(run, &result, place.errno, Some(path), "Writer");
    for _ in 0..2 {
        told(run, &block_on(writer.flush()), place.errno, Some(path), "Writer, flush again");
    }
    told(run, &block_on(writer.sync()), place.errno, Some(path), "Writer, sync");
    told(run, &block_on(writer.close()), place.errno, Some(path), "Writer, close");
    let written = std::fs::read(path).expect("it is there");
    run.check_bytes(&written, &content[..written.len()], || "the beginning of what was accepted".into());
    let says = writer.progress().written;
    run.check(says == written.len() as u64, Wrong::Silent, || format!("{says} of {} written", written.len()));
    (place.give_room)();
    block_on(async {
        writer.flush().await?;
        writer.close().await
    })
    .expect("there is room");
    let written = std::fs::read(path).expect("it is there");
    run.check_bytes(&written, &content[..accepted], || "resumed with room again".into());
}

fn by_file(run: &mut Run, place: &Place<'_>, pool: &Pool, path: &Path, content: &[u8]) {
    let options = OpenOptions::new().write(true).create(true).truncate(true).pool(pool).clone();
    let file = block_on(options.open(path)).expect("a file");
    (place.leave)(4096 * (1 + run.random.below(20) as u64));
    told(run, &block_on(file.write_all(content)), place.errno, Some(path), "write_all");
    told(run, &block_on(file.write_all_at(content, 0)), place.errno, Some(path), "write_all_at");
    let written = std::fs::read(path).expect("it is there");
    run.check_bytes(&written, &content[..written.len()], || "what was written before the error".into());
    (place.give_room)();
    block_on(async {
        file.rewind().await?;
        file.write_all(content).await?;
        file.close().await
    })
    .expect("there is room");
    run.check_bytes(&std::fs::read(path).expect("it is there"), content, || "with room again".into());
}

/// A buffer of std's under an `Aio`: std keeps the rest, and flushes it when it is told to.
fn by_buffer(run: &mut Run, place: &Place<'_>, pool: &Pool, path: &Path, content: &[u8]) {
    let buffered = Aio::on(pool, BufWriter::new(std::fs::File::create(path).expect("a file")));
    (place.leave)(4096);
    let result = block_on(async {
        for part in content[..20_000].chunks(500) {
            buffered.write_all(part).await?;
        }
        buffered.flush().await
    });
    told(run, &result, place.errno, None, "BufWriter");
    (place.give_room)();
    block_on(buffered.flush()).expect("there is room");
    // Dropped, it would be closed later, and what it took be free again after the next round has counted that.
    block_on(buffered.close());
    let written = std::fs::read(path).expect("it is there");
    run.check_bytes(&written, &content[..written.len()], || "BufWriter, flushed with room again".into());
}

/// Whole-file functions: an error, and what was there before where that is promised.
fn whole(run: &mut Run, place: &Place<'_>, path: &Path, content: &[u8]) {
    let (old, from) = (b"old content".to_vec(), run.dir().join("from"));
    std::fs::write(path, &old).expect("room");
    std::fs::write(&from, content).expect("room");
    let before = std::fs::read_dir(&place.dir).expect("a directory").count();
    (place.leave)(16 << 10);
    told(run, &block_on(fs::write_atomic(path, content)), place.errno, Some(path), "write_atomic");
    run.check_bytes(&std::fs::read(path).expect("it is there"), &old, || "after write_atomic".into());
    told(run, &block_on(fs::write(path, content)), place.errno, Some(path), "write");
    (place.give_room)();
    (place.leave)(16 << 10);
    let copied = block_on(fs::copy(&from, path)).map(drop);
    told(run, &copied, place.errno, Some(&from), "copy");
    (place.give_room)();
    let left = std::fs::read_dir(&place.dir).expect("a directory").count();
    run.check(left <= before + 1, Wrong::Other, || {
        format!("{left} files instead of {before}: parts are left")
    });
}

fn dev_full(run: &mut Run) {
    let supplies = Supplies::new();
    let path = Path::new("/dev/full");
    let mut silent = 0;
    let rounds = run.times(50, 1000);
    for round in 0..rounds {
        let pool = &supplies.pools()[round as usize % 2];
        let open = || block_on(OpenOptions::new().write(true).pool(pool).open(path)).expect("it is there");
        let file = open();
        told(run, &block_on(file.write_all("bytes")), libc::ENOSPC, Some(path), "write_all");
        told(run, &block_on(file.write("bytes")).map(drop), libc::ENOSPC, Some(path), "write");
        told(run, &block_on(file.write_all_at("bytes", 9)), libc::ENOSPC, Some(path), "write_all_at");
        let mut writer = open().writer();
        let accepted = block_on(writer.write_all(b"accepted"));
        run.check(accepted.is_ok(), Wrong::Other, || format!("{accepted:?}"));
        for what in ["flush", "flush again"] {
            told(run, &block_on(writer.flush()), libc::ENOSPC, Some(path), what);
        }
        run.check(writer.progress().written == 0, Wrong::Silent, || "bytes written to /dev/full".into());
        told(run, &block_on(fs::write(path, "bytes")), libc::ENOSPC, Some(path), "fs::write");

        silent += u64::from(supplies.block_on(async {
            use tokio::io::AsyncWriteExt;
            let mut file = tokio::fs::OpenOptions::new().write(true).open(path).await.expect("it is there");
            file.write_all(b"bytes").await.is_ok()
        }));
    }
    run.control(silent, format!("tokio: write_all is Ok {silent} of {rounds}"));
}
