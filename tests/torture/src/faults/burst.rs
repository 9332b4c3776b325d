//! 200,000 calls that wait: what they take, and what is left of them.

use crate::child::{self, Role};
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::block_on;
use crate::sys::{self, Holdings};
use aiofile::{Aio, Call, OpenOptions, Pool};
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

pub const BURST: Fault = Fault {
    name: "burst",
    what: "200,000 queued calls: memory, threads, descriptors",
    needs: Needs::Nothing,
    limit: [90, 120],
    run: burst,
};

pub const ROLES: &[(&str, Role)] = &[("burst", burst_child)];

const CALLS: usize = 200_000;
const MOST_GROWTH: u64 = 64 << 20;

const KINDS: [&str; 7] =
    ["one handle", "one handle, dropped", "write_all", "run", "thousand handles", "positional", "tokio pool"];

fn burst(run: &mut Run) {
    let mut most = 0;
    for kind in KINDS {
        let Some([done, growth, threads, descriptors]) = ask(kind) else {
            run.wrong(Wrong::Hung, 1, || kind.into());
            continue;
        };
        run.injected(done);
        run.wrong(Wrong::Lost, CALLS as u64 - done, || format!("{kind}: calls that did not run"));
        most = most.max(growth >> 20);
        run.check(growth <= MOST_GROWTH, Wrong::Other, || format!("{kind}: {} MiB", growth >> 20));
        run.wrong(Wrong::Other, threads, || format!("{kind}: threads left"));
        run.wrong(Wrong::Other, descriptors, || format!("{kind}: descriptors left"));
    }
    let [done, growth, threads, _] = ask("spawn_blocking").unwrap_or_default();
    let mib = growth >> 20;
    let ours = format!("(ours {most} MiB at most)");
    run.control(done, format!("tokio's spawn_blocking: {mib} MiB, {threads} threads after 2 s {ours}"));
}

fn ask(kind: &str) -> Option<[u64; 4]> {
    let (status, text) = child::output(child::command("burst", &[kind]));
    let numbers: Vec<u64> = text.split_whitespace().map_while(|number| number.parse().ok()).collect();
    status.filter(|status| status.success()).and_then(|_| numbers.try_into().ok())
}

/// Prints how many calls ran, by how many bytes memory grew, and what was left of threads and descriptors.
fn burst_child(arguments: &[String]) -> ExitCode {
    let kind = arguments[0].as_str();
    let path = tempfile::NamedTempFile::new().expect("a file");
    let before = Holdings::now();
    let resident = sys::resident();
    let (release, gate) = mpsc::channel::<()>();
    let done = Arc::new(AtomicU64::new(0));
    let count = done.clone();
    let step = move || {
        count.fetch_add(1, Ordering::Relaxed);
    };
    let pool = Pool::new(4);
    let mut growth = 0;
    let mut measure = || {
        growth = sys::resident().saturating_sub(resident);
        let _ = release.send(());
    };
    match kind {
        "one handle" | "one handle, dropped" => {
            let handle = Aio::on(&pool, gate);
            drop(handle.with(|gate| gate.recv()));
            let calls = (0..CALLS).map(|_| {
                handle.with({
                    let step = step.clone();
                    move |_| step()
                })
            });
            if kind == "one handle" {
                wait_for(calls.collect(), &mut measure);
            } else {
                calls.for_each(drop);
                measure();
                block_on(handle.with(|_| ()));
            }
        }
        "write_all" => {
            let handle = Aio::on(&pool, Gated(gate, Box::new(step)));
            drop(handle.write_all("first"));
            wait_for((0..CALLS).map(|_| handle.write_all([0; 16])).collect(), &mut measure);
        }
        "run" | "tokio pool" => {
            let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build();
            let runtime = runtime.expect("a runtime");
            let pool = match kind {
                "run" => Pool::new(1),
                _ => Pool::tokio(runtime.handle().clone()).limit(1),
            };
            drop(pool.run(move || gate.recv()));
            wait_for((0..CALLS).map(|_| pool.run(step.clone())).collect(), &mut measure);
        }
        "thousand handles" => {
            let one = Pool::new(1);
            drop(one.run(move || gate.recv()));
            let handles: Vec<_> = (0..1000).map(|_| Aio::on(&one, ())).collect();
            let call = |i: usize| {
                let step = step.clone();
                handles[i % 1000].with(move |()| step())
            };
            wait_for((0..CALLS).map(call).collect(), &mut measure);
        }
        "positional" => {
            let one = Pool::new(1);
            let file = block_on(OpenOptions::new().write(true).pool(&one).open(path.path())).expect("a file");
            drop(one.run(move || gate.recv()));
            let writes: Vec<_> = (0..CALLS as u64).map(|i| file.write_all_at([1; 8], i * 8)).collect();
            wait_for(writes, &mut measure);
            block_on(file.close()).expect("a close");
            let there = std::fs::metadata(path.path()).expect("it is there").len() / 8;
            done.store(there, Ordering::Relaxed);
        }
        _ => {
            let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(4).build();
            let runtime = runtime.expect("a runtime");
            let gates: Vec<_> = (0..4).map(|_| mpsc::channel::<()>()).collect();
            let (open, gates): (Vec<_>, Vec<_>) = gates.into_iter().unzip();
            for gate in gates {
                drop(runtime.spawn_blocking(move || gate.recv()));
            }
            let jobs: Vec<_> = (0..CALLS).map(|_| runtime.spawn_blocking(step.clone())).collect();
            measure();
            drop(open);
            runtime.block_on(async {
                for job in jobs {
                    job.await.expect("no panic");
                }
            });
            std::thread::sleep(Duration::from_secs(2));
            let threads = Holdings::now().threads() - before.threads();
            println!("{} {growth} {threads} 0", done.load(Ordering::Relaxed));
            return ExitCode::SUCCESS;
        }
    }
    let left = before.left_over(Duration::from_secs(4));
    let threads = left.iter().filter(|one| one.contains("threads")).count();
    let ran = done.load(Ordering::Relaxed);
    println!("{ran} {growth} {threads} {}", left.len() - threads);
    ExitCode::SUCCESS
}

/// A sink whose first write waits.
struct Gated(mpsc::Receiver<()>, Box<dyn Fn() + Send>);

impl Write for Gated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match bytes {
            b"first" => drop(self.0.recv()),
            _ => (self.1)(),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Measures while all of them wait, and lets them run.
fn wait_for<R: Send + 'static>(calls: Vec<Call<R>>, measure: &mut impl FnMut()) {
    measure();
    calls.into_iter().for_each(|call| drop(block_on(call)));
}
