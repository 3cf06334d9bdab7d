//! The Docker daemon.

use std::time::Duration;

use testcontainers::bollard::Docker;
use testcontainers::core::client::docker_client_instance;
use tokio::time::timeout;

use super::ContainerError;

const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Finds the daemon as testcontainers does, and waits for its answer.
///
/// The client sends no version of its interface with its requests, so old daemons understand them as well.
pub(super) async fn connect() -> Result<Docker, ContainerError> {
    let none = |source| ContainerError::NoDaemon {
        place: place(),
        source,
    };
    let docker = docker_client_instance()
        .await
        .map_err(|error| none(Some(Box::new(error))))?;
    match timeout(ANSWER_LIMIT, docker.ping()).await {
        Ok(Ok(_)) => Ok(docker),
        Ok(Err(error)) => Err(none(Some(Box::new(error)))),
        Err(_) => Err(none(None)),
    }
}

/// Returns where the daemon is looked for first.
fn place() -> String {
    std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned())
}
