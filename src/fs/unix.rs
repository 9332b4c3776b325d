//! What Unix has: the functions of `std::os::unix::fs`, its options, and a close that says how it went.

use super::OpenOptions;
use super::functions::{change, change_to};
use crate::call::Call;
use crate::error::{Operation, Result};
use crate::io::{Typed, typed};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{self, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Changes the owner and the group of a file, where they are given: [`std::os::unix::fs::chown`].
pub fn chown(path: impl AsRef<Path>, uid: Option<u32>, gid: Option<u32>) -> Call<Result<()>> {
    change(Operation::Chown, path, move |path| fs::chown(path, uid, gid))
}

/// Changes the owner and the group of an open file, where they are given: [`std::os::unix::fs::fchown`]. In the
/// file's queue.
pub fn fchown(file: &super::File, uid: Option<u32>, gid: Option<u32>) -> Call<Result<()>> {
    let policy = Typed::new(file.context(Operation::Chown));
    typed(file, policy, move |file| fs::fchown(&**file, uid, gid))
}

/// Changes the owner and the group of a link itself: [`std::os::unix::fs::lchown`].
pub fn lchown(path: impl AsRef<Path>, uid: Option<u32>, gid: Option<u32>) -> Call<Result<()>> {
    change(Operation::Lchown, path, move |path| fs::lchown(path, uid, gid))
}

/// Changes the root directory of this process: [`std::os::unix::fs::chroot`].
pub fn chroot(dir: impl AsRef<Path>) -> Call<Result<()>> {
    change(Operation::Chroot, dir, |dir| fs::chroot(dir))
}

/// Makes a symbolic link to `original`: [`std::os::unix::fs::symlink`].
pub fn symlink(original: impl AsRef<Path>, link: impl AsRef<Path>) -> Call<Result<()>> {
    change_to(Operation::Symlink, original, link, |original, link| fs::symlink(original, link))
}

/// What std has of its own on Unix: [`OpenOptionsExt`].
impl OpenOptions {
    /// The permissions of a file that is made, before the umask: [`OpenOptionsExt::mode`].
    ///
    /// ```
    /// # use std::os::unix::fs::PermissionsExt;
    /// # pollster::block_on(async {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("key");
    /// let key = aiofile::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).await?;
    /// assert_eq!(key.metadata().await?.permissions().mode() & 0o777, 0o600);
    /// # aiofile::Result::Ok(()) }).unwrap()
    /// ```
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        self.set(|std| std.mode(mode))
    }

    /// Further flags of open(2), `O_NOFOLLOW` say: [`OpenOptionsExt::custom_flags`].
    pub fn custom_flags(&mut self, flags: i32) -> &mut Self {
        self.set(|std| std.custom_flags(flags))
    }
}

/// Closes the file and says what close(2) said, which std drops. Even with an error the descriptor is gone
/// (close(2), "Dealing with error returns from close()"), so it is never tried again.
pub(super) fn close(file: File) -> io::Result<()> {
    nix::unistd::close(file).map_err(io::Error::from)
}

/// Whether these are the metadata of one file, by whatever names.
pub(crate) fn is_one_file(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}
