//! The models. Each names the mistakes that it was seen to catch: `prove` makes them, one by one.

#[cfg(target_os = "linux")]
mod at_once;
mod calls;
mod handles;
mod in_place;
mod pools;
mod streams;
mod support;
mod turns;

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
    ("shutdown_after", pools::shutdown_after),
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
    ("in_place", in_place::in_place),
    ("turns", turns::turns),
    ("turns_shutdown", turns::turns_shutdown),
    ("turns_finish", turns::turns_finish),
    #[cfg(target_os = "linux")]
    ("here", at_once::here),
    #[cfg(target_os = "linux")]
    ("here_reads", at_once::here_reads),
    #[cfg(target_os = "linux")]
    ("here_shutdown", at_once::here_shutdown),
    #[cfg(target_os = "linux")]
    ("gives_way", at_once::gives_way),
];
