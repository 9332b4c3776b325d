//! What is done: read out of the fuzzer's bytes.

use arbitrary::Arbitrary;
use std::io;

#[derive(Arbitrary, Debug)]
pub struct Case {
    pub content: Bytes,
    pub mode: Mode,
    pub place: Place,
    pub steps: Vec<Step>,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    Read,
    ReadUpdate,
    Write,
    WriteUpdate,
    Append,
    AppendUpdate,
    Create,
    CreateUpdate,
}

/// Where the calls run.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
pub enum Place {
    Default,
    One,
    /// On a pool that is stepped by hand; what is in the cache is read at once.
    Stepped,
    /// The same, but for what is in the cache.
    SteppedAll,
}

#[derive(Arbitrary, Debug)]
pub struct Step {
    pub op: Op,
    pub how: How,
}

/// What becomes of a call. The number: how long it has before that; stepped by hand, odd is until it has run.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum How {
    Await,
    /// Dropped without ever being polled.
    Unpolled(u8),
    /// Polled once, and if it was pending, dropped.
    Polled(u8),
    /// Taken back, if it can be.
    Cancel(u8),
}

#[derive(Arbitrary, Debug)]
pub enum Op {
    Read(Size),
    ReadVectored(Size, Size),
    ReadExact(Size),
    ReadToEnd,
    Write(Bytes),
    WriteAll(Bytes),
    WriteVectored(Bytes, Bytes),
    Seek(To),
    SeekRelative(Distance),
    Rewind,
    Position,
    SetLen(Near),
    Flush,
    Len,
    ReadAt(Size, Far),
    ReadExactAt(Size, Far),
    WriteAt(Bytes, Near),
    WriteAllAt(Bytes, Near),
    /// Go on with another handle of the same queue.
    Clone,
    /// Go on with a second descriptor.
    TryClone,
    /// The std file, and back; behind a write beside the queue that nobody waits for.
    IntoStd(Option<(Bytes, Near)>),
    Reader(Vec<ReaderStep>),
    Writer(Vec<WriterStep>, WriterEnd),
}

#[derive(Arbitrary, Debug)]
pub struct ReaderStep {
    pub op: ReaderOp,
    pub how: How,
}

#[derive(Arbitrary, Debug)]
pub enum ReaderOp {
    Read(Size),
    Exact(Size),
    Until(u8),
    ToEnd,
    Seek(To),
    /// As much of the buffer as there is.
    Consume(Size),
}

#[derive(Arbitrary, Debug)]
pub enum WriterStep {
    Write(Bytes),
    WriteAll(Bytes),
    /// Never polled: nothing is accepted.
    Unpolled(Bytes),
    Flush(How),
    Seek(To),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum WriterEnd {
    Drop,
    Flush,
    IntoInner,
}

/// Mostly a few bytes; else more than is read at once, or than a reader's piece.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Size(u8);

impl Size {
    pub fn get(self) -> usize {
        match usize::from(self.0) {
            few @ 0..220 => few / 5,
            more => (more - 219) * 5000,
        }
    }
}

/// So many bytes, from this one on.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Bytes(Size, u8);

impl Bytes {
    pub fn get(self) -> Vec<u8> {
        (0..self.0.get()).map(|i| self.1.wrapping_add((i % 251) as u8)).collect()
    }
}

/// An offset at which something can be written without making a huge file.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Near(u16);

impl Near {
    pub fn get(self) -> u64 {
        match u64::from(self.0) {
            0xffff => u64::MAX,
            0xfffe => 1 << 63,
            near => near * 3,
        }
    }
}

/// Any offset.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Far(u16);

impl Far {
    pub fn get(self) -> u64 {
        match self.0 {
            0xfffd => i64::MAX as u64,
            near => Near(near).get(),
        }
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Distance(i16);

impl Distance {
    pub fn get(self) -> i64 {
        match self.0 {
            i16::MIN => i64::MIN,
            i16::MAX => i64::MAX,
            near => i64::from(near) * if near % 2 == 0 { 1 } else { 7 },
        }
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum To {
    Start(Far),
    Current(Distance),
    End(Distance),
}

impl To {
    pub fn get(self) -> io::SeekFrom {
        match self {
            To::Start(at) => io::SeekFrom::Start(at.get()),
            To::Current(by) => io::SeekFrom::Current(by.get()),
            To::End(by) => io::SeekFrom::End(by.get()),
        }
    }
}
