//! Every stable method of `std::fs::File`, `Read`, `Write`, `Seek` (but adapters) and Unix's `FileExt`, and every
//! function of `std::fs` and `std::os::unix::fs`, beside ours: a row whose item is missing does not compile.
//!
//! The list is kept by hand, from the docs of std 1.89 to 1.95 (none of these items is newer than 1.89). Where
//! those docs are installed (`rustup component add rust-docs`), a test reads them and says which item has no row.

use aiofile::{File, fs};
use std::fmt::Arguments;
use std::fs::{File as Std, FileTimes, Permissions};
use std::io::{IoSlice, IoSliceMut, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

// What the rows take. Function pointers of one signature leave no generic open.
type P = &'static Path;
type F = &'static File;
type S = &'static Std;
type M = &'static mut Std;
type Data = &'static [u8];
type Buffer = &'static mut [u8];
type Id = Option<u32>;

/// The rows: std's item and its arguments, ours and its arguments. Gives std's names.
macro_rules! rows {
    ($($std:path[$($std_arg:ty),*] => $ours:path[$($our_arg:ty),*];)*) => {
        &[$({
            let _: fn($($std_arg),*) -> _ = $std;
            let _: fn($($our_arg),*) -> _ = $ours;
            stringify!($std)
        }),*]
    };
}

fn methods_of_file() -> &'static [&'static str] {
    rows! {
        Std::open[P] => File::open[P];
        Std::create[P] => File::create[P];
        Std::create_new[P] => File::create_new[P];
        Std::options[] => File::options[];
        Std::sync_all[S] => File::sync_all[F];
        Std::sync_data[S] => File::sync_data[F];
        Std::lock[S] => File::lock[F];
        Std::lock_shared[S] => File::lock_shared[F];
        Std::try_lock[S] => File::try_lock[F];
        Std::try_lock_shared[S] => File::try_lock_shared[F];
        Std::unlock[S] => File::unlock[F];
        Std::set_len[S, u64] => File::set_len[F, u64];
        Std::metadata[S] => File::metadata[F];
        Std::try_clone[S] => File::try_clone[F];
        Std::set_permissions[S, Permissions] => File::set_permissions[F, Permissions];
        Std::set_times[S, FileTimes] => File::set_times[F, FileTimes];
        Std::set_modified[S, SystemTime] => File::set_modified[F, SystemTime];
    }
}

fn methods_of_read() -> &'static [&'static str] {
    use std::io::Read;
    rows! {
        Read::read[M, Buffer] => File::read[F, Buffer];
        Read::read_vectored[M, &mut [IoSliceMut<'static>]]
            => File::read_vectored[F, &'static mut [IoSliceMut<'static>]];
        Read::read_to_end[M, &mut Vec<u8>] => File::read_to_end[F, &'static mut Vec<u8>];
        Read::read_to_string[M, &mut String] => File::read_to_string[F, &'static mut String];
        Read::read_exact[M, Buffer] => File::read_exact[F, Buffer];
    }
}

fn methods_of_write() -> &'static [&'static str] {
    use std::io::Write;
    rows! {
        Write::write[M, Data] => File::write[F, Data];
        Write::flush[M] => File::flush[F];
        Write::write_vectored[M, &[IoSlice<'static>]] => File::write_vectored[F, Vec<Vec<u8>>];
        Write::write_all[M, Data] => File::write_all[F, Data];
        Write::write_fmt[M, Arguments<'static>] => File::write_fmt[F, Arguments<'static>];
    }
}

fn methods_of_seek() -> &'static [&'static str] {
    use std::io::Seek;
    rows! {
        Seek::seek[M, SeekFrom] => File::seek[F, SeekFrom];
        Seek::rewind[M] => File::rewind[F];
        Seek::stream_position[M] => File::stream_position[F];
        Seek::seek_relative[M, i64] => File::seek_relative[F, i64];
    }
}

fn methods_of_file_ext() -> &'static [&'static str] {
    use std::os::unix::fs::FileExt;
    rows! {
        FileExt::read_at[S, Buffer, u64] => File::read_at[F, Buffer, u64];
        FileExt::write_at[S, Data, u64] => File::write_at[F, Data, u64];
        FileExt::read_exact_at[S, Buffer, u64] => File::read_exact_at[F, Buffer, u64];
        FileExt::write_all_at[S, Data, u64] => File::write_all_at[F, Data, u64];
    }
}

fn functions() -> &'static [&'static str] {
    rows! {
        std::fs::canonicalize[P] => fs::canonicalize[P];
        std::fs::copy[P, P] => fs::copy[P, P];
        std::fs::create_dir[P] => fs::create_dir[P];
        std::fs::create_dir_all[P] => fs::create_dir_all[P];
        std::fs::exists[P] => fs::exists[P];
        std::fs::hard_link[P, P] => fs::hard_link[P, P];
        std::fs::metadata[P] => fs::metadata[P];
        std::fs::read[P] => fs::read[P];
        std::fs::read_dir[P] => fs::read_dir[P];
        std::fs::read_link[P] => fs::read_link[P];
        std::fs::read_to_string[P] => fs::read_to_string[P];
        std::fs::remove_dir[P] => fs::remove_dir[P];
        std::fs::remove_dir_all[P] => fs::remove_dir_all[P];
        std::fs::remove_file[P] => fs::remove_file[P];
        std::fs::rename[P, P] => fs::rename[P, P];
        std::fs::set_permissions[P, Permissions] => fs::set_permissions[P, Permissions];
        std::fs::symlink_metadata[P] => fs::symlink_metadata[P];
        std::fs::write[P, Data] => fs::write[P, Data];
    }
}

fn functions_of_unix() -> &'static [&'static str] {
    use std::os::unix;
    rows! {
        unix::fs::chown[P, Id, Id] => fs::chown[P, Id, Id];
        unix::fs::fchown[S, Id, Id] => fs::fchown[F, Id, Id];
        unix::fs::lchown[P, Id, Id] => fs::lchown[P, Id, Id];
        unix::fs::chroot[P] => fs::chroot[P];
        unix::fs::symlink[P, P] => fs::symlink[P, P];
    }
}

/// Adapters, which lend or take the value and do nothing themselves.
const ADAPTERS: [&str; 4] = ["by_ref", "bytes", "chain", "take"];

/// The directory of std's docs, of the compiler that is used here.
fn docs() -> Option<std::path::PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = std::process::Command::new(rustc).args(["--print", "sysroot"]).output().ok()?;
    let sysroot = String::from_utf8(sysroot.stdout).ok()?;
    let docs = Path::new(sysroot.trim()).join("share/doc/rust/html/std");
    docs.is_dir().then_some(docs)
}

/// The stable methods on a page: those with a version of their own, and no mark of being unstable.
fn methods_on(page: &str) -> Vec<String> {
    let own = page.split("id=\"trait-implementations\"").next().unwrap_or(page);
    let own = own.split("id=\"foreign-impls\"").next().unwrap_or(own);
    let sections = own.split("<section id=\"").skip(1).filter_map(|section| {
        let (id, rest) = section.split_once('"')?;
        let name = id.strip_prefix("method.").or_else(|| id.strip_prefix("tymethod."))?;
        let head = rest.split_once("<div class=\"docblock\"").map_or(rest, |(head, _)| head);
        let stable = head.contains("class=\"since\"") && !head.contains("stab unstable");
        (stable && !ADAPTERS.contains(&name)).then(|| name.to_owned())
    });
    sections.collect()
}

/// The functions in the list of a module, without those that are unstable or deprecated.
fn functions_on(page: &str) -> Vec<String> {
    let items = page.split("href=\"fn.").skip(1).filter_map(|item| {
        let (name, rest) = item.split_once(".html\"")?;
        let head = rest.split_once("</dt>").map_or(rest, |(head, _)| head);
        (!head.contains("stab unstable") && !head.contains("stab deprecated")).then(|| name.to_owned())
    });
    let mut names: Vec<_> = items.collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn every_item_of_std_has_a_row() {
    type Names = fn(&str) -> Vec<String>;
    let table: [(&str, Names, &[&str], usize); 7] = [
        ("fs/struct.File.html", methods_on, methods_of_file(), 17),
        ("io/trait.Read.html", methods_on, methods_of_read(), 5),
        ("io/trait.Write.html", methods_on, methods_of_write(), 5),
        ("io/trait.Seek.html", methods_on, methods_of_seek(), 4),
        ("os/unix/fs/trait.FileExt.html", methods_on, methods_of_file_ext(), 4),
        ("fs/index.html", functions_on, functions(), 18),
        ("os/unix/fs/index.html", functions_on, functions_of_unix(), 5),
    ];
    let Some(docs) = docs() else {
        return println!("std's docs are not installed: the rows compile, no more");
    };
    for (page, names, rows, at_least) in table {
        let text = std::fs::read_to_string(docs.join(page)).unwrap();
        let names = names(&text);
        assert!(names.len() >= at_least, "{page} is not understood: {names:?}");
        let rows: Vec<_> = rows.iter().map(|row| row.rsplit("::").next().unwrap().trim()).collect();
        let missing: Vec<_> = names.iter().filter(|name| !rows.contains(&name.as_str())).collect();
        assert!(missing.is_empty(), "{page}: no row for {missing:?}");
        let gone: Vec<_> = rows.iter().filter(|row| !names.iter().any(|name| name == *row)).collect();
        assert!(gone.is_empty(), "{page}: std has no {gone:?}");
    }
}
