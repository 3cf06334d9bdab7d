mod failover;
mod heartbeat_lag;
mod login;
mod looking;
mod open_writer;
mod rejoin;
mod rotate;
mod switchover;
mod take_back;
mod verify;
mod vote;

use crate::{
    Both, CopyMethod, EventKind, EventSink, Finding, Plan, Proof, SavedPlan, SetupError, SetupOptions, Side,
    Status, Step, Topology, Verdict, WriterVote,
    archive::{SetupDump, check_files},
    cloned,
    engine::{self, EngineInput},
    host,
    journal::Journal,
    on_heap::on_heap,
    preflight, reach,
    receipt::ReceiptStore,
    run_lock::RunLock,
    same_server,
};
use dbha_sql::{Depth, Dialect, Endpoint, Facts, Server, SqlError, generate_password};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub use looking::Looking;

/// Two servers that are, or are to be, a replicated pair.
#[derive(Debug, Clone)]
pub struct Pair {
    name: String,
    endpoints: Both<Endpoint>,
    options: SetupOptions,
    cancel: CancellationToken,
    receipts: Option<ReceiptStore>,
    saved: Option<SavedPlan>,
    vote: Option<Arc<dyn WriterVote>>,
}

/// Collects what a [`Pair`] needs.
#[derive(Debug, Clone, Default)]
pub struct PairBuilder {
    primary: Option<Endpoint>,
    secondary: Option<Endpoint>,
    options: SetupOptions,
    cancel: Option<CancellationToken>,
    receipts: Option<ReceiptStore>,
    saved: Option<SavedPlan>,
    vote: Option<Arc<dyn WriterVote>>,
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

    /// Names where receipts of set-ups are kept; without it none is written, and nothing can be taken back.
    #[must_use]
    pub fn receipts(mut self, store: ReceiptStore) -> Self {
        self.receipts = Some(store);
        self
    }

    /// Lets a plan and a set-up go on only while both servers are as they were when this plan was made.
    #[must_use]
    pub fn only_if_unchanged(mut self, saved: SavedPlan) -> Self {
        self.options = saved.options.clone();
        self.saved = Some(saved);
        self
    }

    /// Names the vote that is given along with the writes, where guards close every server that does not have it.
    #[must_use]
    pub fn vote(mut self, vote: Arc<dyn WriterVote>) -> Self {
        self.vote = Some(vote);
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
            receipts: self.receipts,
            saved: self.saved,
            vote: self.vote,
        })
    }
}

/// Both servers connected, looked at and judged.
struct Surveyed {
    servers: Both<Server>,
    facts: Both<Facts>,
    topology: Topology,
    findings: Vec<Finding>,
    dump: SetupDump,
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

    /// As [`Pair::preflight`], and lets each server dial the other with an account that does not exist.
    ///
    /// Nothing is left of it but a refused login in the error logs. It holds the lock of a set-up meanwhile.
    pub async fn preflight_with_probe(&self) -> Result<Vec<Finding>, SetupError> {
        let surveyed = self.survey().await?;
        if !reach::may_knock(&surveyed.findings) {
            return Ok(surveyed.findings);
        }
        let _lock = RunLock::take(&self.endpoints, &format!("dbha preflight of {}", self.name)).await?;
        close(surveyed.servers).await;
        let mut surveyed = self.survey().await?;
        self.knock(&mut surveyed).await?;
        close(surveyed.servers).await;
        Ok(surveyed.findings)
    }

    /// Adds what keeps the servers from dialling each other to what was found (scenario 29).
    async fn knock(&self, surveyed: &mut Surveyed) -> Result<(), SetupError> {
        if !reach::may_knock(&surveyed.findings) {
            return Ok(());
        }
        let (facts, topology) = (&surveyed.facts, &surveyed.topology);
        let found = reach::knock_both(&mut surveyed.servers, facts, topology, &self.cancel).await;
        surveyed.findings.extend(found.map_err(SetupError::Observe)?);
        crate::preflight::in_order(&mut surveyed.findings);
        Ok(())
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

    /// Works out what a set-up would do, in the form that [`PairBuilder::only_if_unchanged`] takes; changes nothing.
    ///
    /// `servers` are kept in it as the caller names them.
    pub async fn plan_to_save(&self, servers: Both<String>) -> Result<(Plan, SavedPlan), SetupError> {
        let surveyed = self.survey().await?;
        let plan = self.plan_of(&surveyed)?;
        let saved = SavedPlan::of(&plan, &self.options, &surveyed.facts, servers);
        close(surveyed.servers).await;
        Ok((plan, saved))
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
        let done = on_heap(self.setup_unreported(&sink)).await;
        if let Err(error) = &done {
            tell_failure(&sink, error);
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
        let endpoints = surveyed.servers.map(|_, server| server.endpoint().clone());
        let mut lock = RunLock::take(&endpoints, &format!("dbha setup of {}", self.name)).await?;
        let mut surveyed = surveyed;
        end_orphaned_clone(&mut surveyed).await?;
        // Looked at again: what another run did before this one had the lock must not be judged by old facts.
        close(surveyed.servers).await;
        let mut surveyed = self.survey().await?;
        self.knock(&mut surveyed).await?;
        if surveyed.findings.iter().any(Finding::blocks) {
            tell(sink, &surveyed.findings);
            return Err(SetupError::Blocked(surveyed.findings));
        }
        if let SetupDump::Usable { archive, .. } = &surveyed.dump {
            let checked = check_files(archive, self.options.copy_workers, sink, &self.cancel).await;
            if let Err(SetupError::Blocked(findings)) = &checked {
                tell(sink, findings);
            }
            checked?;
        }
        let run = run_name();
        let journal = self.open_journal(&run, &mut surveyed);
        tell(sink, &surveyed.findings);
        let plan = self.plan_of(&surveyed)?;
        let journal = journal.map(|mut journal| {
            journal.discarding(&plan.discarded);
            journal
        });
        sink.send(EventKind::Planned { plan });
        let done = on_heap(engine::run(EngineInput {
            steps: &Step::ALL,
            servers: surveyed.servers,
            given: self.endpoints.secondary.clone(),
            facts: surveyed.facts,
            lock: &mut lock,
            journal,
            id: run,
            topology: &surveyed.topology,
            options: &self.options,
            archive: surveyed.dump.archive(),
            sink,
            cancel: &self.cancel,
        }))
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

    fn open_journal(&self, run: &str, surveyed: &mut Surveyed) -> Option<Journal> {
        let store = self.receipts.as_ref()?;
        let (journal, finding) = Journal::open(
            store,
            run,
            &self.name,
            &surveyed.facts,
            &surveyed.topology,
            &self.options,
        );
        surveyed.findings.extend(finding);
        Some(journal)
    }

    /// Looks at the pair once; a server that does not answer is part of the answer.
    pub async fn status(&self) -> Status {
        let mut looking = self.looking();
        let status = looking.look().await;
        looking.close().await;
        status
    }

    async fn connect(&self) -> Result<Both<Server>, SetupError> {
        let (primary, secondary) = tokio::join!(
            Server::connect(&self.endpoints.primary),
            Server::connect(&self.endpoints.secondary)
        );
        let secondary = match (secondary, self.options.copy) {
            (Err(error), CopyMethod::ClonePlugin) => login::as_on_primary(&self.endpoints, error).await,
            (secondary, _) => secondary,
        };
        let servers = both_connected(primary, secondary)?;
        // Refused by its version, before it is asked what it may not know (scenario 9).
        let too_old = crate::preflight::unsupported(&Both {
            primary: servers.primary.dialect(),
            secondary: servers.secondary.dialect(),
        });
        match too_old.is_empty() {
            true => Ok(servers),
            false => Err(SetupError::Blocked(too_old)),
        }
    }

    async fn survey(&self) -> Result<Surveyed, SetupError> {
        let mut servers = self.connect().await?;
        let same = is_same(&mut servers).await?;
        let mut facts = observe(&mut servers).await?;
        host::look_at_both(&self.options.host_access, &mut servers, &mut facts).await;
        let mut topology = Topology::of_pair(&facts, &self.options);
        topology.same_login = login::is_same(&self.endpoints);
        let mut findings = preflight(&facts, &topology, &self.options, same);
        findings.extend(login::of_primary(&self.endpoints, servers.secondary.endpoint()));
        findings.extend(self.saved.as_ref().and_then(|saved| saved.changed(&facts)));
        let dump = SetupDump::look(&self.options, &facts, &mut servers.primary)
            .await
            .map_err(SetupError::Observe)?;
        findings.extend(dump.findings(&facts));
        crate::preflight::in_order(&mut findings);
        Ok(Surveyed {
            servers,
            facts,
            topology,
            findings,
            dump,
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

/// Names a run so that no other has the same name.
fn run_name() -> String {
    generate_password()
        .map(|random| random.expose()[..12].to_owned())
        .unwrap_or_else(|_| format!("process{}", std::process::id()))
}

pub(crate) fn tell_failure(sink: &EventSink, error: &SetupError) {
    sink.send(EventKind::Failed {
        error: crate::error_chain(error),
        exit_code: error.exit_code(),
    });
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

async fn is_same(servers: &mut Both<Server>) -> Result<bool, SetupError> {
    same_server::same_server(&mut servers.primary, &mut servers.secondary)
        .await
        .map_err(SetupError::Observe)
}

/// Ends a clone that goes on in the secondary although its run was killed: it would restart the server under this one.
async fn end_orphaned_clone(surveyed: &mut Surveyed) -> Result<(), SetupError> {
    let facts = &surveyed.facts;
    let last = facts
        .secondary
        .clone
        .known()
        .and_then(|clone| clone.last.as_ref());
    let ours = facts
        .primary
        .clone_note
        .known()
        .is_some_and(|note| facts.secondary.server_uuid.as_deref() == Some(note.recipient.as_str()));
    if ours && last.is_some_and(|last| last.in_progress) {
        let session = &mut surveyed.servers.secondary.session;
        dbha_copy::end_cloning(session).await.map_err(SetupError::Clone)?;
    }
    Ok(())
}

/// Looks at everything on both servers at once.
pub(crate) async fn observe(servers: &mut Both<Server>) -> Result<Both<Facts>, SetupError> {
    let mut facts = observe_to(servers, Depth::Full).await?;
    cloned::give_claim_back(&mut facts);
    Ok(facts)
}

/// Looks at both servers at once, as deep as is asked for.
async fn observe_to(servers: &mut Both<Server>, depth: Depth) -> Result<Both<Facts>, SetupError> {
    let (primary, secondary) = tokio::join!(servers.primary.observe(depth), servers.secondary.observe(depth));
    Ok(Both {
        primary: primary.map_err(SetupError::Observe)?,
        secondary: secondary.map_err(SetupError::Observe)?,
    })
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

async fn close(servers: Both<Server>) {
    tokio::join!(servers.primary.session.close(), servers.secondary.session.close());
}
