//! What std does not offer, where there is no safe way to it.

use std::fs::{File, Metadata};
use std::io;

/// Closes the file; an error of it is not to be had here.
pub(super) fn close(file: File) -> io::Result<()> {
    drop(file);
    Ok(())
}

/// Whether these are the metadata of one file: not to be known here.
pub(super) fn is_one_file(_: &Metadata, _: &Metadata) -> bool {
    false
}
