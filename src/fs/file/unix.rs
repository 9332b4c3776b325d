//! `std::os::unix::fs::FileExt`: calls that name their own offset.

use super::File;
use crate::call::Call;
use crate::error::{Operation, Result};
use crate::io::{self, Data, Fill, Typed};
use std::os::unix::fs::FileExt;

/// Calls that name their own offset, in bytes from the start. They neither use nor move the file's position, and
/// run beside its queue: in parallel with each other and with everything else, in no order. (Unix; on Windows
/// see `seek_read` and `seek_write`.)
impl File {
    /// Reads some bytes from an offset; 0 is the end: [`FileExt::read_at`].
    ///
    /// ```
    /// # pollster::block_on(async {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("x");
    /// # std::fs::write(&path, "0123456789").unwrap();
    /// let file = aiofile::open(&path, "r").await?;
    /// let (mut head, mut tail) = ([0; 3], [0; 2]);
    /// let (read_head, read_tail) = (file.read_at(&mut head, 0), file.read_at(&mut tail, 8)); // both at once
    /// assert_eq!((read_head.await?, read_tail.await?), (3, 2));
    /// assert_eq!((&head, &tail), (b"012", b"89"));
    /// # aiofile::Result::Ok(()) }).unwrap()
    /// ```
    #[doc(alias = "pread")]
    pub fn read_at<'b>(&self, buffer: &'b mut [u8], offset: u64) -> Fill<'b, [u8], usize> {
        self.read_at_once_from(buffer, offset, false).unwrap_or_else(|buffer| {
            io::read_beside(self.context(Operation::Read), buffer, |policy, wanted| {
                self.beside_as(policy, move |file| io::chunk(wanted, |buffer| file.read_at(buffer, offset)))
            })
        })
    }

    /// Fills the buffer from an offset: [`FileExt::read_exact_at`].
    pub fn read_exact_at<'b>(&self, buffer: &'b mut [u8], offset: u64) -> Fill<'b, [u8], ()> {
        let buffer = match self.read_at_once_from(buffer, offset, true) {
            Ok(fill) => return fill,
            Err(buffer) => buffer,
        };
        io::read_beside(self.context(Operation::Read), buffer, |policy, wanted| {
            let fill = move |file: &std::fs::File, buffer: &mut [u8]| {
                file.read_exact_at(buffer, offset).map(|()| buffer.len())
            };
            self.beside_as(policy, move |file| io::chunk(wanted, |buffer| fill(&file, buffer)))
        })
    }

    /// Writes some of the data at an offset, and gives the number of bytes written: [`FileExt::write_at`].
    ///
    /// In append mode Linux writes at the end, whatever the offset (pwrite(2), BUGS).
    #[doc(alias = "pwrite")]
    pub fn write_at(&self, data: impl Data, offset: u64) -> Call<Result<usize>> {
        let data = data.into_owned();
        let policy = Typed::new(self.context(Operation::Write));
        self.beside(policy, move |file| file.write_at(data.as_ref(), offset))
    }

    /// Writes all of the data at an offset: [`FileExt::write_all_at`]. In append mode as
    /// [`write_at`](File::write_at).
    pub fn write_all_at(&self, data: impl Data, offset: u64) -> Call<Result<()>> {
        let data = data.into_owned();
        let policy = Typed::new(self.context(Operation::Write));
        self.beside(policy, move |file| file.write_all_at(data.as_ref(), offset))
    }
}
