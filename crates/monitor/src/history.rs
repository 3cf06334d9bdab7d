//! The events of all runs, in two bounded files.

use crate::MonitorEvent;
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Size from which on a file gives way to a new one.
const FULL: u64 = 1 << 20;
/// Events that are given back at the start.
const REMEMBERED: usize = 1_000;

/// Keeps events as one JSON object a line: `events.ndjson`, and `events.1.ndjson` with those before.
///
/// Both are readable by their owner alone. Every event is one write at the end of the file.
pub struct History {
    directory: PathBuf,
    open: Option<(File, u64)>,
}

impl History {
    /// Opens the history in a directory, which is made where it is missing, and returns the last events of earlier runs,
    /// the oldest first.
    ///
    /// Lines that are damaged, or were cut off by a crash, are passed over. What cannot be read is as if it were not there.
    pub fn open(directory: &Path) -> (Self, Vec<MonitorEvent>) {
        let history = Self {
            directory: directory.to_owned(),
            open: None,
        };
        let mut events = vec![];
        for path in [history.older(), history.newest()] {
            events.extend(read_events(&path).unwrap_or_default());
        }
        let surplus = events.len().saturating_sub(REMEMBERED);
        events.drain(..surplus);
        (history, events)
    }

    /// Returns where the newest events are.
    pub fn newest(&self) -> PathBuf {
        self.directory.join("events.ndjson")
    }

    fn older(&self) -> PathBuf {
        self.directory.join("events.1.ndjson")
    }

    /// Appends an event.
    ///
    /// Fails where it cannot be written (disk full, no rights); the next event is tried anew.
    pub fn append(&mut self, event: &MonitorEvent) -> io::Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        let written = self.write(&line);
        if written.is_err() {
            // Half a line may have got in: opened anew, the next event begins a line of its own.
            self.open = None;
        }
        written
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.open.as_ref().is_some_and(|(_, size)| *size >= FULL) {
            self.open = None;
            fs::rename(self.newest(), self.older())?;
        }
        let newest = self.newest();
        let (file, size) = match &mut self.open {
            Some(open) => open,
            none => none.insert(open_at_end(&self.directory, &newest)?),
        };
        file.write_all(line)?;
        *size += line.len() as u64;
        Ok(())
    }
}

/// Opens a file at its end, which is made the end of a line.
fn open_at_end(directory: &Path, path: &Path) -> io::Result<(File, u64)> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let mut file = OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .mode(0o600)
        .open(path)?;
    let mut size = file.metadata()?.len();
    if size > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
            size += 1;
        }
    }
    Ok((file, size))
}

/// Reads the events at the end of a file, however large somebody made it.
fn read_events(path: &Path) -> io::Result<Vec<MonitorEvent>> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(2 * FULL)))?;
    let mut bytes = vec![];
    file.take(2 * FULL).read_to_end(&mut bytes)?;
    let lines = bytes.split(|byte| *byte == b'\n');
    Ok(lines
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventKind;
    use dbha_core::{Condition, Verdict};
    use std::os::unix::fs::PermissionsExt;

    fn event(seq: u64, text: &str) -> MonitorEvent {
        MonitorEvent {
            seq,
            at: 1_000_000.5,
            pair: "p".into(),
            kind: EventKind::Began,
            server: Some("b".into()),
            code: Some(Condition::SqlThread),
            text: text.into(),
            fix: Some("dbha setup".into()),
            verdict: Verdict::Broken,
        }
    }

    fn numbers(directory: &Path) -> Vec<u64> {
        let (_, events) = History::open(directory);
        events.iter().map(|event| event.seq).collect()
    }

    #[test]
    fn events_of_an_earlier_run_come_back_whole() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("state/monitor");
        let (mut history, before) = History::open(&directory);
        assert!(before.is_empty());
        let hostile = "line\nbreak \u{1b}[2J \"quoted\" é🦀";
        history.append(&event(1, hostile)).unwrap();
        history.append(&event(2, "x")).unwrap();
        let (_, events) = History::open(&directory);
        assert_eq!(events, [event(1, hostile), event(2, "x")]);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&directory), mode(&history.newest())), (0o700, 0o600));
    }

    #[test]
    fn damaged_and_half_written_lines_are_passed_over_and_not_grown() {
        let home = tempfile::tempdir().unwrap();
        let (mut history, _) = History::open(home.path());
        history.append(&event(1, "x")).unwrap();
        let path = history.newest();
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend(b"\0\xff\xfe garbage\n{\"seq\": 2}\n[]\n\n{\"seq\":3,\"at\":1.0,\"pa");
        fs::write(&path, bytes).unwrap();
        assert_eq!(numbers(home.path()), [1]);
        let (mut history, _) = History::open(home.path());
        history.append(&event(4, "x")).unwrap();
        assert_eq!(numbers(home.path()), [1, 4]);
    }

    #[test]
    fn two_files_are_kept_and_no_more() {
        let home = tempfile::tempdir().unwrap();
        let (mut history, _) = History::open(home.path());
        let long = "x".repeat(10_000);
        for seq in 1..=400 {
            history.append(&event(seq, &long)).unwrap();
        }
        let files = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap());
        let sizes: Vec<u64> = files.map(|file| file.metadata().unwrap().len()).collect();
        assert_eq!(sizes.len(), 2);
        assert!(sizes.iter().all(|size| *size < FULL + 20_000), "{sizes:?}");
        let kept = numbers(home.path());
        assert_eq!(kept.last(), Some(&400));
        assert!(kept.len() > 100 && kept.is_sorted(), "{kept:?}");
    }

    #[test]
    fn a_disk_that_takes_nothing_is_an_error_and_later_no_more() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("monitor");
        fs::write(&directory, "in the way").unwrap();
        let (mut history, before) = History::open(&directory);
        assert!(before.is_empty());
        assert!(history.append(&event(1, "x")).is_err());
        fs::remove_file(&directory).unwrap();
        history.append(&event(2, "x")).unwrap();
        assert_eq!(numbers(&directory), [2]);
    }

    #[test]
    fn a_full_disk_leaves_no_line_that_swallows_the_next() {
        let home = tempfile::tempdir().unwrap();
        let (mut history, _) = History::open(home.path());
        std::os::unix::fs::symlink("/dev/full", history.newest()).unwrap();
        assert!(history.append(&event(1, "x")).is_err());
        fs::remove_file(history.newest()).unwrap();
        history.append(&event(2, "x")).unwrap();
        assert_eq!(numbers(home.path()), [2]);
    }
}
