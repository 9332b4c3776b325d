//! A disk of its own: an ext4 image, on a loop device, gone with the process (`sys::own_mounts`).

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A file system in memory of so many bytes, mounted in a directory.
pub fn mount_tmpfs(at: &Path, bytes: u64) {
    fs::create_dir_all(at).expect("a directory");
    let size = format!("size={bytes}");
    mount(Some("tmpfs"), at, Some("tmpfs"), MsFlags::empty(), Some(size.as_str())).expect("a tmpfs");
}

pub fn unmount(at: &Path) {
    let _ = umount2(at, MntFlags::MNT_DETACH); // or it is not mounted
}

/// An ext4 file system.
pub struct Disk {
    image: PathBuf,
    at: PathBuf,
}

impl Disk {
    /// In an image of so many bytes, in this directory, which is sparse: the blocks are taken when they are written.
    pub fn new(dir: &Path, bytes: u64) -> Disk {
        let disk = Disk { image: dir.join("image"), at: dir.join("disk") };
        File::create(&disk.image).and_then(|image| image.set_len(bytes)).expect("an image");
        let mut mkfs = Command::new("mkfs.ext4");
        mkfs.args(["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"]).arg(&disk.image);
        assert!(mkfs.stdin(Stdio::null()).status().expect("mkfs.ext4 is there").success());
        fs::create_dir_all(&disk.at).expect("a directory");
        disk.mount();
        disk
    }

    pub fn path(&self) -> &Path {
        &self.at
    }

    pub fn mount(&self) {
        let mut mount = Command::new("mount");
        mount.args(["-t", "ext4", "-o", "loop"]).arg(&self.image).arg(&self.at);
        assert!(mount.status().expect("mount is there").success());
    }

    /// Waits until nothing uses it.
    pub fn unmount(&self) {
        let unmounted =
            crate::support::until(crate::support::SOON, || umount2(&self.at, MntFlags::empty()).is_ok());
        assert!(unmounted, "{} is in use", self.at.display());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        unmount(&self.at);
    }
}
