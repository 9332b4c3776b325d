//! What the modules share.

pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Text that compresses, and is larger than the buffers of std and of the crates here (8 to 64 KiB).
pub(crate) fn text() -> String {
    (0..8000).map(|n| format!("line {n}: {}\n", n * n % 97)).collect()
}
