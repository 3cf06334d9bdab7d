//! When a server in a container is ready: when it answers a query, whatever its log says.

use std::time::{Duration, Instant};

use dbha_sql::{Endpoint, Session, SessionProfile};
use testcontainers::{ContainerAsync, GenericImage};
use tokio::time::{sleep, timeout};

use super::ContainerError;

/// A first start makes the data directory, on a machine that may be busy with other containers.
const LIMIT: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(100);
const LOG_LIMIT: Duration = Duration::from_secs(5);
const LOG_LINES: usize = 15;

/// Waits until the server at a URL answers a query of root.
pub(super) async fn wait_for_query(
    container: &ContainerAsync<GenericImage>,
    name: &str,
    url: &str,
) -> Result<(), ContainerError> {
    let endpoint: Endpoint = url
        .parse()
        .map_err(|_| ContainerError::Preparation(format!("the address of {name} is none")))?;
    let end = Instant::now() + LIMIT;
    loop {
        // Preparing a session takes queries; a greeting alone may be that of a server which is still being made.
        let answer = match Session::connect(&endpoint, SessionProfile::Control).await {
            Ok(session) => {
                session.close().await;
                return Ok(());
            }
            Err(error) => error.to_string(),
        };
        let running = container
            .is_running()
            .await
            .map_err(ContainerError::refused(format!("look at {name}")))?;
        if !running {
            return Err(ContainerError::Ended {
                container: name.to_owned(),
                log: log_of(container).await,
            });
        }
        if Instant::now() >= end {
            return Err(ContainerError::Silent {
                container: name.to_owned(),
                limit: LIMIT,
                answer,
                log: log_of(container).await,
            });
        }
        sleep(PAUSE).await;
    }
}

/// Returns the last lines that a container wrote.
async fn log_of(container: &ContainerAsync<GenericImage>) -> String {
    let read = async { (container.stdout_to_vec().await, container.stderr_to_vec().await) };
    let Ok((stdout, stderr)) = timeout(LOG_LIMIT, read).await else {
        return String::new();
    };
    let mut all = stdout.unwrap_or_default();
    all.extend(stderr.unwrap_or_default());
    let text = String::from_utf8_lossy(&all).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}
