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

#[cfg(test)]
mod tests {
    use super::{Backlog, MOST_ROOM, NEAR, ROOM};
    use std::io::IoSlice;

    fn push(backlog: &mut Backlog, data: &[u8]) {
        backlog.push(&[IoSlice::new(data)], data.len());
    }

    #[test]
    fn what_is_pushed_is_taken_in_its_order_and_little_of_it_is_near() {
        let mut backlog = Backlog::default();
        let sizes = [1, NEAR - 1, 1, NEAR, NEAR + 1, 3, 2 * NEAR, NEAR, 5, NEAR - 5, 1];
        let mut expect = Vec::new();
        for (i, size) in (0..).zip(sizes) {
            push(&mut backlog, &vec![i; size]);
            expect.resize(expect.len() + size, i);
            assert!(backlog.near.len() <= NEAR, "{} after {size}", backlog.near.len());
            assert_eq!(backlog.len(), expect.len());
        }
        assert!(backlog.take() == expect);
        assert!(backlog.is_empty());
        push(&mut backlog, &[1]);
        push(&mut backlog, &[1; NEAR - 1]);
        assert_eq!((backlog.near.len(), backlog.far.len()), (NEAR, 0));
    }

    #[test]
    fn of_many_pieces_the_first_bytes_are_taken() {
        let mut backlog = Backlog::default();
        backlog.push(&["one", "two", "three", "four"].map(|piece| IoSlice::new(piece.as_bytes())), 8);
        assert_eq!(backlog.take(), b"onetwoth");
    }

    #[test]
    fn a_buffer_that_was_written_is_used_again_unless_it_is_too_large() {
        for (size, again) in [(8 * NEAR, true), (MOST_ROOM, true), (MOST_ROOM + 1, false)] {
            let mut backlog = Backlog::default();
            push(&mut backlog, &[7; 2 * NEAR]); // in `far`, as what follows
            let mut chunk = Vec::with_capacity(size);
            chunk.extend(backlog.take());
            backlog.reuse(chunk);
            push(&mut backlog, &[8; 2 * NEAR]);
            backlog.take();
            push(&mut backlog, &[9; 2 * NEAR]);
            let third = backlog.take();
            assert!(third == [9; 2 * NEAR]);
            assert_eq!(third.capacity() == size, again, "{size}: {}", third.capacity());
        }
    }

    #[test]
    fn there_is_more_room_where_it_was_used_up_and_none_of_it_stays() {
        let mut backlog = Backlog::default();
        push(&mut backlog, &vec![1; ROOM - 1]);
        let chunk = backlog.take();
        assert_eq!(backlog.room(), ROOM, "there was room for one more");
        backlog.reuse(chunk);
        push(&mut backlog, &vec![1; ROOM]);
        assert_eq!(backlog.room(), 0);
        let mut chunk = backlog.take();
        assert_eq!(backlog.room(), MOST_ROOM);
        push(&mut backlog, b"later");
        chunk.drain(..ROOM - 3);
        backlog.put_back(chunk);
        assert_eq!(backlog.take(), b"\x01\x01\x01later");
        backlog.release();
        let buffers = [&backlog.far, &backlog.near, &backlog.spare].map(Vec::capacity);
        assert_eq!((backlog.room(), buffers), (ROOM, [0; 3]));
    }
}
