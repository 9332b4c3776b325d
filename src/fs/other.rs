//! What std does not offer, where there is no safe way to it.

use std::fs::File;
use std::io;

/// Closes the file; an error of it is not to be had here.
pub(super) fn close(file: File) -> io::Result<()> {
    drop(file);
    Ok(())
}
