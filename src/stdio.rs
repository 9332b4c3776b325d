//! The process's own streams, as handles.

use crate::aio::Aio;
use crate::pool::Pool;
use std::io::{self, Stderr, Stdin, Stdout};
use std::sync::OnceLock;

/// One handle for the whole process, on threads that no pool of the user's lacks then: a read may wait for a human.
macro_rules! streams {
    ($($(#[$doc:meta])* $name:ident: $Stream:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> Aio<$Stream> {
            static HANDLE: OnceLock<Aio<$Stream>> = OnceLock::new();
            HANDLE.get_or_init(|| Aio::on(Pool::embedded(), io::$name())).clone()
        }
    )*};
}

streams! {
    /// The standard input, as one handle for the whole process: [`std::io::stdin`].
    ///
    /// ```no_run
    /// # pollster::block_on(async {
    /// let mut lines = aiofile::stdin().reader().lines();
    /// while let Some(line) = lines.next_line().await? {
    ///     println!("{} bytes", line.len());
    /// }
    /// # aiofile::Result::Ok(()) }).unwrap()
    /// ```
    ///
    /// Whatever reads it, its calls run in the order made. A read that waits for a human takes no worker from any other
    /// handle, and does not hold up the end of the process. *Abandonment:* a line that comes after its reader has
    /// stopped waiting is there for the next one.
    stdin: Stdin;

    /// The standard output, as one handle for the whole process: [`std::io::stdout`].
    ///
    /// ```
    /// # pollster::block_on(async {
    /// aiofile::stdout().write_all("a line\n").await?;
    /// # aiofile::Result::Ok(()) }).unwrap()
    /// ```
    ///
    /// Each call is written in one piece, and in the order made. std's buffer, which ends at the end of a line, is in
    /// front of it, as of `println!`: `flush` to have more than whole lines out.
    stdout: Stdout;

    /// The standard error stream, as one handle for the whole process: [`std::io::stderr`]. Not buffered.
    stderr: Stderr;
}
