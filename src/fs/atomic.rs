//! A file that has its old content or its new one, and nothing in between.

use super::functions::change;
use crate::call::Call;
use crate::error::{Operation, Result};
use crate::io::Data;
use std::fs::{self, File, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a file so that it has, at every moment and also after a power cut, either its old content or all of
/// the new one. `Ok` means that the new content is on the disk.
///
/// The data is written to a new file in the same directory, which only its owner can read until it gets the
/// permissions of the file that it replaces (or those of any new file), is synced and renamed; then the directory
/// is synced. A link is followed: the file that it leads to is replaced. On an error the new file is removed, and the
/// old one is as it was; only if that last sync fails, the new one is in its place, and may not be on the disk.
///
/// ```
/// # pollster::block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("settings.toml");
/// aiofile::fs::write_atomic(&path, "colour = \"red\"").await?;
/// assert_eq!(aiofile::fs::read(&path).await?, b"colour = \"red\"");
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
///
/// *Cost:* one hop; two syncs. Hard links to the old file keep the old content; its owner is not kept.
#[doc(alias("replace", "atomic"))]
pub fn write_atomic(path: impl AsRef<Path>, data: impl Data) -> Call<Result<()>> {
    let data = data.into_owned();
    change(Operation::WriteAtomic, path, move |path| replace(path, data.as_ref()))
}

fn replace(path: &Path, data: &[u8]) -> io::Result<()> {
    // Links are followed once: whoever changes one in between must not have two files taken for one.
    let target = match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => path.to_owned(),
        target => target?,
    };
    let old = match fs::symlink_metadata(&target) {
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) if metadata.is_symlink() => return Err(io::ErrorKind::ResourceBusy.into()), // by now
        Ok(metadata) => Some(metadata.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let dir = target.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let permissions = old.map_or_else(|| permissions_of_a_new_file(dir), Ok)?;

    let sync_names = names_in(dir)?; // all that may be refused comes before the new name
    let (mut file, name) = make_beside(dir, true)?;
    file.write_all(data)?;
    file.set_permissions(permissions)?;
    file.sync_all()?;
    name.rename(&target)?;
    sync_names()
}

/// The name of a file that is removed, unless it is renamed.
struct Unfinished(PathBuf);

impl Unfinished {
    fn rename(mut self, to: &Path) -> io::Result<()> {
        fs::rename(&self.0, to)?;
        self.0.clear(); // it is finished
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            // The error that led here is the one to tell.
            let _ = fs::remove_file(&self.0);
        }
    }
}

/// Makes a file of a new random name.
fn make_beside(dir: &Path, private: bool) -> io::Result<(File, Unfinished)> {
    loop {
        let path = dir.join(format!(".{:016x}.tmp", RandomState::new().hash_one(dir)));
        let mut options = File::options();
        options.write(true).create_new(true);
        if private {
            close_to_others(&mut options);
        }
        match options.open(&path) {
            Ok(file) => return Ok((file, Unfinished(path))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// What the umask leaves, which only a file that is made can tell: an empty one.
fn permissions_of_a_new_file(dir: &Path) -> io::Result<Permissions> {
    let (file, _removed) = make_beside(dir, false)?;
    Ok(file.metadata()?.permissions())
}

#[cfg(unix)]
fn close_to_others(options: &mut fs::OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

#[cfg(not(unix))]
fn close_to_others(_: &mut fs::OpenOptions) {}

/// Has the names in a directory on the disk, when it is called.
#[cfg(unix)]
fn names_in(dir: &Path) -> io::Result<impl FnOnce() -> io::Result<()>> {
    let dir = File::open(dir)?;
    Ok(move || dir.sync_all())
}

/// A directory cannot be opened as a file here; a rename is written through by itself.
#[cfg(not(unix))]
fn names_in(_: &Path) -> io::Result<impl FnOnce() -> io::Result<()>> {
    Ok(|| Ok(()))
}
