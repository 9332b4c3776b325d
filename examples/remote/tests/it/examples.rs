//! The examples: they print what the README says (`…` is any text), and leave nothing behind.

use crate::s3_server::{self, Server};
use crate::ssh_server;
use crate::support::Result;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const README: &str = include_str!("../../README.md");

/// Runs an example in a room of its own, which is to be empty in the end.
fn run<S: AsRef<OsStr>>(name: &str, arguments: &[S], variables: &[(&str, &str)]) -> Result<Output> {
    let room = tempfile::tempdir()?;
    let cargo = std::env::var_os("CARGO").ok_or("not run by cargo")?;
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--example", name, "--"]).args(arguments);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env("TMPDIR", room.path());
    let output = command.env_remove("S3_BUCKET").envs(variables.iter().copied()).output()?;
    assert_empty(room.path())?;
    Ok(output)
}

fn play<S: AsRef<OsStr>>(name: &str, arguments: &[S], variables: &[(&str, &str)]) -> Result {
    let output = run(name, arguments, variables)?;
    let (printed, errors) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    assert!(output.status.success(), "{printed}{errors}");
    assert_as_said(name, &printed);
    Ok(())
}

#[track_caller]
fn assert_as_said(name: &str, printed: &str) {
    let row = README.lines().find(|line| line.starts_with(&format!("| [`{name}`]")));
    let row = row.expect("it is in the README's table");
    let cell = row.trim_end_matches([' ', '|']).rsplit(" | ").next().expect("a row has cells");
    let said: Vec<_> = cell.split("<br>").map(|line| line.trim_matches('`')).collect();
    let printed: Vec<_> = printed.lines().collect();
    let is_as_said = said.len() == printed.len() && said.iter().zip(&printed).all(|(s, p)| matches(s, p));
    assert!(is_as_said, "README: {said:#?}\nprinted: {printed:#?}");
}

fn matches(said: &str, printed: &str) -> bool {
    match said.split_once('…') {
        Some((begin, end)) => printed.strip_prefix(begin).is_some_and(|rest| rest.ends_with(end)),
        None => said == printed,
    }
}

fn assert_empty(dir: &Path) -> Result {
    let left: Vec<_> = std::fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    assert!(left.is_empty(), "left behind: {left:?}");
    Ok(())
}

#[test]
fn object_store_in_a_folder() -> Result {
    play("object_store", &[""; 0], &[])
}

#[test]
fn object_store_in_a_bucket() -> Result {
    let dir = tempfile::tempdir()?;
    std::fs::create_dir(dir.path().join("bucket"))?;
    let server = Server::start(dir.path())?;
    let variables = [
        ("S3_BUCKET", "bucket"),
        ("AWS_ENDPOINT_URL", &format!("http://{}", server.address())),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", s3_server::KEY),
        ("AWS_SECRET_ACCESS_KEY", s3_server::SECRET),
    ];
    play("object_store", &[""; 0], &variables)
}

fn arguments(server: &ssh_server::Server, known_hosts: PathBuf) -> [OsString; 6] {
    let address = server.address();
    [
        address.ip().to_string().into(),
        address.port().to_string().into(),
        server.user().into(),
        server.key().into(),
        known_hosts.into(),
        server.files().into(),
    ]
}

#[test]
fn sftp() -> Result {
    let Some(server) = ssh_server::Server::start()? else { return Ok(()) };
    play("sftp", &arguments(&server, server.known_hosts()), &[])?;
    assert_empty(&server.files())
}

#[test]
fn sftp_speaks_to_no_other_server() -> Result {
    let Some(server) = ssh_server::Server::start()? else { return Ok(()) };
    let Some(meant) = ssh_server::Server::start()? else { return Ok(()) };
    let known = std::fs::read_to_string(meant.known_hosts())?;
    let known = known.replace(&meant.address().port().to_string(), &server.address().port().to_string());
    std::fs::write(meant.known_hosts(), known)?;
    let output = run("sftp", &arguments(&server, meant.known_hosts()), &[])?;
    assert!(!output.status.success());
    assert_eq!(String::from_utf8(output.stderr)?, "Error: \"this is another server\"\n");
    assert_empty(&server.files())
}
