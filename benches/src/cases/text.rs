//! Text of 100-byte lines, and files as they were written.

use std::fs::File;
use std::io::Read;
use std::path::Path;

pub const LINE: usize = 100;

/// Line number `i`, which starts with it.
pub fn line(i: u64) -> [u8; LINE] {
    let mut line = [b'.'; LINE];
    for (place, digit) in line[..16].iter_mut().enumerate() {
        *digit = b'a' + (i >> (4 * place) & 15) as u8;
    }
    line[LINE - 1] = b'\n';
    line
}

/// A number that no other content has, in all likelihood: of every byte, at its place.
pub fn fingerprint(path: &Path) -> u64 {
    let mut file = File::open(path).expect("a file that was written");
    let mut buffer = vec![0; 1 << 20];
    let mut lanes = [0_u64; 4];
    let mut length = 0;
    loop {
        let mut filled = 0;
        while let Ok(count @ 1..) = file.read(&mut buffer[filled..]) {
            filled += count;
        }
        length += filled as u64;
        let (words, _) = buffer.as_chunks::<8>();
        for four in words.as_chunks::<4>().0 {
            for (lane, word) in lanes.iter_mut().zip(four) {
                *lane = lane.rotate_left(5) ^ u64::from_le_bytes(*word);
            }
        }
        if filled < buffer.len() {
            return lanes.into_iter().fold(length, |all, lane| all.wrapping_mul(31).wrapping_add(lane));
        }
    }
}

/// A file to write, which keeps what it had: to allocate pages anew takes as long as it will, for all.
pub fn open(path: &Path) -> File {
    File::options().write(true).create(true).truncate(false).open(path).expect("a file to write")
}
