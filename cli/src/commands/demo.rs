//! `dbha demo`: the whole story on two private servers.

use super::{sandbox, setup};
use crate::{
    args::{Cli, DemoArgs},
    exit::Failure,
    interrupt::cancel_on_signal,
    render::{status, style},
};
use dbha_core::{CancellationToken, Endpoint, Pair, SetupOptions, Side, Writers, error_chain, option_file};
use dbha_sql::{Server, SqlError, Statement};
use dbha_testkit::{ServerOptions, ServerPair, sample};
use std::time::{Duration, Instant};

/// How long a row may take to the other side before the demonstration has failed.
const ARRIVAL_LIMIT: Duration = Duration::from_secs(10);

/// Runs the demonstration; whatever way it ends, both servers are gone afterwards.
pub async fn run(cli: &Cli, args: &DemoArgs) -> Result<u8, Failure> {
    let cancel = cancel_on_signal();
    // Dropping the story's future drops the servers, and with them their processes and files.
    let story = Story {
        cli,
        fast: args.fast,
        cancel: cancel.clone(),
    };
    tokio::select! {
        told = story.tell(args) => told,
        () = gone(&cancel) => Err(Failure::interrupted()),
    }
}

/// Resolves a moment after the cancellation, so that a running set-up ends in good order first.
async fn gone(cancel: &CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
}

/// How long the pair may take to come back after its servers were restarted.
const COMEBACK_LIMIT: Duration = Duration::from_secs(30);

struct Story<'a> {
    cli: &'a Cli,
    fast: bool,
    cancel: CancellationToken,
}

impl Story<'_> {
    async fn tell(&self, args: &DemoArgs) -> Result<u8, Failure> {
        let release = sandbox::release(&args.release);
        self.act("Two private servers on this machine, fresh, both with server_id 1")
            .await;
        let began = Instant::now();
        let mut servers = ServerPair::start(release, &ServerOptions::new()).await?;
        let primary = endpoint(&servers.primary.url(), "primary")?;
        let secondary = endpoint(&servers.secondary.url(), "secondary")?;
        self.say(&format!(
            "{release} twice, up in {:.2} s: {} and {}",
            began.elapsed().as_secs_f64(),
            primary.address,
            secondary.address
        ));
        let rows = sandbox::fill_with_sample(&primary).await?;
        self.say(&format!(
            "the primary has a rental shop: {rows} rows, a view, a trigger, routines, an event, two accounts"
        ));

        self.act("dbha setup --primary primary --secondary secondary --writers both")
            .await;
        let pair = self.pair(&primary, &secondary)?;
        pair.setup(setup::sink(self.cli, true)).await?;

        self.act("What a restart would lose goes into the option files; both servers restart")
            .await;
        self.survive_a_restart(&pair, &mut servers).await?;

        self.act("A row written on each side is seen on the other").await;
        self.cross("Ada", &primary, &secondary).await?;
        self.cross("Grace", &secondary, &primary).await?;

        self.act("dbha status").await;
        self.show_status(&pair).await;

        self.act("Somebody stops the SQL thread of the secondary: dbha status")
            .await;
        let mut server = Server::connect(&secondary).await.map_err(failed)?;
        let stop = server.dialect().stop_applier();
        server.execute(&stop).await.map_err(failed)?;
        self.show_status(&pair).await;

        self.act("dbha setup again: it mends just that").await;
        pair.setup(setup::sink(self.cli, true)).await?;

        self.act("And once more: nothing to do").await;
        pair.setup(setup::sink(self.cli, true)).await?;

        drop(servers);
        self.act("Both servers are gone, with every process, file and port of theirs")
            .await;
        data!("\nNow with your own servers:\n  dbha setup --primary HOST --secondary HOST");
        Ok(0)
    }

    fn pair(&self, primary: &Endpoint, secondary: &Endpoint) -> Result<Pair, Failure> {
        let options = SetupOptions {
            pair: "demo".into(),
            writers: Writers::Both,
            ..SetupOptions::default()
        };
        let builder = Pair::builder()
            .primary(primary.clone())
            .secondary(secondary.clone());
        Ok(builder
            .options(options)
            .cancellation(self.cancel.clone())
            .build()?)
    }

    /// Writes the lines of `dbha render my.cnf` into both option files and lets the pair come back by itself.
    async fn survive_a_restart(&self, pair: &Pair, servers: &mut ServerPair) -> Result<(), Failure> {
        let (topology, dialects) = pair.topology().await?;
        for (side, server) in [
            (Side::Primary, &mut servers.primary),
            (Side::Secondary, &mut servers.secondary),
        ] {
            server.append_options(&option_file(*dialects.of(side), topology.server(side)))?;
            server.restart().await?;
        }
        let began = Instant::now();
        loop {
            let status = pair.status().await;
            if status.is_healthy() && status.restart_safe {
                self.say(&format!(
                    "back after {:.1} s without anybody's help; every setting is still there",
                    began.elapsed().as_secs_f64()
                ));
                return Ok(());
            }
            if began.elapsed() > COMEBACK_LIMIT {
                return Err(Failure::failed(
                    format!("the pair did not come back: {}", status.reason),
                    "report this as a fault of dbha",
                ));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn cross(&self, name: &str, from: &Endpoint, to: &Endpoint) -> Result<(), Failure> {
        let mut writer = Server::connect(from).await.map_err(failed)?;
        let mut reader = Server::connect(to).await.map_err(failed)?;
        writer
            .execute(&Statement::new(sample::new_customer(name)))
            .await
            .map_err(failed)?;
        let began = Instant::now();
        while began.elapsed() < ARRIVAL_LIMIT {
            let found = reader
                .session
                .query_value(&Statement::new(sample::find_customer(name)))
                .await
                .map_err(failed)?;
            if let Some(key) = found {
                let millis = began.elapsed().as_secs_f64() * 1e3;
                self.say(&format!(
                    "{name}, customer {key}, written on the {} and read on the {} {millis:.0} ms later",
                    from.name, to.name
                ));
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Err(Failure::failed(
            format!("{name} did not arrive on the {}", to.name),
            "report this as a fault of dbha",
        ))
    }

    async fn show_status(&self, pair: &Pair) {
        status::human(&pair.status().await, style::of_stdout())
            .iter()
            .for_each(|line| data!("{line}"));
    }

    async fn act(&self, title: &str) {
        if !self.fast {
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        data!("\n{}", style::of_stdout().bold(&format!("▌ {title}")));
    }

    fn say(&self, text: &str) {
        data!("{} {text}", style::of_stdout().green("✔"));
    }
}

fn endpoint(url: &str, name: &str) -> Result<Endpoint, Failure> {
    let parsed: Endpoint = url
        .parse()
        .map_err(|error| Failure::failed(format!("{error}"), "report this as a fault of dbha"))?;
    Ok(parsed.with_name(name))
}

fn failed(error: SqlError) -> Failure {
    Failure::failed(error_chain(&error), "report this as a fault of dbha")
}
