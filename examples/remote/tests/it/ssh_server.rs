//! An SSH server on loopback: one `sshd -i` for each connection, as a user without privileges.

use crate::support::Result;
use nix::unistd::{Uid, User};
use std::fs::File;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use tempfile::TempDir;

pub(crate) struct Server {
    address: SocketAddr,
    user: User,
    dir: TempDir,
    line: Arc<Line>,
    accepts: Option<JoinHandle<()>>,
}

/// The connections.
#[derive(Default)]
struct Line {
    is_cut: AtomicBool,
    connections: Mutex<Vec<(TcpStream, Child)>>,
}

impl Server {
    /// None, and why is printed, if this machine has no sshd; where `CI` is set, that is an error.
    pub(crate) fn start() -> Result<Option<Self>> {
        let Some(sshd) = sshd() else {
            if std::env::var_os("CI").is_some() {
                return Err("there is no sshd: apt-get install openssh-server".into());
            }
            println!("skipped: there is no sshd (apt-get install openssh-server)");
            return Ok(None);
        };
        let dir = tempfile::tempdir()?;
        keygen(&dir.path().join("host"))?;
        keygen(&dir.path().join("key"))?;
        std::fs::copy(dir.path().join("key.pub"), dir.path().join("authorized"))?;
        std::fs::create_dir(dir.path().join("files"))?;
        let (host, authorized) = (dir.path().join("host"), dir.path().join("authorized"));
        let config = format!(
            "HostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             Subsystem sftp internal-sftp\nLogLevel VERBOSE\n",
            host.display(),
            authorized.display()
        );
        std::fs::write(dir.path().join("config"), config)?;

        // Root may do everything, and so nothing would be refused: it runs as a user who may do little. (`nobody` would
        // be refused himself: his account is locked.)
        let me = Uid::current();
        let user = if me.is_root() { User::from_name("daemon")? } else { User::from_uid(me)? };
        let user = user.ok_or("who is this?")?;
        for name in ["", "host", "authorized", "config", "files"] {
            chown(dir.path().join(name), Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
        }

        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let known = std::fs::read_to_string(dir.path().join("host.pub"))?;
        std::fs::write(dir.path().join("known"), format!("[127.0.0.1]:{} {known}", address.port()))?;

        let line = Arc::new(Line::default());
        let mut command = Command::new(sshd);
        command.arg("-i").arg("-e").arg("-f").arg(dir.path().join("config"));
        if me.is_root() {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        let log = File::create(dir.path().join("log"))?;
        let accepts = thread::spawn({
            let line = Arc::clone(&line);
            move || {
                for stream in listener.incoming() {
                    if line.is_cut.load(Ordering::SeqCst) {
                        return;
                    }
                    if let Err(error) = stream.and_then(|stream| line.serve(stream, &mut command, &log)) {
                        println!("the server: {error}");
                    }
                }
            }
        });
        Ok(Some(Server { address, user, dir, line, accepts: Some(accepts) }))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn user(&self) -> &str {
        &self.user.name
    }

    /// Of the user.
    pub(crate) fn key(&self) -> PathBuf {
        self.dir.path().join("key")
    }

    pub(crate) fn known_hosts(&self) -> PathBuf {
        self.dir.path().join("known")
    }

    /// A place for files, which the user may write to.
    pub(crate) fn files(&self) -> PathBuf {
        self.dir.path().join("files")
    }

    /// What sshd says of itself.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// From now on there is no server.
    pub(crate) fn cut(&mut self) {
        self.line.is_cut.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address)); // so that it looks
        if let Some(accepts) = self.accepts.take() {
            drop(accepts.join());
        }
        let mut connections = self.line.connections.lock().unwrap_or_else(PoisonError::into_inner);
        for (stream, mut child) in connections.drain(..) {
            drop(stream.shutdown(Shutdown::Both));
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Line {
    fn serve(&self, stream: TcpStream, command: &mut Command, log: &File) -> std::io::Result<()> {
        let (input, output) = (OwnedFd::from(stream.try_clone()?), OwnedFd::from(stream.try_clone()?));
        let child = command.stdin(input).stdout(output).stderr(log.try_clone()?).spawn();
        // The command keeps what it was given: a connection would stay open as long as it does.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).push((stream, child?));
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.cut();
        if thread::panicking() {
            println!("{}", self.log());
        }
    }
}

/// It wants to be called by its whole path, and is not on that of everybody.
fn sshd() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places =
        std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
    places.map(|place| place.join("sshd")).find(|sshd| sshd.is_file())
}

fn keygen(path: &Path) -> Result {
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status()?;
    if made.success() { Ok(()) } else { Err("ssh-keygen failed".into()) }
}
