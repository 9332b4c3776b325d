//! An archive: files are put into it, listed, read and extracted.
//!
//! `cargo run --manifest-path examples/integrations/Cargo.toml --example zip_files`

use aiofile::{Aio, unblock};
use std::error::Error;
use std::fs::File;
use std::io::Read;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// An entry borrows its archive: it is read where it is made, and its text is what comes back.
fn text_of(archive: &mut ZipArchive<File>, name: &str) -> ZipResult<String> {
    let mut text = String::new();
    archive.by_name(name)?.read_to_string(&mut text)?;
    Ok(text)
}

fn names(archive: &mut ZipArchive<File>) -> ZipResult<Vec<String>> {
    archive.file_names().map(|name| Ok(name?.into_owned())).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    pollster::block_on(async {
        let dir = unblock(tempfile::tempdir).await?;
        let (path, out) = (dir.path().join("poems.zip"), dir.path().join("out"));
        let poems =
            [("a/spring.txt", "light, light\n".repeat(3)), ("a/autumn.txt", "rain, rain\n".repeat(500))];

        // `File::create` blocks too: it goes to the pool.
        let to = path.clone();
        let zip = Aio::new(ZipWriter::new(unblock(|| File::create(to)).await?));
        zip.call(ZipWriter::add_directory, ("a", SimpleFileOptions::default())).await?; // by its path
        for (name, text) in &poems {
            zip.call(ZipWriter::start_file, (*name, SimpleFileOptions::default())).await?;
            zip.write_all(text).await?; // `ZipWriter` writes: it has the typed methods
        }
        zip.finish(ZipWriter::finish).await?; // by value: writes the archive's directory

        let zip = Aio::new(unblock(|| ZipArchive::new(File::open(path)?)).await?);
        println!("{}", zip.call(names, ()).await?.join("\n")); // a function of your own is a path, too
        assert_eq!(zip.call(ZipArchive::len, ()).await, 1 + poems.len());
        zip.call(ZipArchive::extract, (out.clone(),)).await?;
        for (name, text) in poems {
            assert_eq!(zip.call(text_of, (name,)).await?, text);
            let extracted = out.join(name);
            assert_eq!(unblock(|| std::fs::read_to_string(extracted)).await?, text);
        }
        Ok(unblock(|| dir.close()).await?)
    })
}
