//! Looks at a pair again and again, over connections that are kept in between.

use super::{Pair, heartbeat_lag::Heartbeats};
use crate::{
    Both, Finding, HostAccess, Platform, Side, Status,
    assess::{Seen, Unseen, Watched, assess_watched},
    host, preflight,
};
use dbha_sql::{ConnectFault, Depth, Endpoint, Facts, Server, SqlError};
use std::time::Duration;

/// Somebody who looks at a pair, once or again and again.
///
/// Connections are kept between looks and made anew where they were lost. [`Looking::close`] says goodbye to the
/// servers; dropped without it, the servers note a connection that was cut.
pub struct Looking {
    pair: String,
    servers: Both<Looked>,
    limit: Option<Duration>,
    lagging_from: Duration,
    platform: Option<(Platform, Option<u32>)>,
    found: Vec<Finding>,
}

/// Longest wait for the heartbeats, which are good to have and no more.
const HEARTBEATS: Duration = Duration::from_secs(1);

/// One server that is looked at.
struct Looked {
    endpoint: Endpoint,
    access: Option<HostAccess>,
    server: Option<Server>,
    heartbeats: Option<Heartbeats>,
}

impl Pair {
    /// Begins to look at the pair; nothing is connected yet.
    pub fn looking(&self) -> Looking {
        let access = &self.options.host_access;
        let looked = |endpoint: &Endpoint, access: &Option<HostAccess>| Looked {
            endpoint: endpoint.clone(),
            access: access.clone(),
            server: None,
            heartbeats: None,
        };
        Looking {
            pair: self.name.clone(),
            servers: Both {
                primary: looked(&self.endpoints.primary, &access.primary),
                secondary: looked(&self.endpoints.secondary, &access.secondary),
            },
            limit: None,
            lagging_from: Watched::default().lagging_from,
            platform: None,
            found: vec![],
        }
    }
}

impl Looking {
    /// Lets no look take longer than this; a server that needs more has not answered.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Says from which lag on a link counts as lagging; 10 s if nothing is said.
    #[must_use]
    pub fn lagging_from(mut self, lag: Duration) -> Self {
        self.lagging_from = lag;
        self
    }

    /// Says which platform the pair is for, and how many servers of its own use it: each look then finds what it lacks.
    #[must_use]
    pub fn for_platform(mut self, platform: Platform, servers: Option<u32>) -> Self {
        self.platform = Some((platform, servers));
        self
    }

    /// Returns what the last look found that the platform lacks on the servers that answered.
    pub fn platform_findings(&self) -> &[Finding] {
        &self.found
    }

    /// Looks at both servers at once; a server that does not answer is part of the answer.
    pub async fn look(&mut self) -> Status {
        let limit = self.limit;
        self.servers.primary.heartbeats = None;
        self.servers.secondary.heartbeats = None;
        let (primary, secondary) = tokio::join!(
            self.servers.primary.look_within(limit),
            self.servers.secondary.look_within(limit)
        );
        let (one, other) = (
            &self.servers.primary.heartbeats,
            &self.servers.secondary.heartbeats,
        );
        let behind = |source: &Option<Heartbeats>, replica: &Option<Heartbeats>| {
            replica.as_ref()?.behind(source.as_ref()?)
        };
        let watched = Watched {
            lag: Both {
                primary: behind(one, other),
                secondary: behind(other, one),
            },
            lagging_from: self.lagging_from,
            ..Watched::default()
        };
        let seen = Both { primary, secondary };
        self.found = match self.platform {
            Some((platform, servers)) => platform_needs(&seen, platform, servers),
            None => vec![],
        };
        assess_watched(&self.pair, &seen, &watched)
    }

    /// Ends the connections.
    pub async fn close(self) {
        tokio::join!(self.servers.primary.close(), self.servers.secondary.close());
    }
}

fn platform_needs(seen: &Both<Seen>, platform: Platform, servers: Option<u32>) -> Vec<Finding> {
    let of_side = |side: Side| match seen.of(side) {
        Ok(facts) => preflight::platform_of_server(side, facts, platform, servers),
        Err(_) => vec![],
    };
    Side::BOTH.into_iter().flat_map(of_side).collect()
}

impl Looked {
    async fn look_within(&mut self, limit: Option<Duration>) -> Seen {
        let Some(limit) = limit else {
            return self.look().await;
        };
        match tokio::time::timeout(limit, self.look()).await {
            Ok(seen) => seen,
            // What was under way was dropped with its connection.
            Err(_) => Err(Unseen::after(
                &self.endpoint,
                SqlError::Connect {
                    server: self.endpoint.name.clone(),
                    fault: ConnectFault::Silent,
                    text: format!(
                        "{} did not answer within {} s",
                        self.endpoint.address,
                        limit.as_secs_f64()
                    ),
                },
            )),
        }
    }

    async fn look(&mut self) -> Seen {
        let kept = self.server.take();
        let facts = match kept {
            Some(server) => match self.observe(server).await {
                // Cut since the last look, by a restart or by somebody's KILL: that alone is no bad news.
                Err((_, true)) => self.connect_and_observe().await,
                observed => observed.map_err(|(error, _)| error),
            },
            None => self.connect_and_observe().await,
        };
        facts.map_err(|error| Unseen::after(&self.endpoint, error))
    }

    async fn connect_and_observe(&mut self) -> Result<Facts, SqlError> {
        let server = Server::connect_for_watching(&self.endpoint).await?;
        self.observe(server).await.map_err(|(error, _)| error)
    }

    /// Looks over one connection and keeps it; the error says whether the connection was cut by the other end.
    async fn observe(&mut self, mut server: Server) -> Result<Facts, (SqlError, bool)> {
        match server.observe(Depth::Running).await {
            Ok(mut facts) => {
                host::look(self.access.as_ref(), &mut server, &mut facts).await;
                let pulse = server.pulse(true, HEARTBEATS).await.ok();
                self.heartbeats = pulse.as_ref().and_then(Heartbeats::of);
                self.server = (!server.session.is_lost()).then_some(server);
                Ok(facts)
            }
            Err(error) => {
                let cut = server.session.is_lost() && !matches!(error, SqlError::TimedOut { .. });
                self.server = (!server.session.is_lost()).then_some(server);
                Err((error, cut))
            }
        }
    }

    async fn close(self) {
        if let Some(server) = self.server {
            server.session.close().await;
        }
    }
}
