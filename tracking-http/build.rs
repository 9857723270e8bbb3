//! Takes the files of Swagger UI out of its archive that the page `/docs` is made of, each packed by itself: together they
//! are 2 MB, and a sixth of the program otherwise.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "docs")]
    swagger::take()?;
    Ok(())
}

#[cfg(feature = "docs")]
mod swagger {
    use std::error::Error;
    use std::fs::File;
    use std::io::{Cursor, copy};
    use std::path::Path;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
    use zip::ZipArchive;

    /// The page itself and what starts it are ours.
    const FILES: [&str; 6] = [
        "favicon-16x16.png",
        "favicon-32x32.png",
        "index.css",
        "swagger-ui-bundle.js",
        "swagger-ui-standalone-preset.js",
        "swagger-ui.css",
    ];

    pub(crate) fn take() -> Result<(), Box<dyn Error>> {
        let folder = std::env::var("OUT_DIR")?;
        let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
        // All is in one folder, which is named after its version.
        let first = archive.file_names().next();
        let root = first.ok_or("an empty archive")??.into_owned();
        for name in FILES {
            let mut file = archive.by_name(&format!("{root}dist/{name}"))?;
            let to = File::create(Path::new(&folder).join(name))?;
            let mut packed = ZlibEncoder::new(to, Compression::best());
            copy(&mut file, &mut packed)?;
            packed.finish()?;
        }
        Ok(())
    }
}
