//! Real syncs that fail: ext4, in a sparse image on a tmpfs without room. Writes are `Ok`, the sync is not, and after
//! that std's is.

use crate::disk::{Disk, mount_tmpfs, unmount};
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{block_on, poll};
use aiofile::File;
use std::io::Write;
use std::path::Path;

pub const SYNCS: Fault = Fault {
    name: "failing-fsync",
    what: "a disk that fails below ext4: the failed sync stays failed, also cancelled, also for clones",
    needs: Needs::Disk,
    limit: [90, 300],
    run: syncs,
};

/// What is written, and what the disk under it has room for.
const BYTES: usize = 12 << 20;
const ROOM: u64 = 8 << 20;

fn syncs(run: &mut Run) {
    for round in 0..run.times(6, 60) {
        on_failing_disk(run, |run, dir| ours(run, dir, round % 2 == 1));
    }
    let mut lied = 0;
    let rounds = run.times(3, 10);
    for _ in 0..rounds {
        on_failing_disk(run, |_, dir| {
            let mut file = std::fs::File::create(dir.join("std")).expect("a file");
            file.write_all(&vec![1; BYTES]).expect("the cache takes it");
            let failed = file.sync_all().is_err();
            lied += u64::from(failed && (0..3).any(|_| file.sync_all().is_ok()));
        });
    }
    run.control(lied, format!("std: a later sync is Ok, the data lost {lied} of {rounds}"));
}

fn on_failing_disk(run: &mut Run, f: impl FnOnce(&mut Run, &Path)) {
    let below = run.dir().join("below");
    mount_tmpfs(&below, ROOM);
    let disk = Disk::new(&below, 64 << 20);
    f(run, disk.path());
    drop(disk);
    unmount(&below);
}

fn ours(run: &mut Run, dir: &Path, cancelled: bool) {
    let file = block_on(File::create(dir.join("ours"))).expect("a file");
    let clone = block_on(file.try_clone()).expect("a descriptor");
    block_on(file.write_all(vec![1; BYTES])).expect("the cache takes it");
    let mut first = file.sync_all();
    if cancelled {
        let _ = poll(&mut first);
        drop(first);
        block_on(file.with(|_| ())); // it has been, by now
    } else {
        run.check(block_on(first).is_err(), Wrong::Silent, || "the first sync".into());
    }
    run.injected(1);
    for i in 0..4 {
        let results =
            [block_on(file.sync_all()), block_on(clone.sync_all()), block_on(file.clone().sync_data())];
        for result in results {
            run.check(result.is_err(), Wrong::Silent, || {
                format!("sync {i} after a failed one, cancelled: {cancelled}")
            });
        }
    }
    let mut writer = file.writer();
    let synced = block_on(writer.sync());
    run.check(synced.is_err(), Wrong::Silent, || "Writer::sync after a failed one".into());
    let _ = block_on(writer.close());
}
