//! Power cuts: ext4 is told to forget what is not on the disk. What was synced is there afterwards.

use crate::disk::{Disk, mount_tmpfs, unmount};
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::block_on;
use crate::sys;
use aiofile::{File, OpenOptions, fs};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub const POWER: Fault = Fault {
    name: "power-cut",
    what: "ext4 cut off (EXT4_IOC_SHUTDOWN) in the middle of writes: everything synced is there, write_atomic old or new",
    needs: Needs::Disk,
    limit: [120, 500],
    run: power,
};

fn power(run: &mut Run) {
    // In memory, where a sync is quick, so that many fall into the time before a cut.
    let below = run.dir().join("below");
    mount_tmpfs(&below, 128 << 20);
    let disk = Disk::new(&below, 64 << 20);
    let (mut synced, mut lost, mut felt) = (0, 0, 0);
    for _ in 0..run.times(60, 1000) {
        let cut = one_cut(run, &disk);
        // A cut before anything was synced proves nothing.
        run.injected(u64::from(cut.synced > 0));
        synced += cut.synced;
        lost += cut.lost;
        felt += u64::from(cut.lost > 0);
    }
    drop(disk);
    unmount(&below);
    let ours = format!("(ours: {synced} synced)");
    run.control(
        felt,
        format!("std without sync: {lost} records whose write was Ok lost, in {felt} cuts {ours}"),
    );
}

/// Writers of one cut, and how far each had said that it was before the cut.
struct Writing {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Writing {
    /// `write` makes the record of this number, and says whether it is safe; until the first error, which is the cut.
    fn spawn(&mut self, mut write: impl FnMut(u64) -> bool + Send + 'static) -> Arc<AtomicU64> {
        let safe = Arc::new(AtomicU64::new(0));
        let (stop, said) = (self.stop.clone(), safe.clone());
        self.threads.push(thread::spawn(move || {
            for number in 0.. {
                if stop.load(Ordering::SeqCst) || !write(number) {
                    return;
                }
                said.store(number + 1, Ordering::SeqCst);
            }
        }));
        safe
    }
}

const RECORD: usize = 64;

fn record(number: u64) -> [u8; RECORD] {
    let mut record = [b'.'; RECORD];
    record[..8].copy_from_slice(&number.to_le_bytes());
    record[RECORD - 1] = b'\n';
    record
}

fn whole(number: u64) -> Vec<u8> {
    format!("{number}\n").into_bytes().repeat(200)
}

#[derive(Default)]
struct Cut {
    /// Records of ours that were said to be safe.
    synced: u64,
    /// Records that the control had written, and lost.
    lost: u64,
}

fn one_cut(run: &mut Run, disk: &Disk) -> Cut {
    let dir = disk.path();
    let open = |name: &str| -> File {
        let mut options = OpenOptions::new();
        block_on(options.write(true).create(true).truncate(true).open(dir.join(name))).expect("a file")
    };
    let (data, all, writer) = (open("data"), open("all"), open("writer"));
    block_on(fs::write_atomic(dir.join("atomic"), whole(0))).expect("a file");
    // So that their names are on the disk.
    for file in [&data, &all, &writer] {
        block_on(file.sync_all()).expect("a sync");
    }
    std::fs::File::open(dir).and_then(|dir| dir.sync_all()).expect("a sync");
    let mut control = std::fs::File::create(dir.join("control")).expect("a file");

    let mut writing = Writing { stop: Arc::default(), threads: Vec::new() };
    let safe_data = writing.spawn(move |number| {
        block_on(data.write_all(record(number))).is_ok() && block_on(data.sync_data()).is_ok()
    });
    let safe_all = writing.spawn(move |number| {
        block_on(all.write_all_at(record(number), number * RECORD as u64)).is_ok()
            && block_on(all.sync_all()).is_ok()
    });
    let mut writer = writer.writer();
    let safe_writer = writing.spawn(move |number| {
        block_on(async {
            writer.write_all(&record(number)).await?;
            writer.sync().await
        })
        .is_ok()
    });
    let atomic = dir.join("atomic");
    let safe_atomic = writing.spawn(move |number| block_on(fs::write_atomic(&atomic, whole(number))).is_ok());
    let written = writing.spawn(move |number| {
        thread::sleep(Duration::from_micros(50));
        control.write_all(&record(number)).is_ok()
    });

    thread::sleep(Duration::from_micros(2000 + run.random.below(15_000) as u64));
    // Before the cut: a sync that is on its way may come back Ok during it.
    let safe = [&safe_data, &safe_all, &safe_writer].map(|safe| safe.load(Ordering::SeqCst));
    let (safe_atomic, written) = (safe_atomic.load(Ordering::SeqCst), written.load(Ordering::SeqCst));
    sys::cut_power(dir).expect("it shuts down");
    writing.stop.store(true, Ordering::SeqCst);
    writing.threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    // The files are closed on the pool.
    disk.unmount();
    disk.mount();

    for (name, safe) in ["data", "all", "writer"].into_iter().zip(safe) {
        let (right, wrong) = records(&dir.join(name));
        run.wrong(Wrong::Lost, safe.saturating_sub(right), || format!("{name}: synced records"));
        run.wrong(Wrong::Doubled, u64::from(wrong && name != "all"), || format!("{name}: is no beginning"));
    }
    let atomic = std::fs::read(dir.join("atomic")).expect("it is there");
    let number = String::from_utf8_lossy(&atomic).lines().next().and_then(|line| line.parse().ok());
    let Some(number) = number.filter(|number| atomic == whole(*number)) else {
        run.wrong(Wrong::Lost, 1, || "write_atomic: neither old nor new".into());
        return Cut::default();
    };
    run.wrong(Wrong::Lost, u64::from(number + 1 < safe_atomic), || {
        format!("write_atomic: {number} is there, {safe_atomic} were Ok")
    });
    let synced = safe.iter().sum::<u64>() + safe_atomic;
    Cut { synced, lost: written.saturating_sub(records(&dir.join("control")).0) }
}

/// How many records there are from the start, and whether something else follows them.
fn records(path: &Path) -> (u64, bool) {
    let bytes = std::fs::read(path).unwrap_or_default(); // its name may be lost
    let right =
        bytes.chunks_exact(RECORD).zip(0..).take_while(|(bytes, number)| *bytes == record(*number)).count();
    // A block that was allocated and not written is zeros; a torn record is the beginning of the next.
    let rest = &bytes[right * RECORD..];
    let torn = rest.len() < RECORD && record(right as u64).starts_with(rest);
    (right as u64, !torn && rest.iter().any(|byte| *byte != 0))
}
