//! What Unix has for temporary things: modes from the start.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Has a file made for its owner alone, or with these permissions.
pub(super) fn protect(options: &mut OpenOptions, permissions: Option<&Permissions>) -> io::Result<()> {
    options.mode(permissions.map_or(0o600, PermissionsExt::mode));
    Ok(())
}

/// A file without a name, for its owner alone: the one that the system makes so is open to the umask.
pub(super) fn unnamed(dir: &Path) -> io::Result<File> {
    let file = tempfile::tempfile_in(dir)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

pub(super) fn make_dir(path: &Path, permissions: Option<&Permissions>) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    if let Some(permissions) = permissions {
        builder.mode(permissions.mode());
    }
    builder.create(path)
}
