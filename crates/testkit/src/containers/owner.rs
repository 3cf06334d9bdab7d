//! Whose a container is, so that the next start removes what a killed process left, and nothing else.

use std::fs;

use serde::{Deserialize, Serialize};

use crate::ProcessIdentity;

/// The process that made a container or network, as its label says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    /// Which machine; a daemon may serve several.
    machine: String,
    /// Which start of the machine.
    boot: String,
    /// Which space of process numbers; a container has one of its own.
    pids: String,
    /// Which process.
    process: ProcessIdentity,
}

impl Owner {
    /// Identifies this process; `None` where the system does not say enough.
    pub(super) fn this_process() -> Option<Self> {
        let read = |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned());
        let pids = fs::read_link("/proc/self/ns/pid").ok()?;
        Some(Self {
            machine: read("/etc/machine-id").unwrap_or_default(),
            boot: read("/proc/sys/kernel/random/boot_id").ok()?,
            pids: pids.display().to_string(),
            process: ProcessIdentity::of(std::process::id())?,
        })
    }

    /// Tells whether the owner is known to have ended; of what cannot be seen from here it is not.
    pub(super) fn is_gone(&self, seen_by: &Self) -> bool {
        if self.boot != seen_by.boot {
            // The same machine has started anew since.
            return !self.machine.is_empty() && self.machine == seen_by.machine;
        }
        self.pids == seen_by.pids && !self.process.is_running()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me() -> Owner {
        Owner {
            machine: "m".to_owned(),
            ..Owner::this_process().unwrap()
        }
    }

    #[test]
    fn this_process_is_not_gone_and_one_with_another_start_is() {
        let mut ended = me();
        ended.process.started += 1;
        assert!(!me().is_gone(&me()));
        assert!(ended.is_gone(&me()));
        let text = serde_json::to_string(&ended).unwrap();
        assert_eq!(serde_json::from_str::<Owner>(&text).unwrap(), ended);
    }

    #[test]
    fn what_cannot_be_seen_from_here_is_not_gone() {
        let mut ended = me();
        ended.process.started += 1;
        let in_a_container = Owner {
            pids: "pid:[1]".to_owned(),
            ..ended.clone()
        };
        let elsewhere = Owner {
            boot: "b".to_owned(),
            machine: "other".to_owned(),
            ..ended.clone()
        };
        let unnamed = Owner {
            machine: String::new(),
            ..elsewhere.clone()
        };
        let before_the_start = Owner {
            boot: "b".to_owned(),
            ..ended
        };
        assert!(!in_a_container.is_gone(&me()));
        assert!(!elsewhere.is_gone(&me()));
        assert!(!unnamed.is_gone(&Owner {
            machine: String::new(),
            ..me()
        }));
        assert!(before_the_start.is_gone(&me()));
    }
}
