//! What Unix has for temporary things: modes from the start, and files that can be told apart.

use std::fs::{DirBuilder, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Has a file made for its owner alone, or with these permissions.
pub(super) fn protect(options: &mut OpenOptions, permissions: Option<&Permissions>) -> io::Result<()> {
    options.mode(permissions.map_or(0o600, PermissionsExt::mode));
    Ok(())
}

pub(super) fn make_dir(path: &Path, permissions: Option<&Permissions>) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    if let Some(permissions) = permissions {
        builder.mode(permissions.mode());
    }
    builder.create(path)
}

/// Whether these are the metadata of one file, by whatever names.
pub(super) fn is_one_file(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}
