//! Writes the server's manual pages and shells' scripts into a folder that is there, for packages; `tracking` prints its
//! own.
//!
//! ```text
//! cargo run -p tracking-http --example pages -- FOLDER
//! ```

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use clap_complete::Shell;
use tracking_http::Args;
use tracking_programs::pages::{completions, manuals};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or("expected the folder to write to")?;
    let command = Args::program();
    // Built, a command below it is named after it: `tracking-http-health.1`.
    let mut built = command.clone();
    built.build();
    for page in manuals(&built)? {
        fs::write(folder.join(page.name), page.text)?;
    }
    for (shell, name) in [
        (Shell::Bash, "tracking-http.bash"),
        (Shell::Fish, "tracking-http.fish"),
        (Shell::Zsh, "_tracking-http"),
    ] {
        fs::write(folder.join(name), completions(shell, &command))?;
    }
    Ok(())
}
