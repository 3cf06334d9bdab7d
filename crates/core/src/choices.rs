//! What was chosen for a pair beyond its servers and writers: now by the caller, else earlier and recorded.

use crate::{Platform, SetupOptions, WantedSetting};
use dbha_sql::{Choices, Dialect, Facts, Setting};
use std::time::Duration;

/// How long a commit waits for an acknowledgement where nobody says.
const DEFAULT_LIMIT: Duration = Duration::from_secs(10);

/// Returns what is recorded on a server; nothing out of the ordinary where nothing is.
pub(crate) fn recorded(facts: &Facts) -> Choices {
    facts.choices.known().cloned().unwrap_or_default()
}

/// Returns what holds from now on: what the caller says, else what is recorded on the primary.
pub(crate) fn chosen(primary: &Facts, options: &SetupOptions) -> Choices {
    over(recorded(primary), options)
}

/// Returns what the caller says, of servers that are not there yet.
pub(crate) fn of_options(options: &SetupOptions) -> Choices {
    over(Choices::default(), options)
}

fn over(recorded: Choices, options: &SetupOptions) -> Choices {
    let limit = options.semi_sync_timeout.or(recorded.semi_sync);
    let managed = options.managed.unwrap_or(recorded.managed);
    Choices {
        semi_sync: match options.semi_sync.unwrap_or(recorded.semi_sync.is_some()) {
            true => Some(limit.unwrap_or(DEFAULT_LIMIT)),
            false => None,
        },
        managed,
        // A guard records it; a pair that starts open has none.
        guarded: recorded.guarded.filter(|_| managed),
        platform: options
            .platform
            .map(|platform| platform.to_string())
            .or(recorded.platform),
        // Its step records it.
        prepared: recorded.prepared,
    }
}

/// Returns the platform that a pair is for: what the caller says, else what is recorded on the primary.
pub(crate) fn platform(primary: &Facts, options: &SetupOptions) -> Option<Platform> {
    let recorded = || Platform::named(&recorded(primary).platform?);
    options.platform.or_else(recorded)
}

/// Lists the settings by which commits wait for an acknowledgement, or wait no more; nothing where dbha has no say in it.
///
/// The replica's side is on on both servers, so that each acknowledges whichever takes the writes. The source's side is on on
/// the writer alone: the applier of a standby would wait for acknowledgements as well.
pub(crate) fn semi_sync_settings(
    dialect: Dialect,
    (before, now): (&Choices, &Choices),
    writable: bool,
) -> Vec<WantedSetting> {
    let wanted = |setting, value: &str| WantedSetting {
        setting,
        value: value.to_owned(),
        after_restart_only: false,
    };
    let on = |yes: bool| if yes { "ON" } else { "OFF" };
    let mut all = match (before.semi_sync, now.semi_sync) {
        (_, Some(limit)) => vec![
            wanted(Setting::SemiSyncWaitPoint, "AFTER_SYNC"),
            wanted(Setting::SemiSyncWaitAlone, "ON"),
            wanted(Setting::SemiSyncReplicaCount, "1"),
            wanted(Setting::SemiSyncTimeout, &limit.as_millis().to_string()),
            wanted(Setting::SemiSyncReplica, "ON"),
            wanted(Setting::SemiSyncSource, on(writable)),
        ],
        (Some(_), None) => vec![
            wanted(Setting::SemiSyncSource, "OFF"),
            wanted(Setting::SemiSyncReplica, "OFF"),
        ],
        (None, None) => vec![],
    };
    all.retain(|wanted| dialect.variable(wanted.setting).is_some());
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_facts::fresh_pair;
    use dbha_sql::Observed;

    #[test]
    fn what_was_chosen_holds_until_something_else_is() {
        let mut primary = fresh_pair("10.11.19-MariaDB").primary;
        let mut options = SetupOptions::default();
        assert_eq!(chosen(&primary, &options), Choices::default());
        options.semi_sync = Some(true);
        assert_eq!(
            chosen(&primary, &options).semi_sync,
            Some(Duration::from_secs(10))
        );
        primary.choices = Observed::Known(Choices {
            semi_sync: Some(Duration::from_secs(3)),
            managed: true,
            ..Choices::default()
        });
        for semi_sync in [Some(true), None] {
            options.semi_sync = semi_sync;
            assert_eq!(chosen(&primary, &options), recorded(&primary));
        }
        options.semi_sync_timeout = Some(Duration::from_secs(7));
        assert_eq!(chosen(&primary, &options).semi_sync, options.semi_sync_timeout);
        (options.semi_sync, options.managed) = (Some(false), Some(false));
        assert_eq!(chosen(&primary, &options), Choices::default());
    }

    #[test]
    fn the_source_side_is_on_on_the_writer_alone() {
        let dialect = fresh_pair("9.7.4").primary.dialect;
        let on = Choices {
            semi_sync: Some(DEFAULT_LIMIT),
            managed: false,
            ..Choices::default()
        };
        let off = Choices::default();
        let value = |choices: (&Choices, &Choices), writable, setting| {
            let all = semi_sync_settings(dialect, choices, writable);
            all.into_iter()
                .find(|wanted| wanted.setting == setting)
                .map(|wanted| wanted.value)
        };
        assert_eq!(
            value((&off, &on), true, Setting::SemiSyncSource).as_deref(),
            Some("ON")
        );
        assert_eq!(
            value((&off, &on), false, Setting::SemiSyncSource).as_deref(),
            Some("OFF")
        );
        assert_eq!(
            value((&off, &on), false, Setting::SemiSyncReplica).as_deref(),
            Some("ON")
        );
        assert_eq!(
            value((&on, &off), true, Setting::SemiSyncSource).as_deref(),
            Some("OFF")
        );
        // What a site has made itself is none of dbha's business.
        assert_eq!(value((&off, &off), true, Setting::SemiSyncSource), None);
    }
}
