//! Promise 7: a normal end of the process waits for accepted work, up to a deadline. Each test runs this
//! test binary again as a child, which runs one ignored test, so that `main` really returns.

use crate::support::Gate;
use aiofile::{Aio, Pool};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const DIR: &str = "AIOFILE_TEST_DIR";
const CALLS: usize = 1000;

/// A child that runs this one ignored test, alone.
pub fn child(test: &str) -> Command {
    child_of(&std::env::current_exe().unwrap(), test)
}

/// The same, of a copy of this test program.
pub fn child_of(program: &Path, test: &str) -> Command {
    let mut command = Command::new(program);
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
    command.stdin(Stdio::null());
    command
}

pub fn assert_success(output: &Output) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    assert!(out.contains("running 1 test"), "no such test\n{out}");
}

/// Runs the ignored test in a child, and passes if it does.
pub fn in_child(test: &str) {
    assert_success(&child(test).output().unwrap());
}

/// The same as nobody, who may do less than root: for root, of a copy that nobody may run.
#[cfg(target_os = "linux")]
pub fn as_nobody(test: &str) {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("test");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    for (path, mode) in [(dir.path(), 0o777), (&program, 0o755)] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    }
    let mut child = child_of(&program, test);
    child.env("TMPDIR", dir.path()).current_dir(dir.path());
    if nix::unistd::Uid::effective().is_root() {
        child.uid(65534).gid(65534);
    }
    assert_success(&child.output().unwrap());
}

fn run_in(dir: &Path, test: &str) -> Output {
    child(test).env(DIR, dir).output().unwrap()
}

fn dir() -> PathBuf {
    std::env::var_os(DIR).expect("the parent sets it").into()
}

/// Makes the writes, and awaits none.
fn write_without_waiting(pool: &Pool) {
    let lines = aiofile::OpenOptions::new().create(true).append(true).pool(pool).open(dir().join("lines"));
    let lines = crate::support::block_on(lines).unwrap();
    for i in 0..CALLS {
        drop(lines.write_all(format!("{i}\n")));
    }
    // A buffer that is written by its drop has accepted what was written to it.
    let buffered = std::fs::File::create(dir().join("buffered")).unwrap();
    let buffered = Aio::on(pool, std::io::BufWriter::new(buffered));
    drop(buffered.write_all("buffered"));
}

fn assert_all_there(dir: &Path) {
    let lines = std::fs::read_to_string(dir.join("lines")).unwrap();
    assert!(lines.lines().eq((0..CALLS).map(|i| i.to_string())), "{} lines", lines.lines().count());
    assert_eq!(std::fs::read_to_string(dir.join("buffered")).unwrap(), "buffered");
}

/// The end of the process must not find the writes done by luck: the first call waits until the end has
/// begun, which only a thread can see that is still there then.
fn hold_back(pool: &Pool) -> Aio<()> {
    let blocker = Aio::on(pool, ());
    drop(blocker.with(|_| std::thread::sleep(Duration::from_millis(100))));
    blocker
}

/// A value that does its work in its drop: no call was made, and still it is not forgotten.
#[test]
fn a_value_that_was_only_dropped_is_gone_when_main_returns() {
    let dir = tempfile::tempdir().unwrap();
    assert_success(&run_in(dir.path(), "exit::child_drops_unused_values"));
    let left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["filled"], "the temporary file is removed");
    assert_eq!(std::fs::read_to_string(dir.path().join("filled")).unwrap(), "before it was wrapped");
}

#[test]
#[ignore = "the child of a_value_that_was_only_dropped_is_gone_when_main_returns"]
fn child_drops_unused_values() {
    use std::io::Write;
    let one = Pool::new(1);
    let _blocker = hold_back(&one);
    drop(Aio::on(&one, tempfile::NamedTempFile::new_in(dir()).unwrap()));
    let mut filled = std::io::BufWriter::new(std::fs::File::create(dir().join("filled")).unwrap());
    filled.write_all(b"before it was wrapped").unwrap();
    drop(Aio::on(&one, filled));
}

/// async-fs loses 842 of 1,000 so.
#[test]
fn a_thousand_writes_are_there_when_main_returns() {
    for test in ["exit::child_returns", "exit::child_returns_on_one_thread"] {
        let dir = tempfile::tempdir().unwrap();
        assert_success(&run_in(dir.path(), test));
        assert_all_there(dir.path());
    }
}

#[test]
#[ignore = "a child of a_thousand_writes_are_there_when_main_returns"]
fn child_returns() {
    write_without_waiting(&Pool::default());
}

#[test]
#[ignore = "a child of a_thousand_writes_are_there_when_main_returns"]
fn child_returns_on_one_thread() {
    let one = Pool::new(1);
    let _blocker = hold_back(&one);
    let lines = std::fs::File::create(dir().join("lines")).unwrap();
    let lines = Aio::on(&one, lines);
    for i in 0..CALLS {
        drop(lines.write_all(format!("{i}\n")));
    }
    let buffered = std::fs::File::create(dir().join("buffered")).unwrap();
    drop(Aio::on(&one, std::io::BufWriter::new(buffered)).write_all("buffered"));
}

/// tokio loses 799 of 1,000 so.
#[test]
fn a_thousand_writes_are_there_after_process_exit() {
    let dir = tempfile::tempdir().unwrap();
    let output = run_in(dir.path(), "exit::child_exits");
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    assert_all_there(dir.path());
}

#[test]
#[ignore = "a child of a_thousand_writes_are_there_after_process_exit"]
fn child_exits() {
    write_without_waiting(&Pool::default());
    std::process::exit(7);
}

/// The end is called by a closure on the pool, which can't be waited for; the rest is.
#[test]
fn a_thousand_writes_are_there_when_a_closure_exits() {
    let dir = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let output = run_in(dir.path(), "exit::child_exits_in_a_closure");
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    assert_all_there(dir.path());
    assert!(start.elapsed() < Duration::from_secs(20), "it waited for itself");
}

#[test]
#[ignore = "a child of a_thousand_writes_are_there_when_a_closure_exits"]
fn child_exits_in_a_closure() {
    write_without_waiting(&Pool::default());
    let own = Aio::new(());
    crate::support::block_on(own.with(|_| std::process::exit(7)))
}

/// tokio loses 671 of 1,000 so.
#[cfg(feature = "tokio")]
#[test]
fn a_thousand_writes_are_there_when_a_runtime_is_shut_down_in_the_background() {
    let dir = tempfile::tempdir().unwrap();
    assert_success(&run_in(dir.path(), "exit::child_shuts_its_runtime_down"));
    assert_all_there(dir.path());
}

#[cfg(feature = "tokio")]
#[test]
#[ignore = "a child of a_thousand_writes_are_there_when_a_runtime_is_shut_down_in_the_background"]
fn child_shuts_its_runtime_down() {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    write_without_waiting(&Pool::tokio(runtime.handle().clone()));
    runtime.shutdown_background();
}

/// What the end of the process has to find out: that the closure which ends it, found twice, is not to be waited
/// for; that a shutdown is not; that the drop of a result is; that other work is, when a read ends the process; that the drop of a value is that was written
/// to, although nothing but a read is before it.
#[test]
fn the_end_waits_for_what_it_has_to_and_for_nothing_else() {
    let tests = [
        "exit::child_exits_in_a_nested_job",
        "exit::child_shuts_down",
        "exit::child_exits_in_a_read",
        "exit::child_drops_behind_a_read",
    ];
    for test in tests {
        let dir = tempfile::tempdir().unwrap();
        let start = Instant::now();
        let output = run_in(dir.path(), test);
        assert!(start.elapsed() < Duration::from_secs(20), "{test} waited for nothing");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{test}");
        assert_eq!(std::fs::read_to_string(dir.path().join("done")).unwrap(), "done", "{test}");
    }
}

/// The last part of a result's drop: what is accepted, and must be seen to be done.
struct WritesInDrop(Gate);

impl Drop for WritesInDrop {
    fn drop(&mut self) {
        self.0.pass();
        std::thread::sleep(Duration::from_millis(100)); // the end has begun
        std::fs::write(dir().join("done"), "done").unwrap();
    }
}

#[test]
#[ignore = "a child of the_end_waits_for_what_it_has_to_and_for_nothing_else"]
fn child_exits_in_a_nested_job() {
    let gate = Gate::new();
    let drops = WritesInDrop(gate.clone());
    drop(aiofile::unblock(move || drops)); // its result is dropped by nobody but the pool
    gate.wait_for(1);
    gate.open();
    let one = Pool::new(1);
    let inner = Aio::on(&one, ());
    one.run(move || {
        inner.with(|_| ()).wait();
        inner.with(|_| std::process::exit(0)).wait()
    })
    .wait();
}

#[test]
#[ignore = "a child of the_end_waits_for_what_it_has_to_and_for_nothing_else"]
fn child_shuts_down() {
    std::fs::write(dir().join("done"), "done").unwrap();
    let pool = Pool::new(1);
    let (reader, writer) = std::io::pipe().unwrap();
    let reader = Aio::on(&pool, reader);
    let mut buffer = [0; 8];
    let mut read = reader.read(&mut buffer);
    assert!(crate::support::poll(&mut read).is_pending());
    drop(pool.shutdown(Duration::from_secs(60)));
    std::mem::forget(writer);
}

#[test]
#[ignore = "a child of the_end_waits_for_what_it_has_to_and_for_nothing_else"]
fn child_exits_in_a_read() {
    struct Exits(Gate);
    impl std::io::Read for Exits {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            self.0.open();
            std::process::exit(0)
        }
    }
    let gate = Gate::new();
    let drops = WritesInDrop(gate.clone());
    drop(Pool::new(1).run(move || drop(drops)));
    let exits = Aio::new(Exits(gate));
    let _ = crate::support::block_on(exits.read(&mut [0]));
}

#[test]
#[ignore = "a child of the_end_waits_for_what_it_has_to_and_for_nothing_else"]
fn child_drops_behind_a_read() {
    struct Buffered(Gate, Vec<u8>);
    impl std::io::Write for Buffered {
        fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
            self.1.write(data)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    impl std::io::Read for Buffered {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            self.0.pass();
            Ok(0)
        }
    }
    impl Drop for Buffered {
        fn drop(&mut self) {
            std::fs::write(dir().join("done"), &self.1).unwrap();
        }
    }
    let gate = Gate::new();
    let buffered = Aio::new(Buffered(gate.clone(), Vec::new()));
    buffered.write_all("done").wait().unwrap();
    let mut buffer = [0; 8];
    let mut read = buffered.read(&mut buffer);
    assert!(crate::support::poll(&mut read).is_pending());
    gate.wait_for(1);
    drop(read);
    drop(buffered);
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100)); // the end has begun
        gate.open();
    });
}

/// A stuck read or open is nothing that was accepted: tokio's main never ends over it.
#[cfg(unix)]
#[test]
fn a_stuck_read_or_open_does_not_hold_the_end_up() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let start = Instant::now();
    let output = run_in(dir.path(), "exit::child_with_a_stuck_read");
    assert_success(&output);
    assert!(start.elapsed() < Duration::from_secs(20), "the deadline is 30 s");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[cfg(unix)]
#[test]
#[ignore = "the child of a_stuck_read_or_open_does_not_hold_the_end_up"]
fn child_with_a_stuck_read() {
    use crate::support::poll;
    let open = aiofile::open(dir().join("fifo"), "r"); // nobody writes to it
    let (reader, writer) = std::io::pipe().unwrap();
    let reader = Aio::new(reader);
    let mut buffer = [0; 8];
    let mut read = reader.read(&mut buffer);
    assert!(poll(&mut read).is_pending());
    drop(read);
    drop(reader); // waits behind the read
    std::mem::forget((open, writer));
}

#[test]
fn the_end_waits_no_longer_than_its_deadline_and_says_what_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let output = run_in(dir.path(), "exit::child_with_a_deadline");
    assert_success(&output);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        ["aiofile: the process ended before accepted work was done: write (1 waiting behind it)"]
    );
}

#[test]
#[ignore = "the child of the_end_waits_no_longer_than_its_deadline_and_says_what_is_lost"]
fn child_with_a_deadline() {
    Pool::set_exit_deadline(Duration::from_millis(50));
    struct Stuck(Gate);
    impl std::io::Write for Stuck {
        fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
            loop {
                self.0.pass();
                assert!(!data.is_empty());
            }
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let gate = Gate::new();
    let stuck = Aio::new(Stuck(gate.clone()));
    drop(stuck.write_all("never"));
    drop(stuck.write_all("nor this"));
    gate.wait_for(1);
    std::mem::forget(stuck);
}
