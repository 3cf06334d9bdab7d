//! The page around what is shown.

use super::words::verdict_word;
use dbha_core::Verdict;
use maud::{DOCTYPE, Markup, html};

/// A page to be sent.
pub(super) struct Page<'a> {
    /// The pair that it is about; `None` for all of them.
    pub(super) pair: Option<&'a str>,
    /// Whether there are others to go back to.
    pub(super) several: bool,
    pub(super) verdict: Verdict,
    pub(super) reason: &'a str,
    pub(super) now: Markup,
    pub(super) figures: Markup,
    pub(super) events: Markup,
    pub(super) last_event: u64,
}

/// Makes the whole document.
pub(super) fn frame(page: &Page<'_>) -> Markup {
    let (class, word) = verdict_word(page.verdict);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (word) ": " (page.pair.unwrap_or("all pairs")) " – dbha" }
                link #sign rel="icon" type="image/svg+xml" href={ "/assets/sign-" (class) ".svg" };
                link rel="stylesheet" href="/assets/uplot.min.css";
                link rel="stylesheet" href="/assets/monitor.css";
                meta name="description" content=(page.reason);
                script defer src="/assets/morph.js" {}
                script defer src="/assets/uplot.min.js" {}
                script defer src="/assets/chart.js" {}
                script defer src="/assets/monitor.js" {}
                // Without a script the page still must not grow old.
                noscript { meta http-equiv="refresh" content="10"; }
            }
            body data-pair=[page.pair] data-last-event=(page.last_event) {
                a.skip href="#now" { "Skip to the verdict" }
                (top(page))
                main {
                    p #lost role="alert" hidden {}
                    (parts_before(&page.now))
                    @if page.pair.is_some() { (chart()) }
                    (event_list(page))
                    section #figures { (page.figures) }
                }
            }
        }
    }
}

/// The parts that are fetched again.
pub(super) fn parts(now: &Markup, figures: &Markup) -> Markup {
    html! {
        (parts_before(now))
        section #figures { (figures) }
    }
}

fn parts_before(now: &Markup) -> Markup {
    html! { div #now tabindex="-1" { (now) } }
}

fn top(page: &Page<'_>) -> Markup {
    html! {
        header.top {
            span.mark { "dbha" }
            nav aria-label="Pairs" {
                @if page.several { a href="/" { "All pairs" } }
                @if let Some(pair) = page.pair { span.here { (pair) } }
            }
            p #live.live { "as loaded" }
        }
    }
}

fn chart() -> Markup {
    html! {
        section.panel aria-labelledby="lag-title" {
            h2 #lag-title { "Lag in the last hour" }
            div #chart role="img" aria-label="Chart of the lag of both links over the last hour, with events as marks" {
                p.quiet { "The chart needs JavaScript; the lag now stands above." }
            }
        }
    }
}

fn event_list(page: &Page<'_>) -> Markup {
    html! {
        section.panel aria-labelledby="events-title" {
            div.heading {
                h2 #events-title { "Events" }
                form #filter hidden role="search" aria-label="Filter events" {
                    @if page.pair.is_none() {
                        label { "Pair " input name="pair" type="search" size="12" autocomplete="off"; }
                    }
                    label { "Kind "
                        select name="kind" {
                            option value="" { "all" }
                            @for (value, words) in [
                                ("began", "began"), ("ended", "over"), ("flapping", "flapping"),
                                ("writers_changed", "writers changed"), ("healed", "mended"),
                                ("not_healed", "not mended"), ("guard", "guard"),
                                ("guard_alarm", "alarm of the guard"), ("watching", "watching"),
                            ] { option value=(value) { (words) } }
                        }
                    }
                    label { "Text " input name="text" type="search" size="16" autocomplete="off"; }
                }
            }
            div.scroll tabindex="0" role="region" aria-labelledby="events-title" {
                table.events {
                    thead { tr {
                        th scope="col" { "Time (UTC)" }
                        @if page.pair.is_none() { th scope="col" { "Pair" } }
                        th scope="col" { "What" } th scope="col" { "Seen" }
                    } }
                    tbody #event-rows { (page.events) }
                }
            }
            p #no-events.quiet hidden { "No event matches." }
        }
    }
}
