//! `BufReader`, `BufWriter`, `LineWriter`, `Cursor`, and what std builds of them.

use crate::support::{Result, text};
use aiofile::Aio;
use pollster::block_on;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Cursor, LineWriter, Read, Seek, SeekFrom, Write};

#[test]
fn buf_reader() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("text");
    fs::write(&path, text())?;

    let mut sync = BufReader::with_capacity(64, File::open(&path)?);
    let mut sync_line = String::new();
    sync.read_line(&mut sync_line)?;
    let sync_buffer = sync.buffer().to_vec();
    let sync_filled = sync.fill_buf()?.to_vec();
    sync.consume(3);
    let mut sync_word = Vec::new();
    sync.read_until(b':', &mut sync_word)?;
    sync.seek_relative(-4)?;
    let sync_at = sync.stream_position()?;
    let mut sync_two = String::new();
    sync.read_line(&mut sync_two)?;
    sync.read_line(&mut sync_two)?;
    let mut sync_rest = String::new();
    sync.read_to_string(&mut sync_rest)?;

    block_on(async {
        let file = Aio::new(BufReader::with_capacity(64, File::open(&path)?));
        assert_eq!(file.call(BufReader::capacity, ()).await, 64);
        let (read, line) = file.call(BufRead::read_line, (String::with_capacity(80),)).await;
        assert_eq!((read?, &line), (sync_line.len(), &sync_line));
        assert_eq!(file.with(|file| file.buffer().to_vec()).await, sync_buffer);
        let filled = file.with(|file| {
            let filled = file.fill_buf()?.to_vec();
            file.consume(3);
            io::Result::Ok(filled)
        });
        assert_eq!(filled.await?, sync_filled);
        let (read, word) = file.call(BufRead::read_until, (b':', Vec::new())).await;
        assert_eq!((read?, &word), (sync_word.len(), &sync_word));
        file.call(BufReader::seek_relative, (-4,)).await?;
        assert_eq!(file.call(Seek::stream_position, ()).await?, sync_at);

        // One string for many lines: it goes and comes back.
        let (read, two) = file.call(BufRead::read_line, (String::new(),)).await;
        read?;
        let (read, two) = file.call(BufRead::read_line, (two,)).await;
        read?;
        assert_eq!(two, sync_two);
        let mut rest = String::new();
        file.read_to_string(&mut rest).await?;
        assert_eq!(rest, sync_rest);

        let file = file.finish(BufReader::into_inner).await;
        assert_eq!((&file).stream_position()?, sync.into_inner().stream_position()?);
        Ok(())
    })
}

#[test]
fn lines_by_value() -> Result {
    let sync = Cursor::new(text()).lines().collect::<io::Result<Vec<_>>>()?;
    block_on(async {
        let lines = Aio::new(Aio::new(Cursor::new(text())).finish(BufRead::lines).await);
        let first = lines.call(Iterator::next, ()).await.transpose()?;
        assert_eq!(first.as_ref(), sync.first());
        let tenth = lines.call(Iterator::nth, (8,)).await.transpose()?;
        assert_eq!(tenth.as_ref(), sync.get(9));
        let rest = lines.finish(Iterator::collect::<io::Result<Vec<_>>>).await?;
        assert_eq!(rest, sync[10..]);
        Ok(())
    })
}

#[test]
fn buf_writer() -> Result {
    let dir = tempfile::tempdir()?;
    let (sync_path, own_path) = (dir.path().join("sync"), dir.path().join("own"));
    let mut sync = BufWriter::with_capacity(1000, File::create(&sync_path)?);
    sync.write_all(b"buffered")?;
    let sync_before = sync.buffer().to_vec();
    sync.flush()?;
    sync.write_all(text().as_bytes())?;
    sync.seek(SeekFrom::Start(2))?;
    sync.write_all(b"FF")?;
    sync.into_inner()?.sync_all()?;

    block_on(async {
        let out = Aio::new(BufWriter::with_capacity(1000, File::create(&own_path)?));
        assert_eq!(out.call(BufWriter::capacity, ()).await, 1000);
        out.call(Write::write_all, (b"buffered",)).await?;
        assert_eq!(out.with(|out| out.buffer().to_vec()).await, sync_before);
        assert_eq!(out.with(|out| out.get_ref().metadata().map(|m| m.len())).await?, 0);
        out.call(Write::flush, ()).await?;
        assert_eq!(out.with(|out| out.get_ref().metadata().map(|m| m.len())).await?, 8);
        out.write_all(text()).await?;
        out.seek(SeekFrom::Start(2)).await?;
        out.write_all("FF").await?;
        let file = out.finish(BufWriter::into_inner).await.map_err(|error| error.into_error())?;
        file.sync_all()?;
        assert_eq!(fs::read(own_path)?, fs::read(sync_path)?);

        let out = Aio::new(BufWriter::new(Vec::new()));
        out.write_all("never flushed").await?;
        let (inner, buffered) = out.finish(BufWriter::into_parts).await;
        assert_eq!((inner, buffered?), (vec![], b"never flushed".to_vec()));
        Ok(())
    })
}

#[test]
fn line_writer() -> Result {
    let mut sync = LineWriter::new(Vec::new());
    sync.write_all(b"a whole line\na half")?;
    let sync_whole = sync.get_ref().clone();
    block_on(async {
        let out = Aio::new(LineWriter::new(Vec::new()));
        out.call(Write::write_all, (b"a whole line\n",)).await?;
        out.write_all("a half").await?;
        assert_eq!(out.with(|out| out.get_ref().clone()).await, sync_whole);
        let all = out.finish(LineWriter::into_inner).await.map_err(|error| error.into_error())?;
        assert_eq!(all, sync.into_inner()?);
        assert!(all.len() > sync_whole.len());
        Ok(())
    })
}

#[test]
fn cursor() -> Result {
    let mut sync = Cursor::new(Vec::new());
    sync.write_all(text().as_bytes())?;
    sync.set_position(4);
    let mut sync_some = [0; 20];
    let sync_read = sync.read(&mut sync_some)?;
    sync.seek(SeekFrom::End(-3))?;
    sync.write_all(b"end of it")?;

    block_on(async {
        let cursor = Aio::new(Cursor::new(Vec::new()));
        cursor.call(Write::write_all, (text().into_bytes(),)).await?;
        cursor.call(Cursor::set_position, (4,)).await;
        let (read, some) = cursor.call(Read::read, ([0; 20],)).await;
        assert_eq!((read?, some), (sync_read, sync_some));
        cursor.seek(SeekFrom::End(-3)).await?;
        cursor.write_all("end of it").await?;
        assert_eq!(cursor.call(Cursor::position, ()).await, sync.position());
        assert_eq!(cursor.with(|cursor| cursor.get_ref().len()).await, sync.get_ref().len());
        assert_eq!(cursor.finish(Cursor::into_inner).await, sync.into_inner());
        Ok(())
    })
}

#[test]
fn adapters_of_adapters() -> Result {
    let mut sync = Cursor::new("abc").chain(io::repeat(b'x').take(3));
    let mut sync_text = String::new();
    sync.read_to_string(&mut sync_text)?;
    block_on(async {
        let chain = Aio::new(Cursor::new("abc").chain(io::repeat(b'x').take(3)));
        let (read, text) = chain.call(Read::read_to_string, (String::new(),)).await;
        assert_eq!((read?, text), (sync_text.len(), sync_text));
        let (_, tail) = chain.finish(io::Chain::into_inner).await;
        assert_eq!(tail.limit(), 0);

        // `write!` formats where it is called, or in a closure. `io::copy` is a function of two handles.
        let sink = Aio::new(Vec::new());
        sink.with(|sink| write!(sink, "{}-", 1)).await?;
        write!(sink, "{}", 2).await?;
        // The second handle is lent as `&mut W`, and which `W` a `Vec` is lent as has to be said.
        let (reader, sink) = (Aio::new(Cursor::new("copied")), sink.finish(|sink| sink).await);
        let (copied, sink) = reader.call(io::copy::<_, Vec<u8>>, (sink,)).await;
        assert_eq!((copied?, sink), (6, b"1-2copied".to_vec()));
        Ok(())
    })
}
