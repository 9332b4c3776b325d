//! What Unix has for temporary things: modes from the start.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
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
