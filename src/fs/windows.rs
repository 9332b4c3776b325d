//! The functions of `std::os::windows::fs`.

use super::functions::change_to;
use crate::call::Call;
use crate::error::{Operation, Result};
use std::os::windows::fs;
use std::path::Path;

/// Makes a symbolic link to a directory: [`std::os::windows::fs::symlink_dir`].
pub fn symlink_dir(original: impl AsRef<Path>, link: impl AsRef<Path>) -> Call<Result<()>> {
    change_to(Operation::Symlink, original, link, |original, link| fs::symlink_dir(original, link))
}

/// Makes a symbolic link to a file: [`std::os::windows::fs::symlink_file`].
pub fn symlink_file(original: impl AsRef<Path>, link: impl AsRef<Path>) -> Call<Result<()>> {
    change_to(Operation::Symlink, original, link, |original, link| fs::symlink_file(original, link))
}
