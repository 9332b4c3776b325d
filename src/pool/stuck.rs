//! What a shutdown, or the end of the process, reports.

use std::fmt;

/// A call that had not ended when [`Pool::shutdown`](crate::Pool::shutdown) gave up waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    pub(crate) operation: String,
    pub(crate) waiting: usize,
}

impl Stuck {
    /// What runs, or is the next to run: `read "/dev/tty"`, `std::fs::File::lock`, or the name of a closure.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// How many calls of the same handle wait behind it.
    pub fn waiting(&self) -> usize {
        self.waiting
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.waiting {
            0 => f.write_str(&self.operation),
            n => write!(f, "{} ({n} waiting behind it)", self.operation),
        }
    }
}
