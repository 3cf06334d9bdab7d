//! Events run where writes are taken.

use dbha_sql::{Event, Server, SqlError};

/// Finds the events that run on one server and sleep on the other; pure.
pub(super) fn to_wake(there: &[Event], here: &[Event]) -> Vec<Event> {
    let runs_there = |event: &&Event| {
        let same = |other: &&Event| (&other.schema, &other.name) == (&event.schema, &event.name);
        there.iter().find(same).is_some_and(|other| other.enabled)
    };
    here.iter()
        .filter(|event| event.asleep)
        .filter(runs_there)
        .cloned()
        .collect()
}

/// Wakes them; the statement goes to the other server by replication and lets them sleep there.
pub(super) async fn wake(server: &mut Server, events: &[Event]) -> Result<(), SqlError> {
    for event in events {
        let wake = server.dialect().wake_event(event);
        server.execute(&wake).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, enabled: bool, asleep: bool) -> Event {
        Event {
            schema: "s".into(),
            name: name.into(),
            definer: "d@%".into(),
            enabled,
            asleep,
        }
    }

    #[test]
    fn what_somebody_switched_off_stays_off() {
        let there = [event("runs", true, false), event("off", false, false)];
        let here = [
            event("runs", false, true),
            event("off", false, true),
            event("own", false, true),
        ];
        let names: Vec<String> = to_wake(&there, &here).into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["runs"]);
    }
}
