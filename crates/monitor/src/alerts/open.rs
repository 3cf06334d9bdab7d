use crate::{MonitorEvent, Standing};
use dbha_core::Condition;
use serde::{Deserialize, Serialize};

/// A condition of a server of a pair: what begins, is told, and ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) pair: String,
    pub(super) server: String,
    pub(super) code: Condition,
}

impl Key {
    pub(super) fn of_event(event: &MonitorEvent) -> Option<Self> {
        Some(Self {
            pair: event.pair.clone(),
            server: event.server.clone()?,
            code: event.code?,
        })
    }

    pub(super) fn of_standing(pair: &str, standing: &Standing) -> Self {
        Self {
            pair: pair.to_owned(),
            server: standing.server.clone(),
            code: standing.code,
        }
    }
}
