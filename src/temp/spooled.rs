//! `SpooledTempFile`: in memory until it is large.

use crate::aio::Aio;
use crate::call::Call;
use crate::error::{Context, Operation, Result};
use crate::fs::File;
use crate::io::{self, Fill, FillSlices, Typed, typed};
use std::io::{IoSliceMut, Seek};
use std::ops::Deref;
use std::path::Path;
use tempfile::SpooledData;

/// Makes a file that is in memory until it has more than `max_size` bytes: [`tempfile::spooled_tempfile`]. No hop.
///
/// ```
/// # pollster::block_on(async {
/// let file = aiofile::temp::spooled_tempfile(8);
/// file.write_all("in here").await?;
/// assert!(!file.is_rolled().await?);
/// file.write_all(", and on disk").await?;
/// assert!(file.is_rolled().await?);
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
pub fn spooled_tempfile(max_size: usize) -> SpooledTempFile {
    SpooledTempFile::new(max_size)
}

/// The same, whose file on disk is in this directory: [`tempfile::spooled_tempfile_in`].
pub fn spooled_tempfile_in(max_size: usize, dir: impl AsRef<Path>) -> SpooledTempFile {
    SpooledTempFile::new_in(max_size, dir)
}

/// A file in memory that goes to disk when it has more than so many bytes: [`tempfile::SpooledTempFile`].
///
/// It dereferences to its [`Aio`], which has the typed methods that write and seek. A clone is another handle on
/// the same content. *Errors* name no path.
#[derive(Clone, Debug)]
pub struct SpooledTempFile(Aio<tempfile::SpooledTempFile>);

impl SpooledTempFile {
    /// In memory up to `max_size` bytes. No hop.
    pub fn new(max_size: usize) -> Self {
        Aio::new(tempfile::SpooledTempFile::new(max_size)).into()
    }

    /// The same, whose file on disk is in this directory.
    pub fn new_in(max_size: usize, dir: impl AsRef<Path>) -> Self {
        Aio::new(tempfile::SpooledTempFile::new_in(max_size, dir)).into()
    }

    /// Whether it is on disk.
    pub fn is_rolled(&self) -> Call<Result<bool>> {
        let policy = Typed::harmless(Context::of(Operation::Metadata));
        typed(self, policy, |file| Ok(file.is_rolled()))
    }

    /// Has it on disk from now on, whatever its size.
    pub fn roll(&self) -> Call<Result<()>> {
        typed(self, Typed::new(Context::of(Operation::Roll)), tempfile::SpooledTempFile::roll)
    }

    /// Cuts or extends it to so many bytes.
    #[doc(alias = "truncate")]
    pub fn set_len(&self, size: u64) -> Call<Result<()>> {
        typed(self, Typed::new(Context::of(Operation::SetLen)), move |file| file.set_len(size))
    }

    /// The content, wherever it is, after all calls made before; later ones find the handle closed.
    pub fn into_inner(self) -> Call<Result<SpooledData>> {
        self.take(Typed::new(Context::of(Operation::IntoInner)), |file| Ok(file.into_inner()))
    }

    /// A file without a name that has the content, after all calls made before; later ones find the handle closed.
    pub fn into_file(self) -> Call<Result<File>> {
        self.take(Typed::new(Context::of(Operation::Roll)), |file| file.into_file().map(File::from_std))
    }
}

/// Reading, as on a [`File`]: what an abandoned read had taken is put back.
impl SpooledTempFile {
    /// Reads some bytes; 0 is the end: [`Read::read`](std::io::Read::read).
    pub fn read<'b>(&self, buffer: &'b mut [u8]) -> Fill<'b, [u8], usize> {
        io::read(self, Context::of(Operation::Read), buffer, seek_back)
    }

    /// Reads some bytes into many buffers: [`Read::read_vectored`](std::io::Read::read_vectored).
    pub fn read_vectored<'b, 's>(&self, buffers: &'b mut [IoSliceMut<'s>]) -> FillSlices<'b, 's> {
        io::read_vectored(self, Context::of(Operation::Read), buffers, seek_back)
    }

    /// Fills the buffer: [`Read::read_exact`](std::io::Read::read_exact).
    pub fn read_exact<'b>(&self, buffer: &'b mut [u8]) -> Fill<'b, [u8], ()> {
        io::read_exact(self, Context::of(Operation::Read), buffer, seek_back)
    }

    /// Appends everything up to the end: [`Read::read_to_end`](std::io::Read::read_to_end).
    pub fn read_to_end<'b>(&self, buffer: &'b mut Vec<u8>) -> Fill<'b, Vec<u8>, usize> {
        io::read_to_end(self, Context::of(Operation::Read), buffer, seek_back)
    }

    /// Appends everything up to the end as text: [`Read::read_to_string`](std::io::Read::read_to_string).
    pub fn read_to_string<'b>(&self, buffer: &'b mut String) -> Fill<'b, String, usize> {
        io::read_to_string(self, Context::of(Operation::Read), buffer, seek_back)
    }
}

fn seek_back(file: &mut tempfile::SpooledTempFile, bytes: usize) -> bool {
    i64::try_from(bytes).is_ok_and(|bytes| file.seek_relative(-bytes).is_ok())
}

impl Deref for SpooledTempFile {
    type Target = Aio<tempfile::SpooledTempFile>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// For a pool of its own: `Aio::on(&pool, tempfile::SpooledTempFile::new(max_size)).into()`.
impl From<Aio<tempfile::SpooledTempFile>> for SpooledTempFile {
    fn from(file: Aio<tempfile::SpooledTempFile>) -> Self {
        SpooledTempFile(file)
    }
}
