//! The models. Each names the mistakes that it was seen to catch: `prove` makes them, one by one.

mod calls;
mod handles;
mod pools;
mod streams;
mod support;

/// Those that fail, and are run by their names alone until the library is mended.
pub const OPEN: &[(&str, fn())] = &[];

pub const MODELS: &[(&str, fn())] = &[
    ("order", calls::order),
    ("wake", calls::wake),
    ("cancel", calls::cancel),
    ("abandon", calls::abandon),
    ("last_handle", handles::last_handle),
    ("finish", handles::finish),
    ("shutdown", pools::shutdown),
    ("lost", pools::lost),
    ("no_threads", pools::no_threads),
    ("kept", pools::kept),
    ("limit", pools::limit),
    ("crowd", pools::crowd),
    ("nested", pools::nested),
    ("full_supply", pools::full_supply),
    ("pipe", streams::pipe),
    ("pipe_room", streams::pipe_room),
    ("pipe_drop", streams::pipe_drop),
    ("reads", streams::reads),
];
