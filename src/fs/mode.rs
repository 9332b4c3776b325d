//! CPython's modes of `open()`.

use super::OpenOptions;
use std::io;

const ALLOWED: &str =
    "one of r, w, a, x, with an optional + (read and write) and an optional b or t, in any order";

/// A mode, taken apart.
#[derive(Debug, PartialEq)]
pub(super) struct Mode {
    pub(super) options: Access,
    pub(super) update: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Access {
    Read,
    Write,
    Append,
    Create,
}

/// Understands what CPython's `open` understands, and nothing else.
pub(super) fn parse(mode: &str) -> io::Result<Mode> {
    let refuse = |why: String| {
        let text = format!("invalid mode {mode:?}: {why}; a mode is {ALLOWED}");
        Err(io::Error::new(io::ErrorKind::InvalidInput, text))
    };
    let mut access = None;
    let mut seen = String::new();
    for letter in mode.chars() {
        if seen.contains(letter) {
            return refuse(format!("{letter:?} stands there twice"));
        }
        seen.push(letter);
        let this = match letter {
            'r' => Access::Read,
            'w' => Access::Write,
            'a' => Access::Append,
            'x' => Access::Create,
            '+' | 'b' | 't' => continue,
            _ => return refuse(format!("{letter:?} is no letter of a mode")),
        };
        if access.replace(this).is_some() {
            return refuse("it has more than one of r, w, a, x".into());
        }
    }
    if seen.contains('b') && seen.contains('t') {
        return refuse("it has both b and t".into());
    }
    match access {
        Some(options) => Ok(Mode { options, update: seen.contains('+') }),
        None => refuse("it has none of r, w, a, x".into()),
    }
}

impl Mode {
    pub(super) fn to_options(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        match self.options {
            Access::Read => options.read(true).write(self.update),
            Access::Write => options.write(true).create(true).truncate(true).read(self.update),
            Access::Append => options.append(true).create(true).read(self.update),
            Access::Create => options.write(true).create_new(true).read(self.update),
        };
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CPython's rule (Modules/_io/_iomodule.c, `_io_open_impl`), written another way: as the set of all
    /// arrangements of the modes that its documentation lists.
    fn python_takes(mode: &str) -> bool {
        let mut sorted: Vec<char> = mode.chars().collect();
        sorted.sort_unstable();
        let sorted: String = sorted.into_iter().collect();
        let listed = ["r", "w", "a", "x"].into_iter().flat_map(|access| {
            ["", "b", "t"].into_iter().flat_map(move |kind| {
                ["", "+"].into_iter().map(move |update| format!("{access}{kind}{update}"))
            })
        });
        listed.into_iter().any(|mode| {
            let mut letters: Vec<char> = mode.chars().collect();
            letters.sort_unstable();
            letters.into_iter().eq(sorted.chars())
        })
    }

    /// aiofile's Python namesake and its Rust one take "rz", "", "+" and "wx"; no noise may pass here.
    #[test]
    fn every_string_up_to_four_letters_is_taken_or_refused_as_python_does() {
        let letters = ['r', 'w', 'a', 'x', '+', 'b', 't', 'z', 'U', ' '];
        let mut all = vec![String::new()];
        let mut longest = all.clone();
        for _ in 0..4 {
            longest = longest
                .iter()
                .flat_map(|mode| letters.iter().map(move |letter| format!("{mode}{letter}")))
                .collect();
            all.extend(longest.iter().cloned());
        }
        let mut taken = 0;
        for mode in &all {
            let parsed = parse(mode);
            assert_eq!(parsed.is_ok(), python_takes(mode), "{mode:?}: {parsed:?}");
            match parsed {
                Ok(_) => taken += 1,
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
                    assert!(error.to_string().contains(ALLOWED), "{error}");
                }
            }
        }
        assert_eq!((all.len(), taken), (11_111, 4 * (1 + 2 + 2 + 2 + 6 + 6)));
    }
}
