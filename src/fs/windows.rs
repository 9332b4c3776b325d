//! The functions of `std::os::windows::fs`, and its options.

use super::OpenOptions;
use super::functions::change_to;
use crate::call::Call;
use crate::error::{Operation, Result};
use std::os::windows::fs::{self, OpenOptionsExt};
use std::path::Path;

/// Makes a symbolic link to a directory: [`std::os::windows::fs::symlink_dir`].
pub fn symlink_dir(original: impl AsRef<Path>, link: impl AsRef<Path>) -> Call<Result<()>> {
    change_to(Operation::Symlink, original, link, |original, link| fs::symlink_dir(original, link))
}

/// Makes a symbolic link to a file: [`std::os::windows::fs::symlink_file`].
pub fn symlink_file(original: impl AsRef<Path>, link: impl AsRef<Path>) -> Call<Result<()>> {
    change_to(Operation::Symlink, original, link, |original, link| fs::symlink_file(original, link))
}

/// What std has of its own on Windows: [`OpenOptionsExt`].
impl OpenOptions {
    /// The rights that are asked for: [`OpenOptionsExt::access_mode`].
    pub fn access_mode(&mut self, access: u32) -> &mut Self {
        self.set(|std| std.access_mode(access))
    }

    /// What others may do meanwhile: [`OpenOptionsExt::share_mode`].
    pub fn share_mode(&mut self, share: u32) -> &mut Self {
        self.set(|std| std.share_mode(share))
    }

    /// Further flags of CreateFile2: [`OpenOptionsExt::custom_flags`].
    pub fn custom_flags(&mut self, flags: u32) -> &mut Self {
        self.set(|std| std.custom_flags(flags))
    }

    /// The attributes of a file that is made: [`OpenOptionsExt::attributes`].
    pub fn attributes(&mut self, attributes: u32) -> &mut Self {
        self.set(|std| std.attributes(attributes))
    }

    /// The quality of service that the other end of a pipe gets: [`OpenOptionsExt::security_qos_flags`].
    pub fn security_qos_flags(&mut self, flags: u32) -> &mut Self {
        self.set(|std| std.security_qos_flags(flags))
    }
}
