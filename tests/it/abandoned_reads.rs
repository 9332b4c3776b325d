//! Promise 3, for typed reads: an abandoned read loses nothing. Its bytes are there for the next one, and
//! every other call finds the file where its caller left it.

use crate::support::{Steps, block_on, poll};
use aiofile::{Aio, File, OpenOptions, Pool};
use std::io::{Read, Seek, SeekFrom};
use std::task::Poll;

const CONTENT: &str = "0123456789";

/// A file on a pool that is stepped by hand.
struct Stepped {
    steps: Steps,
    file: File,
    _dir: tempfile::TempDir,
}

fn stepped() -> Stepped {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    std::fs::write(&path, CONTENT).unwrap();
    let (steps, pool) = Steps::new();
    let open = OpenOptions::new().read(true).write(true).pool(&pool).open(&path);
    steps.run_all();
    Stepped { steps, file: block_on(open).unwrap(), _dir: dir }
}

impl Stepped {
    /// Awaits while the pool is stepped.
    fn get<F: Future + Unpin>(&self, mut future: F) -> F::Output {
        loop {
            if let Poll::Ready(output) = poll(&mut future) {
                return output;
            }
            self.steps.run_one();
        }
    }

    /// A read of so many bytes that ran, and whose reader went away.
    fn abandon(&self, bytes: usize) {
        let mut buffer = vec![0; bytes];
        let mut read = self.file.read(&mut buffer);
        assert!(poll(&mut read).is_pending());
        self.steps.run_all();
        drop(read);
    }

    fn read(&self, bytes: usize) -> String {
        let mut buffer = vec![0; bytes];
        let read = self.get(self.file.read(&mut buffer)).unwrap();
        String::from_utf8(buffer[..read].to_vec()).unwrap()
    }
}

/// tokio skips these bytes after `into_std`, every time; async-fs drains a pipe for a read of one byte.
#[test]
fn the_next_read_gets_the_bytes() {
    let it = stepped();
    it.abandon(4);
    assert_eq!(it.read(2), "01");
    assert_eq!(it.read(4), "2345");
    it.abandon(4);
    std::fs::write(it.file.path().unwrap(), "abcdefghij").unwrap();
    assert_eq!(it.read(10), "ghij", "what is in the file by now, as std would read it");
}

#[test]
fn every_kind_of_read_gets_the_bytes() {
    let it = stepped();
    it.abandon(4);
    let mut six = [0; 6];
    it.get(it.file.read_exact(&mut six)).unwrap();
    assert_eq!(&six, b"012345");
    it.abandon(2);
    let mut rest = Vec::new();
    assert_eq!(it.get(it.file.read_to_end(&mut rest)).unwrap(), 4);
    assert_eq!(rest, b"6789");

    let it = stepped();
    it.abandon(10);
    let mut text = String::new();
    assert_eq!(it.get(it.file.read_to_string(&mut text)).unwrap(), 10);
    assert_eq!(text, CONTENT);
}

#[test]
fn every_kind_of_read_gives_its_bytes_back() {
    let it = stepped();
    let (mut exact, mut end, mut text) = ([0; 5], Vec::new(), String::new());
    let mut read = it.file.read_exact(&mut exact);
    assert!(poll(&mut read).is_pending());
    it.steps.run_all();
    drop(read);
    let mut read = it.file.read_to_end(&mut end);
    assert!(poll(&mut read).is_pending());
    it.steps.run_all();
    drop(read);
    let mut read = it.file.read_to_string(&mut text);
    assert!(poll(&mut read).is_pending());
    it.steps.run_all();
    drop(read);
    assert!(end.is_empty() && text.is_empty() && exact == [0; 5], "the buffers are as they were");
    assert_eq!(it.read(10), CONTENT);
}

#[test]
fn a_read_that_has_not_started_is_left_out() {
    let it = stepped();
    drop(it.file.read(&mut [0; 4]));
    let position = it.file.stream_position();
    assert_eq!(it.get(position).unwrap(), 0);
    assert_eq!(it.read(4), "0123");
}

#[test]
fn every_other_call_finds_the_file_where_its_caller_left_it() {
    fn position(mut file: &std::fs::File) -> u64 {
        file.stream_position().unwrap()
    }
    let it = stepped();
    assert_eq!(it.read(1), "0");

    it.abandon(3);
    assert_eq!(it.get(it.file.with(|file| position(file))), 1);
    it.abandon(3);
    assert_eq!(it.get(it.file.call(Seek::stream_position, ())).unwrap(), 1);
    it.abandon(3);
    assert_eq!(it.get(it.file.method(position)()), 1);
    it.abandon(3);
    assert_eq!(it.get(it.file.stream_position()).unwrap(), 1);
    it.abandon(3);
    assert_eq!(it.get(it.file.seek(SeekFrom::Current(2))).unwrap(), 3);
    it.abandon(3);
    assert_eq!(it.get(it.file.seek(SeekFrom::Start(2))).unwrap(), 2);
    it.abandon(3);
    it.get(it.file.seek(SeekFrom::Current(-3))).unwrap_err(); // before the start: nothing has moved
    assert_eq!(it.read(1), "2");
    it.abandon(3);
    it.get(it.file.write_all("X")).unwrap();
    assert_eq!(it.read(2), "45");
    it.abandon(3);
    let clone = it.get(it.file.try_clone()).unwrap();
    assert_eq!(it.get(clone.stream_position()).unwrap(), 6);
    it.abandon(3);
    let mut std = it.get(it.file.clone().into_std()).unwrap();
    let mut rest = String::new();
    std.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "6789");
    std.rewind().unwrap();
    rest.clear();
    std.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "012X456789");
}

/// A read that was abandoned after a later call had used the file: that call was made knowing of it.
#[test]
fn a_later_call_that_has_run_keeps_its_place() {
    let it = stepped();
    let mut buffer = [0; 4];
    let mut first = it.file.read(&mut buffer);
    assert!(poll(&mut first).is_pending());
    let second = it.file.with(|file| {
        let mut two = [0; 2];
        file.read_exact(&mut two).map(|()| two)
    });
    it.steps.run_all();
    drop(first);
    assert_eq!(&it.get(second).unwrap(), b"45");
    assert_eq!(it.read(2), "67", "no byte comes twice");
}

#[test]
fn two_reads_abandoned_together_give_their_bytes_back_in_order() {
    for backwards in [false, true] {
        let it = stepped();
        let (mut one, mut two) = ([0; 3], [0; 4]);
        let (mut first, mut second) = (it.file.read(&mut one), it.file.read(&mut two));
        assert!(poll(&mut first).is_pending() && poll(&mut second).is_pending());
        it.steps.run_all();
        match backwards {
            false => drop((first, second)),
            true => drop((second, first)),
        }
        assert_eq!(it.read(10), CONTENT);
    }
}

/// A pipe whose file is held elsewhere: it cannot be taken, and its unread bytes stay.
#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_taken_keeps_its_unread_bytes() {
    use std::io::Write;
    let dir = tempfile::tempdir().unwrap();
    let (steps, pool) = Steps::new();
    let path = dir.path().join("fifo");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let open = OpenOptions::new().read(true).write(true).pool(&pool).open(&path);
    steps.run_all();
    let file = block_on(open).unwrap();
    file.as_std().unwrap().as_ref().write_all(b"abcd").unwrap();
    let it = Stepped { steps, file, _dir: dir };
    it.abandon(2);
    let held = it.file.as_std();
    let busy = it.get(it.file.clone().into_std()).unwrap_err();
    assert_eq!(busy.kind(), std::io::ErrorKind::ResourceBusy);
    drop(held);
    assert_eq!(it.read(2), "ab");
    assert_eq!(it.read(2), "cd");
}

/// What an abandoned read has left is still there after a read that panics.
#[test]
fn a_read_that_panics_loses_no_unread_bytes() {
    struct Panics(u8);
    impl Read for Panics {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 += 1;
            match self.0 {
                2 | 3 => panic!("scripted"),
                4.. => Ok(0),
                _ => {
                    buffer[..3].copy_from_slice(b"abc");
                    Ok(3)
                }
            }
        }
    }
    let (steps, pool) = Steps::new();
    let reader = Aio::on(&pool, Panics(0));
    let mut three = [0; 3];
    drop({
        let mut read = reader.read(&mut three);
        assert!(poll(&mut read).is_pending());
        steps.run_all();
        read
    });
    let (mut five, mut all) = ([0; 5], Vec::new());
    let caught = |run: &mut dyn FnMut()| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
    };
    caught(&mut || {
        let mut read = reader.read_exact(&mut five);
        assert!(poll(&mut read).is_pending());
        steps.run_all();
        let _ = poll(&mut read);
    });
    caught(&mut || {
        let mut read = reader.read_to_end(&mut all);
        assert!(poll(&mut read).is_pending());
        steps.run_all();
        let _ = poll(&mut read);
    });
    let mut all = Vec::new();
    let mut read = reader.read_to_end(&mut all);
    steps.run_all();
    assert!(poll(&mut read).is_ready());
    assert_eq!(all, b"abc");
}

/// A read that is abandoned while it runs, on a thread of its own: the bytes come back just the same.
#[test]
fn a_read_abandoned_while_it_runs_gives_its_bytes_back() {
    struct Slow(crate::support::Gate, u8);
    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.pass();
            buffer.iter_mut().for_each(|byte| {
                *byte = self.1;
                self.1 += 1;
            });
            Ok(buffer.len())
        }
    }
    let gate = crate::support::Gate::new();
    let slow = Aio::on(&Pool::new(1), Slow(gate.clone(), 0));
    let mut three = [9; 3];
    let mut read = slow.read(&mut three);
    assert!(poll(&mut read).is_pending());
    gate.wait_for(1);
    drop(read);
    gate.open();
    let mut five = [9; 5];
    block_on(slow.read_exact(&mut five)).unwrap();
    assert_eq!((three, five), ([9; 3], [0, 1, 2, 3, 4]));
}

/// A pipe cannot be put back: the bytes wait for the next typed read, in their order.
#[test]
fn a_pipe_keeps_the_bytes_for_the_next_read() {
    use std::io::Write;
    let (reader, mut writer) = std::io::pipe().unwrap();
    let (steps, pool) = Steps::new();
    let reader = Aio::on(&pool, reader);
    writer.write_all(CONTENT.as_bytes()).unwrap();
    drop(writer);
    for _ in 0..3 {
        let mut buffer = [0; 4];
        let mut read = reader.read(&mut buffer);
        assert!(poll(&mut read).is_pending());
        steps.run_all();
        drop(read);
        // Another call in between does not lose them.
        let mut other = reader.with(|_| ());
        steps.run_all();
        assert!(poll(&mut other).is_ready());
    }
    let mut all = String::new();
    let mut read = reader.read_to_string(&mut all);
    assert!(poll(&mut read).is_pending());
    steps.run_all();
    assert!(poll(&mut read).is_ready());
    assert_eq!(all, CONTENT);
}

/// The bytes of a stream, whatever is dropped on the way: nothing is lost, nothing comes twice. Once with reads that need
/// a thread, and once with those that are done at once.
#[test]
fn fifty_thousand_reads_dropped_at_random_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let content: Vec<u8> = (0..1_000_000_u32).map(|i| (i % 251) as u8).collect();
    std::fs::write(&path, &content).unwrap();
    for inline in [false, true] {
        let pool = Pool::default().inline(inline);
        let file = block_on(aiofile::OpenOptions::new().read(true).pool(&pool).open(&path)).unwrap();
        let (mut got, mut random, mut given_up, mut reads) = (Vec::new(), 1_u32, 0, 0);
        loop {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let mut buffer = vec![0; 1 + (random >> 24) as usize % 40];
            let mut read = file.read(&mut buffer);
            reads += 1;
            let result = match random >> 8 & 3 {
                0 => Poll::Ready(block_on(&mut read)),
                1 => Poll::Pending, // not even polled: how many of the others wait is for the machine to say
                _ => poll(&mut read),
            };
            drop(read);
            match result {
                Poll::Ready(result) => match result.unwrap() {
                    0 => break,
                    read => got.extend_from_slice(&buffer[..read]),
                },
                Poll::Pending => given_up += 1,
            }
        }
        assert!(got == content, "{} of {} bytes", got.len(), content.len());
        assert!(reads > 50_000 && given_up > 10_000, "{given_up} of {reads} reads were given up");
    }
}

/// Some devices say that they have gone back, and have not: what was read of them is kept.
#[test]
#[cfg(target_os = "linux")]
fn what_cannot_go_back_keeps_its_bytes() {
    crate::exit::in_child("abandoned_reads::child_of_an_eventfd");
}

#[test]
#[ignore = "the child of what_cannot_go_back_keeps_its_bytes"]
#[cfg(target_os = "linux")]
fn child_of_an_eventfd() {
    let event = {
        use nix::sys::eventfd::{EfdFlags, EventFd};
        EventFd::from_value_and_flags(7, EfdFlags::EFD_NONBLOCK).unwrap()
    };
    let (steps, pool) = Steps::new();
    Pool::set_default(pool);
    let file = File::from_std(std::fs::File::from(std::os::fd::OwnedFd::from(event)));
    let mut buffer = [0; 8];
    let mut read = file.read(&mut buffer);
    assert!(poll(&mut read).is_pending());
    steps.run_all(); // it has the 7
    drop(read);
    let mut read = file.read(&mut buffer);
    assert!(poll(&mut read).is_pending());
    steps.run_all();
    let Poll::Ready(count) = poll(&mut read) else { panic!("the 7 is lost") };
    assert_eq!((count.unwrap(), u64::from_ne_bytes(buffer)), (8, 7));
}
