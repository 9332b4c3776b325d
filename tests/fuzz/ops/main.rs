//! Sequences of operations on a `File`, and the same on std's: same results, same bytes, same position, same content at
//! the end, whichever calls are dropped or cancelled. (`tests/it/model.rs` does the same with random sequences; here what was
//! not yet seen leads, and streams are in it.)

#![no_main]

mod case;
mod pair;
mod streams;
#[allow(dead_code)] // what other tests need
#[path = "../../it/support.rs"]
mod support;

use case::Case;
use libfuzzer_sys::fuzz_target;
use pair::Pair;

fuzz_target!(|case: Case| {
    let mut pair = Pair::open(&case);
    case.steps.iter().take(MOST).for_each(|step| pair.step(step));
    pair.end();
});

/// More steps find nothing that fewer do not.
const MOST: usize = 60;
