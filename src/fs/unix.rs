//! What std does not offer, on Unix.

use std::fs::File;
use std::io;

/// Closes the file and says what close(2) said, which std drops. Even with an error the descriptor is gone
/// (close(2), "Dealing with error returns from close()"), so it is never tried again.
pub(super) fn close(file: File) -> io::Result<()> {
    nix::unistd::close(file).map_err(io::Error::from)
}
