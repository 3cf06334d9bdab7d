use crate::Row;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const SEMI_SYNC: &str = "semi_sync_timeout_ms";
const MANAGED: &str = "managed";
const PLATFORM: &str = "platform";

/// What was chosen for a pair beyond its servers and writers, as dbha recorded it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// How long a commit waits for the other server's acknowledgement; `None` where none is wanted.
    #[serde(default)]
    pub semi_sync: Option<Duration>,
    /// Whether both servers start read-only, and dbha alone opens one.
    #[serde(default)]
    pub managed: bool,
    /// Where the vote is without which neither server is opened: etcd's URLs, as the guard that recorded it was given them.
    #[serde(default)]
    pub guarded: Option<String>,
    /// The platform that the pair is for.
    #[serde(default)]
    pub platform: Option<String>,
    /// The platform's account that was made and given everything it needs, as `USER@HOST,HOST`.
    #[serde(default)]
    pub prepared: Option<String>,
}

impl Choices {
    pub(crate) const GUARDED: &str = "guarded_by";
    pub(crate) const PREPARED: &str = "platform_account";

    /// Returns the rows in which they are kept; none where nothing out of the ordinary was chosen.
    pub(crate) fn rows(&self) -> Vec<(&'static str, String)> {
        let semi_sync = self
            .semi_sync
            .map(|limit| (SEMI_SYNC, limit.as_millis().to_string()));
        let managed = self.managed.then(|| (MANAGED, "1".to_owned()));
        let guarded = self.guarded.clone().map(|urls| (Self::GUARDED, urls));
        let platform = self.platform.clone().map(|name| (PLATFORM, name));
        let prepared = self.prepared.clone().map(|account| (Self::PREPARED, account));
        let first = semi_sync.into_iter().chain(managed).chain(guarded);
        first.chain(platform).chain(prepared).collect()
    }

    /// Reads them; a name that a newer dbha wrote, and a value that means nothing, are passed over.
    pub(crate) fn of_rows(rows: &[Row]) -> Self {
        let value = |name: &str| {
            let row = rows.iter().find(|row| row.get("name") == Some(name));
            row.and_then(|row| row.get("value"))
        };
        let text = |name: &str| value(name).filter(|text| !text.is_empty()).map(crate::printable);
        Self {
            semi_sync: value(SEMI_SYNC)
                .and_then(|text| text.parse().ok())
                .map(Duration::from_millis),
            managed: value(MANAGED) == Some("1"),
            guarded: text(Self::GUARDED),
            platform: text(PLATFORM),
            prepared: text(Self::PREPARED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, value: &str) -> Row {
        Row::new(
            ["name".to_owned(), "value".to_owned()].into(),
            vec![Some(name.into()), Some(value.into())],
        )
    }

    #[test]
    fn what_is_written_is_read_and_nonsense_is_nothing() {
        let choices = Choices {
            semi_sync: Some(Duration::from_secs(10)),
            managed: true,
            guarded: Some("http://one:2379".into()),
            platform: Some("k3s".into()),
            prepared: Some("k3s@10.0.0.%".into()),
        };
        let rows: Vec<Row> = choices
            .rows()
            .iter()
            .map(|(name, value)| row(name, value))
            .collect();
        assert_eq!(Choices::of_rows(&rows), choices);
        let forged = [
            row("semi_sync_timeout_ms", "-1 OR 1"),
            row("managed", "yes"),
            row("new", "x"),
        ];
        assert_eq!(Choices::of_rows(&forged), Choices::default());
        assert_eq!(Choices::default().rows(), []);
    }
}
