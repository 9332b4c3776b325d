use aiofile::proxy;

proxy! {
    trait AsyncText for Aio<String> {
        fn as_str(&self) -> &str;
    }
}

fn main() {}
