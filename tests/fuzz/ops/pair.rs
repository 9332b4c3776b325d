//! The two files, and what is done to both. The rules of abandonment are those of `tests/it/model.rs`.

use crate::case::{Case, How, Mode, Op, Place, Step};
use crate::support::{Steps, poll, wait};
use aiofile::{Call, File, Pool};
use std::fmt::Debug;
use std::fs;
use std::io::{self, IoSlice, IoSliceMut, Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::OnceLock;
use std::task::Poll;
use std::thread;
use tempfile::TempDir;

/// No file is to grow beyond this: a position behind it is taken back.
const FAR: u64 = 1 << 20;

pub struct Pair {
    pub ours: File,
    pub std: fs::File,
    /// The pool, where it is stepped by hand.
    steps: Option<Steps>,
    /// An abandoned read may have left bytes for the next one, which may be short then.
    pub unread: bool,
    /// Calls were made that were not awaited: what runs beside the queue must not overtake them.
    pub unsettled: bool,
}

fn paths() -> [PathBuf; 2] {
    static DIR: OnceLock<TempDir> = OnceLock::new();
    let dir = DIR.get_or_init(|| tempfile::tempdir().unwrap());
    ["ours", "std"].map(|name| dir.path().join(name))
}

/// Says whether it went well.
pub fn same<T: PartialEq + Debug>(ours: aiofile::Result<T>, std: io::Result<T>) -> bool {
    let ours = ours.map_err(|error| (error.kind(), error.raw_os_error()));
    let std = std.map_err(|error| (error.kind(), error.raw_os_error()));
    assert_eq!(ours, std, "ours, std's");
    std.is_ok()
}

impl Pair {
    pub fn open(case: &Case) -> Pair {
        let paths = paths();
        for path in &paths {
            let _ = fs::remove_file(path); // one that is emptied instead is written to the disk first
            if !matches!(case.mode, Mode::Create | Mode::CreateUpdate) {
                fs::write(path, case.content.get()).unwrap();
            }
        }
        let (steps, pool) = match case.place {
            Place::Default => (None, Pool::default()),
            Place::One => {
                static ONE: OnceLock<Pool> = OnceLock::new();
                (None, ONE.get_or_init(|| Pool::new(1)).clone())
            }
            Place::Stepped | Place::SteppedAll => {
                let (steps, pool) = Steps::new();
                (Some(steps), pool.inline(case.place == Place::Stepped))
            }
        };
        let mut options = fs::OpenOptions::new();
        match case.mode {
            Mode::Read => options.read(true),
            Mode::ReadUpdate => options.read(true).write(true),
            Mode::Write => options.write(true).truncate(true),
            Mode::WriteUpdate => options.read(true).write(true).truncate(true),
            Mode::Append => options.append(true),
            Mode::AppendUpdate => options.read(true).append(true),
            Mode::Create => options.write(true).create_new(true),
            Mode::CreateUpdate => options.read(true).write(true).create_new(true),
        };
        let ours = aiofile::OpenOptions::from(options.clone()).pool(&pool).open(&paths[0]);
        let ours = wait(steps.as_ref(), ours).unwrap();
        let std = options.open(&paths[1]).unwrap();
        Pair { ours, std, steps, unread: false, unsettled: false }
    }

    pub fn get<F: Future>(&self, future: F) -> F::Output {
        wait(self.steps.as_ref(), pin!(future))
    }

    /// Time passes.
    pub fn pass(&self, time: u8) {
        match &self.steps {
            Some(steps) if time % 2 == 1 => steps.run_all(),
            Some(_) => {}
            None => (0..time % 16).for_each(|_| thread::yield_now()),
        }
    }

    /// `None`: it is dropped.
    pub fn get_or_drop<F: Future>(&self, how: How, future: F) -> Option<F::Output> {
        match how {
            How::Await => Some(self.get(future)),
            How::Unpolled(time) | How::Cancel(time) => {
                self.pass(time);
                None
            }
            How::Polled(time) => {
                let mut future = pin!(future);
                match poll(&mut future) {
                    Poll::Ready(output) => Some(output),
                    Poll::Pending => {
                        self.pass(time);
                        None
                    }
                }
            }
        }
    }

    /// A read. What was dropped has not been.
    pub fn read<F: Future>(&mut self, how: How, future: F) -> Option<F::Output> {
        let output = self.get_or_drop(how, future);
        self.unread |= output.is_none();
        output
    }

    /// Any other call: std does the same, unless it is taken back. Says whether it is known to have gone well.
    fn change<T: PartialEq + Debug + Send + 'static>(
        &mut self,
        how: How,
        mut ours: Call<aiofile::Result<T>>,
        std: impl FnOnce(&mut fs::File) -> io::Result<T>,
    ) -> bool {
        let mut how = how;
        if let How::Cancel(time) = how {
            self.pass(time);
            if ours.cancel() {
                return false;
            }
            how = How::Await;
        }
        let std = std(&mut self.std);
        match self.get_or_drop(how, ours) {
            Some(ours) => same(ours, std),
            None => {
                self.unsettled = true;
                false
            }
        }
    }

    /// A call behind which nothing is unread.
    fn use_value<T: PartialEq + Debug + Send + 'static>(
        &mut self,
        how: How,
        ours: Call<aiofile::Result<T>>,
        std: impl FnOnce(&mut fs::File) -> io::Result<T>,
    ) {
        if self.change(how, ours, std) {
            self.unread = false;
        }
    }

    /// Has everything done that was made.
    pub fn settle(&mut self) {
        same(self.get(self.ours.flush()), Ok(()));
        (self.unread, self.unsettled) = (false, false);
    }

    /// A read that may be short after an abandoned one: std reads as much.
    fn same_read(
        &mut self,
        ours: aiofile::Result<usize>,
        bytes: &[u8],
        read: impl FnOnce(&mut fs::File, &mut [u8]) -> io::Result<usize>,
    ) {
        let mut expect = vec![0; bytes.len()];
        let std = match &ours {
            Ok(count @ 1..) if self.unread => self.std.read_exact(&mut expect[..*count]).map(|()| *count),
            _ => read(&mut self.std, &mut expect),
        };
        same(ours, std);
        assert!(bytes == expect, "other bytes");
    }

    pub fn step(&mut self, step: &Step) {
        let (how, ours) = (step.how, self.ours.clone());
        match &step.op {
            Op::Read(size) => {
                let mut buffer = vec![0; size.get()];
                if let Some(result) = self.read(how, ours.read(&mut buffer)) {
                    self.same_read(result, &buffer, |std, buffer| std.read(buffer));
                }
            }
            Op::ReadVectored(first, second) => {
                let mut buffer = vec![0; first.get() + second.get()];
                let (one, two) = buffer.split_at_mut(first.get());
                let mut slices = [IoSliceMut::new(one), IoSliceMut::new(two)];
                if let Some(result) = self.read(how, ours.read_vectored(&mut slices)) {
                    self.same_read(result, &buffer, |std, buffer| {
                        let (one, two) = buffer.split_at_mut(first.get());
                        std.read_vectored(&mut [IoSliceMut::new(one), IoSliceMut::new(two)])
                    });
                }
            }
            Op::ReadExact(size) => {
                let (mut buffer, mut expect) = (vec![0; size.get()], vec![0; size.get()]);
                if let Some(result) = self.read(how, ours.read_exact(&mut buffer))
                    && same(result, self.std.read_exact(&mut expect))
                {
                    assert!(buffer == expect, "other bytes");
                }
            }
            Op::ReadToEnd => {
                let (mut buffer, mut expect) = (vec![b'>'], vec![b'>']);
                if let Some(result) = self.read(how, ours.read_to_end(&mut buffer)) {
                    same(result, self.std.read_to_end(&mut expect));
                    assert!(buffer == expect, "other bytes");
                    self.unread = false;
                }
            }
            Op::Write(bytes) => {
                let bytes = bytes.get();
                self.use_value(how, ours.write(bytes.clone()), |std| std.write(&bytes));
            }
            Op::WriteAll(bytes) => {
                let bytes = bytes.get();
                self.use_value(how, ours.write_all(bytes.clone()), |std| std.write_all(&bytes));
            }
            Op::WriteVectored(first, second) => {
                let bytes = [first.get(), second.get()];
                self.use_value(how, ours.write_vectored(bytes.clone()), |std| {
                    std.write_vectored(&bytes.each_ref().map(|bytes| IoSlice::new(bytes)))
                });
            }
            Op::Seek(to) => {
                let to = to.get();
                self.use_value(how, ours.seek(to), |std| std.seek(to));
            }
            Op::SeekRelative(by) => {
                let by = by.get();
                self.use_value(how, ours.seek_relative(by), |std| std.seek_relative(by));
            }
            Op::Rewind => self.use_value(how, ours.rewind(), |std| std.rewind()),
            Op::Position => drop(self.change(how, ours.stream_position(), |std| std.stream_position())),
            Op::SetLen(size) => {
                let size = size.get();
                self.use_value(how, ours.set_len(size), |std| std.set_len(size));
            }
            Op::Flush => self.use_value(how, ours.flush(), |std| std.flush()),
            Op::Len => {
                let len = ours.metadata().map(|metadata| metadata.map(|metadata| metadata.len()));
                self.use_value(how, len, |std| std.metadata().map(|metadata| metadata.len()));
            }
            Op::ReadAt(..) | Op::ReadExactAt(..) | Op::WriteAt(..) | Op::WriteAllAt(..) => self.beside(step),
            Op::Clone => self.ours = ours,
            Op::TryClone => {
                self.settle(); // what is unread is known to its own descriptor alone
                self.ours = self.get(ours.try_clone()).unwrap();
                self.std = self.std.try_clone().unwrap();
            }
            Op::IntoStd(behind) => {
                if let Some((bytes, at)) = behind {
                    self.settle();
                    drop(ours.write_all_at(bytes.get(), at.get()));
                    let _ = self.std.write_all_at(&bytes.get(), at.get());
                }
                let mut file = self.get(ours.into_std()).unwrap();
                assert_eq!(file.stream_position().unwrap(), self.std.stream_position().unwrap());
                self.ours = File::from(file);
                (self.unread, self.unsettled) = (false, false);
            }
            Op::Reader(steps) => self.reader(steps),
            Op::Writer(steps, end) => self.writer(steps, *end),
        }
        if self.std.stream_position().unwrap() > FAR {
            same(self.get(self.ours.rewind()), self.std.rewind());
        }
    }

    /// Calls that run beside the queue: a write among them is awaited, or it would have no place in any order.
    fn beside(&mut self, step: &Step) {
        if self.unsettled {
            self.settle();
        }
        let ours = self.ours.clone();
        match &step.op {
            Op::ReadAt(size, at) => {
                let (mut buffer, mut expect) = (vec![0; size.get()], vec![0; size.get()]);
                if let Some(result) = self.get_or_drop(step.how, ours.read_at(&mut buffer, at.get())) {
                    same(result, self.std.read_at(&mut expect, at.get()));
                    assert!(buffer == expect, "other bytes");
                }
            }
            Op::ReadExactAt(size, at) => {
                let (mut buffer, mut expect) = (vec![0; size.get()], vec![0; size.get()]);
                if let Some(result) = self.get_or_drop(step.how, ours.read_exact_at(&mut buffer, at.get()))
                    && same(result, self.std.read_exact_at(&mut expect, at.get()))
                {
                    assert!(buffer == expect, "other bytes");
                }
            }
            Op::WriteAt(bytes, at) => {
                let std = self.std.write_at(&bytes.get(), at.get());
                same(self.get(ours.write_at(bytes.get(), at.get())), std);
            }
            Op::WriteAllAt(bytes, at) => {
                let std = self.std.write_all_at(&bytes.get(), at.get());
                same(self.get(ours.write_all_at(bytes.get(), at.get())), std);
            }
            other => panic!("{other:?} runs in the queue"),
        }
    }

    pub fn end(mut self) {
        same(self.get(self.ours.stream_position()), self.std.stream_position());
        self.settle();
        same(self.get(self.ours.clone().close()), Ok(()));
        let [ours, std] = paths().map(|path| fs::read(path).unwrap());
        assert!(ours == std, "other content at the end");
    }
}
