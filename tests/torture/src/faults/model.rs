//! Random sequences of calls, on a `File` and on std's: `tests/it/model.rs`, with as many of them as the table asks for.

use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{Random, Supplies};
use std::process::{Command, Stdio};

pub const MODEL: Fault = Fault {
    name: "model",
    what: "random sequences of calls on a File and on std's (tests/it/model.rs), on three kinds of pools",
    needs: Needs::Nothing,
    limit: [280, 900],
    run: model,
};

fn model(run: &mut Run) {
    let cases = run.times(500, 10_000);
    let seed = run.random.next();
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What CI has built already, or else what is quick.
    cargo.arg("test").args((!run.quick).then_some("--release"));
    cargo.args(["--manifest-path", manifest, "--test", "it", "model::", "--", "--nocapture"]);
    cargo.env("AIOFILE_MODEL_CASES", cases.to_string()).env("AIOFILE_MODEL_SEED", seed.to_string());
    let output = cargo.stdin(Stdio::null()).output().expect("cargo");
    let text = String::from_utf8_lossy(&output.stdout);
    // "10000 sequences, 12345 reads abandoned while pending"
    let number = |line: &str| line.split_once(" sequences, ")?.0.rsplit(' ').next()?.parse::<u64>().ok();
    run.injected(text.lines().filter_map(number).sum());
    let tail: Vec<_> = text.lines().rev().take(12).collect();
    run.check(output.status.success(), Wrong::Other, || {
        tail.into_iter().rev().collect::<Vec<_>>().join(" / ") + &String::from_utf8_lossy(&output.stderr)
    });
    control(run);
}

/// tokio's file and std's, in sequences of writes, syncs and looks at the length: how many of them differ.
fn control(run: &mut Run) {
    use tokio::io::AsyncWriteExt;
    const SEQUENCES: u64 = 200;
    let supplies = Supplies::new();
    let mut random = Random::new(run.random.next());
    let path = run.dir().join("tokio");
    let mut differ = 0;
    for _ in 0..SEQUENCES {
        differ += u64::from(supplies.block_on(async {
            let mut file = tokio::fs::File::create(&path).await.expect("a file");
            let mut len = 0;
            for _ in 0..30 {
                let bytes = random.bytes(4096);
                file.write_all(&bytes).await.expect("a write");
                len += bytes.len() as u64;
                // As std's would be, after a write that was Ok.
                if std::fs::metadata(&path).expect("it is there").len() != len {
                    return true;
                }
            }
            false
        }));
    }
    run.control(
        differ,
        format!("tokio: after an Ok write the file is shorter than std's in {differ} of {SEQUENCES}"),
    );
}
