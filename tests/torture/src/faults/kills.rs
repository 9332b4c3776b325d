//! SIGKILL in the middle of writes: what was acknowledged is there.

use crate::child::{self, Role};
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{block_on, until};
use aiofile::{Aio, OpenOptions};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

pub const KILLS: Fault = Fault {
    name: "sigkill",
    what: "children killed in the middle of writes: every record that was Ok before is there, once, in order",
    needs: Needs::Nothing,
    limit: [90, 400],
    run: kills,
};

pub const ROLES: &[(&str, Role)] = &[("sigkill", writing_child)];

/// Ways to write a record, and to know that it is in the file.
const WAYS: [&str; 4] = ["file", "writer", "buffered", "positional"];

fn kills(run: &mut Run) {
    let mut acked = 0;
    for i in 0..run.times(60, 1000) {
        let way = WAYS[i as usize % WAYS.len()];
        let Some(killed) = kill_one(run, way) else {
            run.wrong(Wrong::Other, 1, || format!("{way}: it was not killed while it wrote"));
            continue;
        };
        run.injected(1);
        acked += killed.acked;
        run.wrong(Wrong::Lost, killed.missing, || format!("{way}: records that were Ok"));
        run.wrong(Wrong::Doubled, killed.wrong, || format!("{way}: records out of order or doubled"));
    }
    let (mut children, mut felt, mut missing) = (0, 0, 0);
    while run.goes_on(children, felt, run.times(20, 100)) {
        children += 1;
        let killed = kill_one(run, "async-fs").map_or(0, |killed| killed.missing);
        felt += u64::from(killed > 0);
        missing += killed;
    }
    let ours = format!("(ours: {acked} were Ok)");
    run.control(
        felt,
        format!("async-fs: {missing} Ok records missing, in {felt} of {children} kills {ours}"),
    );
}

struct Killed {
    /// Records that were Ok.
    acked: u64,
    missing: u64,
    wrong: u64,
}

/// A record tells its number, and is more than one byte can be torn out of.
fn record(number: u64) -> [u8; 16] {
    let mut record = [b'.'; 16];
    record[..8].copy_from_slice(&number.to_le_bytes());
    record
}

fn kill_one(run: &mut Run, way: &str) -> Option<Killed> {
    let dir = tempfile::tempdir_in(run.dir()).expect("a directory");
    let (path, acked) = (dir.path().join("records"), dir.path().join("acked"));
    let mut child = child::command("sigkill", &[way.as_ref(), path.as_os_str(), acked.as_os_str()]);
    let mut child = child.spawn().expect("a child");
    let count = || {
        let bytes = fs::read(&acked).ok()?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    };
    let began = until(Duration::from_secs(10), || count() > Some(0));
    std::thread::sleep(Duration::from_micros(run.random.below(8000) as u64));
    child.kill().expect("it is a child");
    let status = child.wait().expect("it is a child");
    if !began || status.signal() != Some(libc::SIGKILL) {
        return None;
    }
    let records = fs::read(&path).expect("it is there");
    let acked = count().expect("it began");
    let whole = records.chunks_exact(16);
    let right = whole.clone().zip(0..).take_while(|(bytes, number)| *bytes == record(*number)).count() as u64;
    // What comes after what was Ok may be there, and its last record may be torn; but nothing else may be.
    let wrong = whole.len() as u64 - right;
    Some(Killed {
        acked,
        missing: acked.saturating_sub(right),
        wrong: if way == "positional" { 0 } else { wrong },
    })
}

fn writing_child(arguments: &[String]) -> ExitCode {
    let [way, path, acked] = arguments else { panic!("way, path, acked") };
    let acked = File::create(acked).expect("a file");
    // Into the page cache, which a killed process leaves behind.
    let ack = |number: u64| acked.write_all_at(&number.to_le_bytes(), 0).expect("a write");
    block_on(write_for_ever(way, Path::new(path), ack));
    ExitCode::FAILURE
}

async fn write_for_ever(way: &str, path: &Path, ack: impl Fn(u64)) {
    let open = || OpenOptions::new().write(true).create(true).open(path);
    match way {
        "file" => {
            let file = open().await.expect("a file");
            for number in 0.. {
                file.write_all(record(number)).await.expect("a write");
                ack(number + 1);
            }
        }
        "writer" => {
            let mut writer = open().await.expect("a file").writer();
            for number in 0.. {
                writer.write_all(&record(number)).await.expect("room");
                if number % 10 == 9 {
                    writer.flush().await.expect("a flush");
                    ack(number + 1);
                }
            }
        }
        "buffered" => {
            let buffered = Aio::new(BufWriter::new(File::create(path).expect("a file")));
            for number in 0.. {
                buffered.call(Write::write_all, (record(number),)).await.expect("a write");
                if number % 10 == 9 {
                    buffered.flush().await.expect("a flush");
                    ack(number + 1);
                }
            }
        }
        "positional" => {
            let file = open().await.expect("a file");
            for number in (0_u64..).step_by(4) {
                let writes = [0, 1, 2, 3].map(|i| file.write_all_at(record(number + i), (number + i) * 16));
                for write in writes {
                    write.await.expect("a write");
                }
                ack(number + 4);
            }
        }
        _ => {
            use futures_lite::AsyncWriteExt;
            let mut file = async_fs::File::create(path).await.expect("a file");
            for number in 0.. {
                file.write_all(&record(number)).await.expect("a write");
                ack(number + 1);
            }
        }
    }
}
