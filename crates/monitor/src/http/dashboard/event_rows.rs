//! The list of events, the newest first.

use super::{
    utc::moment,
    words::{kind_words, verdict_word},
};
use crate::MonitorEvent;
use maud::{Markup, html};
use std::sync::Arc;

/// Rows that a page shows; the document for programs has all.
const SHOWN: usize = 200;

/// Makes the rows: of one pair, or of all with their names.
pub(super) fn rows(events: &[Arc<MonitorEvent>], pair: Option<&str>) -> Markup {
    let wanted = |event: &&Arc<MonitorEvent>| pair.is_none_or(|pair| event.pair == pair);
    let shown: Vec<_> = events.iter().rev().filter(wanted).take(SHOWN).collect();
    let columns = if pair.is_none() { "4" } else { "3" };
    html! {
        @for event in &shown { (row(event, pair.is_none())) }
        @if shown.is_empty() {
            tr.none { td.quiet colspan=(columns) { "Nothing has happened since the monitor began." } }
        }
    }
}

fn row(event: &MonitorEvent, with_pair: bool) -> Markup {
    let (kind, words) = kind_words(event.kind);
    let (verdict, _) = verdict_word(event.verdict);
    html! {
        tr data-kind=(kind) data-pair=(event.pair) data-seq=(event.seq) data-at=(event.at) {
            td.when { time { (moment(event.at)) } }
            @if with_pair { td { a href={ "/pairs/" (super::overview::encoded(&event.pair)) } { (event.pair) } } }
            td { span class={ "kind " (kind) " then-" (verdict) } { (words) } }
            td {
                span.text { (event.text) }
                @if let Some(code) = event.code { " " span.code { (code) } }
                @if let Some(fix) = &event.fix { p.fix { (fix) } }
            }
        }
    }
}
