//! Normal ends of the process, of every kind, with writes that nobody waited for: all of them are there afterwards.

use crate::child::{self, Role};
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{block_on, poll};
use crate::sys;
use aiofile::{Aio, OpenOptions, Pool};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

macro_rules! exits {
    ($($NAME:ident $name:literal $what:literal, $peer:literal;)*) => {
        $(pub const $NAME: Fault = Fault {
            name: $name,
            what: $what,
            needs: Needs::Nothing,
            limit: [60, 240],
            run: |run| exits(run, &$name["exit-".len()..], $peer),
        };)*
    };
}

exits! {
    RETURN "exit-return" "main returns with writes queued", "async-fs-return";
    PROCESS_EXIT "exit-process" "std::process::exit with writes queued", "tokio-process";
    RUNTIME_DROPPED "exit-runtime-dropped" "writes on a tokio runtime that is dropped, then main returns", "async-fs-return";
    IN_BACKGROUND "exit-background" "writes on a tokio runtime that is shut down in the background, then main returns",
        "tokio-background";
    IN_CLOSURE "exit-closure" "std::process::exit in a closure on the pool, with writes queued", "tokio-process";
}

pub const ROLES: &[(&str, Role)] = &[("exit", exit_child), ("exit-peer", peer_child)];

const LINES: usize = 100;
/// Where the lines are, by the ways in which they are written.
const WAYS: [&str; 5] = ["file", "writer", "buffered", "positional", "whole"];

fn exits(run: &mut Run, kind: &str, peer: &str) {
    let (queued, mut injected) = (run.times(50, 1000), 0);
    // Where nothing waits when the end comes, there is no fault.
    for i in 0..4 * queued {
        if injected == queued {
            break;
        }
        let dir = run.dir().join(format!("{kind} {i}"));
        std::fs::create_dir(&dir).expect("a directory");
        let mut child = child::command("exit", &[kind.as_ref(), dir.as_os_str()]);
        let status = child::wait(&mut child.spawn().expect("a child"), Duration::from_secs(20));
        run.check(status.is_some_and(|status| status.success()), Wrong::Hung, || format!("{status:?}"));
        injected += u64::from(dir.join("queued").exists());
        for way in WAYS {
            let (lost, doubled) = missing(&dir.join(way));
            run.wrong(Wrong::Lost, lost, || format!("lines, {way}"));
            run.wrong(Wrong::Doubled, doubled, || format!("lines, {way}"));
        }
        std::fs::remove_dir_all(&dir).expect("it is there");
    }
    run.injected(injected);
    let (mut children, mut short) = (0, 0);
    let path = run.dir().join("peer");
    while run.goes_on(children, short, run.times(20, 100)) {
        children += 1;
        let mut child = child::command("exit-peer", &[peer.as_ref(), path.as_os_str()]);
        child::wait(&mut child.spawn().expect("a child"), Duration::from_secs(20));
        let there = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
        short += u64::from(there < of_peer().len() as u64);
    }
    run.control(short, format!("{peer}: accepted bytes missing {short} of {children}"));
}

fn line(number: usize) -> String {
    format!("line {number:04}\n")
}

/// How many of the lines are not there, and how many more than they are there.
fn missing(path: &Path) -> (u64, u64) {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let expect: String = (0..LINES).map(line).collect();
    if text == expect {
        return (0, 0);
    }
    let there = (0..LINES).filter(|number| text.contains(&line(*number))).count();
    let extra = text.lines().count().saturating_sub(there);
    ((LINES - there) as u64, extra.max(usize::from(there == LINES)) as u64)
}

/// The end of the process has begun.
static ENDING: AtomicBool = AtomicBool::new(false);

extern "C" fn end_begins() {
    ENDING.store(true, Ordering::SeqCst);
}

/// Keeps the writes from being done by luck before the end begins; the drop of a runtime waits for it, so not for ever.
fn hold() {
    let start = Instant::now();
    while !ENDING.load(Ordering::SeqCst) && start.elapsed() < Duration::from_millis(10) {
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// The work that waits when the end comes.
fn queue_writes(pool: &Pool, dir: &Path) -> impl Sized + use<> {
    sys::at_exit(end_begins); // before what the pool does at the end
    let create = || {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).pool(pool);
        options
    };
    let open = |way: &str| block_on(create().open(dir.join(way))).expect("a file");
    let (file, positional, writer) = (open("file"), open("positional"), open("writer"));
    let buffered = std::fs::File::create(dir.join("buffered")).expect("a file");
    let buffered = Aio::on(pool, std::io::BufWriter::new(buffered));
    for handle in [&file, &writer] {
        drop(handle.with(|_| hold()));
    }
    drop(buffered.with(|_| hold()));
    let mut writer = writer.writer();
    let mut last = None;
    for number in 0..LINES {
        last = Some(file.write_all(line(number)));
        block_on(writer.write_all(line(number).as_bytes())).expect("room");
        drop(buffered.write_all(line(number)));
        drop(positional.write_all_at(line(number), (number * line(0).len()) as u64));
    }
    let whole: String = (0..LINES).map(line).collect();
    let path = dir.join("whole");
    drop(pool.run(move || std::fs::write(path, whole)));
    if last.is_none_or(|mut last| poll(&mut last).is_pending()) {
        std::fs::write(dir.join("queued"), "").expect("a file");
    }
    // A handle that lives when the process ends has its calls all the same.
    buffered.clone().finish(|mut buffered| buffered.flush())
}

fn exit_child(arguments: &[String]) -> ExitCode {
    let [kind, dir] = arguments else { panic!("kind, dir") };
    let dir = PathBuf::from(dir);
    let runtime =
        || tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().expect("a runtime");
    match kind.as_str() {
        "return" => drop(queue_writes(&Pool::default(), &dir)),
        "process" => {
            let _left = queue_writes(&Pool::new(2), &dir);
            std::process::exit(0)
        }
        "closure" => {
            let _left = queue_writes(&Pool::default(), &dir);
            Pool::default().run(|| std::process::exit(0)).wait()
        }
        "runtime-dropped" => {
            let runtime = runtime();
            let _left = queue_writes(&Pool::tokio(runtime.handle().clone()), &dir);
            drop(runtime);
        }
        "background" => {
            let runtime = runtime();
            let _left = queue_writes(&Pool::tokio(runtime.handle().clone()), &dir);
            runtime.shutdown_background();
        }
        kind => panic!("no end {kind}"),
    }
    ExitCode::SUCCESS
}

/// One write, that takes a while.
fn of_peer() -> Vec<u8> {
    vec![b'.'; 7 << 20] // async-fs has room for 8 MiB
}

/// The same of the peers, whose every write was `Ok`.
fn peer_child(arguments: &[String]) -> ExitCode {
    let [kind, path] = arguments else { panic!("kind, path") };
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build();
    let runtime = runtime.expect("a runtime");
    let whole = of_peer();
    match kind.as_str() {
        "async-fs-return" => block_on(async {
            use futures_lite::AsyncWriteExt;
            let mut file = async_fs::File::create(path).await.expect("a file");
            file.write_all(&whole).await.expect("a write");
        }),
        kind => {
            runtime.block_on(async {
                use tokio::io::AsyncWriteExt;
                let mut file = tokio::fs::File::create(path).await.expect("a file");
                // As ours, it waits behind something when the end comes.
                drop(tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(5))));
                file.write_all(&whole).await.expect("a write");
            });
            match kind {
                "tokio-process" => std::process::exit(0),
                _ => runtime.shutdown_background(),
            }
        }
    }
    ExitCode::SUCCESS
}
