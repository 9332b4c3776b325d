//! Models of the spine: the library's own mailbox, `Call`, `Pool` and writer's pipe, on threads that shuttle schedules
//! in one order after the other. A waiter that nobody wakes is a deadlock, which shuttle sees; the rest is asserted.
//!
//! `tests/models/run` builds it as it has to be built; see its README.

#[cfg(aiofile_shuttle)]
mod models;
#[cfg(aiofile_shuttle)]
mod runner;

#[cfg(aiofile_shuttle)]
fn main() -> std::process::ExitCode {
    runner::main()
}

#[cfg(not(aiofile_shuttle))]
fn main() -> std::process::ExitCode {
    eprintln!("built without --cfg aiofile_shuttle, there is nothing to model: use tests/models/run");
    std::process::ExitCode::FAILURE
}
