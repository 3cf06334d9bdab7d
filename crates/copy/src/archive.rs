//! A snapshot in files: [`dump`] writes it, [`Archive::open`] and [`Archive::check_files`] judge it, [`load`] brings it
//! to a server.
//!
//! Nothing of a directory is believed before its manifest, which is written last, and before every file is what the
//! manifest says. Names of files are made of numbers, and never taken from a file.

mod chunk_format;
mod chunk_reader;
mod chunk_writer;
mod continuing;
mod directory;
mod dump;
mod error;
mod file_sink;
mod load;
mod load_queue;
mod load_workers;
mod manifest;
mod manifest_file;
mod opened;
mod soundness;
mod stored;

pub use dump::{DumpOptions, DumpReport, dump};
pub use error::ArchiveError;
pub use load::{LoadOptions, load};
pub use manifest::ArchiveSource;
pub use opened::Archive;
