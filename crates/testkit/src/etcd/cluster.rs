//! Several members, so that one of them can be missing.

use super::{Etcd, EtcdOptions, Ports, START_LIMIT, TRIES};
use crate::TestkitError;

/// A cluster of private etcd members.
#[derive(Debug)]
pub struct EtcdCluster {
    /// The members.
    pub members: Vec<Etcd>,
}

impl EtcdCluster {
    /// Starts so many members and waits until all of them answer.
    ///
    /// # Errors
    /// As [`Etcd::start`].
    pub async fn start(count: usize) -> Result<Self, TestkitError> {
        for _ in 1..TRIES {
            match Self::start_once(count).await {
                Err(TestkitError::EtcdStart { .. }) => {}
                done => return done,
            }
        }
        Self::start_once(count).await
    }

    async fn start_once(count: usize) -> Result<Self, TestkitError> {
        let options = EtcdOptions {
            patient: true,
            ..EtcdOptions::default()
        };
        let mut members = (0..count)
            .map(|number| Etcd::prepare(&format!("member{number}"), Ports::choose()?, &options))
            .collect::<Result<Vec<_>, _>>()?;
        let entries: Vec<String> = members.iter().map(Etcd::peer_entry).collect();
        let cluster = entries.join(",");
        for member in &mut members {
            member.launch(&cluster)?;
        }
        for member in &mut members {
            member.wait_until_healthy(START_LIMIT).await?;
        }
        Ok(Self { members })
    }

    /// Returns the URLs of all members, with commas between them.
    pub fn urls(&self) -> String {
        let urls: Vec<String> = self.members.iter().map(Etcd::url).collect();
        urls.join(",")
    }
}
