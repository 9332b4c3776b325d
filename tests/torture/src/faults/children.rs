//! Processes that are started while files are open and being opened: they inherit none of them.

use crate::child::{self, Role};
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::block_on;
use aiofile::{OpenOptions, fs, temp};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

pub const CHILDREN: Fault = Fault {
    name: "inherited-files",
    what: "children started while files are opened, copied, listed, made temporary: they have none of them",
    needs: Needs::Nothing,
    limit: [60, 240],
    run: children,
};

pub const ROLES: &[(&str, Role)] = &[("descriptors", tell_descriptors)];

fn children(run: &mut Run) {
    let before = inherited();
    let dir = run.dir().to_owned();
    let stop = Arc::new(AtomicBool::new(false));
    let openers: Vec<_> = (0..2)
        .map(|number| {
            let (dir, stop) = (dir.clone(), stop.clone());
            thread::spawn(move || {
                let (one, two) = (dir.join(format!("one {number}")), dir.join(format!("two {number}")));
                while !stop.load(Ordering::Relaxed) {
                    block_on(open_in_every_way(&dir, &one, &two)).expect("nothing fails");
                }
            })
        })
        .collect();
    let held = block_on(OpenOptions::new().write(true).create(true).open(dir.join("held"))).expect("a file");
    let mut twins = Vec::new();
    for _ in 0..run.times(60, 1000) {
        let extra: Vec<_> = inherited().difference(&before).cloned().collect();
        run.injected(1);
        run.wrong(Wrong::Other, extra.len() as u64, || format!("inherited: {extra:?}"));
        twins.push(block_on(held.try_clone()).expect("a descriptor"));
        twins.truncate(20);
    }
    stop.store(true, Ordering::Relaxed);
    openers.into_iter().for_each(|opener| opener.join().expect("no panic"));

    let naive = std::fs::File::create(dir.join("naive")).expect("a file");
    fcntl(&naive, FcntlArg::F_SETFD(FdFlag::empty())).expect("a flag");
    let felt = inherited().difference(&before).filter(|name| name.contains("naive")).count() as u64;
    run.control(felt, format!("a file without FD_CLOEXEC is inherited {felt} of 1"));
}

async fn open_in_every_way(
    dir: &std::path::Path,
    one: &std::path::Path,
    two: &std::path::Path,
) -> aiofile::Result<()> {
    let file = aiofile::open(one, "w+").await?;
    let twin = file.try_clone().await?;
    fs::write_atomic(two, "content").await?;
    fs::copy(two, one).await?;
    let (named, unnamed) = (temp::NamedTempFile::new_in(dir).await?, temp::tempfile_in(dir).await?);
    let again = named.reopen().await?;
    let mut entries = fs::read_dir(dir).await?;
    let _ = entries.next_entry().await?;
    fs::read(two).await?;
    drop((twin, unnamed, again));
    file.close().await
}

/// What the descriptors of a child lead to; its own pipe aside.
fn inherited() -> BTreeSet<String> {
    let (status, text) = child::output(child::command("descriptors", &[""; 0]));
    assert!(status.is_some_and(|status| status.success()), "the child says what it has");
    text.lines().map(String::from).collect()
}

fn tell_descriptors(_: &[String]) -> ExitCode {
    for entry in std::fs::read_dir("/proc/self/fd").expect("this process").flatten() {
        let leads_to = std::fs::read_link(entry.path()).unwrap_or_default().display().to_string();
        if !leads_to.contains("/proc/") && !leads_to.starts_with("pipe:") {
            println!("{leads_to}");
        }
    }
    ExitCode::SUCCESS
}
