//! An installer that makes a pair and shows a screen of its own.
//!
//! `cargo run -p dbha-examples --example embed_setup -- mysql://root:PASSWORD@a:3306/ mysql://root:PASSWORD@b:3306/`

#![allow(clippy::print_stdout)] // an example of a program that prints

use anyhow::Context;
use dbha_core::{EventKind, EventSink, Pair, SetupOptions, StepOutcome};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut servers = std::env::args().skip(1);
    let mut next = |what| {
        servers
            .next()
            .with_context(|| format!("give the {what} as a mysql:// URL"))
    };
    let pair = Pair::builder()
        .primary(next("primary")?.parse()?)
        .secondary(next("secondary")?.parse()?)
        .options(SetupOptions {
            pair: "installer".into(),
            ..SetupOptions::default()
        })
        .build()?;

    let screen = EventSink::new(|event| match &event.kind {
        EventKind::Planned { plan } => println!("[installer] {} things to do", plan.needed().count()),
        EventKind::Copying { counts } => println!("[installer] {} rows copied", counts.rows_done),
        EventKind::StepFinished {
            title,
            outcome: StepOutcome::Changed,
            ..
        } => println!("[installer] done: {title}"),
        _ => {}
    });
    let done = pair.setup(screen).await?;
    println!("[installer] {}: {}", done.status.verdict, done.status.reason);
    Ok(())
}
