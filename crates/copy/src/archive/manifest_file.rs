use super::{
    ArchiveError,
    chunk_writer::hash_of_bytes,
    directory::{is_unfinished, manifest_in},
    manifest::Manifest,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// What makes a file a manifest.
const FORMAT: &str = "dbha dump";
/// The newest form that this dbha writes and reads.
const FORM: u32 = 1;
/// The largest manifest that is read; chunks are made so large that none comes near it.
const LARGEST: u64 = 64 << 20;

/// The file: what it is, its form, a hash, and the manifest as it was written.
#[derive(Serialize, Deserialize)]
struct Envelope {
    format: String,
    schema_version: u32,
    sha256: String,
    manifest: Box<RawValue>,
}

/// What is read first, so that a newer form is told from damage.
#[derive(Deserialize)]
struct Form {
    format: String,
    schema_version: u32,
}

/// Writes a manifest as the bytes of its file.
pub(super) fn encode(manifest: &Manifest) -> serde_json::Result<Vec<u8>> {
    let body = serde_json::value::to_raw_value(manifest)?;
    serde_json::to_vec(&Envelope {
        format: FORMAT.into(),
        schema_version: FORM,
        sha256: hash_of_bytes(body.get().as_bytes()),
        manifest: body,
    })
}

/// Reads the manifest of a directory.
pub(super) fn read(directory: &Path) -> Result<Manifest, ArchiveError> {
    let path = manifest_in(directory);
    let bytes = match read_bytes(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let path = directory.to_owned();
            return Err(match is_unfinished(&path) {
                true => ArchiveError::Unfinished { path },
                false => ArchiveError::NoDump { path },
            });
        }
        bytes => bytes.map_err(ArchiveError::io("read", &path))?,
    };
    if bytes.len() as u64 > LARGEST {
        return Err(ArchiveError::damaged(&path, "it is larger than any manifest"));
    }
    decode(&path, &bytes)
}

fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn decode(path: &Path, bytes: &[u8]) -> Result<Manifest, ArchiveError> {
    let damaged =
        |error: serde_json::Error| ArchiveError::damaged(path, format!("it is no manifest ({error})"));
    let form: Form = serde_json::from_slice(bytes).map_err(damaged)?;
    if form.format != FORMAT {
        return Err(ArchiveError::damaged(path, "it is no manifest of a dump"));
    }
    if form.schema_version > FORM {
        return Err(ArchiveError::Newer {
            path: path.to_owned(),
            form: form.schema_version,
            known: FORM,
        });
    }
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(damaged)?;
    if hash_of_bytes(envelope.manifest.get().as_bytes()) != envelope.sha256 {
        return Err(ArchiveError::damaged(
            path,
            "its contents are not what was written",
        ));
    }
    serde_json::from_str(envelope.manifest.get()).map_err(damaged)
}
