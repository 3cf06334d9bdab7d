//! What holds alerts back: a maintenance file, and silence until a certain moment.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// The files whose presence keeps people from being told.
#[derive(Debug, Clone)]
pub struct Quiet {
    maintenance: PathBuf,
    silence: PathBuf,
}

impl Quiet {
    /// Names the maintenance file, and the directory in which silence is noted.
    pub fn new(maintenance: PathBuf, directory: &Path) -> Self {
        Self {
            maintenance,
            silence: silence_file(directory),
        }
    }

    /// Tells whether alerts are held back now.
    pub async fn holds(&self) -> bool {
        let quiet = self.clone();
        let looked = tokio::task::spawn_blocking(move || quiet.holds_at(now()));
        // A disk that hangs silences nobody.
        matches!(
            tokio::time::timeout(Duration::from_secs(1), looked).await,
            Ok(Ok(true))
        )
    }

    fn holds_at(&self, now: f64) -> bool {
        let until = fs::read_to_string(&self.silence).ok();
        let until = until.and_then(|text| text.lines().next()?.trim().parse::<f64>().ok());
        until.is_some_and(|until| until > now) || self.maintenance.exists()
    }
}

/// Silences alerts for a while; returns the moment of its end, in seconds since 1970.
pub fn silence(directory: &Path, lasting: Duration) -> io::Result<f64> {
    let until = now() + lasting.as_secs_f64();
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let path = silence_file(directory);
    let new = path.with_extension("new");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(format!("{until:.0}\n").as_bytes())?;
    fs::rename(new, path)?;
    Ok(until)
}

/// Lets alerts be told again; tells whether they were silenced.
pub fn unsilence(directory: &Path) -> io::Result<bool> {
    match fs::remove_file(silence_file(directory)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn silence_file(directory: &Path) -> PathBuf {
    directory.join("silence")
}

fn now() -> f64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_ends_by_itself_or_when_it_is_told_to() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("monitor");
        let quiet = Quiet::new(home.path().join("maintenance"), &directory);
        assert!(!quiet.holds_at(now()));
        assert!(!unsilence(&directory).unwrap());
        let until = silence(&directory, Duration::from_secs(60)).unwrap();
        assert!((until - now() - 60.0).abs() < 5.0);
        assert!(quiet.holds_at(now()));
        assert!(!quiet.holds_at(until + 1.0));
        assert!(unsilence(&directory).unwrap());
        assert!(!quiet.holds_at(now()));
        fs::write(directory.join("silence"), "nonsense").unwrap();
        assert!(!quiet.holds_at(now()));
        fs::write(home.path().join("maintenance"), "").unwrap();
        assert!(quiet.holds_at(now()));
    }
}
