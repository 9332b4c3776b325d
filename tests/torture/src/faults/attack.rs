//! An attacker in the same directory, as another user, who puts a link in the place of each name that comes up: no file that
//! the links lead to is changed, nothing that is written is read, nothing is closed to its owner alone for a moment only.

use crate::child::{self, Group, Role};
use crate::disk::mount_tmpfs;
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{block_on, until};
use aiofile::{File, fs, temp};
use std::fs::Permissions;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

pub const ATTACK: Fault = Fault {
    name: "symlink-attack",
    what: "temp files, write_atomic beside an attacker who swaps names for links: victims untouched, 0600, nothing read",
    needs: Needs::Root,
    limit: [90, 300],
    run: attack,
};

pub const ROLES: &[(&str, Role)] = &[("attacker", attacker)];

const SECRET: &str = "a secret, which its owner alone may read\n";
const VICTIM: &str = "what the links lead to\n";
const NOBODY: u32 = 65534;
/// The name that the naive way uses.
const NAIVE: &str = "naive.tmp";
/// A directory as /tmp is.
const STICKY: &str = "sticky";

fn attack(run: &mut Run) {
    // In memory, where syncs take no time from the attack.
    let arena = run.dir().join("arena");
    mount_tmpfs(&arena, 64 << 20);
    let [shared, victim, naive_victim, score] =
        ["shared", "victim", "naive victim", "score"].map(|name| arena.join(name));
    std::fs::create_dir(&shared).expect("a directory");
    for path in [&victim, &naive_victim] {
        std::fs::write(path, VICTIM).expect("a file");
    }
    std::fs::write(&score, [0; 16]).expect("a file");
    // Whoever finds a file in the directory may remove it, and make another one: worse than /tmp.
    for path in arena.ancestors().take(3) {
        std::fs::set_permissions(path, Permissions::from_mode(0o755)).expect("it is ours");
    }
    std::fs::set_permissions(&shared, Permissions::from_mode(0o777)).expect("it is ours");
    let sticky = arena.join(STICKY);
    std::fs::create_dir(&sticky).expect("a directory");
    std::fs::set_permissions(&sticky, Permissions::from_mode(0o1777)).expect("it is ours");
    let ours = sticky.join("ours");
    std::fs::write(&ours, "").expect("a file");
    std::fs::set_permissions(&ours, Permissions::from_mode(0o600)).expect("it is ours");
    std::fs::set_permissions(&score, Permissions::from_mode(0o666)).expect("it is ours");
    let program = arena.join("torture");
    std::fs::copy(std::env::current_exe().expect("this program"), &program).expect("a copy");
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("it is ours");
    let arguments = [&shared, &victim, &naive_victim, &score];
    let mut command = std::process::Command::new(&program);
    command.args(child::command("attacker", &arguments).get_args()).uid(NOBODY).gid(NOBODY);
    let attacker = Group::spawn(&mut command);

    let before = std::fs::metadata(&victim).expect("it is there");
    let (swaps, end) = (run.times(5_000, 100_000), Duration::from_secs(run.times(60, 250)));
    let start = Instant::now();
    let (mut lured, mut rounds) = (0, 0_u64);
    while Score::of(&score).swaps < swaps && start.elapsed() < end {
        rounds += 1;
        block_on(make_things(run, &shared));
        lured += u64::from(naively(&shared, &naive_victim));
        let now = std::fs::metadata(&victim).expect("it is there");
        let same = (now.ino(), now.mode(), now.mtime_nsec(), now.len())
            == (before.ino(), before.mode(), before.mtime_nsec(), before.len());
        run.check(same, Wrong::Doubled, || format!("the victim has changed in round {rounds}"));
    }
    drop(attacker);
    let score = Score::of(&score);
    run.injected(score.swaps);
    run.check(score.swaps >= swaps, Wrong::Other, || format!("{} of {swaps} swaps in time", score.swaps));
    run.wrong(Wrong::Other, score.read, || "secrets read by the attacker".into());
    let text = std::fs::read_to_string(&victim).expect("it is there");
    run.check(text == VICTIM, Wrong::Doubled, || "the victim's content".into());
    let text = format!("check-then-create of a known name: the victim overwritten {lured} times in {rounds}");
    run.control(lured, text);
    permissions_of_another(run);
    crate::disk::unmount(&arena);
}

/// Everything that makes a file in the directory. It may fail, for its name may be gone; but not in another way.
async fn make_things(run: &mut Run, dir: &Path) {
    const AT_ONCE: usize = 16;
    let named: Vec<_> = (0..AT_ONCE).map(|_| temp::NamedTempFile::new_in(dir)).collect();
    for named in named {
        let Ok(named) = named.await else { continue };
        check_private(run, named.as_file(), "NamedTempFile");
        let _ = named.write_all(SECRET).await;
        let _ = named.reopen().await.map(|again| drop(again.write_all(SECRET)));
        match run.random.below(3) {
            0 => drop(named.close().await),
            1 => drop(named.persist(dir.join("persisted")).await),
            _ => drop(named),
        }
    }
    let file = temp::tempfile_in(dir).await.expect("it needs no name");
    check_private(run, &file, "tempfile");
    let _ = file.write_all(SECRET).await;
    let spooled = temp::SpooledTempFile::from(aiofile::Aio::new(tempfile::spooled_tempfile_in(4, dir)));
    let _ = spooled.write_all(SECRET).await;
    // In a directory where everybody may make files, but nobody may remove those of others.
    let target = dir.with_file_name(STICKY).join("ours");
    fs::write_atomic(&target, SECRET).await.expect("it is ours");
    let metadata = std::fs::symlink_metadata(&target).expect("it is there");
    let ours = metadata.is_file() && metadata.mode() & 0o777 == 0o600;
    run.check(ours, Wrong::Other, || format!("write_atomic: {metadata:?}"));
}

fn check_private(run: &mut Run, file: &File, what: &str) {
    let mode = file.as_std().and_then(|file| file.metadata().ok()).map(|metadata| metadata.mode() & 0o777);
    let mode = mode.unwrap_or(0);
    run.check(mode == 0o600, Wrong::Other, || format!("{what}: mode {mode:o}"));
}

/// Looks whether the name is free, and makes it: the time between is the attacker's. Whether it got him the victim.
fn naively(dir: &Path, victim: &Path) -> bool {
    let path = dir.join(NAIVE);
    for _ in 0..20 {
        let _ = std::fs::remove_file(&path);
        if !path.exists() {
            let _ = std::fs::write(&path, SECRET);
        }
    }
    let lured = std::fs::read_to_string(victim).expect("it is there") != VICTIM;
    if lured {
        std::fs::write(victim, VICTIM).expect("it is ours");
    }
    lured
}

/// How far the attacker is.
#[derive(Default)]
struct Score {
    swaps: u64,
    read: u64,
}

impl Score {
    fn of(path: &Path) -> Score {
        let numbers = std::fs::read(path).expect("it is there");
        let number = |at: usize| u64::from_le_bytes(numbers[at..][..8].try_into().expect("8 bytes"));
        Score { swaps: number(0), read: number(8) }
    }

    /// In one write, so that it is there whole even if the attacker is killed.
    fn tell(&self, file: &std::fs::File) {
        let numbers = [self.swaps, self.read].map(u64::to_le_bytes).concat();
        file.write_all_at(&numbers, 0).expect("it may");
    }
}

/// Puts a link in the place of every name that is not his, and tries to read what is there.
fn attacker(arguments: &[String]) -> ExitCode {
    let paths: Vec<PathBuf> = arguments.iter().map(PathBuf::from).collect();
    let [dir, victim, naive_victim, path] = &paths[..] else { panic!("dir, two victims, score") };
    let told = std::fs::File::options().write(true).open(path).expect("it may");
    let sticky = dir.with_file_name(STICKY);
    let mut score = Score::default();
    loop {
        let _ = symlink(naive_victim, dir.join(NAIVE));
        let entries = [dir, &sticky].map(|dir| std::fs::read_dir(dir).expect("a directory"));
        for entry in entries.into_iter().flatten().flatten() {
            let at = entry.path();
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            if is_link || at.ends_with(NAIVE) {
                // Makes room for the next ones.
                if score.swaps % 64 == 0 {
                    let _ = std::fs::remove_file(&at);
                }
                continue;
            }
            let read = std::fs::read_to_string(&at).is_ok_and(|text| text.contains(SECRET));
            score.read += u64::from(read && entry.metadata().is_ok_and(|metadata| metadata.uid() != NOBODY));
            if std::fs::remove_file(&at).is_ok() && symlink(victim, &at).is_ok() {
                score.swaps += 1;
            }
        }
        score.tell(&told);
    }
}

/// A link that leads now to a file for everybody, now to one for its owner alone: `write_atomic` follows it, and each of the
/// two keeps its own permissions.
fn permissions_of_another(run: &mut Run) {
    let dir = run.dir().join("links");
    std::fs::create_dir(&dir).expect("a directory");
    let (open, closed, link) = (dir.join("open"), dir.join("closed"), dir.join("link"));
    for (path, mode) in [(&open, 0o666), (&closed, 0o600)] {
        std::fs::write(path, "old").expect("a file");
        std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
    }
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let swapper = {
        let (stop, dir, open, closed, link) =
            (stop.clone(), dir.clone(), open.clone(), closed.clone(), link.clone());
        std::thread::spawn(move || {
            let new = dir.join("new link");
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for to in [&open, &closed] {
                    symlink(to, &new).and_then(|()| std::fs::rename(&new, &link)).expect("a link");
                }
            }
        })
    };
    until(Duration::from_secs(5), || link.exists());
    let mut mixed = 0;
    for _ in 0..run.times(500, 5_000) {
        let _ = block_on(fs::write_atomic(&link, "new"));
        run.injected(1);
        let mode = std::fs::metadata(&closed).expect("it is there").mode() & 0o777;
        if mode != 0o600 {
            mixed += 1;
            std::fs::set_permissions(&closed, Permissions::from_mode(0o600)).expect("it is ours");
        }
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    swapper.join().expect("no panic");
    run.wrong(Wrong::Other, mixed, || "write_atomic gave one file the permissions of another".into());
}
