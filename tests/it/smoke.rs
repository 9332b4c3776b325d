use aiofile::Aio;
use std::io::{Read, Seek, SeekFrom, Write};
#[test]
fn smoke() -> Result<(), Box<dyn std::error::Error>> {
    pollster::block_on(async {
        let dir = tempfile::tempdir()?;
        let p = dir.path().join("x");
        let f = aiofile::open(&p, "w+").await?;
        f.write_all("hello").await?;
        f.call(Write::write_all, (vec![b' ', b'w'],)).await?;
        f.call(std::fs::File::set_len, (3,)).await?;
        f.call(std::fs::File::sync_all, ()).await?;
        f.call(Seek::seek, (SeekFrom::Start(0),)).await?;
        let (n, buf) = f.call(Read::read, ([0u8; 16],)).await;
        assert_eq!((n?, &buf[..3]), (3, &b"hel"[..]));
        f.rewind().await?;
        let mut s = String::new();
        f.read_to_string(&mut s).await?;
        assert_eq!(s, "hel");
        let set_len = f.method(std::fs::File::set_len);
        set_len(8).await?;
        assert_eq!(f.metadata().await?.len(), 8);
        f.close().await?;
        let b: Aio<Box<dyn Write + Send>> = Aio::new(Box::new(Vec::new()));
        b.call(Write::write_all, (b"x",)).await?;
        b.call(Write::flush, ()).await?;
        Ok(())
    })
}
