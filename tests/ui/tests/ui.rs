//! Each mistake that a user will make, and what the compiler says of it. The texts are those of one compiler;
//! others word them differently, and are left out.
//!
//! `TRYBUILD=overwrite cargo test --manifest-path tests/ui/Cargo.toml` writes the texts anew: read the change.

use std::process::Command;

/// The compiler that the texts are made with.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn mistakes_say_the_way_out() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    if !version.starts_with(COMPILER) {
        println!("skipped: the texts are made with {COMPILER}x, this is {version}");
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.compile_fail("cases/*.rs");
}

/// What the texts have to name, whatever else they say: a change that loses it is no mere change of words.
#[test]
fn every_text_names_the_way_out() {
    let ways = [
        ("returns_a_borrow", "use `.with(|it| ...)`"),
        ("self_by_value", "use `.finish(...)`"),
        ("borrowed_local", "does not live long enough"),
        ("wrong_argument", "expected `u64`, found `&str`"),
        ("missing_comma", "use a trailing comma to create a tuple"),
        ("missing_argument", "expected `(u64,)`, found `()`"),
        ("wrong_lent_argument", "is given as a `Vec<u8>`"),
        ("typo", "there is a method `set_len` with a similar name"),
        ("not_send", "cannot be sent between threads safely"),
        ("forgotten_await", "unused `Call` that must be used"),
        ("buffer_without_move", "to force the closure to take ownership"),
        ("bound_to_a_borrow", "is forwarded by `.call(path, (owned, arguments))`"),
        ("proxy_returns_a_borrow", "use `handle.with(|it| ...)`"),
        ("proxy_self_by_value", "use `handle.finish(Type::into_text)`"),
        ("proxy_generic_method", "use `handle.call(Type::extend, (...,))`"),
        ("proxy_without_self", "is run by `aiofile::unblock`"),
        ("proxy_async_method", "without `async`"),
        ("proxy_fills_a_buffer", "use `handle.call(Type::read, (buffer,))`"),
        ("proxy_missing_semicolon", "does not end"),
        ("proxy_with_a_body", "has a body"),
        ("proxy_name_of_aio", "mirror it in a type of its own"),
        ("proxy_bad_head", "proxy! takes `pub trait Name for Aio<Type>"),
        ("proxy_wrong_type", "expected `u64`, found `u32`"),
        ("proxy_unknown_method", "there is a method `set_len` with a similar name"),
        ("proxy_same_name_twice", "the name `len` is defined multiple times"),
        ("proxy_two_mirrors", "multiple applicable items in scope"),
        ("proxy_not_copied", "the trait `Clone` is not implemented for `Secret`"),
    ];
    let mut cases: Vec<_> = std::fs::read_dir("cases")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    cases.sort();
    let mut named: Vec<_> = ways.iter().map(|(case, _)| (*case).to_owned()).collect();
    named.sort();
    assert_eq!(cases, named);
    for (case, way) in ways {
        let text = std::fs::read_to_string(format!("cases/{case}.stderr")).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(way), "{case}: no {way:?} in\n{text}");
    }
}
