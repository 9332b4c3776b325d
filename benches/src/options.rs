//! What was asked for.

use std::path::PathBuf;

pub const USAGE: &str = "\
usage: cargo run --release --manifest-path benches/Cargo.toml -- [options] all | <case>...

  --check       exit with 1 if a target is missed
  --quick       an eighth of the work
  --tmpfs       cases with files on /dev/shm as well
  --dir PATH    where files lie, if not beside the program
  --rounds N    how many rounds are timed, if not 5
  --only TEXT   contenders whose names have it, beside the first: to profile one (targets are left out)
  --json        a line of JSON for each row, instead of tables";

#[derive(Default)]
pub struct Options {
    cases: Vec<String>,
    pub check: bool,
    pub quick: bool,
    pub tmpfs: bool,
    pub dir: Option<PathBuf>,
    pub rounds: Option<usize>,
    pub only: Option<String>,
    pub json: bool,
}

impl Options {
    /// Of the cases that there are; none stands for all of them.
    pub fn parse(mut words: impl Iterator<Item = String>, cases: &[&str]) -> Result<Options, String> {
        let mut options = Options::default();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} wants a value"));
            match word.as_str() {
                "--check" => options.check = true,
                "--quick" => options.quick = true,
                "--tmpfs" => options.tmpfs = true,
                "--json" => options.json = true,
                "--only" => options.only = Some(value()?),
                "--dir" => options.dir = Some(value()?.into()),
                "--rounds" => {
                    let rounds = value()?.parse().ok().filter(|rounds| *rounds > 0);
                    options.rounds = Some(rounds.ok_or("--rounds wants a number")?);
                }
                "all" => options.cases.extend(cases.iter().map(|case| String::from(*case))),
                case if cases.contains(&case) => options.cases.push(word),
                _ => return Err(format!("{word:?} is neither an option nor a case")),
            }
        }
        if options.cases.is_empty() { Err("which cases?".into()) } else { Ok(options) }
    }

    pub fn wants(&self, case: &str) -> bool {
        self.cases.iter().any(|wanted| wanted == case)
    }

    /// The words that ask for another case in the same way.
    pub fn words_for(&self, case: &str) -> Vec<String> {
        let flags = [("--check", self.check), ("--quick", self.quick), ("--json", self.json)];
        let flags = flags.iter().filter(|(_, on)| *on).map(|(flag, _)| String::from(*flag));
        let values =
            [("--rounds", self.rounds.map(|rounds| rounds.to_string())), ("--only", self.only.clone())];
        let values = values.into_iter().filter_map(|(flag, value)| Some([flag.into(), value?])).flatten();
        flags.chain(values).chain([case.into()]).collect()
    }
}
