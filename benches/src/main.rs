//! The same work by std, by this crate and by its peers, interleaved in one process:
//!
//! `cargo run --release --manifest-path benches/Cargo.toml -- all` (or the name of a case)
//!
//! Prints the median time of each contender, and its ratio to the first one, which is the base. Work that cannot
//! be optimised away, checked in each round.

use std::path::Path;
use std::time::{Duration, Instant};

const ROUNDS: usize = 9;

/// One way to do the work of a case; gives a number that has to be the same for all.
type Contender<'a> = (&'static str, Box<dyn FnMut() -> u64 + 'a>);

/// Makes its files in the directory, and compares.
type Case = fn(&Path, &tokio::runtime::Runtime);

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_else(|| "all".into());
    let dir = tempfile::tempdir().expect("a directory to work in");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    let cases: [(&str, Case); 5] = [
        ("read_dir", read_dir),
        ("no_op", no_op),
        ("burst", burst),
        ("small_writes", small_writes),
        ("lines", lines),
    ];
    let mut ran = 0;
    for (name, case) in cases {
        if wanted == name || wanted == "all" {
            case(dir.path(), &runtime);
            ran += 1;
        }
    }
    assert!(ran > 0, "no case {wanted:?}: there are {:?}", cases.map(|(name, _)| name));
}

/// Runs the contenders in turn, a round to warm up and then `ROUNDS`, and prints a table.
fn compare(case: &str, per_round: u32, mut contenders: Vec<Contender<'_>>) {
    let mut times = vec![Vec::new(); contenders.len()];
    let mut result = None;
    for round in 0..=ROUNDS {
        // The order changes with each round, so that nobody is always behind the same neighbour.
        for i in 0..contenders.len() {
            let i = (i + round) % contenders.len();
            let (name, work) = &mut contenders[i];
            let start = Instant::now();
            let this = work();
            let time = start.elapsed();
            assert_eq!(*result.get_or_insert(this), this, "{case}: {name} did other work");
            if round > 0 {
                times[i].push(time);
            }
        }
    }
    println!("\n{case}\n\n| contender | median | least | × base |\n|---|--:|--:|--:|");
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    let base = median(&mut times[0]);
    for ((name, _), times) in contenders.iter().zip(&mut times) {
        let median = median(times);
        let ratio = median.as_secs_f64() / base.as_secs_f64();
        println!("| {name} | {:.2?} | {:.2?} | {ratio:.2} |", median / per_round, times[0] / per_round);
    }
}

/// Lists 5,000 entries with their types.
fn read_dir(dir: &Path, runtime: &tokio::runtime::Runtime) {
    let dir = dir.join("listed");
    std::fs::create_dir(&dir).expect("a directory");
    for i in 0..5000 {
        std::fs::write(dir.join(format!("file {i}")), "").expect("a file");
    }
    let contenders: Vec<Contender<'_>> = vec![
        (
            "std",
            Box::new(|| {
                let entries = std::fs::read_dir(&dir).expect("list").flatten();
                entries
                    .filter(|entry| entry.file_type().is_ok_and(|t| t.is_file()) && entry.file_name() != "")
                    .count() as u64
            }),
        ),
        (
            "aiofile",
            Box::new(|| {
                pollster::block_on(async {
                    let mut entries = aiofile::fs::read_dir(&dir).await.expect("list");
                    let mut files = 0;
                    while let Some(entry) = entries.next_entry().await.expect("entry") {
                        files += u64::from(
                            entry.file_type().is_ok_and(|t| t.is_file()) && entry.file_name() != "",
                        );
                    }
                    files
                })
            }),
        ),
        (
            "tokio::fs",
            Box::new(|| {
                runtime.block_on(async {
                    let mut entries = tokio::fs::read_dir(&dir).await.expect("list");
                    let mut files = 0;
                    while let Some(entry) = entries.next_entry().await.expect("entry") {
                        files += u64::from(
                            entry.file_type().await.is_ok_and(|t| t.is_file()) && entry.file_name() != "",
                        );
                    }
                    files
                })
            }),
        ),
    ];
    compare("list 5,000 entries with their types", 1, contenders);
}

const CALLS: u32 = 20_000;

/// One awaited call after the other, that does nothing.
fn no_op(_: &Path, runtime: &tokio::runtime::Runtime) {
    let handle = aiofile::Aio::new(0_u64);
    let in_task = |handle: aiofile::Aio<u64>| async move {
        for _ in 0..CALLS {
            handle.with(|n| *n += 1).await;
        }
        u64::from(CALLS)
    };
    let contenders: Vec<Contender<'_>> = vec![
        (
            "spawn_blocking",
            Box::new(|| {
                runtime.block_on(async {
                    tokio::spawn(async {
                        for _ in 0..CALLS {
                            tokio::task::spawn_blocking(|| ()).await.expect("run");
                        }
                        u64::from(CALLS)
                    })
                    .await
                    .expect("task")
                })
            }),
        ),
        (
            "aiofile on tokio",
            Box::new(|| {
                runtime.block_on(async { tokio::spawn(in_task(handle.clone())).await.expect("task") })
            }),
        ),
        ("aiofile on pollster", Box::new(|| pollster::block_on(in_task(handle.clone())))),
    ];
    compare("awaited no-op call, one task", CALLS, contenders);
}

/// 128 tasks on one handle.
fn burst(_: &Path, runtime: &tokio::runtime::Runtime) {
    const TASKS: u32 = 128;
    let handle = aiofile::Aio::new(0_u64);
    let contenders: Vec<Contender<'_>> = vec![
        (
            "spawn_blocking",
            Box::new(|| {
                runtime.block_on(async {
                    let tasks: Vec<_> = (0..TASKS)
                        .map(|_| {
                            tokio::spawn(async {
                                for _ in 0..CALLS / TASKS {
                                    tokio::task::spawn_blocking(|| ()).await.expect("run");
                                }
                            })
                        })
                        .collect();
                    for task in tasks {
                        task.await.expect("task");
                    }
                    1
                })
            }),
        ),
        (
            "aiofile on tokio",
            Box::new(|| {
                runtime.block_on(async {
                    let tasks: Vec<_> = (0..TASKS)
                        .map(|_| {
                            let handle = handle.clone();
                            tokio::spawn(async move {
                                for _ in 0..CALLS / TASKS {
                                    handle.with(|n| *n += 1).await;
                                }
                            })
                        })
                        .collect();
                    for task in tasks {
                        task.await.expect("task");
                    }
                    1
                })
            }),
        ),
    ];
    compare("no-op call, 128 tasks on one handle", CALLS, contenders);
}

/// The size of the text: 64 MiB in lines of 100 bytes.
const LINES: u64 = (64 << 20) / 100;

fn line(i: u64) -> [u8; 100] {
    let mut line = [b'.'; 100];
    line[..8].copy_from_slice(&i.to_be_bytes().map(|byte| b'a' + byte % 26));
    line[99] = b'\n';
    line
}

/// Writes of 100 bytes, 64 MiB in all, into a file that is there.
fn small_writes(dir: &Path, runtime: &tokio::runtime::Runtime) {
    use std::io::Write;
    let path = dir.join("written");
    let contenders: Vec<Contender<'_>> = vec![
        (
            "std BufWriter 8 KiB",
            Box::new(|| {
                let mut out = std::io::BufWriter::new(std::fs::File::create(&path).expect("file"));
                for i in 0..LINES {
                    out.write_all(&line(i)).expect("write");
                }
                out.into_inner().expect("flush").metadata().expect("metadata").len()
            }),
        ),
        (
            "aiofile Writer",
            Box::new(|| {
                pollster::block_on(async {
                    let mut out = aiofile::File::create(&path).await.expect("file").writer();
                    for i in 0..LINES {
                        out.write_all(&line(i)).await.expect("write");
                    }
                    let file = out.into_inner().await.expect("flush");
                    file.metadata().await.expect("metadata").len()
                })
            }),
        ),
        (
            "tokio BufWriter 64 KiB",
            Box::new(|| {
                use tokio::io::AsyncWriteExt;
                runtime.block_on(async {
                    let file = tokio::fs::File::create(&path).await.expect("file");
                    let mut out = tokio::io::BufWriter::with_capacity(64 << 10, file);
                    for i in 0..LINES {
                        out.write_all(&line(i)).await.expect("write");
                    }
                    out.flush().await.expect("flush");
                    out.into_inner().metadata().await.expect("metadata").len()
                })
            }),
        ),
    ];
    compare("100-byte writes, 64 MiB (time per write)", LINES as u32, contenders);
}

/// Lines of 100 bytes, 64 MiB in all, from the page cache.
fn lines(dir: &Path, runtime: &tokio::runtime::Runtime) {
    use std::io::BufRead;
    let path = dir.join("lines");
    std::fs::write(&path, (0..LINES).flat_map(line).collect::<Vec<u8>>()).expect("text");
    let sum = |sum: u64, line: &str| {
        sum.wrapping_mul(31).wrapping_add(line.len() as u64 + u64::from(line.as_bytes()[7]))
    };
    let contenders: Vec<Contender<'_>> = vec![
        (
            "std BufReader 8 KiB",
            Box::new(|| {
                let file = std::io::BufReader::new(std::fs::File::open(&path).expect("file"));
                file.lines().fold(0, |all, line| sum(all, &line.expect("line")))
            }),
        ),
        (
            "aiofile Reader",
            Box::new(|| {
                pollster::block_on(async {
                    let mut lines = aiofile::File::open(&path).await.expect("file").reader().lines();
                    let mut all = 0;
                    while let Some(line) = lines.next_line().await.expect("line") {
                        all = sum(all, &line);
                    }
                    all
                })
            }),
        ),
        (
            "tokio BufReader 64 KiB",
            Box::new(|| {
                use tokio::io::AsyncBufReadExt;
                runtime.block_on(async {
                    let file = tokio::fs::File::open(&path).await.expect("file");
                    let mut lines = tokio::io::BufReader::with_capacity(64 << 10, file).lines();
                    let mut all = 0;
                    while let Some(line) = lines.next_line().await.expect("line") {
                        all = sum(all, &line);
                    }
                    all
                })
            }),
        ),
    ];
    compare("lines of 100 bytes, 64 MiB (time per line)", LINES as u32, contenders);
}
