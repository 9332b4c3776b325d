//! `std::os::windows::fs::FileExt`: calls that name their own offset, and move the position.

use super::File;
use crate::call::Call;
use crate::error::{Operation, Result};
use crate::io::{self, Data, Fill, Typed, typed};
use std::os::windows::fs::FileExt;

/// Calls that name their own offset, in bytes from the start. On Windows they move the file's position, so they
/// run in its queue.
impl File {
    /// Reads some bytes from an offset; 0 is the end: [`FileExt::seek_read`].
    pub fn seek_read<'b>(&self, buffer: &'b mut [u8], offset: u64) -> Fill<'b, [u8], usize> {
        io::read_by(self, self.context(Operation::Read), buffer, move |file, buffer| {
            file.seek_read(buffer, offset)
        })
    }

    /// Writes some of the data at an offset, and gives the number of bytes written: [`FileExt::seek_write`].
    pub fn seek_write(&self, data: impl Data, offset: u64) -> Call<Result<usize>> {
        let data = data.into_owned();
        let policy = Typed::new(self.context(Operation::Write));
        typed(self, policy, move |file| file.seek_write(data.as_ref(), offset))
    }
}
