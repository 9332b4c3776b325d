use aiofile::proxy;

struct Page;
impl Page {
    fn into_text(self) -> String {
        String::new()
    }
}

proxy! {
    trait AsyncPage for Aio<Page> {
        fn into_text(self) -> String;
    }
}

fn main() {}
