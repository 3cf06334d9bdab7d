//! From a description to a pair that runs.

use std::time::Duration;

use dbha_core::{Both, Endpoint, EventSink, Pair, SetupDone, SetupOptions, Side, Writers};
use dbha_sql::{Server, Statement};
use tokio::time::timeout;

use super::given::Given;
use super::option_lines::option_lines;
use super::processes::Processes;
use super::servers::Servers;
use super::{Backend, ReplicatedPair};
use crate::{Release, ServerFlavor, ServerOptions, TestkitError};

/// How long the whole making may take; the first start of a release initialises its data directory.
const READY_LIMIT: Duration = Duration::from_secs(180);

/// Describes a pair that is to be started.
#[derive(Debug, Clone)]
#[must_use = "nothing runs before start()"]
pub struct ReplicatedPairBuilder {
    release: Result<Release, String>,
    backend: Option<Backend>,
    urls: Option<Both<String>>,
    image: Option<String>,
    servers: Both<ServerOptions>,
    setup: SetupOptions,
    sql: Option<String>,
    events: EventSink,
    limit: Duration,
}

impl ReplicatedPairBuilder {
    pub(super) fn new() -> Self {
        Self {
            release: Ok(Release::MariaDb10_11),
            backend: None,
            urls: None,
            image: None,
            servers: Both {
                primary: ServerOptions::new(),
                secondary: ServerOptions::new(),
            },
            setup: SetupOptions {
                pair: "testkit".to_owned(),
                ..SetupOptions::default()
            },
            sql: None,
            events: EventSink::silent(),
            limit: READY_LIMIT,
        }
    }

    /// Says which server it is to be: `MariaDb("11.8")`; one that is not known is told by [`Self::start`].
    pub fn flavor(mut self, flavor: ServerFlavor<'_>) -> Self {
        let name = flavor.to_string();
        self.release = name.parse().map_err(|_| name);
        self
    }

    /// Says the same by a release.
    pub fn release(mut self, release: Release) -> Self {
        self.release = Ok(release);
        self
    }

    /// Says how many of the servers take writes; one if nothing is said.
    pub fn writers(mut self, writers: Writers) -> Self {
        self.setup.writers = writers;
        self
    }

    /// Says what the servers run on; otherwise `DBHA_TEST_BACKEND` does, else they are private processes.
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Takes two servers that somebody else runs and makes them a pair; they are left as they are then.
    pub fn urls(mut self, primary: impl Into<String>, secondary: impl Into<String>) -> Self {
        self.backend = Some(Backend::Urls);
        self.urls = Some(Both {
            primary: primary.into(),
            secondary: secondary.into(),
        });
        self
    }

    /// Names the image of the containers, in place of the one that belongs to the release.
    pub fn image(mut self, image: impl Into<String>) -> Self {
        self.image = Some(image.into());
        self
    }

    /// Gives both servers options, over what dbha itself wants in their option files.
    pub fn server_options(mut self, options: &ServerOptions) -> Self {
        for side in Side::BOTH {
            let servers = self.servers.of_mut(side);
            *servers = std::mem::take(servers).overlaid_by(options);
        }
        self
    }

    /// Gives one server options, over those of both.
    pub fn server_options_of(mut self, side: Side, options: &ServerOptions) -> Self {
        let servers = self.servers.of_mut(side);
        *servers = std::mem::take(servers).overlaid_by(options);
        self
    }

    /// Runs SQL on the primary before the set-up, which then copies what it made.
    ///
    /// Any number of statements with `;` between them, bodies of routines included; `DELIMITER` is a word of clients
    /// and not known here.
    pub fn setup_sql(mut self, sql: impl Into<String>) -> Self {
        self.sql = Some(sql.into());
        self
    }

    /// Gives the set-up other options than its defaults; what is said of writers before it is lost.
    pub fn setup_options(mut self, options: SetupOptions) -> Self {
        self.setup = options;
        self
    }

    /// Hands every event of the set-up to somebody.
    pub fn events(mut self, sink: EventSink) -> Self {
        self.events = sink;
        self
    }

    /// Says how long the whole making may take; three minutes if nothing is said.
    pub fn ready_within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Starts the servers and makes them a pair by dbha's own set-up, which proves it.
    ///
    /// # Errors
    /// [`TestkitError::NotInstalled`] where the release is missing here, [`TestkitError::Pair`] with everything that
    /// speaks against a pair, [`TestkitError::NotReady`] after the limit; nothing of a failed start stays.
    pub async fn start(self) -> Result<ReplicatedPair, TestkitError> {
        let limit = self.limit;
        let made = timeout(limit, Box::pin(self.make())).await;
        made.unwrap_or(Err(TestkitError::NotReady { limit }))
    }

    /// As [`Self::start`], for tests that are not asynchronous; it panics within a Tokio runtime.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_blocking(self) -> Result<crate::blocking::ReplicatedPair, TestkitError> {
        crate::blocking::ReplicatedPair::start(self)
    }

    async fn make(mut self) -> Result<ReplicatedPair, TestkitError> {
        let servers = self.servers().await?;
        let endpoints = Both {
            primary: endpoint(&servers, Side::Primary)?,
            secondary: endpoint(&servers, Side::Secondary)?,
        };
        if let Some(sql) = &self.sql {
            run(sql, &endpoints.primary, self.limit).await?;
        }
        for side in Side::BOTH {
            let address = match side {
                Side::Primary => &mut self.setup.primary_address,
                Side::Secondary => &mut self.setup.secondary_address,
            };
            *address = servers.link_address(side).or_else(|| address.take());
        }
        let pair = Pair::builder()
            .primary(endpoints.primary.clone())
            .secondary(endpoints.secondary.clone())
            .options(self.setup.clone())
            .build();
        let pair = pair.map_err(|error| TestkitError::Url {
            what: "a server of the pair".to_owned(),
            reason: error.to_string(),
        })?;
        let done = pair.setup(self.events).await;
        let done = done.map_err(|error| TestkitError::Pair(Box::new(error)))?;
        if self.setup.managed == Some(true) {
            servers.start_read_only()?;
        }
        Ok(ReplicatedPair {
            servers,
            endpoints,
            writers: self.setup.writers,
            ids: ids(&done),
            pair,
        })
    }

    async fn servers(&self) -> Result<Servers, TestkitError> {
        let backend = match self.backend {
            Some(backend) => backend,
            None => Backend::from_environment()?,
        };
        match (backend, &self.urls) {
            (Backend::Urls, Some(urls)) => Ok(Servers::Given(Given::new(urls.clone())?)),
            (Backend::Urls, None) => Ok(Servers::Given(Given::from_environment()?)),
            (Backend::Processes, _) => {
                let (release, options) = self.wanted()?;
                let servers = Processes::start(
                    release,
                    Both {
                        primary: &options.primary,
                        secondary: &options.secondary,
                    },
                );
                Ok(Servers::Processes(Box::new(servers.await?)))
            }
            #[cfg(feature = "docker")]
            (Backend::Containers, _) => {
                let (release, options) = self.wanted()?;
                let image = self.image.as_deref();
                let options = Both {
                    primary: &options.primary,
                    secondary: &options.secondary,
                };
                let servers = crate::Containers::start(release, image, options);
                Ok(Servers::Containers(Box::new(servers.await?)))
            }
            #[cfg(not(feature = "docker"))]
            (Backend::Containers, _) => Err(TestkitError::NotPossible {
                what: "to run servers in containers",
                reason: "this build of dbha-testkit knows none".to_owned(),
                fix: "build it with its feature 'docker'".to_owned(),
            }),
        }
    }

    /// Works out release and option files.
    fn wanted(&self) -> Result<(Release, Both<ServerOptions>), TestkitError> {
        let release = self.release.clone().map_err(TestkitError::UnknownRelease)?;
        let of = |side| option_lines(release, side, &self.setup, self.servers.of(side));
        let options = Both {
            primary: of(Side::Primary),
            secondary: of(Side::Secondary),
        };
        Ok((release, options))
    }
}

/// Returns how to reach a server, named after its side.
fn endpoint(servers: &Servers, side: Side) -> Result<Endpoint, TestkitError> {
    let endpoint = servers.url(side).parse::<Endpoint>();
    let endpoint = endpoint.map_err(|error| TestkitError::Url {
        what: format!("what the {side} is reached by"),
        reason: error.to_string(),
    })?;
    Ok(endpoint.with_name(side.to_string()))
}

async fn run(sql: &str, primary: &Endpoint, limit: Duration) -> Result<(), TestkitError> {
    let failed = |error| TestkitError::SetupSql(Box::new(error));
    let mut server = Server::connect(primary).await.map_err(failed)?;
    let ran = server.session.execute_within(&Statement::new(sql), limit).await;
    server.session.close().await;
    ran.map(drop).map_err(failed)
}

fn ids(done: &SetupDone) -> Both<u32> {
    let id = |at: usize| {
        let server = done.status.servers.get(at);
        server.and_then(|server| server.server_id).unwrap_or(0)
    };
    Both {
        primary: id(0),
        secondary: id(1),
    }
}
