//! What the monitor says while it runs: events and its own remarks, one line each.

use super::journal::{Weight, is_journal};
use crate::{
    args::{Cli, Output},
    render::{clock, json},
};
use dbha_core::{Condition, harmless};
use dbha_monitor::{EventKind, MonitorEvent};

/// How lines are said.
#[derive(Debug, Clone, Copy)]
pub struct Voice {
    journal: bool,
    quiet: bool,
    objects: bool,
}

impl Voice {
    /// Finds out where standard error goes, and what was asked for.
    pub fn of(cli: &Cli) -> Self {
        Self {
            journal: is_journal(),
            quiet: cli.output.quiet,
            objects: cli.output.format == Output::Ndjson,
        }
    }

    /// Says a remark of the monitor about itself.
    pub fn say(self, weight: Weight, text: &str) {
        if !(self.quiet && weight as u8 > Weight::Warning as u8) {
            talk!("{}", line(self.journal, clock::now(), weight, &harmless(text)));
        }
    }

    /// Says an event: as a line for people, and as an object for a program where that was asked for.
    pub fn tell(self, event: &MonitorEvent) {
        if self.objects {
            json::print(event, false);
        }
        let weight = weight(event);
        if !self.quiet {
            talk!("{}", line(self.journal, event.at, weight, &sentence(event)));
        }
    }
}

fn line(journal: bool, at: f64, weight: Weight, text: &str) -> String {
    match journal {
        true => format!("<{}>{text}", weight as u8),
        false => format!("{} {text}", clock::moment(at)),
    }
}

fn weight(event: &MonitorEvent) -> Weight {
    match (event.kind, event.code) {
        (EventKind::Began, Some(Condition::NotRestartSafe | Condition::HeartbeatStuck | Condition::Lag)) => {
            Weight::Warning
        }
        (EventKind::Began | EventKind::NotHealed | EventKind::GuardAlarm, _) => Weight::Error,
        (EventKind::Flapping | EventKind::WritersChanged, _) => Weight::Warning,
        (EventKind::Guard, _) => Weight::Notice,
        (EventKind::Ended | EventKind::Healed, _) => Weight::Notice,
        _ => Weight::Info,
    }
}

fn sentence(event: &MonitorEvent) -> String {
    let word = match event.kind {
        EventKind::Watching => "is watched: ",
        EventKind::Began => "began: ",
        EventKind::Flapping => "comes and goes: ",
        EventKind::Healed => "mended: ",
        // The others say it in their own words.
        _ => "",
    };
    let code = event
        .code
        .map(|code| format!("{} ", code.as_str()))
        .unwrap_or_default();
    let fix = match (&event.fix, event.kind) {
        (Some(fix), EventKind::Began | EventKind::Flapping | EventKind::NotHealed) => format!(" → {fix}"),
        _ => String::new(),
    };
    harmless(&format!("{}: {code}{word}{}{fix}", event.pair, event.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbha_core::Verdict;

    #[test]
    fn an_event_is_one_line_with_its_weight_in_the_journal_and_its_time_elsewhere() {
        let event = MonitorEvent {
            seq: 1,
            at: 951_782_400.0,
            pair: "shop".into(),
            kind: EventKind::Began,
            server: Some("b".into()),
            code: Some(Condition::SqlThread),
            text: "stopped\n<0>forged\u{1b}[2J".into(),
            fix: Some("dbha setup".into()),
            verdict: Verdict::Broken,
        };
        let said = sentence(&event);
        assert_eq!(said, "shop: DBHA-M03 began: stopped <0>forged·[2J → dbha setup");
        assert_eq!(line(true, event.at, weight(&event), &said), format!("<3>{said}"));
        assert_eq!(
            line(false, event.at, weight(&event), &said),
            format!("2000-02-29T00:00:00Z {said}")
        );
    }
}
