use dbha_core::{Endpoint, Facts};
use dbha_sql::{Address, ConnectFault, Depth, Server, SqlError};
use std::time::{Duration, Instant};
use tokio::{net::TcpStream, net::UnixStream, sync::watch, time::MissedTickBehavior, time::timeout};

/// Longest wait for one look: a server that takes longer is not one that works.
const LIMIT: Duration = Duration::from_millis(1_200);
/// How far the counted time of a server's run may lie behind the clock's.
const SLACK: Duration = Duration::from_secs(3);

/// One look at a server.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// When it began.
    pub(super) began: Instant,
    /// What was seen.
    pub(super) seen: Sight,
    /// Counts the server's starts, as far as they were noticed.
    pub(super) boot: u64,
}

/// What was seen of a server.
#[derive(Debug, Clone)]
pub(super) enum Sight {
    /// It answered.
    Facts(Box<Facts>, Option<String>),
    /// Nobody listens where it would.
    Gone,
    /// It does not answer.
    Silent(String),
}

/// Looks at a server for ever, over one connection while that lasts.
pub(super) async fn look_at(endpoint: Endpoint, every: Duration, looks: watch::Sender<Option<Look>>) {
    let mut looker = Looker {
        endpoint,
        server: None,
        boot: 0,
        up: None,
    };
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let look = looker.look().await;
        if looks.send(Some(look)).is_err() {
            return;
        }
    }
}

struct Looker {
    endpoint: Endpoint,
    server: Option<Server>,
    boot: u64,
    /// How long the server had been up, and when it said so.
    up: Option<(Duration, Instant)>,
}

impl Look {
    /// Says why there was no answer.
    pub(super) fn unanswered(&self) -> Option<&str> {
        match &self.seen {
            Sight::Facts(..) => None,
            Sight::Gone => Some("nobody listens at its address"),
            Sight::Silent(why) => Some(why),
        }
    }
}

impl Looker {
    async fn look(&mut self) -> Look {
        let began = Instant::now();
        let seen = match timeout(LIMIT, self.facts()).await {
            Ok(Ok((facts, mark))) => Sight::Facts(Box::new(facts), mark),
            Ok(Err(error)) => {
                self.server = None;
                self.without_an_answer(&error).await
            }
            Err(_) => {
                self.server = None;
                Sight::Silent(format!("no answer within {} s", LIMIT.as_secs_f64()))
            }
        };
        Look {
            began,
            seen,
            boot: self.boot,
        }
    }

    async fn facts(&mut self) -> Result<(Facts, Option<String>), SqlError> {
        let mut server = match self.server.take() {
            Some(server) => server,
            None => Server::connect_for_watching(&self.endpoint).await?,
        };
        let facts = server.observe(Depth::Running).await?;
        let up = server
            .session
            .query_value(&server.dialect().read_uptime())
            .await?;
        let mark = match server
            .session
            .query_value(&server.dialect().read_pair_mark())
            .await
        {
            Ok(mark) => mark,
            // No pair, or no right to see it.
            Err(error) if error.code().is_some() => None,
            Err(error) => return Err(error),
        };
        self.count_start(up.and_then(|text| text.parse().ok()).map(Duration::from_secs));
        self.server = Some(server);
        Ok((facts, mark))
    }

    /// A server that has been up for less time than has passed since it was seen has been started anew.
    fn count_start(&mut self, up: Option<Duration>) {
        let Some(up) = up else { return };
        let now = Instant::now();
        let restarted = self
            .up
            .is_none_or(|(before, at)| up + SLACK < before + now.duration_since(at));
        self.boot += u64::from(restarted);
        self.up = Some((up, now));
    }

    /// Only who is refused knows that nobody is there; a server that is frozen takes connections and says nothing.
    async fn without_an_answer(&self, error: &SqlError) -> Sight {
        let fault = matches!(
            error,
            SqlError::Connect {
                fault: ConnectFault::Unreachable,
                ..
            } | SqlError::Lost { .. }
        );
        match fault && self.is_refused().await {
            true => Sight::Gone,
            false => Sight::Silent(dbha_core::error_chain(error)),
        }
    }

    async fn is_refused(&self) -> bool {
        let dialled = match &self.endpoint.address {
            Address::Tcp { host, port } => timeout(LIMIT, TcpStream::connect((host.as_str(), *port)))
                .await
                .map(|dialled| dialled.map(drop)),
            Address::Socket { path } => timeout(LIMIT, UnixStream::connect(path))
                .await
                .map(|dialled| dialled.map(drop)),
        };
        matches!(dialled, Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused)
    }
}
