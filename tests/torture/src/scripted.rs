//! A value that fails as it is told to: the portable injector, deterministic, for every form of call.

use crate::support::Random;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// EIO, ENOSPC, ...
    Errno(i32),
    /// One byte is read or written.
    One,
    /// Half of the bytes are.
    Half,
    Panic,
}

pub const FAULTS: [Fault; 8] = [
    Fault::Errno(libc::EIO),
    Fault::Errno(libc::ENOSPC),
    Fault::Errno(libc::EDQUOT),
    Fault::Errno(libc::EINTR),
    Fault::Errno(libc::EWOULDBLOCK),
    Fault::One,
    Fault::Half,
    Fault::Panic,
];

/// What a scripted panic says.
pub const PANIC: &str = "scripted";

/// The fault comes at the `at`th operation, once, or at each from there on.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub fault: Fault,
    pub at: u64,
    pub for_ever: bool,
}

impl Plan {
    /// Each fault, at each of the first places, once and for ever.
    pub fn all(places: u64) -> impl Iterator<Item = Plan> {
        let at = move |fault| (1..=places).map(move |at| (fault, at));
        let often = |(fault, at)| [false, true].map(|for_ever| Plan { fault, at, for_ever });
        // Interrupted for ever, what retries goes on for ever.
        FAULTS.into_iter().flat_map(at).flat_map(often).filter(|plan| !(plan.for_ever && plan.retried()))
    }

    /// std's loops make the call again.
    pub fn retried(&self) -> bool {
        self.fault == Fault::Errno(libc::EINTR)
    }
}

/// What was done to a value, to be seen from elsewhere.
#[derive(Debug, Default)]
pub struct Log {
    calls: AtomicU64,
    errors: AtomicU64,
    panics: AtomicU64,
    shorts: AtomicU64,
    pub data: Mutex<Vec<u8>>,
}

impl Log {
    /// Errors and panics that came out of it.
    pub fn failures(&self) -> u64 {
        self.errors.load(Ordering::SeqCst) + self.panics.load(Ordering::SeqCst)
    }

    /// All faults that came.
    pub fn faults(&self) -> u64 {
        self.failures() + self.shorts.load(Ordering::SeqCst)
    }

    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    pub fn data(&self) -> Vec<u8> {
        self.data.lock().expect("nobody panics with it").clone()
    }
}

/// A file in memory, with a plan. Reading at the end is no operation: nobody may ask for what comes of it.
#[derive(Debug)]
pub struct Scripted {
    pub log: Arc<Log>,
    position: usize,
    plan: Plan,
}

impl Scripted {
    pub fn new(data: Vec<u8>, plan: Plan) -> Scripted {
        Scripted { log: Arc::new(Log { data: Mutex::new(data), ..Log::default() }), position: 0, plan }
    }

    /// Of so many bytes, how many this operation may take.
    fn operation(&self, wanted: usize) -> io::Result<usize> {
        let number = self.log.calls.fetch_add(1, Ordering::SeqCst) + 1;
        if number != self.plan.at && !(self.plan.for_ever && self.plan.at > 0 && number > self.plan.at) {
            return Ok(wanted);
        }
        let (count, may) = match self.plan.fault {
            Fault::Errno(number) => (&self.log.errors, Err(io::Error::from_raw_os_error(number))),
            Fault::Panic => (&self.log.panics, Ok(wanted)),
            Fault::One => (&self.log.shorts, Ok(wanted.min(1))),
            Fault::Half => (&self.log.shorts, Ok(wanted.div_ceil(2))),
        };
        count.fetch_add(1, Ordering::SeqCst);
        if self.plan.fault == Fault::Panic {
            std::panic::panic_any(PANIC);
        }
        may
    }
}

impl Read for Scripted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.log.data().len().saturating_sub(self.position);
        if left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let count = self.operation(buffer.len().min(left))?;
        let data = self.log.data.lock().expect("nobody panics with it");
        buffer[..count].copy_from_slice(&data[self.position..][..count]);
        self.position += count;
        Ok(count)
    }
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.operation(bytes.len())?;
        let mut data = self.log.data.lock().expect("nobody panics with it");
        if data.len() < self.position + count {
            data.resize(self.position + count, 0);
        }
        data[self.position..][..count].copy_from_slice(&bytes[..count]);
        self.position += count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.operation(0).map(drop)
    }
}

impl Seek for Scripted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.operation(0)?;
        let end = self.log.data().len() as u64;
        let to = match to {
            SeekFrom::Start(to) => Some(to),
            SeekFrom::End(by) => end.checked_add_signed(by),
            SeekFrom::Current(by) => (self.position as u64).checked_add_signed(by),
        };
        let to = to.ok_or_else(|| io::Error::from_raw_os_error(libc::EINVAL))?;
        self.position = to.min(1 << 16) as usize; // no test needs more
        Ok(self.position as u64)
    }
}

/// One call of std's traits, which ours must repeat.
#[derive(Clone, Debug)]
pub enum Op {
    Read(usize),
    ReadVectored(usize, usize),
    Write(Vec<u8>),
    WriteAll(Vec<u8>),
    WriteVectored(Vec<u8>, Vec<u8>),
    Flush,
    Seek(SeekFrom),
    SeekRelative(i64),
    Rewind,
    Position,
}

impl Op {
    pub fn random(random: &mut Random) -> Op {
        let some = |random: &mut Random| {
            let count = random.below(20);
            random.bytes(count)
        };
        match random.below(12) {
            0 => Op::Read(random.below(30)),
            1 => Op::ReadVectored(random.below(10), random.below(10)),
            2 | 3 => Op::Write(some(random)),
            4..=6 => Op::WriteAll(some(random)),
            7 => Op::WriteVectored(some(random), some(random)),
            8 => Op::Flush,
            9 => Op::Seek(SeekFrom::End(-(random.below(40) as i64))),
            10 => Op::SeekRelative(random.below(20) as i64 - 10),
            _ if random.one_in(2) => Op::Rewind,
            _ => Op::Position,
        }
    }

    /// What std does: the number that it gives, and the bytes.
    pub fn by_std(&self, value: &mut Scripted) -> io::Result<(u64, Vec<u8>)> {
        let number = |count: usize| (count as u64, Vec::new());
        match self {
            Op::Read(count) => {
                let mut buffer = vec![0; *count];
                value.read(&mut buffer).map(|count| (count as u64, buffer))
            }
            Op::ReadVectored(one, two) => {
                let (mut one, mut two) = (vec![0; *one], vec![0; *two]);
                let mut slices = [io::IoSliceMut::new(&mut one), io::IoSliceMut::new(&mut two)];
                let count = value.read_vectored(&mut slices)?;
                Ok((count as u64, [one, two].concat()))
            }
            Op::Write(bytes) => value.write(bytes).map(number),
            Op::WriteAll(bytes) => value.write_all(bytes).map(|()| number(0)),
            Op::WriteVectored(one, two) => {
                value.write_vectored(&[io::IoSlice::new(one), io::IoSlice::new(two)]).map(number)
            }
            Op::Flush => value.flush().map(|()| number(0)),
            Op::Seek(to) => value.seek(*to).map(|to| (to, Vec::new())),
            Op::SeekRelative(by) => value.seek_relative(*by).map(|()| number(0)),
            Op::Rewind => value.rewind().map(|()| number(0)),
            Op::Position => value.stream_position().map(|at| (at, Vec::new())),
        }
    }
}
