use aiofile::Aio;

struct Db(String);
impl Db {
    fn get<'a>(&'a self, _: &'a str) -> &'a str {
        &self.0
    }
}

fn main() {
    let db = Aio::new(Db("x".into()));
    let _ = db.method(Db::get);
}
