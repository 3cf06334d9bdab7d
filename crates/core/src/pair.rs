use crate::{
    Both, EventKind, EventSink, Finding, Plan, Proof, SetupError, SetupOptions, Side, Status, Topology,
    Verdict,
    assess::{Seen, Unseen},
    engine::{self, EngineInput},
    preflight,
    run_lock::RunLock,
    same_server,
};
use dbha_sql::{Depth, Dialect, Endpoint, Facts, Server, SqlError};
use tokio_util::sync::CancellationToken;

/// Two servers that are, or are to be, a replicated pair.
#[derive(Debug, Clone)]
pub struct Pair {
    name: String,
    endpoints: Both<Endpoint>,
    options: SetupOptions,
    cancel: CancellationToken,
}

/// Collects what a [`Pair`] needs.
#[derive(Debug, Clone, Default)]
pub struct PairBuilder {
    primary: Option<Endpoint>,
    secondary: Option<Endpoint>,
    options: SetupOptions,
    cancel: Option<CancellationToken>,
}

/// A pair cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pair lacks its {0}")]
pub struct BuildError(Side);

/// What a set-up that ended well leaves.
#[derive(Debug, Clone)]
pub struct SetupDone {
    /// Whether anything was changed.
    pub changed: bool,
    /// What was proven; `None` when nothing was changed.
    pub proof: Option<Proof>,
    /// The state of the pair.
    pub status: Status,
}

impl PairBuilder {
    /// Names the server whose data counts.
    #[must_use]
    pub fn primary(mut self, endpoint: Endpoint) -> Self {
        self.primary = Some(endpoint);
        self
    }

    /// Names the server that receives it.
    #[must_use]
    pub fn secondary(mut self, endpoint: Endpoint) -> Self {
        self.secondary = Some(endpoint);
        self
    }

    /// Says what is wanted.
    #[must_use]
    pub fn options(mut self, options: SetupOptions) -> Self {
        self.options = options;
        self
    }

    /// Gives a token by which the caller stops everything in good order.
    #[must_use]
    pub fn cancellation(mut self, token: CancellationToken) -> Self {
        self.cancel = Some(token);
        self
    }

    /// Builds the pair; nothing is connected yet.
    pub fn build(self) -> Result<Pair, BuildError> {
        let primary = self.primary.ok_or(BuildError(Side::Primary))?;
        let secondary = self.secondary.ok_or(BuildError(Side::Secondary))?;
        let name = match self.options.pair.is_empty() {
            true => format!("{}+{}", primary.name, secondary.name),
            false => self.options.pair.clone(),
        };
        let cancel = self.cancel.unwrap_or_default();
        Ok(Pair {
            name,
            endpoints: Both { primary, secondary },
            options: self.options,
            cancel,
        })
    }
}

/// Both servers connected, looked at and judged.
struct Surveyed {
    servers: Both<Server>,
    facts: Both<Facts>,
    topology: Topology,
    findings: Vec<Finding>,
}

impl Pair {
    /// Begins to build a pair.
    pub fn builder() -> PairBuilder {
        PairBuilder::default()
    }

    /// Returns the pair's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Finds everything that speaks against a set-up; changes nothing.
    pub async fn preflight(&self) -> Result<Vec<Finding>, SetupError> {
        Ok(self.survey().await?.findings)
    }

    /// Works out what a set-up would do; changes nothing.
    ///
    /// Fails with [`SetupError::Blocked`] and every finding when something must be mended first.
    pub async fn plan(&self) -> Result<Plan, SetupError> {
        let surveyed = self.survey().await?;
        let plan = self.plan_of(&surveyed)?;
        close(surveyed.servers).await;
        Ok(plan)
    }

    /// Works out the desired state of both servers, with the dialect of each; changes nothing.
    pub async fn topology(&self) -> Result<(Topology, Both<Dialect>), SetupError> {
        let surveyed = self.survey().await?;
        let dialects = surveyed.facts.map(|_, facts| facts.dialect);
        close(surveyed.servers).await;
        Ok((surveyed.topology, dialects))
    }

    /// Makes the two servers a proven pair: first run, continuation, repair, or nothing to do.
    pub async fn setup(&self, sink: EventSink) -> Result<SetupDone, SetupError> {
        let done = self.setup_unreported(&sink).await;
        if let Err(error) = &done {
            sink.send(EventKind::Failed {
                error: crate::error_chain(error),
                exit_code: error.exit_code(),
            });
        }
        done
    }

    async fn setup_unreported(&self, sink: &EventSink) -> Result<SetupDone, SetupError> {
        let cancelled = self.cancel.cancelled();
        let surveyed = tokio::select! {
            surveyed = self.survey() => surveyed?,
            () = cancelled => return Err(SetupError::Cancelled),
        };
        if surveyed.findings.iter().any(Finding::blocks) {
            tell(sink, &surveyed.findings);
            return Err(SetupError::Blocked(surveyed.findings));
        }
        let _lock = RunLock::take(&self.endpoints).await?;
        // Looked at again: what another run did before this one had the lock must not be judged by old facts.
        close(surveyed.servers).await;
        let surveyed = self.survey().await?;
        tell(sink, &surveyed.findings);
        let plan = self.plan_of(&surveyed)?;
        sink.send(EventKind::Planned { plan });
        let done = engine::run(EngineInput {
            servers: surveyed.servers,
            facts: surveyed.facts,
            topology: &surveyed.topology,
            options: &self.options,
            sink,
            cancel: &self.cancel,
        })
        .await?;
        let status = crate::assess(&self.name, &done.facts.map(|_, facts| Ok(facts.clone())));
        // A busy primary may be ahead at this moment; the link catches up by itself.
        if !matches!(status.verdict, Verdict::Healthy | Verdict::Lagging) {
            return Err(SetupError::Unhealthy(status.reason));
        }
        sink.send(EventKind::Finished {
            changed: done.changed,
            status: status.clone(),
        });
        Ok(SetupDone {
            changed: done.changed,
            proof: done.proof,
            status,
        })
    }

    /// Looks at the pair once; a server that does not answer is part of the answer.
    pub async fn status(&self) -> Status {
        crate::assess(&self.name, &self.look().await)
    }

    async fn look(&self) -> Both<Seen> {
        let (primary, secondary) = tokio::join!(
            look_at(&self.endpoints.primary),
            look_at(&self.endpoints.secondary)
        );
        Both { primary, secondary }
    }

    async fn survey(&self) -> Result<Surveyed, SetupError> {
        let (primary, secondary) = tokio::join!(
            Server::connect(&self.endpoints.primary),
            Server::connect(&self.endpoints.secondary)
        );
        let mut servers = both_connected(primary, secondary)?;
        let same = same_server::same_server(&mut servers.primary, &mut servers.secondary)
            .await
            .map_err(SetupError::Observe)?;
        let (primary, secondary) = tokio::join!(
            servers.primary.observe(Depth::Full),
            servers.secondary.observe(Depth::Full)
        );
        let facts = Both {
            primary: primary.map_err(SetupError::Observe)?,
            secondary: secondary.map_err(SetupError::Observe)?,
        };
        let topology = Topology::of_pair(&facts, &self.options);
        let findings = preflight(&facts, &topology, &self.options, same);
        Ok(Surveyed {
            servers,
            facts,
            topology,
            findings,
        })
    }

    fn plan_of(&self, surveyed: &Surveyed) -> Result<Plan, SetupError> {
        if surveyed.findings.iter().any(Finding::blocks) {
            return Err(SetupError::Blocked(surveyed.findings.clone()));
        }
        let findings = surveyed.findings.clone();
        Ok(crate::plan(
            &self.name,
            &surveyed.facts,
            &surveyed.topology,
            &self.options,
            findings,
        ))
    }
}

fn tell(sink: &EventSink, findings: &[Finding]) {
    for finding in findings {
        sink.send_about(
            finding.side,
            EventKind::Found {
                finding: finding.clone(),
            },
        );
    }
}

fn both_connected(
    primary: Result<Server, SqlError>,
    secondary: Result<Server, SqlError>,
) -> Result<Both<Server>, SetupError> {
    Ok(Both {
        primary: primary.map_err(SetupError::Connect)?,
        secondary: secondary.map_err(SetupError::Connect)?,
    })
}

async fn look_at(endpoint: &Endpoint) -> Seen {
    let unseen = |error: SqlError| {
        let error = SetupError::Connect(error);
        Unseen {
            name: endpoint.name.clone(),
            address: endpoint.address.to_string(),
            text: crate::error_chain(&error),
            fix: error.fix().unwrap_or_default(),
        }
    };
    let mut server = Server::connect_for_watching(endpoint).await.map_err(unseen)?;
    let facts = server.observe(Depth::Running).await.map_err(unseen)?;
    server.session.close().await;
    Ok(facts)
}

async fn close(servers: Both<Server>) {
    tokio::join!(servers.primary.session.close(), servers.secondary.session.close());
}
