//! The bytes that a `Writer` has accepted and no drain has taken.

use std::io::IoSlice;
use std::mem;

/// What is gathered apart from the rest: it stays in the nearest cache of the writer's processor, where a buffer that two
/// processors share comes from the other one's, line by line.
const NEAR: usize = 8 << 10;
/// How many bytes may wait: at first, and once a writer has filled that and the drain has taken it. A writer and a drain that
/// the system has put on one processor take turns, and it tears them apart only if the turns are longer than 500 µs
/// (Linux: `migration_cost_ns` of its scheduler): 4 MiB take twice that.
const ROOM: usize = 512 << 10;
const MOST_ROOM: usize = 4 << 20;

pub(super) struct Backlog {
    /// What came first.
    far: Vec<u8>,
    /// What came last.
    near: Vec<u8>,
    /// An empty buffer, to swap with `far`.
    spare: Vec<u8>,
    /// How many bytes there may be.
    limit: usize,
}

impl Default for Backlog {
    fn default() -> Self {
        Backlog { far: Vec::new(), near: Vec::new(), spare: Vec::new(), limit: ROOM }
    }
}

impl Backlog {
    /// How many more bytes may come.
    pub(super) fn room(&self) -> usize {
        self.limit.saturating_sub(self.len())
    }

    pub(super) fn len(&self) -> usize {
        self.far.len() + self.near.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes in the first `count` bytes of the data.
    pub(super) fn push(&mut self, data: &[IoSlice<'_>], mut count: usize) {
        if self.near.len() + count > NEAR {
            self.far.append(&mut self.near);
        }
        let end = if count > NEAR { &mut self.far } else { &mut self.near };
        for slice in data {
            let here = count.min(slice.len());
            end.extend_from_slice(&slice[..here]);
            count -= here;
        }
    }

    /// All of it. If no more fitted in, more will the next time.
    pub(super) fn take(&mut self) -> Vec<u8> {
        if self.room() == 0 {
            self.limit = MOST_ROOM;
        }
        if self.far.is_empty() {
            return mem::take(&mut self.near);
        }
        self.far.append(&mut self.near);
        mem::replace(&mut self.far, mem::take(&mut self.spare))
    }

    /// Puts back what was not written, before what has come since.
    pub(super) fn put_back(&mut self, mut chunk: Vec<u8>) {
        chunk.append(&mut self.far);
        chunk.append(&mut self.near);
        self.far = chunk;
    }

    /// Keeps the buffer of what was written for the next round.
    pub(super) fn reuse(&mut self, mut chunk: Vec<u8>) {
        if chunk.capacity() <= MOST_ROOM {
            chunk.clear();
            self.spare = chunk;
        }
    }

    /// Gives the buffers away, with nothing in them, and begins anew.
    pub(super) fn release(&mut self) {
        debug_assert!(self.is_empty());
        *self = Backlog::default();
    }
}
