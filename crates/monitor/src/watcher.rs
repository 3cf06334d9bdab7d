use crate::{MonitorSettings, beat::Beat, look::Look, remedy::Remedy};
use dbha_core::{Endpoint, Facts, Seen, SqlError, Unseen};
use dbha_sql::{Depth, Marker, Observed, Pulse, RecordedServer, Server};
use std::time::{Duration, Instant};
use tokio::{
    sync::{mpsc, watch},
    time::MissedTickBehavior,
};
use tokio_util::sync::CancellationToken;

/// Looks at one server again and again over one connection; nothing that happens to another server holds it up.
pub(crate) struct Watcher {
    endpoint: Endpoint,
    settings: MonitorSettings,
    server: Option<Server>,
    known: Option<Known>,
    beat: Beat,
}

/// What was seen so far over the connection that is open.
#[derive(Clone)]
struct Known {
    facts: Facts,
    full_at: Instant,
    heartbeats_readable: bool,
}

impl Known {
    /// Looks at everything that is judged by.
    async fn look(server: &mut Server) -> Result<Self, SqlError> {
        Ok(Self {
            facts: lightened(server.observe(Depth::Running).await?),
            full_at: Instant::now(),
            heartbeats_readable: true,
        })
    }

    /// Returns what dbha itself has written there, and changes with every set-up.
    fn records(&self) -> (&Observed<Vec<Marker>>, &Observed<Vec<RecordedServer>>) {
        (&self.facts.markers, &self.facts.recorded)
    }
}

/// Where a watcher gets its orders from and sends what it saw.
pub(crate) struct Wires {
    pub(crate) looks: watch::Sender<Option<Look>>,
    pub(crate) remedies: mpsc::Receiver<Remedy>,
    pub(crate) cancel: CancellationToken,
}

impl Watcher {
    pub(crate) fn new(endpoint: Endpoint, settings: MonitorSettings) -> Self {
        Self {
            beat: Beat::new(settings.heartbeat),
            endpoint,
            settings,
            server: None,
            known: None,
        }
    }

    /// Looks once a tick until it is told to stop.
    pub(crate) async fn watch(mut self, mut wires: Wires) {
        let cancel = wires.cancel.clone();
        let work = async {
            let mut ticks = tokio::time::interval(self.settings.tick);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = ticks.tick() => {
                        let look = self.look().await;
                        // Nobody listens only when the pair is no longer watched.
                        let _ = wires.looks.send(Some(look));
                        self.beat().await;
                    }
                    Some(remedy) = wires.remedies.recv() => self.remedy(remedy).await,
                }
            }
        };
        tokio::select! {
            () = work => {}
            () = cancel.cancelled() => {}
        }
        if let Some(server) = self.server.take() {
            let _ = tokio::time::timeout(Duration::from_millis(200), server.session.close()).await;
        }
    }

    async fn look(&mut self) -> Look {
        let began = Instant::now();
        match self.look_or_fail().await {
            Ok(mut look) => {
                look.took = began.elapsed();
                look
            }
            Err(error) => {
                // An answer that comes after all belongs to nobody: the next look begins anew.
                self.server = None;
                self.known = None;
                Look::unseen(Unseen::after(&self.endpoint, error), began)
            }
        }
    }

    async fn look_or_fail(&mut self) -> Result<Look, SqlError> {
        let mut server = match self.server.take() {
            Some(server) => server,
            None => {
                self.known = None;
                Server::connect_for_watching(&self.endpoint).await?
            }
        };
        let last = self.known.take();
        let readable = last.as_ref().is_none_or(|known| known.heartbeats_readable);
        let pulse = server.pulse(readable, self.settings.answer_limit).await?;
        let mut known = match &last {
            Some(last) if last.full_at.elapsed() < self.settings.full_look_every => last.clone(),
            _ => Known::look(&mut server).await?,
        };
        known.facts.refresh(&pulse);
        let mut own_writes = last
            .as_ref()
            .map_or(0, |last| count_own_writes(&last.facts, &known.facts));
        if own_writes > 0 {
            known = Known::look(&mut server).await?;
            // A set-up writes its records and markers on a standby too, and may have begun and ended since the last look.
            if last.is_some_and(|last| last.records() != known.records()) {
                own_writes = 0;
            }
            // What is counted next time is counted from this pulse on.
            known.facts.refresh(&pulse);
        }
        known.heartbeats_readable = match pulse.heartbeats {
            Observed::Known(_) => true,
            // Tried again with each look at everything.
            _ => known.full_at.elapsed() < self.settings.tick,
        };
        let facts = known.facts.clone();
        self.beat.seen(&facts, &pulse);
        self.known = Some(known);
        self.server = Some(server);
        Ok(self.seen(facts, pulse, own_writes))
    }

    fn seen(&self, facts: Facts, pulse: Pulse, own_writes: u64) -> Look {
        Look {
            seen: Seen::Ok(facts),
            at: Instant::now(),
            took: Duration::ZERO,
            clock: Some((pulse.clock, pulse.clock_read)),
            heartbeats: pulse.heartbeats.known().cloned().unwrap_or_default(),
            heartbeat: self.beat.state(),
            heartbeat_refused: self.beat.refused(),
            setup_at_work: pulse.setup_at_work,
            own_writes,
        }
    }

    /// Writes the heartbeat, where this server has one.
    async fn beat(&mut self) {
        let Some(server) = self.server.as_mut() else {
            return;
        };
        let made = self.beat.write(server, self.settings.answer_limit).await;
        if made && let Some(known) = &mut self.known {
            known.heartbeats_readable = true;
        }
        if server.session.is_lost() {
            self.server = None;
        }
    }

    async fn remedy(&mut self, remedy: Remedy) {
        let done = match self.server.as_mut() {
            Some(server) => remedy.apply(server).await,
            None => Err(format!("{} does not answer", self.endpoint.name)),
        };
        if self
            .server
            .as_ref()
            .is_some_and(|server| server.session.is_lost())
        {
            self.server = None;
        }
        // What was mended shows at the next look, at all settings.
        self.known = None;
        remedy.tell(done);
    }
}

/// Leaves out lists that can be long and that nobody judges a running pair by.
fn lightened(facts: Facts) -> Facts {
    Facts {
        accounts: Observed::Absent,
        sessions: Observed::Absent,
        connected_replicas: Observed::Absent,
        privileges: Observed::Absent,
        ..facts
    }
}

/// Counts what a server has written by itself between two looks at both of which it refused ordinary writes (scenario 63).
fn count_own_writes(before: &Facts, now: &Facts) -> u64 {
    let same = before.server_id == now.server_id && before.server_uuid == now.server_uuid;
    match same && before.is_read_only() && now.is_read_only() {
        true => now
            .own_transactions()
            .count_missing_from(&before.own_transactions()),
        false => 0,
    }
}
