//! Operations that never end: a FIFO without a peer, an empty pipe, a lock, a frozen file system. A shutdown names them in time,
//! and the process ends in time.

use crate::child::{self, Group, Role};
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{block_on, within};
use crate::sys;
use aiofile::{Aio, OpenOptions, Pool};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

pub const STUCK: Fault = Fault {
    name: "stuck-operations",
    what: "open of a FIFO without a peer, read of an empty pipe, lock: shutdown(1 s) names them, the process ends",
    needs: Needs::Nothing,
    limit: [90, 240],
    run: stuck,
};

pub const FROZEN: Fault = Fault {
    name: "frozen-file-system",
    what: "a write to a frozen file system: shutdown(1 s) names it, the process ends within its deadline",
    needs: Needs::Disk,
    limit: [90, 240],
    run: frozen,
};

pub const ROLES: &[(&str, Role)] =
    &[("stuck", stuck_child), ("stuck-peer", stuck_peer), ("thaw", thaw_child)];

/// What the process waits at its end for a write, at most; a stuck read or open does not hold it up at all.
const EXIT_DEADLINE: Duration = Duration::from_secs(2);

fn stuck(run: &mut Run) {
    let fifo = run.dir().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    for _ in 0..run.times(1, 10) {
        for (kind, name) in [("open", "open"), ("read", "read"), ("lines", "read"), ("call", "Read")] {
            // Of a call by its path nobody knows that it only reads.
            let deadline = if kind == "call" { EXIT_DEADLINE } else { Duration::ZERO };
            ask(run, kind, &fifo, Some(name), deadline + Duration::from_millis(500));
        }
        // A lock waits on no thread of the file's pool.
        ask(run, "lock", &fifo, None, Duration::from_millis(500));
    }
    // tokio: the end of the runtime waits for the open, for ever.
    let path: &Path = &fifo;
    let (_, time) = run_to_exit(child::command("stuck-peer", &[path]), Duration::from_secs(3));
    let hung = u64::from(time.is_none());
    run.control(
        hung,
        format!("tokio: main after a timed-out open of a FIFO has not ended in 3 s, {hung} of 1"),
    );
}

/// Runs the child, checks what it says of its shutdown, and how long its end takes.
fn ask(run: &mut Run, kind: &str, path: &Path, name: Option<&str>, end_within: Duration) {
    let command = child::command("stuck", &[kind.as_ref(), path.as_os_str()]);
    let (lines, end) = run_to_exit(command, Duration::from_secs(20));
    let Some([shutdown, stuck]) = lines.get(..2) else {
        return run.wrong(Wrong::Hung, 1, || format!("{kind}: {lines:?}"));
    };
    run.injected(1);
    let millis: u64 = shutdown.parse().unwrap_or(u64::MAX);
    run.check(millis < 1500, Wrong::Hung, || format!("{kind}: shutdown(1 s) after {millis} ms"));
    let named = name.map_or(stuck.is_empty(), |name| stuck.contains(name) && millis >= 1000);
    run.check(named, Wrong::Silent, || format!("{kind}: it names {stuck:?} after {millis} ms"));
    let in_time = end.is_some_and(|end| end < end_within);
    run.check(in_time, Wrong::Hung, || format!("{kind}: the end took {end:?}"));
}

/// The lines of a child that ends, and how long that took, from its last line on, which says that it begins; the end is
/// when everything that the process does at its end is done.
fn run_to_exit(mut command: Command, limit: Duration) -> (Vec<String>, Option<Duration>) {
    let mut child = Group::spawn(command.stdout(Stdio::piped()).stderr(Stdio::null()));
    let pipe = child.0.stdout.take().expect("it is piped");
    let (tell, told) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let _ = tell.send((line, Instant::now()));
        }
    });
    let (mut lines, mut begin) = (Vec::new(), None);
    let start = Instant::now();
    let end = loop {
        let left = limit.saturating_sub(start.elapsed());
        match told.recv_timeout(left) {
            Ok((line, time)) if line == "begin" => begin = Some(time),
            Ok((line, time)) if line == "end" => break begin.map(|begin| time - begin),
            Ok((line, _)) => lines.push(line),
            Err(_) => break None,
        }
    };
    drop(child);
    // The pipe of one that is not to be killed stays open.
    if end.is_some() && reader.is_finished() {
        let _ = reader.join();
    }
    (lines, end)
}

extern "C" fn say_end() {
    println!("end");
}

fn stuck_child(arguments: &[String]) -> ExitCode {
    let [kind, path] = arguments else { panic!("kind, path") };
    sys::at_exit(say_end); // first, so that it is run last
    Pool::set_exit_deadline(EXIT_DEADLINE);
    let (pool, path) = (Pool::new(2), PathBuf::from(path));
    let (pipe, writer) = std::io::pipe().expect("a pipe");
    std::mem::forget(writer);
    let pipe = Aio::on(&pool, pipe);
    match kind.as_str() {
        "open" => drop(OpenOptions::new().read(true).pool(&pool).open(&path)),
        "read" => std::mem::forget(pipe.read(Box::leak(Box::new([0; 8])))),
        "call" => std::mem::forget(pipe.call(Read::read, ([0; 8],))),
        "lines" => {
            let mut lines = pipe.clone().reader().lines();
            drop(within(Duration::from_millis(20), lines.next_line()));
            std::mem::forget(lines);
        }
        "lock" => {
            let open = || {
                std::fs::File::options()
                    .write(true)
                    .create(true)
                    .truncate(false)
                    .open(path.with_extension("lock"))
            };
            let holder = open().expect("a file");
            holder.lock().expect("a lock");
            let file = block_on(OpenOptions::new().write(true).pool(&pool).open(path.with_extension("lock")))
                .expect("a file");
            std::mem::forget((file.lock(), holder, file));
        }
        "write" => {
            let file = OpenOptions::new().write(true).create(true).pool(&pool).open(path.join("file"));
            let file = block_on(file).expect("a file");
            let parent = std::io::stdin();
            println!("open");
            let _ = parent.read_line(&mut String::new()); // frozen by now
            drop(file.write_all("stuck"));
            std::mem::forget(file.write_all("behind it"));
        }
        kind => panic!("no kind {kind}"),
    }
    std::thread::sleep(Duration::from_millis(20)); // so that it has begun
    let start = Instant::now();
    let stuck = block_on(pool.shutdown(Duration::from_secs(1)));
    println!("{}", start.elapsed().as_millis());
    println!("{}", stuck.iter().map(|stuck| stuck.to_string()).collect::<Vec<_>>().join(", "));
    println!("begin");
    ExitCode::SUCCESS
}

fn stuck_peer(arguments: &[String]) -> ExitCode {
    sys::at_exit(say_end);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        let open = tokio::fs::File::open(&arguments[0]);
        let _ = tokio::time::timeout(Duration::from_millis(50), open).await;
    });
    println!("begin");
    drop(runtime);
    ExitCode::SUCCESS
}

fn frozen(run: &mut Run) {
    let (rounds, mut felt) = (run.times(1, 5), 0);
    for _ in 0..rounds {
        let disk = crate::disk::Disk::new(run.dir(), 32 << 20);
        let std = std::fs::File::create(disk.path().join("std")).expect("a file");
        felt += u64::from(freeze_and_ask(run, disk.path(), std));
    }
    run.control(felt, format!("std: the write waits until the thaw, {felt} of {rounds}"));
}

/// A write is accepted work, so the end waits for it, as long as its deadline says. Gives whether std's write waited.
fn freeze_and_ask(run: &mut Run, mount: &Path, mut std: std::fs::File) -> bool {
    // Whoever writes to a frozen file system can't even be killed: whatever becomes of us, this child thaws it.
    let mut thaw = child::command("thaw", &[mount]);
    let mut thaw = thaw.stdin(Stdio::piped()).spawn().expect("a child");
    let mut command = child::command("stuck", &["write".as_ref(), mount.as_os_str()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("a child");
    let mut said = BufReader::new(child.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
    assert_eq!(said.next().as_deref(), Some("open"));
    sys::freeze(mount).expect("it freezes");
    let write = std::thread::spawn(move || drop(std.write_all(b"stuck")));
    child.stdin.take().expect("it is piped").write_all(b"frozen\n").expect("it listens");
    let lines: Vec<_> = said.by_ref().take(3).collect();
    let begin = Instant::now();
    let ended = said.next().is_some_and(|line| line == "end");
    let end = begin.elapsed();
    let felt = !write.is_finished();
    drop(thaw.stdin.take());
    let _ = (thaw.wait(), child.wait(), write.join());
    run.injected(1);
    let millis: u64 = lines.first().and_then(|line| line.parse().ok()).unwrap_or(u64::MAX);
    run.check((1000..1500).contains(&millis), Wrong::Hung, || format!("shutdown(1 s) after {millis} ms"));
    let named = lines.get(1).is_some_and(|line| line.contains("write") && line.contains("/file"));
    run.check(named, Wrong::Silent, || format!("it names {lines:?}"));
    let in_time = ended && end < EXIT_DEADLINE + Duration::from_millis(500);
    run.check(in_time, Wrong::Hung, || format!("the end took {end:?}"));
    felt
}

fn thaw_child(arguments: &[String]) -> ExitCode {
    // Until the parent is done with it, or gone.
    let _ = std::io::stdin().read(&mut [0]);
    match sys::thaw(Path::new(&arguments[0])) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
