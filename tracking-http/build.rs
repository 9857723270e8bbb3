//! Unpacks the files of Swagger UI that the page `/docs` is made of.

use std::error::Error;
use std::fs::File;
use std::io::{Cursor, copy};
use std::path::Path;

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

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = std::env::var("OUT_DIR")?;
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    // All is in one folder, which is named after its version.
    let first = archive.file_names().next();
    let root = first.ok_or("an empty archive")??.into_owned();
    for name in FILES {
        let mut file = archive.by_name(&format!("{root}dist/{name}"))?;
        copy(&mut file, &mut File::create(Path::new(&folder).join(name))?)?;
    }
    Ok(())
}
