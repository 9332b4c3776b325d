//! Reads that need no thread, for what they read is in the system's cache.

use super::{File, seek_back};
use crate::fs::inline::MOST;
use crate::io::{Fill, Filled, GivesBack, TakesBack};
use crate::mailbox::Mailbox;
use crate::seat::{Returned, Seat, Unread};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this file is the only one with its position. Where another descriptor shares it, the system has whoever
/// asks for the position wait while the other one reads.
#[derive(Debug, Default)]
pub(super) struct Sole(AtomicBool);

impl Sole {
    pub(super) fn set(&self, sole: bool) {
        self.0.store(sole, Ordering::Relaxed);
    }

    fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl File {
    /// Reads from the file's position, if nothing else of the handle waits or runs: some, or all that is wanted.
    pub(super) fn read_at_once<'b, N>(
        &self,
        buffer: &'b mut [u8],
        all: bool,
    ) -> Result<Fill<'b, [u8], N>, &'b mut [u8]> {
        match self.take_at_once(buffer, all) {
            Some((count, turn)) => {
                let back = GivesBack { from: Arc::clone(self.mailbox()) as _, count, turn };
                Ok(Fill::at_once(Filled { count, back: Some(back) }, buffer))
            }
            None => Err(buffer),
        }
    }

    /// The same for who gives back by himself what he does not want: with the turn that it was.
    fn take_at_once(&self, buffer: &mut [u8], all: bool) -> Option<(usize, u64)> {
        if !self.can_read_at_once(buffer.len()) {
            return None;
        }
        self.read_here(|seat| self.take_cached(seat, buffer, all))
    }

    fn can_read_at_once(&self, wanted: usize) -> bool {
        self.lanes.sole.is() && self.lanes.inline.tries(wanted)
    }

    /// Reads some, as much as may be read at once.
    pub(crate) fn take_some_at_once(&self, buffer: &mut [u8]) -> Option<(usize, u64)> {
        let most = buffer.len().min(MOST);
        self.take_at_once(&mut buffer[..most], false)
    }

    /// Fills a buffer with as much as can be read at once.
    pub(crate) fn fill_at_once(&self, buffer: &mut Vec<u8>) -> Option<(usize, u64)> {
        if !self.can_read_at_once(MOST) {
            return None;
        }
        buffer.resize(MOST, 0);
        self.take_at_once(buffer, false)
    }

    fn take_cached(
        &self,
        seat: &mut Seat<Arc<fs::File>>,
        buffer: &mut [u8],
        all: bool,
    ) -> Option<(usize, u64)> {
        let (file, mut left) = seat.value_and_unread_to_read(); // nothing: a file was put back
        if left.is_none()
            && let Some(read) = self.lanes.inline.read(file, buffer, None)
        {
            if !all || read == buffer.len() {
                return Some((read, seat.turn()));
            }
            // The rest is not in the cache, or the end has come: for the pool, from where this began.
            left = Some(Unread { bytes: buffer[..read].to_vec(), put_back: seek_back });
        }
        if let Some(left) = left {
            seat.keep(left);
        }
        seat.undo_turn();
        None
    }

    /// Reads from an offset: some, or all that is wanted.
    #[cfg(unix)]
    pub(super) fn read_at_once_from<'b, N>(
        &self,
        buffer: &'b mut [u8],
        offset: u64,
        all: bool,
    ) -> Result<Fill<'b, [u8], N>, &'b mut [u8]> {
        let wanted = if all { buffer.len() } else { 0 };
        let read = if self.pool().is_inline() { self.lanes.read_cached(buffer, offset) } else { None };
        match read.filter(|count| *count >= wanted) {
            Some(count) => Ok(Fill::at_once(Filled { count, back: None }, buffer)),
            None => Err(buffer),
        }
    }
}

impl TakesBack for Mailbox<Arc<fs::File>> {
    fn take_back(&self, count: usize, turn: u64) {
        // Only their number is of interest: a regular file can always go back.
        let unread = Unread { bytes: vec![0; count], put_back: go_back };
        Mailbox::take_back(self, Returned { turn, unread, whole: true });
    }
}

/// Says that it is done in any case: what stands for the bytes must not be taken for them.
fn go_back(file: &mut Arc<fs::File>, bytes: usize) -> bool {
    seek_back(file, bytes);
    true
}
