//! `Reader` and `Writer`.

use crate::support::Result;
use aiofile::{Aio, unblock};
use csv::{ByteRecord, Reader, StringRecord, Writer};
use pollster::block_on;
use std::fs::File;
use std::io::Cursor;

/// A table, made without this crate.
fn table() -> Result<Vec<u8>> {
    let mut csv = Writer::from_writer(Vec::new());
    csv.write_record(["city", "population"])?;
    csv.serialize(("Zürich", 443_037))?;
    csv.write_byte_record(&ByteRecord::from(vec!["Comma, Town", "7"]))?;
    csv.write_record(&StringRecord::from(vec!["\"Quote\"", "8"]))?;
    csv.write_field("last")?;
    csv.write_field("9")?;
    csv.write_record(None::<&[u8]>)?;
    Ok(csv.into_inner()?)
}

#[test]
fn writer_writes_the_same_bytes() -> Result {
    block_on(async {
        let csv = Aio::new(Writer::from_writer(Vec::new()));
        csv.call(Writer::write_record, (["city", "population"],)).await?;
        csv.call(Writer::serialize, (("Zürich", 443_037),)).await?;
        let record = ByteRecord::from(vec!["Comma, Town", "7"]);
        csv.call(Writer::write_byte_record, (record,)).await?; // taken as `&ByteRecord`: lent
        csv.with(|csv| csv.write_record(&StringRecord::from(vec!["\"Quote\"", "8"]))).await?;
        csv.call(Writer::write_field, ("last",)).await?;
        csv.call(Writer::write_field, (String::from("9"),)).await?;
        csv.call(Writer::write_record, (None::<&[u8]>,)).await?;
        csv.call(Writer::flush, ()).await?;
        assert_eq!(csv.with(|csv| csv.get_ref().clone()).await, table()?);
        assert_eq!(csv.finish(Writer::into_inner).await?, table()?);
        Ok(())
    })
}

#[test]
fn writer_refuses_a_ragged_row_with_the_same_error() -> Result {
    let mut sync = Writer::from_writer(Vec::new());
    sync.write_record(["a", "b"])?;
    let sync_error = sync.write_record(["c"]).unwrap_err().to_string();
    block_on(async {
        let csv = Aio::new(Writer::from_writer(Vec::new()));
        csv.call(Writer::write_record, (["a", "b"],)).await?;
        let error = csv.call(Writer::write_record, (["c"],)).await.unwrap_err();
        assert_eq!(error.to_string(), sync_error);
        Ok(())
    })
}

#[test]
fn reader_reads_the_same_rows() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("cities.csv");
    std::fs::write(&path, table()?)?;
    let mut sync = Reader::from_path(&path)?;
    let sync_headers = sync.headers()?.clone();
    let mut sync_first = StringRecord::new();
    assert!(sync.read_record(&mut sync_first)?);
    let start = sync.position().clone();
    let sync_rest = sync.records().collect::<csv::Result<Vec<_>>>()?;

    block_on(async {
        let file = path.clone();
        let csv = Aio::new(unblock(|| Reader::from_path(file)).await?);
        assert!(csv.call(Reader::has_headers, ()).await);
        let headers = csv.with(|csv| csv.headers().cloned()).await?;
        assert_eq!(headers, sync_headers);

        // The record is taken by `&mut`, filled, and comes back.
        let (more, first) = csv.call(Reader::read_record, (StringRecord::new(),)).await;
        assert_eq!((more?, &first), (true, &sync_first));
        assert_eq!(csv.with(|csv| csv.position().clone()).await, start);
        let rest = csv.with(|csv| csv.records().collect::<csv::Result<Vec<_>>>()).await?;
        assert_eq!(rest, sync_rest);
        assert!(csv.call(Reader::is_done, ()).await);
        let (more, none) = csv.call(Reader::read_byte_record, (ByteRecord::new(),)).await;
        assert_eq!((more?, none.len()), (false, 0));

        csv.call(Reader::seek, (start,)).await?;
        let again = csv.with(|csv| csv.records().collect::<csv::Result<Vec<_>>>()).await?;
        assert_eq!(again, sync_rest);
        let file: File = csv.finish(Reader::into_inner).await;
        assert_eq!(file.metadata()?.len(), table()?.len() as u64);
        Ok(())
    })
}

#[test]
fn reader_gives_typed_rows_by_value() -> Result {
    type Row = (String, u64);
    let sync = Reader::from_reader(&table()?[..]).into_deserialize().collect::<csv::Result<Vec<Row>>>()?;
    block_on(async {
        let csv = Aio::new(Reader::from_reader(Cursor::new(table()?)));
        let rows = csv.finish(|csv| csv.into_deserialize().collect::<csv::Result<Vec<Row>>>()).await?;
        assert_eq!(rows, sync);

        let csv = Aio::new(Reader::from_reader(Cursor::new(table()?)));
        let rows = Aio::new(csv.finish(Reader::into_deserialize::<Row>).await);
        let mut own = Vec::new();
        while let Some(row) = rows.call(Iterator::next, ()).await {
            own.push(row?);
        }
        assert_eq!(own, sync);
        Ok(())
    })
}
