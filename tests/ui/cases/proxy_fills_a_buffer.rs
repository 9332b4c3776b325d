use aiofile::proxy;

proxy! {
    trait AsyncRead for Aio<std::fs::File> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize>;
    }
}

fn main() {}
