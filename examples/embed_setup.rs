//! An installer that makes a pair and shows a screen of its own.
//!
//! On a terminal it is two bars that are drawn again and again, elsewhere a plain line for each thing that is done; at
//! the end stands what was proven. Interrupted by Ctrl-C, or killed, it goes on when it is started again.
//!
//! `cargo run -p dbha-examples --example embed_setup -- mysql://root:PASSWORD@a:3306/ mysql://root:PASSWORD@b:3306/`
//!
//! Without arguments it sets up two private servers of its own, which end with it.

#![allow(clippy::print_stdout, clippy::print_stderr)] // an example of a program that prints

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use dbha_core::{
    CancellationToken, Check, CopyCounts, Event, EventKind, EventSink, Pair, Plan, Proof, SetupOptions, Step,
    StepOutcome, error_chain,
};
use dbha_testkit::{Release, ServerOptions, ServerPair, sample};
use mysql_async::prelude::Queryable;

/// Time between two plain lines about the copy.
const PLAIN_EVERY: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut urls: Vec<String> = std::env::args().skip(1).collect();
    let mut own = None;
    if urls.is_empty() {
        let servers = private_servers().await?;
        urls = vec![servers.primary.url(), servers.secondary.url()];
        own = Some(servers);
    }
    let [primary, secondary] = urls.as_slice() else {
        anyhow::bail!("give the primary and the secondary as mysql:// URLs, or nothing");
    };
    let stop = CancellationToken::new();
    let pair = Pair::builder()
        .primary(primary.parse().context("the primary")?)
        .secondary(secondary.parse().context("the secondary")?)
        .options(SetupOptions {
            pair: "installer".into(),
            ..SetupOptions::default()
        })
        .cancellation(stop.clone())
        .build()?;
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });

    let screen = Mutex::new(Screen::new(std::io::stdout().is_terminal()));
    let sink = EventSink::new(move |event| screen.lock().unwrap_or_else(PoisonError::into_inner).take(event));
    let code = match pair.setup(sink).await {
        Ok(done) => {
            println!(
                "installed: the pair is {}; {}",
                done.status.verdict, done.status.reason
            );
            0
        }
        Err(error) => {
            eprintln!("not installed: {}", error_chain(&error));
            eprintln!("  {}", error.fix().unwrap_or_default());
            error.exit_code()
        }
    };
    drop(own);
    Ok(ExitCode::from(code))
}

/// What the person in front of the installer sees.
struct Screen {
    terminal: bool,
    lines_drawn: usize,
    steps: usize,
    done: usize,
    doing: String,
    copy: Option<CopyCounts>,
    last_plain: Instant,
}

impl Screen {
    fn new(terminal: bool) -> Self {
        Self {
            terminal,
            lines_drawn: 0,
            steps: 0,
            done: 0,
            doing: "looking at both servers".to_owned(),
            copy: None,
            last_plain: Instant::now(),
        }
    }

    /// Takes what happened; this is all that an installer has to do for its screen.
    fn take(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Found { finding } => self.say(&format!("note: {}", finding.text)),
            EventKind::Planned { plan } => self.begin(plan),
            EventKind::StepStarted { title, .. } => self.doing.clone_from(title),
            EventKind::Copying { counts } => self.copied(counts),
            EventKind::StepFinished {
                title,
                outcome: StepOutcome::Changed,
                took_ms,
                ..
            } => {
                (self.done, self.copy) = (self.done + 1, None);
                self.say(&format!("done in {took_ms:>5} ms: {title}"));
            }
            EventKind::StepFailed { error, .. } => self.say(&format!("failed: {error}")),
            EventKind::Proved { proof } => self.prove(proof),
            EventKind::Finished { .. } | EventKind::Failed { .. } => self.clear(),
            _ => {}
        }
        self.draw();
    }

    fn begin(&mut self, plan: &Plan) {
        self.steps = plan.needed().count();
        // What an earlier run left is in the servers themselves; nothing else has to be remembered.
        let registered = |step: &dbha_core::PlannedStep| {
            step.step == Step::EnsureRegistry && step.check == Check::Satisfied
        };
        match (self.steps, plan.steps.iter().any(registered)) {
            (0, _) => self.say("nothing to do: everything is as wanted already"),
            (steps, true) => self.say(&format!(
                "goes on where an earlier run ended: {steps} things are left to do"
            )),
            (steps, false) => self.say(&format!("{steps} things to do")),
        }
    }

    fn copied(&mut self, counts: &CopyCounts) {
        if !self.terminal && self.last_plain.elapsed() >= PLAIN_EVERY {
            self.last_plain = Instant::now();
            self.say(&format!(
                "{:.0} %: {} of {} rows",
                counts.share_done * 100.0,
                counts.rows_done,
                counts.rows
            ));
        }
        self.copy = Some(counts.clone());
    }

    fn prove(&mut self, proof: &Proof) {
        if proof.compared_at.is_some() {
            self.say(&format!(
                "proven: {} tables with {} rows are equal on both",
                proof.tables, proof.rows
            ));
        }
        for trip in &proof.markers {
            let (from, millis) = (trip.from, trip.milliseconds);
            self.say(&format!(
                "proven: what the {from} writes is on the {} after {millis:.1} ms",
                from.peer()
            ));
        }
    }

    /// Prints a line that stays, above what is drawn again.
    fn say(&mut self, line: &str) {
        self.clear();
        println!("{line}");
    }

    fn draw(&mut self) {
        if !self.terminal || self.steps == 0 {
            return;
        }
        self.clear();
        let share = self.done as f64 / self.steps as f64;
        println!("{} {} of {}: {}", bar(share), self.done, self.steps, self.doing);
        self.lines_drawn = 1;
        if let Some(counts) = &self.copy {
            let left = counts
                .seconds_left
                .map_or(String::new(), |left| format!(", {left} s left"));
            println!("{} {} rows{left}", bar(counts.share_done), counts.rows_done);
            self.lines_drawn = 2;
        }
    }

    /// Takes away what was drawn last.
    fn clear(&mut self) {
        if self.lines_drawn > 0 {
            print!("\x1b[{}A\x1b[J", self.lines_drawn);
            self.lines_drawn = 0;
        }
        // A terminal that has gone away is no reason to stop half-way.
        let _ = std::io::stdout().flush();
    }
}

/// Draws a share from 0 to 1.
fn bar(share: f64) -> String {
    let filled = (share.clamp(0.0, 1.0) * 30.0) as usize;
    format!("[{}{}]", "#".repeat(filled), "-".repeat(30 - filled))
}

/// Two servers to try it on, one of them with data.
async fn private_servers() -> anyhow::Result<ServerPair> {
    println!("no servers given: two private ones are taken, with sample data on the first");
    let servers = ServerPair::start(Release::MariaDb10_11, &ServerOptions::new()).await?;
    let mut session = mysql_async::Conn::from_url(servers.primary.url()).await?;
    for statement in sample::statements(100) {
        session.query_drop(statement).await?;
    }
    session.disconnect().await?;
    Ok(servers)
}
