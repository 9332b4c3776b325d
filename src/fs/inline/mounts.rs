//! Which mounts are of file systems that open a file by themselves. Another one asks a server or a process, also for a file
//! whose name is in the cache: that is for the pool.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The types that need nobody else: those on a disk or in memory, and what the system tells of itself.
#[rustfmt::skip]
const ALONE: &[&str] = &[
    "bcachefs", "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "hfsplus", "iso9660", "jfs", "msdos", "nilfs2",
    "ntfs3", "overlay", "ramfs", "rootfs", "squashfs", "tmpfs", "udf", "vfat", "xfs", "zfs",
    "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs", "fusectl", "hugetlbfs",
    "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs", "tracefs",
];

fn table() -> MutexGuard<'static, Option<Others>> {
    static TABLE: Mutex<Option<Others>> = Mutex::new(None);
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The mounts of the other types, until a mount comes or goes.
struct Others {
    /// `/proc/self/mountinfo`, which tells of that by poll(2): proc_pid_mountinfo(5).
    table: File,
    mounts: Vec<u64>,
}

impl Others {
    fn read() -> io::Result<Others> {
        let mut table = File::open("/proc/self/mountinfo")?;
        let mut lines = Vec::new(); // a path in it may be no text
        table.read_to_end(&mut lines)?;
        Ok(Others { table, mounts: others(&String::from_utf8_lossy(&lines)) })
    }

    fn are_known(&self) -> bool {
        let mut table = [PollFd::new(&self.table, PollFlags::PRI)];
        poll(&mut table, Some(&Timespec::default())).is_ok() && table[0].revents().is_empty()
    }
}

/// The numbers of the other mounts, in the lines of a mountinfo.
fn others(lines: &str) -> Vec<u64> {
    let other = |line: &str| {
        let (mount, file_system) = line.split_once(" - ")?;
        let (number, (name, _)) = (mount.split(' ').next()?.parse().ok()?, file_system.split_once(' ')?);
        (!ALONE.contains(&name)).then_some(number)
    };
    lines.lines().filter_map(other).collect()
}

/// The mounts that are opened on by the pool alone; `None` if that is not known, and has to be [learned](learn).
pub(super) fn known() -> Option<Vec<u64>> {
    let mut others = table();
    if others.as_ref().is_some_and(|others| !others.are_known()) {
        *others = None;
    }
    others.as_ref().map(|others| others.mounts.clone())
}

/// Sees to it that they are known. Takes a while: for the pool.
pub(crate) fn learn() {
    if table().is_none()
        && let Ok(read) = Others::read()
    {
        *table() = Some(read);
    }
}

#[cfg(test)]
mod tests {
    use super::others;

    #[test]
    fn what_asks_somebody_else_is_another() {
        let lines = "\
21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
22 21 0:20 / /proc rw shared:2 - proc proc rw
30 21 0:40 / /home/a\\040b\\040-\\040nfs rw,nosuid shared:12 master:3 - nfs4 host:/home rw,vers=4.2
31 21 0:41 / /mnt/fuse rw - fuse.sshfs host: rw,user_id=0
32 21 0:42 / /var/lib/new rw - afilesystemoftomorrow none rw
33 21 0:43 / /tmp rw - tmpfs tmpfs rw
";
        assert_eq!(others(lines), [30, 31, 32]);
        assert_eq!(others(""), []);
    }
}
