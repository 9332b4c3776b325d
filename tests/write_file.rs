//! `examples/write_file.rs` from outside: what it prints, what it copies, what it leaves behind.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;

/// The example as cargo has built it: `target/debug/deps/<this test>` is beside `target/debug/examples`.
fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let test = std::env::current_exe().unwrap();
        let profile = test.ancestors().nth(2).expect("a test is in target/<profile>/deps");
        let program = profile.join("examples").join(format!("write_file{}", std::env::consts::EXE_SUFFIX));
        if !is_up_to_date(&program) {
            build(profile);
        }
        assert!(program.is_file(), "{program:?} is not there: cargo build --example write_file");
        program
    });
    &PROGRAM
}

/// `cargo test` builds the example, but with `--all-targets` or `--test write_file` it does not.
fn is_up_to_date(program: &Path) -> bool {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/write_file.rs");
    let made = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    made(program).is_ok_and(|program| made(Path::new(source)).is_ok_and(|source| source <= program))
}

fn build(profile: &Path) {
    let (root, here) = (Path::new(env!("CARGO_TARGET_TMPDIR")).parent(), profile.parent());
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "--example", "write_file"]);
    cargo.arg("--target-dir").arg(root.unwrap());
    let name = profile.file_name().unwrap();
    cargo.arg("--profile").arg(if name == "debug" { "dev".as_ref() } else { name });
    if here != root {
        cargo.arg("--target").arg(here.and_then(Path::file_name).unwrap());
    }
    assert!(cargo.status().unwrap().success(), "{cargo:?}");
}

/// A directory in which the example runs, so that its messages name short paths.
struct Room(TempDir);

impl Room {
    fn new() -> Room {
        Room(tempfile::tempdir().unwrap())
    }

    fn with(name: &str, bytes: impl AsRef<[u8]>) -> Room {
        let room = Room::new();
        room.put(name, bytes);
        room
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// All that is in the room.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(args).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }
}

/// Starts it with pipes on all three streams.
fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Bytes of no pattern, new lines among them.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..len).map(next).collect()
}

/// Nothing, less than a chunk, more than some chunks.
const SIZES: [usize; 3] = [0, 1, 5 * 1024 * 1024 + 3];

#[track_caller]
fn assert_silent_success(output: &Output) {
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// The run without arguments, with this directory for its temporary files.
fn demonstration(room: &Room) -> Command {
    let mut command = room.command(&[]);
    for name in ["TMPDIR", "TMP", "TEMP"] {
        command.env(name, room.0.path());
    }
    command
}

#[test]
fn without_arguments_it_writes_checks_and_cleans_up() {
    let room = Room::new();
    let output = demonstration(&room).output().unwrap();
    assert_silent_success(&output);
    let text = String::from_utf8(output.stdout).unwrap();
    let (first, steps) = text.split_once('\n').unwrap();
    assert!(first.starts_with(&format!("writing in {}", room.0.path().display())), "{first}");
    assert_eq!(
        steps,
        "typed method: 1 file, 19 bytes written and read back\n\
         by path: 1 file, 19 bytes written and read back\n\
         by closure: 1 file, 19 bytes written and read back\n\
         100 tasks: 100 files, 790000 bytes written and read back\n"
    );
    assert!(room.names().is_empty(), "{:?}", room.names());
}

#[test]
fn any_size_is_copied_between_files() {
    for size in SIZES {
        let room = Room::with("src", noise(size));
        let output = room.run(&["src", "dst"]);
        assert_silent_success(&output);
        assert!(output.stdout.is_empty());
        assert!(room.bytes("dst") == noise(size), "{size} bytes");
        assert!(room.bytes("src") == noise(size), "{size} bytes");
        assert_eq!(room.names(), ["dst", "src"]);
    }
}

#[test]
fn any_size_is_copied_from_standard_input() {
    for size in SIZES {
        let room = Room::new();
        let mut child = start(&mut room.command(&["-", "dst"]));
        child.stdin.take().unwrap().write_all(&noise(size)).unwrap();
        assert_silent_success(&child.wait_with_output().unwrap());
        assert!(room.bytes("dst") == noise(size), "{size} bytes");
        assert_eq!(room.names(), ["dst"]);
    }
}

#[test]
fn any_size_is_copied_to_standard_output() {
    for size in SIZES {
        let room = Room::with("src", noise(size));
        let output = room.run(&["src", "-"]);
        assert_silent_success(&output);
        assert!(output.stdout == noise(size), "{size} bytes");
        assert_eq!(room.names(), ["src"]);
    }
}

#[test]
fn a_copy_that_is_killed_leaves_dst_as_it_was() {
    let room = Room::with("dst", "old");
    let mut child = start(&mut room.command(&["-", "dst"]));
    // More than a pipe holds: when this returns, the copy has begun.
    child.stdin.as_mut().unwrap().write_all(&noise(SIZES[2])).unwrap();
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    assert_eq!(room.text("dst"), "old");
    let names = room.names();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[0].starts_with(".write_file-"), "the kill came in the middle of it: {names:?}");
}

#[test]
fn a_wrong_number_of_arguments_is_a_usage_error() {
    for args in [&["src"][..], &["src", "dst", "more"]] {
        let room = Room::with("src", "text");
        let output = room.run(args);
        assert_eq!(output.status.code(), Some(2));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.starts_with("usage: write_file [SRC DST]"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(output.stdout.is_empty());
        assert_eq!(room.names(), ["src"]);
    }
}

#[test]
fn help_is_no_error() {
    let output = Room::new().run(&["--help"]);
    assert_silent_success(&output);
    assert!(output.stdout.starts_with(b"usage: write_file [SRC DST]"));
}

/// What needs Unix: permissions, links, FIFOs, and the system's own words.
#[cfg(unix)]
mod unix {
    use super::*;
    use std::fs::{File, Permissions};
    use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};
    use std::os::unix::process::CommandExt;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    const NOBODY: u32 = 65534;
    /// What must not take long fails after this long, instead of hanging the run.
    const SOON: Duration = Duration::from_secs(20);

    impl Room {
        fn mode(&self, name: &str) -> u32 {
            fs::metadata(self.path(name)).unwrap().mode() & 0o7777
        }

        fn set_mode(&self, name: &str, mode: u32) {
            fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
        }

        fn make_fifo(&self, name: &str) {
            assert!(Command::new("mkfifo").arg(self.path(name)).status().unwrap().success());
        }

        fn is_fifo(&self, name: &str) -> bool {
            fs::symlink_metadata(self.path(name)).unwrap().file_type().is_fifo()
        }

        /// For what root may do and nobody else: as root, a copy of the program runs as somebody else.
        fn command_without_root(&self, args: &[&str]) -> Command {
            // `cp` makes it: what any thread of this process writes cannot be run while another one forks.
            let program = self.path("program");
            if !program.exists() {
                assert!(Command::new("cp").arg(super::program()).arg(&program).status().unwrap().success());
            }
            self.set_mode("", 0o755);
            let mut command = Command::new(&program);
            command.args(args).current_dir(self.0.path()).stdin(Stdio::null());
            if fs::metadata(&program).unwrap().uid() == 0 {
                command.uid(NOBODY).gid(NOBODY);
            }
            command
        }

        /// Runs it from a shell that has run `first`.
        fn run_after(&self, first: &str, args: &[&str]) -> Output {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("{first}; exec \"$0\" \"$@\"")]).arg(program()).args(args);
            shell.current_dir(self.0.path()).stdin(Stdio::null()).output().unwrap()
        }
    }

    /// The one line of a run that failed, without the name of the program.
    #[track_caller]
    fn error_line(output: &Output) -> String {
        let text = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!(output.status.code(), Some(1), "{}: {text}", output.status);
        let line = text.strip_prefix("write_file: ").and_then(|line| line.strip_suffix('\n'));
        let line = line.unwrap_or_else(|| panic!("not an error line: {text:?}"));
        assert!(!line.contains('\n'), "more than one line: {text}");
        line.to_owned()
    }

    /// A pipe that nobody reads from any more.
    fn closed_pipe() -> Stdio {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer.into()
    }

    #[test]
    fn a_closed_standard_output_ends_it_without_a_panic() {
        let room = Room::new();
        let output = demonstration(&room).stdout(closed_pipe()).output().unwrap();
        assert_eq!(error_line(&output), "write: Broken pipe (os error 32)");
        assert!(room.names().is_empty(), "{:?}", room.names());

        let room = Room::with("src", noise(SIZES[2]));
        let output = room.command(&["src", "-"]).stdout(closed_pipe()).output().unwrap();
        assert_eq!(error_line(&output), "write standard output: Broken pipe (os error 32)");

        let output = room.command(&["--help"]).stdout(closed_pipe()).output().unwrap();
        assert_eq!(error_line(&output), "Broken pipe (os error 32)");
    }

    #[test]
    fn a_closed_standard_error_ends_it_without_a_panic() {
        let room = Room::new();
        let status = room.command(&["no/such", "dst"]).stderr(closed_pipe()).status().unwrap();
        assert_eq!(status.code(), Some(1)); // a panic would be 101
        let status = room.command(&["src"]).stderr(closed_pipe()).status().unwrap();
        assert_eq!(status.code(), Some(2));
    }

    #[test]
    fn dst_is_replaced_and_its_permissions_are_kept() {
        for mode in [0o600, 0o604, 0o640, 0o755] {
            let room = Room::with("src", "new");
            room.put("dst", "old, and longer");
            room.set_mode("dst", mode);
            assert_silent_success(&room.run(&["src", "dst"]));
            assert_eq!(room.text("dst"), "new");
            assert_eq!(room.mode("dst"), mode, "{:o} was {mode:o}", room.mode("dst"));
            assert_eq!(room.names(), ["dst", "src"]);
        }
    }

    #[test]
    fn dst_keeps_its_owner_where_that_is_allowed() {
        let room = Room::with("src", "new");
        room.put("dst", "old");
        let _ = chown(room.path("dst"), Some(NOBODY), Some(NOBODY));
        let owner = fs::metadata(room.path("dst")).unwrap().uid();
        assert_silent_success(&room.run(&["src", "dst"]));
        assert_eq!(room.text("dst"), "new");
        assert_eq!(fs::metadata(room.path("dst")).unwrap().uid(), owner);
    }

    #[test]
    fn a_new_dst_has_the_permissions_of_any_new_file() {
        let room = Room::with("src", "new");
        for (umask, mode) in [("022", 0o644), ("027", 0o640), ("077", 0o600), ("000", 0o666)] {
            assert_silent_success(&room.run_after(&format!("umask {umask}"), &["src", umask]));
            assert_eq!(room.mode(umask), mode, "{:o} under {umask}", room.mode(umask));
        }
    }

    #[test]
    fn a_symlink_to_dst_stays_one() {
        let room = Room::with("src", "new");
        fs::create_dir(room.path("dir")).unwrap();
        room.put("dir/target", "old");
        symlink("dir/target", room.path("dst")).unwrap();
        assert_silent_success(&room.run(&["src", "dst"]));
        assert_eq!(fs::read_link(room.path("dst")).unwrap(), Path::new("dir/target"));
        assert_eq!(room.text("dir/target"), "new");
        assert_eq!(room.names(), ["dir", "dst", "src"]);
    }

    #[test]
    fn a_symlink_to_nothing_is_refused() {
        let room = Room::with("src", "new");
        symlink("missing", room.path("dst")).unwrap();
        let line = error_line(&room.run(&["src", "dst"]));
        assert_eq!(line, "create \"dst\": No such file or directory (os error 2)");
        assert_eq!(room.names(), ["dst", "src"]);
    }

    #[test]
    fn one_file_is_not_copied_onto_itself() {
        let room = Room::with("src", "text");
        fs::hard_link(room.path("src"), room.path("hard")).unwrap();
        symlink("src", room.path("soft")).unwrap();
        for (src, dst) in
            [("src", "src"), ("src", "./src"), ("src", "hard"), ("src", "soft"), ("soft", "hard")]
        {
            let line = error_line(&room.run(&[src, dst]));
            assert_eq!(line, format!("copy {src:?}: {dst:?} is the same file"));
            assert_eq!(room.text("src"), "text");
        }
        assert!(room.path("soft").is_symlink());
        assert_eq!(room.names(), ["hard", "soft", "src"]);
    }

    #[test]
    fn one_file_is_not_copied_onto_itself_through_a_standard_stream() {
        let room = Room::with("src", "text");
        let file = |append| File::options().read(true).append(append).open(room.path("src")).unwrap();
        let to_itself = room.command(&["src", "-"]).stdout(file(true)).output().unwrap();
        assert_eq!(error_line(&to_itself), "copy \"src\": \"-\" is the same file");
        let from_itself = room.command(&["-", "src"]).stdin(file(false)).output().unwrap();
        assert_eq!(error_line(&from_itself), "copy \"-\": \"src\" is the same file");
        assert_eq!(room.text("src"), "text");

        // A device may be at both ends: a terminal, or this one.
        let null = || File::options().read(true).write(true).open("/dev/null").unwrap();
        let output = room.command(&["-", "-"]).stdin(null()).stdout(null()).output().unwrap();
        assert_silent_success(&output);
    }

    #[test]
    fn a_missing_src_is_named() {
        let room = Room::with("dst", "old");
        let line = error_line(&room.run(&["no/such", "dst"]));
        assert_eq!(line, "open \"no/such\": No such file or directory (os error 2)");
        assert_eq!(room.text("dst"), "old");
        assert_eq!(room.names(), ["dst"]);
    }

    #[test]
    fn a_directory_as_src_is_named() {
        let room = Room::with("dst", "old");
        fs::create_dir(room.path("src")).unwrap();
        assert_eq!(error_line(&room.run(&["src", "dst"])), "read \"src\": is a directory");
        assert_eq!(error_line(&room.run(&["src", "new"])), "read \"src\": is a directory");
        assert_eq!(room.text("dst"), "old");
        assert_eq!(room.names(), ["dst", "src"]);
    }

    #[test]
    fn a_directory_as_standard_input_is_named() {
        let room = Room::with("dst", "old");
        let here = File::open(room.0.path()).unwrap();
        let output = room.command(&["-", "dst"]).stdin(here).output().unwrap();
        assert_eq!(error_line(&output), "read standard input: Is a directory (os error 21)");
        assert_eq!(room.text("dst"), "old");
        assert_eq!(room.names(), ["dst"]);
    }

    #[test]
    fn a_directory_as_dst_is_named() {
        let room = Room::with("src", "text");
        fs::create_dir(room.path("dst")).unwrap();
        let line = error_line(&room.run(&["src", "dst"]));
        assert_eq!(line, "open \"dst\": Is a directory (os error 21)");
        assert_eq!(room.names(), ["dst", "src"]);
    }

    #[test]
    fn a_missing_directory_of_dst_is_named() {
        let room = Room::with("src", "text");
        let line = error_line(&room.run(&["src", "no/such/dst"]));
        let expected = "create \"no/such/dst\": No such file or directory (os error 2)";
        assert!(line.starts_with(expected), "{line}");
        assert_eq!(room.names(), ["src"]);
    }

    #[test]
    fn a_dst_that_cannot_be_renamed_to_is_named() {
        let room = Room::with("src", "text");
        let line = error_line(&room.run(&["src", "dst/"]));
        assert!(line.starts_with("rename to \"dst/\": "), "{line}");
        assert_eq!(room.names(), ["src"]);
    }

    #[test]
    fn a_missing_permission_is_named() {
        let room = Room::with("src", "text");
        for name in ["secret", "fixed"] {
            room.put(name, "old");
        }
        fs::create_dir(room.path("dir")).unwrap();
        for (name, mode) in [("src", 0o644), ("secret", 0o200), ("fixed", 0o444), ("dir", 0o555)] {
            room.set_mode(name, mode);
        }
        let run = |src, dst| room.command_without_root(&[src, dst]).output().unwrap();
        let denied = "Permission denied (os error 13)";
        assert_eq!(error_line(&run("secret", "-")), format!("open \"secret\": {denied}"));
        assert_eq!(error_line(&run("src", "fixed")), format!("open \"fixed\": {denied}"));
        let line = error_line(&run("src", "dir/dst"));
        assert!(line.starts_with(&format!("create \"dir/dst\": {denied}")), "{line}");
        assert_eq!(room.text("fixed"), "old");
        assert!(!room.path("dir/dst").exists());
        room.set_mode("dir", 0o755);
        assert_eq!(room.names(), ["dir", "fixed", "program", "secret", "src"]);
    }

    #[test]
    fn a_copy_that_fails_midway_leaves_dst_as_it_was() {
        // A file may not grow beyond 8 blocks; the write that would do so fails instead of killing.
        let limit = "ulimit -f 8; trap '' XFSZ";
        let room = Room::with("src", noise(SIZES[2]));
        room.put("dst", "old");
        room.set_mode("dst", 0o640);
        let line = error_line(&room.run_after(limit, &["src", "dst"]));
        assert_eq!(line, "write \"dst\": File too large (os error 27)");
        assert_eq!(room.text("dst"), "old");
        assert_eq!(room.mode("dst"), 0o640);
        assert_eq!(room.names(), ["dst", "src"]);

        let line = error_line(&room.run_after(limit, &["src", "new"]));
        assert_eq!(line, "write \"new\": File too large (os error 27)");
        assert_eq!(room.names(), ["dst", "src"]);
    }

    #[test]
    fn a_fifo_as_dst_gets_the_bytes_and_stays() {
        let room = Room::with("src", noise(SIZES[2]));
        room.make_fifo("dst");
        let fifo = room.path("dst");
        let reader = thread::spawn(move || fs::read(fifo).unwrap());
        assert_silent_success(&room.run(&["src", "dst"]));
        assert!(room.is_fifo("dst"));
        assert!(reader.join().unwrap() == noise(SIZES[2]));
        assert_eq!(room.names(), ["dst", "src"]);
    }

    #[test]
    fn a_fifo_as_src_is_read_to_its_end() {
        let room = Room::new();
        room.make_fifo("src");
        let fifo = room.path("src");
        let writer = thread::spawn(move || fs::write(fifo, noise(SIZES[2])).unwrap());
        assert_silent_success(&room.run(&["src", "dst"]));
        writer.join().unwrap();
        assert!(room.bytes("dst") == noise(SIZES[2]));
        assert!(room.is_fifo("src"));
    }

    // The devices are the machine's own: without root, no mistake of the example can replace them.

    #[test]
    fn a_device_as_dst_is_written_in_place() {
        let room = Room::with("src", noise(SIZES[2]));
        let before = fs::symlink_metadata("/dev/null").unwrap();
        assert!(before.file_type().is_char_device());
        assert_silent_success(&room.command_without_root(&["src", "/dev/null"]).output().unwrap());
        let after = fs::symlink_metadata("/dev/null").unwrap();
        assert_eq!((after.ino(), after.rdev()), (before.ino(), before.rdev()));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_named() {
        let before = fs::symlink_metadata("/dev/full").unwrap();
        assert!(before.file_type().is_char_device());
        for size in &SIZES[1..] {
            let room = Room::with("src", noise(*size));
            let line = error_line(&room.command_without_root(&["src", "/dev/full"]).output().unwrap());
            assert_eq!(line, "write \"/dev/full\": No space left on device (os error 28)");
            assert_eq!(room.names(), ["program", "src"]);
        }
        let after = fs::symlink_metadata("/dev/full").unwrap();
        assert_eq!((after.ino(), after.rdev()), (before.ino(), before.rdev()));

        let room = Room::with("src", "no end of line, so that only the flush fails");
        let full = File::options().write(true).open("/dev/full").unwrap();
        let line = error_line(&room.command(&["src", "-"]).stdout(full).output().unwrap());
        assert_eq!(line, "flush standard output: No space left on device (os error 28)");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_told_although_src_still_gives_nothing_more() {
        let room = Room::new();
        let mut child = start(&mut room.command_without_root(&["-", "/dev/full"]));
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"first").unwrap();
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(child.wait_with_output().unwrap()));
        let output = end.recv_timeout(SOON).expect("it does not wait for more of its input");
        assert_eq!(error_line(&output), "write \"/dev/full\": No space left on device (os error 28)");
        drop(stdin); // open until here
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_of_unknown_size_is_copied() {
        let room = Room::new();
        assert_silent_success(&room.run(&["/proc/version", "dst"]));
        assert_eq!(room.text("dst"), fs::read_to_string("/proc/version").unwrap());
        assert!(!room.text("dst").is_empty());
    }
}
