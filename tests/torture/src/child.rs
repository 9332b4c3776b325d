//! Children: this program again, in one of its roles, for faults that need a process.

use crate::{fault, faults, support};
use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const FLAG: &str = "--child";

/// What a child does; it ends as its fault wants it to.
pub type Role = fn(&[String]) -> ExitCode;

/// What this process is to do, if it is a child. To be called by `main`, so that a role that returns ends as `main`
/// does.
pub fn role(arguments: &[String]) -> Option<impl FnOnce() -> ExitCode> {
    let [flag, name, rest @ ..] = arguments else { return None };
    if flag != FLAG {
        return None;
    }
    let role = match name.as_str() {
        "fault" => fault::run_here as Role,
        name => {
            faults::ROLES
                .iter()
                .copied()
                .flatten()
                .find(|(role, _)| *role == name)
                .expect("a role of this name")
                .1
        }
    };
    Some(move || role(rest))
}

/// A child in this role; nothing runs yet.
pub fn command(role: &str, arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args([FLAG, role]).args(arguments).stdin(Stdio::null());
    command
}

/// A child with its own children: all end when this is dropped.
pub struct Group(pub Child);

impl Group {
    pub fn spawn(command: &mut Command) -> Group {
        Group(command.process_group(0).spawn().expect("a child"))
    }

    /// How it ended; `None`: it did not, and was killed.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let status = wait(&mut self.0, limit);
        self.kill();
        status
    }

    fn kill(&mut self) {
        let group = nix::unistd::Pid::from_raw(self.0.id() as i32);
        let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL); // or it is gone
        let _ = wait(&mut self.0, Duration::from_secs(5));
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits for the end of a child, for so long.
pub fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait().expect("it is a child") {
            return Some(status);
        }
        if start.elapsed() > limit {
            return None;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

/// What a child said on its standard output, and how it ended; killed after `support::SOON`.
pub fn output(mut command: Command) -> (Option<ExitStatus>, String) {
    let mut child = command.stdout(Stdio::piped()).spawn().expect("a child");
    let pipe = child.stdout.take().expect("it is piped");
    let reader = std::thread::spawn(move || std::io::read_to_string(pipe).unwrap_or_default());
    let status = wait(&mut child, support::SOON);
    if status.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    (status, reader.join().expect("it reads"))
}
