//! What a test has seen of a feature on a release, for the page about compatibility.

use std::fs;
use std::path::{Path, PathBuf};

use dbha_testkit::Release;
use serde::{Deserialize, Serialize};

use crate::feature::Feature;

/// How far a test has come with a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// The test is at work, or was killed.
    UnderWay,
    /// It was seen to work.
    Proved,
    /// The test failed.
    Failed,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Noted {
    /// The feature's id.
    pub(crate) feature: String,
    /// The release.
    pub(crate) release: Release,
    /// What the server says of itself.
    pub(crate) version: String,
    /// How far it has come.
    pub(crate) outcome: Outcome,
}

/// The notes of one test; those that were not proved when it ends are failures.
pub(crate) struct Notes {
    release: Release,
    version: String,
    open: Vec<Feature>,
}

impl Notes {
    /// Begins with the features that a test is about.
    pub(crate) fn begin(release: Release, version: &str, features: &[Feature]) -> Self {
        let notes = Self {
            release,
            version: version.to_owned(),
            open: features.to_vec(),
        };
        for feature in features {
            notes.write(*feature, Outcome::UnderWay);
        }
        notes
    }

    /// Notes that a feature was seen to work.
    pub(crate) fn proved(&mut self, feature: Feature) {
        assert!(self.open.contains(&feature), "{feature:?} was not begun");
        self.open.retain(|open| *open != feature);
        self.write(feature, Outcome::Proved);
    }

    fn write(&self, feature: Feature, outcome: Outcome) {
        let noted = Noted {
            feature: feature.id().to_owned(),
            release: self.release,
            version: self.version.clone(),
            outcome,
        };
        fs::create_dir_all(directory()).unwrap();
        let text = serde_json::to_string_pretty(&noted).unwrap();
        let path = directory().join(format!("{}.{}.json", self.release, feature.id()));
        // A reader finds the file whole.
        let unfinished = path.with_extension(format!("new-{}", std::process::id()));
        fs::write(&unfinished, text).unwrap();
        fs::rename(unfinished, path).unwrap();
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        for feature in std::mem::take(&mut self.open) {
            self.write(feature, Outcome::Failed);
        }
    }
}

/// Reads all notes that tests have left.
pub(crate) fn all() -> Vec<Noted> {
    let entries = fs::read_dir(directory()).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let notes = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    notes
        .map(|path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
        .collect()
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../compatibility")
}
