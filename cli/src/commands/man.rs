//! `dbha man`

use crate::{
    args::{Cli, ManArgs},
    exit::Failure,
    render::man_page::{ManPage, man_pages},
};
use clap::CommandFactory;
use std::{fs, io};

/// Writes one manual page a command.
pub fn run(args: &ManArgs) -> Result<u8, Failure> {
    let failed = |error: io::Error| {
        Failure::failed(
            format!("writing manual pages into {}: {error}", args.out.display()),
            "give --out a directory that can be written to",
        )
    };
    let pages = man_pages(Cli::command()).map_err(failed)?;
    fs::create_dir_all(&args.out).map_err(failed)?;
    for ManPage { file, text } in &pages {
        fs::write(args.out.join(file), text).map_err(failed)?;
    }
    talk!("{} pages in {}", pages.len(), args.out.display());
    Ok(0)
}
