//! Guides. Each line of code in them is compiled and run as a test.
//!
//! | coming from | |
//! |---|---|
//! | `tokio::fs` | [`from_tokio_fs`] |
//! | `async-fs`, `blocking` | [`from_async_fs`] |
//! | Python: asyncio, `AIOWrapper`, aiofiles, anyio, trio | [`from_python`] |
//!
//! | asking | |
//! |---|---|
//! | which of the many forms a line wants: `with`, `call`, `finish`, a typed method, a [`Writer`](crate::Writer) ... | [`which_form`] |
//! | what runs when; what dropping a future does; how a handle is closed, and the process ended | [`ordering`] |
//! | what an error says; what a panic, a refusal, a cancellation look like | [`errors`] |
//! | on which threads, how many at once, until when | [`pools`] |
//! | what a call costs: hops, copies, allocations | [`costs`] |
//! | what is promised, what shows it, and what is not promised | [`promises`] |

/// Makes a page of tables, and a test of each row: the code of its second place is run after `before`, and then the
/// row's check. (In the code, a `|` stands between two literals: in a table it has to be escaped.)
macro_rules! page {
    (
        $(#[doc = $intro:literal])*
        pub mod $name:ident;
        before $before:literal;
        $(
            $(#[doc = $text:literal])*
            [$one:literal, $two:literal, $three:literal]
            $($there:literal => $here:literal $(| $more:literal)*, $remark:literal, $check:literal;)*
        )+
    ) => {
        $(#[doc = $intro])*
        $(
            ///
            $(#[doc = $text])*
            ///
            #[doc = concat!("| ", $one, " | ", $two, " | ", $three, " |")]
            /// |---|---|---|
            $(#[doc = concat!("| ", $there, " | `", $here $(, "\\|", $more)*, "` | ", $remark, " |")])*
        )+
        pub mod $name {
            $($(
                #[doc = concat!(
                    "```\n",
                    "use aiofile::{Aio, Call, File, OpenOptions, Pool, fs, unblock};\n",
                    "use std::io::{BufRead, BufReader, BufWriter, IsTerminal, Read, Seek, SeekFrom, Write};\n",
                    "use std::time::Duration;\n",
                    "tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {\n",
                    "let dir = tempfile::tempdir()?;\n",
                    "let path = dir.path().join(\"data.txt\");\n",
                    "std::fs::write(&path, \"one\\ntwo\\n\")?;\n",
                    "let f = aiofile::open(&path, \"r+\").await?;\n",
                    $before, "\n",
                    $here $(, "|", $more)*, "\n", $check, "\n",
                    "Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())\n}).unwrap();\n```",
                )]
                #[allow(dead_code)]
                const _: () = ();
            )*)+
        }
    };
}

mod async_fs;
pub mod costs;
pub mod errors;
mod forms;
pub mod ordering;
pub mod pools;
pub mod promises;
mod python;
mod tokio_fs;

pub use async_fs::from_async_fs;
pub use forms::which_form;
pub use python::from_python;
pub use tokio_fs::from_tokio_fs;
