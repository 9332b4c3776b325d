//! Random sequences of calls on a `File`, and the same on std's: same results, same bytes, same position, same
//! content at the end, whichever waits are abandoned.
//!
//! The rules of abandonment are part of the model: a read that was dropped while it was pending has not been (the
//! file is where it was, the next read gets its bytes, perhaps fewer at a time); any other call that was made is
//! run. std's file has no pools, no queue and nothing unread: it is the specification.
//!
//! `cargo test` runs 500 sequences on each kind of pool; `AIOFILE_MODEL_CASES=10000` runs so many. A failure prints
//! the shortest sequence that fails and the seed; `AIOFILE_MODEL_SEED=<seed>` runs the same ones again. On real
//! threads, how far an abandoned read came is up to the system; on the pool that is stepped by hand it is up to the
//! sequence, so a failure there fails every time.

use crate::support::{Steps, poll, wait};
use aiofile::{File, OpenOptions, Pool};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::fmt::Debug;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::task::Poll;

type Checked<T = ()> = Result<T, TestCaseError>;

/// No file is to grow beyond this: a position behind it is taken back.
const FAR: u64 = 1 << 20;
const MODES: [&str; 10] = ["r", "r+", "w", "w+", "a", "a+", "x", "x+", "append only", "write only"];

#[derive(Clone, Debug)]
struct Case {
    content: Bytes,
    mode: &'static str,
    steps: Vec<Step>,
}

/// So many bytes, text or not, from this one on: they print shorter than themselves.
#[derive(Clone, Debug)]
struct Bytes {
    len: usize,
    first: u8,
    text: bool,
}

impl Bytes {
    fn get(&self) -> Vec<u8> {
        let byte = |i: usize| self.first.wrapping_add((i % 251) as u8);
        (0..self.len).map(|i| if self.text { byte(i) & 0x7f } else { byte(i) }).collect()
    }
}

#[derive(Clone, Debug)]
struct Step {
    op: Op,
    wait: Wait,
}

/// What becomes of a call.
#[derive(Clone, Debug)]
enum Wait {
    Await,
    /// Polled once, and if it was pending, dropped after a while. Stepped by hand: odd, it has run by then.
    Abandon(u8),
}

#[derive(Clone, Debug)]
enum Op {
    Read(usize),
    ReadVectored(Vec<usize>),
    ReadExact(usize),
    ReadToEnd,
    ReadToString,
    Write(Bytes),
    WriteAll(Bytes),
    WriteVectored(Vec<Bytes>),
    Seek(SeekFrom),
    SeekRelative(i64),
    Rewind,
    Position,
    SetLen(u64),
    Flush,
    SyncData,
    Len,
    ReadAt(usize, u64),
    ReadExactAt(usize, u64),
    WriteAt(Bytes, u64),
    WriteAllAt(Bytes, u64),
    /// A second descriptor; go on with the first or with it.
    TryClone(bool),
    /// Go on with another descriptor.
    Switch(usize),
    /// Another handle on the same queue.
    Clone,
    IntoStd,
}

fn bytes() -> impl Strategy<Value = Bytes> {
    let len = prop_oneof![5 => 0..20_usize, 1 => 0..2000_usize];
    (len, any::<u8>(), any::<bool>()).prop_map(|(len, first, text)| Bytes { len, first, text })
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![5 => 0..20_usize, 1 => 0..3000_usize]
}

fn offset() -> impl Strategy<Value = u64> {
    let edges = [u64::MAX, 1 << 63, i64::MAX as u64];
    prop_oneof![8 => 0..3000_u64, 1 => prop::sample::select(edges.to_vec())]
}

/// Where something can be written without making a huge file.
fn near_offset() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..3000_u64, 1 => prop::sample::select(vec![u64::MAX, 1 << 63])]
}

fn distance() -> impl Strategy<Value = i64> {
    let edges = vec![i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX];
    prop_oneof![4 => -20..20_i64, 4 => -3000..3000_i64, 1 => prop::sample::select(edges)]
}

fn op() -> impl Strategy<Value = Op> {
    let seek = prop_oneof![
        offset().prop_map(SeekFrom::Start),
        distance().prop_map(SeekFrom::Current),
        distance().prop_map(SeekFrom::End),
    ];
    prop_oneof![
        8 => size().prop_map(Op::Read),
        3 => vec(size(), 0..4).prop_map(Op::ReadVectored),
        4 => size().prop_map(Op::ReadExact),
        2 => Just(Op::ReadToEnd),
        2 => Just(Op::ReadToString),
        3 => bytes().prop_map(Op::Write),
        4 => bytes().prop_map(Op::WriteAll),
        2 => vec(bytes(), 0..4).prop_map(Op::WriteVectored),
        6 => seek.prop_map(Op::Seek),
        2 => distance().prop_map(Op::SeekRelative),
        2 => Just(Op::Rewind),
        3 => Just(Op::Position),
        2 => near_offset().prop_map(Op::SetLen),
        1 => Just(Op::Flush),
        1 => Just(Op::SyncData),
        2 => Just(Op::Len),
        1 => (size(), offset()).prop_map(|(size, at)| Op::ReadAt(size, at)),
        1 => (size(), offset()).prop_map(|(size, at)| Op::ReadExactAt(size, at)),
        1 => (bytes(), near_offset()).prop_map(|(bytes, at)| Op::WriteAt(bytes, at)),
        1 => (bytes(), near_offset()).prop_map(|(bytes, at)| Op::WriteAllAt(bytes, at)),
        1 => any::<bool>().prop_map(Op::TryClone),
        1 => (0..3_usize).prop_map(Op::Switch),
        1 => Just(Op::Clone),
        1 => Just(Op::IntoStd),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let wait = prop_oneof![3 => Just(Wait::Await), 2 => any::<u8>().prop_map(Wait::Abandon)];
    let step = (op(), wait).prop_map(|(op, wait)| Step { op, wait });
    // Most can read and write.
    let mode =
        prop_oneof![3 => prop::sample::select(vec!["r+", "w+", "a+"]), 2 => prop::sample::select(&MODES[..])];
    (bytes(), mode, vec(step, 1..40)).prop_map(|(content, mode, steps)| Case { content, mode, steps })
}

/// What the mode is to std, and whether it starts at the end.
fn options(mode: &str) -> (std::fs::OpenOptions, bool) {
    let mut options = std::fs::OpenOptions::new();
    match mode {
        "r" => options.read(true),
        "r+" => options.read(true).write(true),
        "w" => options.write(true).create(true).truncate(true),
        "w+" => options.read(true).write(true).create(true).truncate(true),
        "a" => options.append(true).create(true),
        "a+" => options.read(true).append(true).create(true),
        "x" => options.write(true).create_new(true),
        "x+" => options.read(true).write(true).create_new(true),
        "append only" => options.append(true),
        "write only" => options.write(true),
        other => panic!("{other}"),
    };
    (options, matches!(mode, "a" | "a+"))
}

/// The two files.
struct Pair {
    ours: File,
    std: std::fs::File,
    /// Further descriptors of the same two open files.
    others: Vec<(File, std::fs::File)>,
    /// The pool, where it is stepped by hand.
    steps: Option<Steps>,
    /// An abandoned read may have left bytes for the next one, which may be short then.
    unread: bool,
    /// Calls were made that were not awaited: what runs beside the queue must not overtake them.
    unsettled: bool,
    /// How many reads were dropped while they were pending.
    abandoned: usize,
}

fn outcome<T>(result: io::Result<T>) -> Result<T, (ErrorKind, Option<i32>)> {
    result.map_err(|error| (error.kind(), error.raw_os_error()))
}

fn our_outcome<T>(result: aiofile::Result<T>) -> Result<T, (ErrorKind, Option<i32>)> {
    result.map_err(|error| (error.kind(), error.raw_os_error()))
}

fn same<T: PartialEq + Debug>(ours: aiofile::Result<T>, std: io::Result<T>) -> Checked<bool> {
    let (ours, std) = (our_outcome(ours), outcome(std));
    prop_assert_eq!(&ours, &std, "ours, std's");
    Ok(ours.is_ok())
}

impl Pair {
    fn open(case: &Case, dir: &Path, place: &Place) -> Checked<Pair> {
        let (ours_path, std_path) = (dir.join("ours"), dir.join("std"));
        if !case.mode.starts_with('x') {
            std::fs::write(&ours_path, case.content.get()).unwrap();
            std::fs::write(&std_path, case.content.get()).unwrap();
        }
        let (options, at_end) = options(case.mode);
        let mut std = options.open(&std_path).unwrap();
        let (steps, pool) = match place {
            Place::Default if case.mode.len() <= 2 => (None, None),
            Place::Default => (None, Some(Pool::default())),
            Place::One(pool) => (None, Some(pool.clone())),
            Place::Stepped => {
                let (steps, pool) = Steps::new();
                (Some(steps), Some(pool))
            }
        };
        let by_mode = pool.is_none();
        let open = match pool {
            None => aiofile::open(&ours_path, case.mode),
            Some(pool) => OpenOptions::from(options).pool(&pool).open(&ours_path),
        };
        let ours = wait(steps.as_ref(), open).unwrap();
        if at_end {
            std.seek(SeekFrom::End(0)).unwrap();
            if !by_mode {
                wait(steps.as_ref(), ours.seek(SeekFrom::End(0))).unwrap();
            }
        }
        let (others, unread, unsettled, abandoned) = (Vec::new(), false, false, 0);
        Ok(Pair { ours, std, others, steps, unread, unsettled, abandoned })
    }

    fn get<F: Future + Unpin>(&self, future: F) -> F::Output {
        wait(self.steps.as_ref(), future)
    }

    /// `None`: it was pending, and is dropped.
    fn get_or_abandon<F: Future + Unpin>(&self, how: &Wait, mut future: F) -> Option<F::Output> {
        let Wait::Abandon(after) = how else { return Some(self.get(future)) };
        match poll(&mut future) {
            Poll::Ready(output) => return Some(output),
            Poll::Pending => match &self.steps {
                Some(steps) if after % 2 == 1 => steps.run_all(),
                Some(_) => {}
                None => (0..after % 16).for_each(|_| std::thread::yield_now()),
            },
        }
        None
    }

    /// A read. What was abandoned has not been.
    fn read<F: Future + Unpin>(&mut self, how: &Wait, future: F) -> Option<F::Output> {
        let output = self.get_or_abandon(how, future);
        if output.is_none() {
            self.abandoned += 1;
            self.unread = true;
        }
        output
    }

    /// Any other call: std does the same in any case.
    fn change<T: PartialEq + Debug>(
        &mut self,
        how: &Wait,
        ours: impl Future<Output = aiofile::Result<T>> + Unpin,
        std: io::Result<T>,
    ) -> Checked<bool> {
        match self.get_or_abandon(how, ours) {
            Some(ours) => same(ours, std),
            None => {
                self.unsettled = true;
                Ok(false)
            }
        }
    }

    /// A call that finds the file where its caller left it, with nothing unread.
    fn settled_change<T: PartialEq + Debug>(
        &mut self,
        how: &Wait,
        ours: impl Future<Output = aiofile::Result<T>> + Unpin,
        std: io::Result<T>,
    ) -> Checked {
        self.change(how, ours, std)?;
        self.unread = false;
        Ok(())
    }

    fn seek_change<T: PartialEq + Debug>(
        &mut self,
        how: &Wait,
        ours: impl Future<Output = aiofile::Result<T>> + Unpin,
        std: io::Result<T>,
    ) -> Checked {
        if self.change(how, ours, std)? {
            self.unread = false;
        }
        Ok(())
    }

    /// Has everything done that was made.
    fn settle(&mut self) -> Checked {
        same(self.get(self.ours.flush()), Ok(()))?;
        (self.unread, self.unsettled) = (false, false);
        Ok(())
    }

    /// A read that may be short after an abandoned one: std reads as much.
    fn same_read(
        &mut self,
        ours: aiofile::Result<usize>,
        bytes: &[u8],
        std_read: impl FnOnce(&mut std::fs::File, &mut [u8]) -> io::Result<usize>,
    ) -> Checked {
        let mut expect = vec![0; bytes.len()];
        let std = match &ours {
            Ok(read @ 1..) if self.unread => self.std.read_exact(&mut expect[..*read]).map(|()| *read),
            _ => std_read(&mut self.std, &mut expect),
        };
        same(ours, std)?;
        prop_assert!(bytes == expect, "other bytes");
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Checked {
        let how = &step.wait;
        let ours = self.ours.clone();
        match &step.op {
            Op::Read(size) => {
                let mut buffer = vec![0; *size];
                if let Some(result) = self.read(how, ours.read(&mut buffer)) {
                    self.same_read(result, &buffer, |std, buffer| std.read(buffer))?;
                }
            }
            Op::ReadVectored(sizes) => {
                let mut buffers: Vec<_> = sizes.iter().map(|size| vec![0; *size]).collect();
                let mut slices: Vec<_> = buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
                if let Some(result) = self.read(how, ours.read_vectored(&mut slices)) {
                    self.same_read(result, &buffers.concat(), |std, mut rest| {
                        let mut slices = Vec::new();
                        for size in sizes {
                            let (slice, later) = rest.split_at_mut(*size);
                            slices.push(IoSliceMut::new(slice));
                            rest = later;
                        }
                        std.read_vectored(&mut slices)
                    })?;
                }
            }
            Op::ReadExact(size) => {
                let (mut buffer, mut expect) = (vec![0; *size], vec![0; *size]);
                if let Some(result) = self.read(how, ours.read_exact(&mut buffer))
                    && same(result, self.std.read_exact(&mut expect))?
                {
                    prop_assert!(buffer == expect, "other bytes");
                }
            }
            Op::ReadToEnd => {
                let (mut buffer, mut expect) = (vec![b'>'], vec![b'>']);
                if let Some(result) = self.read(how, ours.read_to_end(&mut buffer)) {
                    same(result, self.std.read_to_end(&mut expect))?;
                    prop_assert!(buffer == expect, "other bytes");
                    self.unread = false;
                }
            }
            Op::ReadToString => {
                let (mut buffer, mut expect) = (String::from(">"), String::from(">"));
                if let Some(result) = self.read(how, ours.read_to_string(&mut buffer)) {
                    same(result, self.std.read_to_string(&mut expect))?;
                    prop_assert!(buffer == expect, "other text");
                    self.unread = false;
                }
            }
            Op::Write(bytes) => {
                let std = self.std.write(&bytes.get());
                self.settled_change(how, ours.write(bytes.get()), std)?;
            }
            Op::WriteAll(bytes) => {
                let std = self.std.write_all(&bytes.get());
                self.settled_change(how, ours.write_all(bytes.get()), std)?;
            }
            Op::WriteVectored(bytes) => {
                let bytes: Vec<_> = bytes.iter().map(Bytes::get).collect();
                let slices: Vec<_> = bytes.iter().map(|bytes| IoSlice::new(bytes)).collect();
                let std = self.std.write_vectored(&slices);
                self.settled_change(how, ours.write_vectored(bytes), std)?;
            }
            Op::Seek(to) => {
                let std = self.std.seek(*to);
                self.seek_change(how, ours.seek(*to), std)?;
            }
            Op::SeekRelative(by) => {
                let std = self.std.seek_relative(*by);
                self.seek_change(how, ours.seek_relative(*by), std)?;
            }
            Op::Rewind => {
                let std = self.std.rewind();
                self.seek_change(how, ours.rewind(), std)?;
            }
            Op::Position => {
                let std = self.std.stream_position();
                self.change(how, ours.stream_position(), std)?;
            }
            Op::SetLen(size) => {
                let std = self.std.set_len(*size);
                self.settled_change(how, ours.set_len(*size), std)?;
            }
            Op::Flush => {
                let std = self.std.flush();
                self.settled_change(how, ours.flush(), std)?;
            }
            Op::SyncData => {
                let std = self.std.sync_data();
                self.settled_change(how, ours.sync_data(), std)?;
            }
            Op::Len => {
                let std = self.std.metadata().map(|metadata| metadata.len());
                let len = ours.metadata().map(|metadata| metadata.map(|metadata| metadata.len()));
                self.settled_change(how, len, std)?;
            }
            Op::ReadAt(..) | Op::ReadExactAt(..) | Op::WriteAt(..) | Op::WriteAllAt(..) => {
                if self.unsettled {
                    self.settle()?;
                }
                self.positional(step)?;
            }
            Op::TryClone(stay) => {
                let Some(clone) = self.get_or_abandon(how, ours.try_clone()) else {
                    self.unread = false;
                    self.unsettled = true;
                    return Ok(());
                };
                let (mut second, mut std) = (clone.unwrap(), self.std.try_clone().unwrap());
                self.unread = false;
                if !stay {
                    std::mem::swap(&mut self.ours, &mut second);
                    std::mem::swap(&mut self.std, &mut std);
                }
                self.others.push((second, std));
                self.others.truncate(3);
            }
            Op::Switch(to) => {
                // What is unread is known to its own descriptor alone.
                self.settle()?;
                if let Some((ours, std)) = self.others.get_mut(*to) {
                    std::mem::swap(&mut self.ours, ours);
                    std::mem::swap(&mut self.std, std);
                }
            }
            Op::Clone => self.ours = ours,
            Op::IntoStd => {
                let mut file = self.get(ours.into_std()).unwrap();
                prop_assert_eq!(file.stream_position().unwrap(), self.std.stream_position().unwrap());
                self.ours = File::from(file);
                (self.unread, self.unsettled) = (false, false);
            }
        }
        self.come_back()
    }

    /// Calls that run beside the queue: a write among them is awaited, or it would have no place in any order.
    fn positional(&mut self, step: &Step) -> Checked {
        let ours = self.ours.clone();
        match &step.op {
            Op::ReadAt(size, at) => {
                let (mut buffer, mut expect) = (vec![0; *size], vec![0; *size]);
                if let Some(result) = self.get_or_abandon(&step.wait, ours.read_at(&mut buffer, *at)) {
                    same(result, self.std.read_at(&mut expect, *at))?;
                    prop_assert!(buffer == expect, "other bytes");
                }
            }
            Op::ReadExactAt(size, at) => {
                let (mut buffer, mut expect) = (vec![0; *size], vec![0; *size]);
                if let Some(result) = self.get_or_abandon(&step.wait, ours.read_exact_at(&mut buffer, *at))
                    && same(result, self.std.read_exact_at(&mut expect, *at))?
                {
                    prop_assert!(buffer == expect, "other bytes");
                }
            }
            Op::WriteAt(bytes, at) => {
                let std = self.std.write_at(&bytes.get(), *at);
                same(self.get(ours.write_at(bytes.get(), *at)), std)?;
            }
            Op::WriteAllAt(bytes, at) => {
                let std = self.std.write_all_at(&bytes.get(), *at);
                same(self.get(ours.write_all_at(bytes.get(), *at)), std)?;
            }
            other => panic!("{other:?} runs in the queue"),
        }
        Ok(())
    }

    fn come_back(&mut self) -> Checked {
        if self.std.stream_position().unwrap() > FAR {
            same(self.get(self.ours.rewind()), self.std.rewind())?;
            self.unread = false;
        }
        Ok(())
    }
}

enum Place {
    Default,
    One(Pool),
    Stepped,
}

/// Gives the number of reads that were abandoned while they were pending.
fn check(case: &Case, place: &Place) -> Checked<usize> {
    let dir = tempfile::tempdir().unwrap();
    let mut pair = Pair::open(case, dir.path(), place)?;
    for (i, step) in case.steps.iter().enumerate() {
        pair.step(step).map_err(|error| TestCaseError::fail(format!("step {i}, {step:?}: {error}")))?;
    }
    let position = pair.get(pair.ours.stream_position());
    same(position, pair.std.stream_position())?;
    pair.settle()?;
    let (ours, std) = (std::fs::read(dir.path().join("ours")), std::fs::read(dir.path().join("std")));
    prop_assert!(ours.unwrap() == std.unwrap(), "other content at the end");
    Ok(pair.abandoned)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

fn run(place: Place) {
    let cases = number("AIOFILE_MODEL_CASES").map_or(500, |cases| cases as u32);
    let seed = number("AIOFILE_MODEL_SEED").unwrap_or_else(|| RandomState::new().hash_one(0));
    let mut long = [0; 32];
    long[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &long);
    let abandoned = std::cell::Cell::new(0);
    let result = TestRunner::new_with_rng(config, rng).run(&case(), |case| {
        abandoned.set(abandoned.get() + check(&case, &place)?);
        Ok(())
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(why, case)) => {
            let steps: Vec<_> =
                case.steps.iter().enumerate().map(|(i, step)| format!("  {i} {step:?}")).collect();
            panic!(
                "{why}\nin {:?} opened {:?}:\n{}\nthe same again: AIOFILE_MODEL_SEED={seed}",
                case.content,
                case.mode,
                steps.join("\n")
            );
        }
        Err(error) => panic!("{error}"),
    }
    println!("{cases} sequences, {} reads abandoned while pending", abandoned.get());
    // On a busy machine many are ready at once.
    assert!(abandoned.get() > cases as usize / 10, "hardly a read was abandoned: {}", abandoned.get());
}

#[test]
fn a_file_does_what_that_of_std_does() {
    run(Place::Default);
}

#[test]
fn a_file_on_one_thread_does_what_that_of_std_does() {
    run(Place::One(Pool::new(1)));
}

#[test]
fn a_file_on_a_pool_that_is_stepped_by_hand_does_what_that_of_std_does() {
    run(Place::Stepped);
}
