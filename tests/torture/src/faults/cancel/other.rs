//! Cancelled opens, locks, temporary files and whole-file functions: nothing leaks, and what was made is done.

use super::{Cutter, on_all_pools};
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{Supplies, block_on, until};
use crate::sys::Holdings;
use aiofile::{OpenOptions, Pool, fs, temp};
use std::path::Path;
use std::time::Duration;

pub const OTHER: Fault = Fault {
    name: "cancel-other",
    what: "opens, locks, syncs, renames, listings, temporary files, write_atomic dropped after k polls",
    needs: Needs::Nothing,
    limit: [90, 400],
    run: other,
};

const LONG: Duration = Duration::from_secs(10);

fn other(run: &mut Run) {
    let dir = run.dir().to_owned();
    std::fs::create_dir(dir.join("temp")).expect("a directory");
    on_all_pools(run, run.times(2_500, 50_000), |run, pool, cutter| {
        let before = Holdings::now();
        for i in 0..60 {
            whole_files(run, cutter, &dir, i);
        }
        opens_and_temps(cutter, pool, &dir);
        locks(run, cutter, pool, &dir);
        let settled = until(LONG, || Holdings::now().descriptors() <= before.descriptors());
        run.check(settled, Wrong::Other, || format!("descriptors: {:?}", before.left_over(Duration::ZERO)));
        let left = || std::fs::read_dir(dir.join("temp")).expect("a directory").count();
        let removed = until(LONG, || left() == 0);
        run.wrong(Wrong::Other, u64::from(!removed), || format!("{} temporary files left", left()));
        let parts = || {
            let names = std::fs::read_dir(&dir).expect("a directory").flatten();
            names.filter(|entry| entry.file_name().display().to_string().ends_with(".tmp")).count()
        };
        run.check(until(LONG, || parts() == 0), Wrong::Other, || "parts of write_atomic left".into());
    });
    control_lock(run);
}

/// A function that was called has its effect, whoever waits for it.
fn whole_files(run: &mut Run, cutter: &mut Cutter, dir: &Path, i: usize) {
    let (one, two) = (dir.join(format!("one {}", i % 7)), dir.join(format!("two {}", i % 7)));
    let content = cutter.random.bytes(100);
    let arrived = |path: &Path| std::fs::read(path).is_ok_and(|bytes| bytes == content);
    let op = cutter.random.below(5);
    let there = match op {
        0 => {
            drop(cutter.cut(fs::write(&one, &content)));
            until(LONG, || arrived(&one))
        }
        1 => {
            drop(cutter.cut(fs::write_atomic(&one, &content)));
            until(LONG, || arrived(&one))
        }
        2 => {
            std::fs::write(&one, &content).expect("a file");
            drop(cutter.cut(fs::rename(&one, &two)));
            until(LONG, || arrived(&two) && !one.exists())
        }
        3 => {
            std::fs::write(&one, &content).expect("a file");
            drop(cutter.cut(fs::copy(&one, &two)));
            until(LONG, || arrived(&two))
        }
        _ => {
            std::fs::write(&two, &content).expect("a file");
            drop(cutter.cut(fs::remove_file(&two)));
            until(LONG, || !two.exists())
        }
    };
    run.check(there, Wrong::Lost, || format!("the effect of whole-file operation {op}"));
}

/// What nobody waited for is closed, and removed.
fn opens_and_temps(cutter: &mut Cutter, pool: &Pool, dir: &Path) {
    let path = dir.join("opened");
    std::fs::write(&path, "content").expect("a file");
    for _ in 0..10 {
        drop(cutter.cut(OpenOptions::new().read(true).pool(pool).open(&path)));
        drop(cutter.cut(temp::tempfile_in(dir)));
        drop(cutter.cut(temp::NamedTempFile::new_in(dir.join("temp"))));
        drop(cutter.cut(temp::TempDir::new_in(dir.join("temp"))));
        if let Some(Ok(mut entries)) = cutter.cut(fs::read_dir(dir)) {
            drop(cutter.cut(entries.next_entry()));
        }
        let file =
            block_on(OpenOptions::new().read(true).write(true).pool(pool).open(&path)).expect("it is there");
        drop(cutter.cut(file.try_clone()));
        drop(cutter.cut(file.set_len(5)));
        drop(cutter.cut(file.sync_data()));
        drop(cutter.cut(file.into_std()));
        let named = block_on(temp::NamedTempFile::new_in(dir.join("temp"))).expect("a file");
        match cutter.random.below(3) {
            0 => drop(cutter.cut(named.close())),
            1 => drop(cutter.cut(named.persist(dir.join("persisted")))),
            _ => drop(cutter.cut(named.reopen())),
        }
    }
}

/// A lock that was given up is not leaked, whenever it comes.
fn locks(run: &mut Run, cutter: &mut Cutter, pool: &Pool, dir: &Path) {
    let path = dir.join("locked");
    let open = || {
        let mut options = OpenOptions::new();
        block_on(options.write(true).create(true).truncate(false).pool(pool).open(&path)).expect("a file")
    };
    let (holder, file, other) = (open(), open(), open());
    for _ in 0..10 {
        block_on(holder.lock()).expect("a lock");
        let cut = match cutter.random.below(2) {
            0 => cutter.cut(file.lock()),
            _ => cutter.cut(file.lock_shared()),
        };
        run.check(cut.is_none(), Wrong::Other, || "a lock that another one holds was given".into());
        block_on(holder.unlock()).expect("it holds it");
        let free = until(LONG, || block_on(other.try_lock()).is_ok());
        run.check(free, Wrong::Hung, || "a lock that was given up is held".into());
        block_on(other.unlock()).expect("it holds it");
    }
}

/// flock(2) on a blocking thread, given up: how often it is held by nobody, for as long as the file is open.
fn control_lock(run: &mut Run) {
    const LOCKS: u64 = 20;
    let path = run.dir().join("naive");
    let open =
        || std::fs::File::options().write(true).create(true).truncate(false).open(&path).expect("a file");
    let supplies = Supplies::new();
    let mut leaked = 0;
    for _ in 0..LOCKS {
        let (holder, file, other) = (open(), std::sync::Arc::new(open()), open());
        holder.lock().expect("a lock");
        let naive = file.clone();
        supplies.block_on(async {
            let lock = tokio::task::spawn_blocking(move || naive.lock());
            let _ = tokio::time::timeout(Duration::from_millis(5), lock).await;
        });
        holder.unlock().expect("it holds it");
        leaked += u64::from(!until(Duration::from_millis(50), || {
            std::thread::sleep(Duration::from_millis(2));
            other.try_lock().is_ok()
        }));
    }
    run.control(leaked, format!("flock in spawn_blocking, given up: held by nobody {leaked} of {LOCKS}"));
}
