//! What can go wrong with containers.

use std::time::Duration;

use testcontainers::bollard::errors::Error as DockerError;
use thiserror::Error;

/// Says why servers in containers are not there, with what to do where that is known.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ContainerError {
    /// No Docker daemon answers.
    #[error(
        "Docker does not answer at {place}: start it (in a checkout of dbha: tests/docker-daemon start), or DBHA_TEST_DOCKER=off"
    )]
    NoDaemon {
        /// Where it was looked for.
        place: String,
        /// What the client said; `None` where nothing came within the limit.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// An image is not there and cannot be pulled.
    #[error(
        "the image {image} is not there and cannot be pulled; in a checkout of dbha 'tests/images/build {release}' makes one"
    )]
    NoImage {
        /// The image.
        image: String,
        /// The release that it would have been for.
        release: crate::Release,
        /// The answer.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// `DBHA_TEST_IMAGES` says something else than it may.
    #[error("DBHA_TEST_IMAGES is '{0}'; give official, local or auto")]
    ImageChoice(String),
    /// The daemon refused something.
    #[error("Docker could not {doing}")]
    Refused {
        /// What was being done.
        doing: String,
        /// The daemon's answer.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server in a container ended while it was starting.
    #[error("the server in container {container} ended while it was starting; the end of its log:\n{log}")]
    Ended {
        /// The container.
        container: String,
        /// The last lines that it wrote.
        log: String,
    },
    /// The server in a container did not answer in time.
    #[error("the server in container {container} answered no query within {} s ({answer}); the end of its log:\n{log}", limit.as_secs())]
    Silent {
        /// The container.
        container: String,
        /// How long was waited.
        limit: Duration,
        /// What came of the last try.
        answer: String,
        /// The last lines that it wrote.
        log: String,
    },
    /// No free range of addresses was found for the networks of a pair.
    #[error(
        "no range of 198.18.0.0/15 is free for the networks of a pair after {tries} tries; remove old networks (docker network prune)"
    )]
    NoAddresses {
        /// How many ranges were tried.
        tries: usize,
    },
    /// The kit could not choose a name, a password or a port.
    #[error("cannot prepare a container: {0}")]
    Preparation(String),
}

impl ContainerError {
    /// Returns a closure for `map_err` that says what was being done.
    pub(super) fn refused<E: std::error::Error + Send + Sync + 'static>(
        doing: impl Into<String>,
    ) -> impl FnOnce(E) -> Self {
        let doing = doing.into();
        move |source| Self::Refused {
            doing,
            source: Box::new(source),
        }
    }
}

/// Tells whether the daemon says that there is no such thing.
pub(super) fn is_missing(error: &DockerError) -> bool {
    matches!(
        error,
        DockerError::DockerResponseServerError { status_code: 404, .. }
    )
}

/// Tells whether any error of a chain says one of these.
pub(super) fn says(error: &(dyn std::error::Error + 'static), texts: &[&str]) -> bool {
    let mut link = Some(error);
    while let Some(error) = link {
        let text = error.to_string();
        if texts.iter().any(|part| text.contains(part)) {
            return true;
        }
        link = error.source();
    }
    false
}
