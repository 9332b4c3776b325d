//! Temporary things elsewhere: their directories are private there, and no file can be told from another.

use std::fs::{self, Metadata, OpenOptions, Permissions};
use std::io;
use std::path::Path;

pub(super) fn protect(_: &mut OpenOptions, permissions: Option<&Permissions>) -> io::Result<()> {
    refuse(permissions)
}

pub(super) fn unnamed(dir: &Path) -> io::Result<fs::File> {
    tempfile::tempfile_in(dir)
}

pub(super) fn make_dir(path: &Path, permissions: Option<&Permissions>) -> io::Result<()> {
    refuse(permissions)?;
    fs::create_dir(path)
}

/// As tempfile does.
fn refuse(permissions: Option<&Permissions>) -> io::Result<()> {
    match permissions {
        Some(permissions) if permissions.readonly() => {
            Err(io::Error::new(io::ErrorKind::Unsupported, "permissions cannot be given to a new file here"))
        }
        _ => Ok(()),
    }
}

/// Not to be known here.
pub(super) fn is_one_file(_: &Metadata, _: &Metadata) -> bool {
    true
}
