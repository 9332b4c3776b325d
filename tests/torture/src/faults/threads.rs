//! A system that gives no thread (RLIMIT_NPROC, as nobody): refused calls say so at once, without spinning, and with threads
//! again everything goes on.

use crate::child::{self, Role};
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{block_on, until, within};
use crate::sys;
use aiofile::{Aio, Pool};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub const NO_THREADS: Fault = Fault {
    name: "no-threads",
    what: "RLIMIT_NPROC leaves no thread: an error within a second, no spinning, drops are made up for",
    needs: Needs::Root,
    limit: [90, 240],
    run: no_threads,
};

pub const ROLES: &[(&str, Role)] = &[("no-threads", without_threads), ("no-threads-peer", peer)];

fn no_threads(run: &mut Run) {
    let program = as_anyones(run);
    for kind in ["default", "own", "tokio"] {
        for _ in 0..run.times(2, 20) {
            let (status, text) = child::output(as_nobody(&program, "no-threads", kind));
            let numbers: Vec<u64> = text.split_whitespace().map_while(|number| number.parse().ok()).collect();
            match (status, <[u64; 4]>::try_from(numbers)) {
                (Some(status), Ok([refused, silent, millis, lost])) if status.success() => {
                    run.injected(refused);
                    run.wrong(Wrong::Silent, silent, || {
                        format!("{kind}: calls without a thread and an error")
                    });
                    run.check(millis < 300, Wrong::Other, || {
                        format!("{kind}: {millis} ms of processor time")
                    });
                    run.wrong(Wrong::Lost, lost, || {
                        format!("{kind}: values that are not dropped, calls that do not run")
                    });
                }
                (Some(status), _) => run.wrong(Wrong::Other, 1, || format!("{kind}: {status}: {text}")),
                (None, _) => run.wrong(Wrong::Hung, 1, || kind.into()),
            }
        }
    }
    let mut child = as_nobody(&program, "no-threads-peer", "blocking").spawn().expect("a child");
    let hung = child::wait(&mut child, Duration::from_secs(3)).is_none();
    let time = processor_time_of(child.id());
    let _ = (child.kill(), child.wait());
    run.control(
        u64::from(hung),
        format!("blocking: no answer in 3 s, {:.1} s of processor time", time.as_secs_f64()),
    );
}

/// A copy of this program, that nobody may run.
fn as_anyones(run: &Run) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let program = run.dir().join("torture");
    std::fs::copy(std::env::current_exe().expect("this program"), &program).expect("a copy");
    for path in program.ancestors().take(3) {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("it is ours");
    }
    program
}

/// A role, as the user nobody, who has to keep to limits.
fn as_nobody(program: &std::path::Path, role: &str, kind: &str) -> Command {
    let mut nobody = Command::new(program);
    nobody.args(child::command(role, &[kind]).get_args());
    nobody.uid(NOBODY).gid(NOBODY).current_dir("/").stderr(std::process::Stdio::null());
    nobody
}

const NOBODY: u32 = 65534;

fn processor_time_of(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

fn limit(threads: u64) {
    let (_, hard) = getrlimit(Resource::RLIMIT_NPROC).expect("limits");
    setrlimit(Resource::RLIMIT_NPROC, threads, hard).expect("a soft limit");
}

/// Counts its drops, which are on the pool.
struct Counted(Arc<AtomicU64>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Prints how many calls were refused, how many gave no answer or another one, the processor time that it took, and what was
/// lost when there were threads again.
fn without_threads(arguments: &[String]) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let pool = match arguments[0].as_str() {
        "default" => Pool::default(),
        "own" => Pool::new(3),
        _ => Pool::tokio(runtime.handle().clone()),
    };
    std::panic::set_hook(Box::new(|_| ())); // tokio panics when it is refused a thread
    let drops = Arc::new(AtomicU64::new(0));
    let before = sys::processor_time();
    limit(1);
    assert!(std::thread::Builder::new().spawn(|| ()).is_err(), "the fault does not fire");
    const CALLS: u64 = 50;
    let (mut refused, mut silent) = (0, 0);
    let mut count = |is_refused: Option<bool>| match is_refused {
        Some(true) => refused += 1,
        _ => silent += 1,
    };
    for _ in 0..CALLS {
        let one = Duration::from_secs(1);
        let handle = Aio::on(&pool, (Counted(drops.clone()), Vec::new()));
        count(
            within(one, pool.run(|| ()).checked())
                .map(|result| result.is_err_and(|error| error.is_refused())),
        );
        count(
            within(one, handle.with(|_| ()).checked())
                .map(|result| result.is_err_and(|error| error.is_refused())),
        );
        let list = Aio::on(&pool, Vec::<u8>::new());
        let write = within(one, list.write_all("x"));
        count(
            write.map(|result| {
                result.is_err_and(|error| error.call_error().is_some_and(|why| why.is_refused()))
            }),
        );
        let open = within(one, aiofile::OpenOptions::new().read(true).pool(&pool).open("/dev/null"));
        count(
            open.map(|result| {
                result.is_err_and(|error| error.call_error().is_some_and(|why| why.is_refused()))
            }),
        );
        drop(handle.with(|value| value.1.push(1)));
    }
    count(
        within(Duration::from_secs(1), pool.limit(1).shutdown(Duration::from_secs(5)).checked())
            .map(|_| true),
    );
    // Where anything spins, it does so now.
    std::thread::sleep(Duration::from_millis(300));
    let time = sys::processor_time() - before;
    limit(100);
    let runs = within(Duration::from_secs(2), pool.run(|| 7).checked()).and_then(Result::ok) == Some(7);
    let dropped = until(Duration::from_secs(5), || {
        block_on(pool.run(|| ()));
        drops.load(Ordering::SeqCst) == CALLS
    });
    let lost =
        u64::from(!runs) + CALLS * u64::from(!dropped) - drops.load(Ordering::SeqCst) * u64::from(!dropped);
    println!("{refused} {silent} {} {lost}", time.as_millis());
    ExitCode::SUCCESS
}

fn peer(_: &[String]) -> ExitCode {
    limit(1);
    let start = Instant::now();
    block_on(blocking::unblock(|| ()));
    println!("{}", start.elapsed().as_millis());
    ExitCode::SUCCESS
}
