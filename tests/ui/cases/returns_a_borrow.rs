use aiofile::Aio;

struct Db(String);
impl Db {
    fn name(&self) -> &str {
        &self.0
    }
}

fn main() {
    let db = Aio::new(Db("x".into()));
    let _ = db.call(Db::name, ());
}
