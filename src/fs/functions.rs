//! The free functions of `std::fs`.

use super::inline::{self, Attempt};
use crate::call::Call;
use crate::coop;
use crate::error::{Context, Operation, Result, shared};
use crate::io::{Data, Typed};
use crate::pool::Pool;
use std::fs::{self, Metadata, Permissions};
use std::io;
use std::path::{Path, PathBuf};

/// A call that changes something: a normal end of the process waits for it.
pub(super) fn change<R, F>(operation: Operation, path: impl AsRef<Path>, f: F) -> Call<Result<R>>
where
    R: Send + 'static,
    F: FnOnce(&Path) -> io::Result<R> + Send + 'static,
{
    let path = shared(path.as_ref());
    let policy = Typed::new(Context::on(operation, Some(path.clone())));
    Pool::default().run_as(policy, move || f(&path))
}

/// A call that only looks.
pub(super) fn look<R, F>(operation: Operation, path: impl AsRef<Path>, f: F) -> Call<Result<R>>
where
    R: Send + 'static,
    F: FnOnce(&Path) -> io::Result<R> + Send + 'static,
{
    let path = shared(path.as_ref());
    let policy = Typed::harmless(Context::on(operation, Some(path.clone())));
    Pool::default().run_as(policy, move || f(&path))
}

/// A change with two paths.
pub(super) fn change_to<R, F>(
    operation: Operation,
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
    f: F,
) -> Call<Result<R>>
where
    R: Send + 'static,
    F: FnOnce(&Path, &Path) -> io::Result<R> + Send + 'static,
{
    let (from, to) = (shared(from.as_ref()), shared(to.as_ref()));
    let context = Context { operation, path: Some(from.clone()), to: Some(to.clone()) };
    Pool::default().run_as(Typed::new(context), move || f(&from, &to))
}

/// The path without links, `.` and `..`: [`std::fs::canonicalize`].
#[doc(alias = "realpath")]
pub fn canonicalize(path: impl AsRef<Path>) -> Call<Result<PathBuf>> {
    look(Operation::Canonicalize, path, |path| fs::canonicalize(path))
}

/// Makes a directory, whose parent is there: [`std::fs::create_dir`].
#[doc(alias = "mkdir")]
pub fn create_dir(path: impl AsRef<Path>) -> Call<Result<()>> {
    change(Operation::CreateDir, path, |path| fs::create_dir(path))
}

/// Makes a directory, and its parents where they are missing: [`std::fs::create_dir_all`].
#[doc(alias = "makedirs")]
pub fn create_dir_all(path: impl AsRef<Path>) -> Call<Result<()>> {
    change(Operation::CreateDirAll, path, |path| fs::create_dir_all(path))
}

/// Whether there is something of that name: [`std::fs::exists`].
#[doc(alias("try_exists", "access"))]
pub fn exists(path: impl AsRef<Path>) -> Call<Result<bool>> {
    look(Operation::Exists, path, |path| fs::exists(path))
}

/// Gives a file a second name: [`std::fs::hard_link`].
#[doc(alias = "link")]
pub fn hard_link(original: impl AsRef<Path>, link: impl AsRef<Path>) -> Call<Result<()>> {
    change_to(Operation::HardLink, original, link, |original, link| fs::hard_link(original, link))
}

/// What the system knows of a file, or of what a link leads to: [`std::fs::metadata`].
#[doc(alias = "stat")]
pub fn metadata(path: impl AsRef<Path>) -> Call<Result<Metadata>> {
    look(Operation::Metadata, path, |path| fs::metadata(path))
}

/// The whole of a file: [`std::fs::read`]. Opened, read and closed in one hop; on Linux in none, if it has less than
/// 64 KiB and is in the system's cache.
pub fn read(path: impl AsRef<Path>) -> Call<Result<Vec<u8>>> {
    read_as(path, Ok)
}

/// What a symbolic link says: [`std::fs::read_link`].
#[doc(alias = "readlink")]
pub fn read_link(path: impl AsRef<Path>) -> Call<Result<PathBuf>> {
    look(Operation::ReadLink, path, |path| fs::read_link(path))
}

/// The whole of a file as text: [`std::fs::read_to_string`]. *Cost* as [`read`].
pub fn read_to_string(path: impl AsRef<Path>) -> Call<Result<String>> {
    // The error that std gives.
    read_as(path, |content| io::read_to_string(content.as_slice()))
}

fn read_as<R: Send + 'static>(
    path: impl AsRef<Path>,
    finish: fn(Vec<u8>) -> io::Result<R>,
) -> Call<Result<R>> {
    let path = path.as_ref();
    let mut rest = None;
    if Pool::default().is_inline() {
        match inline::read(path) {
            Attempt::Done(content) => {
                let read = content.len();
                let context = || Context::on(Operation::Read, Some(shared(path)));
                return Call::at_once(
                    finish(content).map_err(|error| context().error(error)),
                    coop::OPEN + read,
                );
            }
            Attempt::Not(left) => rest = Some(left),
        }
    }
    look(Operation::Read, path, move |path| {
        finish(match rest {
            Some(rest) => rest.read(path)?,
            None => fs::read(path)?,
        })
    })
}

/// Removes an empty directory: [`std::fs::remove_dir`].
#[doc(alias = "rmdir")]
pub fn remove_dir(path: impl AsRef<Path>) -> Call<Result<()>> {
    change(Operation::RemoveDir, path, |path| fs::remove_dir(path))
}

/// Removes a directory and all that is in it, without following links: [`std::fs::remove_dir_all`].
#[doc(alias = "rmtree")]
pub fn remove_dir_all(path: impl AsRef<Path>) -> Call<Result<()>> {
    change(Operation::RemoveDirAll, path, |path| fs::remove_dir_all(path))
}

/// Removes a file: [`std::fs::remove_file`].
#[doc(alias("unlink", "delete"))]
pub fn remove_file(path: impl AsRef<Path>) -> Call<Result<()>> {
    change(Operation::RemoveFile, path, |path| fs::remove_file(path))
}

/// Gives a file another name, in place of what has it: [`std::fs::rename`].
#[doc(alias = "move")]
pub fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Call<Result<()>> {
    change_to(Operation::Rename, from, to, |from, to| fs::rename(from, to))
}

/// Changes who may do what with a file: [`std::fs::set_permissions`].
#[doc(alias = "chmod")]
pub fn set_permissions(path: impl AsRef<Path>, permissions: Permissions) -> Call<Result<()>> {
    change(Operation::SetPermissions, path, |path| fs::set_permissions(path, permissions))
}

/// What the system knows of a file, or of a link itself: [`std::fs::symlink_metadata`].
#[doc(alias = "lstat")]
pub fn symlink_metadata(path: impl AsRef<Path>) -> Call<Result<Metadata>> {
    look(Operation::SymlinkMetadata, path, |path| fs::symlink_metadata(path))
}

/// Makes a file of these bytes, in place of what it had: [`std::fs::write`]. Opened, written and closed in one
/// hop. For the old content or the new, and nothing in between, see [`write_atomic`](super::write_atomic).
pub fn write(path: impl AsRef<Path>, data: impl Data) -> Call<Result<()>> {
    let data = data.into_owned();
    change(Operation::Write, path, move |path| fs::write(path, data.as_ref()))
}
