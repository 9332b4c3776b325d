//! The faults, one class in each module.

mod attack;
mod burst;
mod cancel;
mod children;
mod exits;
mod full;
mod fuse;
mod interposed;
mod interrupts;
mod kills;
mod model;
mod nested;
mod panics;
mod power;
mod scripted_calls;
mod scripted_streams;
mod stuck;
mod syncs;
mod threads;

use crate::child::Role;
use crate::fault::Fault;

pub const ALL: &[Fault] = &[
    scripted_calls::CALLS,
    scripted_streams::WRITER,
    scripted_streams::READER,
    interposed::METHODS,
    interposed::LATCH,
    interposed::CLOSE,
    full::FSIZE,
    full::DEV_FULL,
    full::TMPFS,
    syncs::SYNCS,
    fuse::FUSE,
    interrupts::STORM,
    cancel::FILE_READS,
    cancel::VALUE_READS,
    cancel::READER,
    cancel::FILE_WRITES,
    cancel::VALUE_WRITES,
    cancel::WRITER,
    cancel::TRAITS,
    cancel::OTHER,
    panics::PANICS,
    nested::NESTED,
    threads::NO_THREADS,
    stuck::STUCK,
    stuck::FROZEN,
    burst::BURST,
    kills::KILLS,
    exits::RETURN,
    exits::PROCESS_EXIT,
    exits::RUNTIME_DROPPED,
    exits::IN_BACKGROUND,
    exits::IN_CLOSURE,
    children::CHILDREN,
    attack::ATTACK,
    power::POWER,
    model::MODEL,
];

/// What their children do.
pub const ROLES: &[&[(&str, Role)]] = &[
    attack::ROLES,
    burst::ROLES,
    children::ROLES,
    exits::ROLES,
    crate::fusefs::ROLES,
    kills::ROLES,
    nested::ROLES,
    stuck::ROLES,
    threads::ROLES,
];
