//! The state of a pair, live on a terminal.

use super::{Looks, changes::Changes, keys::keys, screen::Screen};
use crate::render::{clock, status_page, style};
use dbha_core::Status;
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Shows every look until somebody ends it; returns the exit code of the last one.
pub async fn live(mut looks: Looks, every: Duration) -> std::io::Result<u8> {
    let mut signals = Signals::new()?;
    let mut keys = keys();
    let mut screen = Screen::open();
    let mut page = Page::new(every);
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let mut drawn = page.draw(&mut screen);
    while drawn {
        tokio::select! {
            look = looks.next() => match look {
                Some(status) => page.take(status),
                None => break,
            },
            _ = second.tick() => {}
            key = keys.recv(), if !keys.is_closed() => if matches!(key, Some(b'q' | b'Q' | 3 | 4)) { break },
            what = signals.next() => match what {
                What::End => break,
                What::Resized => screen.resized(),
                What::Suspend => screen.suspend(),
            },
        }
        drawn = page.draw(&mut screen);
    }
    drop(screen);
    looks.end().await;
    Ok(page.last.map_or(0, |(status, _)| status.exit_code()))
}

/// What is on the page.
struct Page {
    every: Duration,
    changes: Changes,
    last: Option<(Status, Instant)>,
    began: Instant,
}

impl Page {
    fn new(every: Duration) -> Self {
        Self {
            every,
            changes: Changes::default(),
            last: None,
            began: Instant::now(),
        }
    }

    fn take(&mut self, status: Status) {
        self.changes.note(clock::now(), &status);
        self.last = Some((status, Instant::now()));
    }

    fn draw(&self, screen: &mut Screen) -> bool {
        let (width, height) = screen.size();
        let style = style::of_stdout();
        let Some((status, looked)) = &self.last else {
            let waited = clock::span(self.began.elapsed());
            return screen.draw(vec![format!("looking at both servers … {waited}")]);
        };
        let (at, lasting) = self.changes.since().unwrap_or((clock::now(), Duration::ZERO));
        let mut note = format!(
            "so since {} UTC ({})",
            clock::time_of_day(at),
            clock::span(lasting)
        );
        let old = looked.elapsed();
        let late = old > self.every * 2 + Duration::from_secs(2);
        note.push_str(&match late {
            true => format!(" · last look {} ago", clock::span(old)),
            false => " · q ends".to_owned(),
        });
        let before: Vec<status_page::Before> = self
            .changes
            .list()
            .map(|change| status_page::Before {
                at: clock::time_of_day(change.at),
                verdict: change.verdict,
                reason: &change.reason,
            })
            .collect();
        let content = status_page::Content {
            status,
            note: (&note, late),
            changes: &before,
        };
        screen.draw(status_page::page(&content, (width, height), style))
    }
}

enum What {
    End,
    Resized,
    Suspend,
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    resized: Signal,
    suspend: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            resized: signal(SignalKind::window_change())?,
            suspend: signal(SignalKind::from_raw(nix::libc::SIGTSTP))?,
        })
    }

    async fn next(&mut self) -> What {
        tokio::select! {
            _ = self.interrupt.recv() => What::End,
            _ = self.terminate.recv() => What::End,
            _ = self.resized.recv() => What::Resized,
            _ = self.suspend.recv() => What::Suspend,
        }
    }
}
