//! The others: how late a timer of 1 ms is on a runtime whose tasks are busy with files.

use super::pages::{self, PAGE};
use super::text::{self, line};
use crate::measure::Case;
use crate::work::{Bench, Hop, Outcome, Work};
use std::fs::File;
use std::io::{SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

const SIZE: u64 = 256 << 20;
const BUSY_TASKS: u64 = 8;
const TICK: Duration = Duration::from_millis(1);

/// Set when the tasks are to end.
type Over = Arc<AtomicBool>;

/// Each of the busy tasks reads a page here and there, writes a line, and reads a small file.
pub fn beside_files(bench: &Bench) -> Case<'_> {
    let path = pages::file(bench, bench.times(SIZE));
    let pages = bench.times(SIZE) / PAGE as u64;
    let small = bench.path("beside");
    std::fs::write(small, [b'x'; 1 << 10]).expect("a file");
    let outs: Vec<_> = (0..BUSY_TASKS).map(|task| bench.path(&format!("beside {task}"))).collect();
    let outs: &'static [_] = outs.leak();
    let page = move |i: u64| fastrand::Rng::with_seed(i).u64(..pages);
    let open = move |task: u64| (File::open(path).expect("the file"), text::open(outs[task as usize]));

    let ours = move |task, over: Over| {
        let file = aiofile::File::open(path).wait().expect("the file");
        let out = aiofile::File::from_std(text::open(outs[task as usize]));
        async move {
            let (mut rounds, mut buffer) = (0, vec![0; PAGE]);
            while !over.load(Relaxed) {
                let page = page(rounds);
                file.read_exact_at(&mut buffer, page * PAGE as u64).await.expect("read");
                assert_eq!(pages::stamp(&buffer), page);
                out.write_all(line(page)).await.expect("write");
                assert_eq!(aiofile::fs::read(small).await.expect("read").len(), 1 << 10);
                rounds += 1;
            }
            rounds
        }
    };
    let tokio = move |task, over: Over| {
        let (file, out) = open(task);
        let (mut file, mut out) = (tokio::fs::File::from_std(file), tokio::fs::File::from_std(out));
        async move {
            let (mut rounds, mut buffer) = (0, vec![0; PAGE]);
            while !over.load(Relaxed) {
                let page = page(rounds);
                file.seek(SeekFrom::Start(page * PAGE as u64)).await.expect("seek");
                file.read_exact(&mut buffer).await.expect("read");
                assert_eq!(pages::stamp(&buffer), page);
                out.write_all(&line(page)).await.expect("write");
                out.flush().await.expect("flush");
                assert_eq!(tokio::fs::read(small).await.expect("read").len(), 1 << 10);
                rounds += 1;
            }
            rounds
        }
    };
    let per_call = move |hop: Hop| {
        move |task, over: Over| {
            let (file, out) = open(task);
            let (file, out) = (Arc::new(file), Arc::new(out));
            async move {
                let (mut rounds, mut buffer) = (0, vec![0; PAGE]);
                while !over.load(Relaxed) {
                    let page = page(rounds);
                    let (from, to) = (Arc::clone(&file), Arc::clone(&out));
                    let fill = move || from.read_exact_at(&mut buffer, page * PAGE as u64).map(|()| buffer);
                    buffer = hop.run(fill).await.expect("read");
                    assert_eq!(pages::stamp(&buffer), page);
                    hop.run(move || (&*to).write_all(&line(page))).await.expect("write");
                    assert_eq!(hop.run(move || std::fs::read(small)).await.expect("read").len(), 1 << 10);
                    rounds += 1;
                }
                rounds
            }
        }
    };
    let none = |_, _| async { 0 };
    let span = Duration::from_millis(bench.times(1600));
    let title = format!(
        "how late a timer of 1 ms is in 99 of 100 cases, beside {BUSY_TASKS} tasks that are busy with files \
         (CPU and the rest: for each 4 KiB read, 100 bytes written and small file read)"
    );
    Case::new(title, 1)
        .peer("tokio::fs", beside(bench, span, tokio))
        .ours("aiofile", beside(bench, span, ours))
        .peer("spawn_blocking", beside(bench, span, per_call(Hop::Tokio)))
        .peer("blocking::unblock", beside(bench, span, per_call(Hop::Smol)))
        .std("nobody", beside(bench, span, none))
}

fn beside<'a, F>(bench: &'a Bench, span: Duration, busy: impl Fn(u64, Over) -> F + 'a) -> Work<'a>
where
    F: Future<Output = u64> + Send + 'static,
{
    Work::new("tokio", move || {
        bench.tokio.block_on(async {
            let over = Over::default();
            let tasks: Vec<_> =
                (0..BUSY_TASKS).map(|task| tokio::spawn(busy(task, Arc::clone(&over)))).collect();
            let late = tokio::spawn(lateness(span)).await.expect("the timer");
            over.store(true, Relaxed);
            let mut rounds = 0;
            for task in tasks {
                rounds += task.await.expect("a task");
            }
            Outcome { answer: 0, figure: Some(late.as_nanos() as f64), operations: Some(rounds) }
        })
    })
}

/// Sleeps again and again, for so long in all, and says how late it woke in 99 of 100 cases at most.
async fn lateness(span: Duration) -> Duration {
    let end = Instant::now() + span;
    let mut late = Vec::new();
    while Instant::now() < end {
        let due = Instant::now() + TICK;
        tokio::time::sleep_until(due.into()).await;
        late.push(due.elapsed());
    }
    late.sort();
    late[late.len() * 99 / 100]
}
