//! A slow network between the containers, by `tc` in each of them.

use std::time::Duration;

use dbha_core::{Both, Side};
use futures_util::TryStreamExt;
use testcontainers::bollard::Docker;
use testcontainers::bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use tokio::time::timeout;

use super::networks::Networks;
use super::server::ContainerServer;
use super::{ContainerError, error::says};
use crate::TestkitError;

const EXEC_LIMIT: Duration = Duration::from_secs(20);

/// How a command in a container ended, and what it wrote.
struct Ended {
    code: i64,
    text: String,
}

/// Delays what each server sends over the links.
pub(super) async fn set(
    docker: &Docker,
    networks: &Networks,
    servers: &Both<ContainerServer>,
    time: Duration,
) -> Result<(), TestkitError> {
    let time = format!("{}us", time.as_micros());
    for side in Side::BOTH {
        let container = servers.of(side).name();
        for device in devices(docker, networks, side, container).await? {
            let command = [
                "tc", "qdisc", "replace", "dev", &device, "root", "netem", "delay", &time,
            ];
            let ended = run(docker, container, &command).await?;
            if ended.code != 0 {
                return Err(not_possible(&ended.text));
            }
        }
    }
    Ok(())
}

/// Ends the delay where there is one; a container without `tc`, or one that was ended, has none.
pub(super) async fn end(
    docker: &Docker,
    networks: &Networks,
    servers: &Both<ContainerServer>,
) -> Result<(), TestkitError> {
    for side in Side::BOTH {
        let container = servers.of(side).name();
        let Ok(devices) = devices(docker, networks, side, container).await else {
            continue;
        };
        for device in devices {
            let shown = run(docker, container, &["tc", "qdisc", "show", "dev", &device]).await?;
            if shown.text.contains("netem") {
                run(docker, container, &["tc", "qdisc", "del", "dev", &device, "root"]).await?;
            }
        }
    }
    Ok(())
}

/// Finds the network devices of a container's links by their addresses.
async fn devices(
    docker: &Docker,
    networks: &Networks,
    side: Side,
    container: &str,
) -> Result<Vec<String>, TestkitError> {
    let ended = run(docker, container, &["ip", "-o", "-4", "address", "show"]).await?;
    if ended.code != 0 {
        return Err(not_possible(&ended.text));
    }
    let wanted = networks.addresses(side).map(|address| address.to_string());
    Ok(devices_with(&ended.text, &wanted))
}

/// Reads lines like `7: eth1    inet 198.18.1.18/29 brd …`.
fn devices_with(listing: &str, addresses: &[String]) -> Vec<String> {
    let device = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let (device, address) = (words.next()?, words.nth(1)?.split('/').next()?);
        addresses
            .iter()
            .any(|wanted| wanted == address)
            .then(|| device.to_owned())
    };
    listing.lines().filter_map(device).collect()
}

fn not_possible(text: &str) -> TestkitError {
    TestkitError::NotPossible {
        what: "to delay the network",
        reason: format!("the container said: {}", text.trim()),
        fix: "take an image with tc (iproute2) and a kernel with netem, or the back end 'processes'"
            .to_owned(),
    }
}

/// Runs a command in a container as root.
async fn run(docker: &Docker, container: &str, command: &[&str]) -> Result<Ended, ContainerError> {
    let doing = || format!("run {} in {container}", command[0]);
    match timeout(EXEC_LIMIT, run_unlimited(docker, container, command)).await {
        Ok(Ok(ended)) => Ok(ended),
        // Docker's own way to say that the image has no such program, on daemons that do not give a code for it.
        Ok(Err(error)) if says(&error, &["executable file not found"]) => Ok(Ended {
            code: 127,
            text: error.to_string(),
        }),
        Ok(Err(error)) => Err(ContainerError::refused(doing())(error)),
        Err(elapsed) => Err(ContainerError::refused(doing())(elapsed)),
    }
}

async fn run_unlimited(
    docker: &Docker,
    container: &str,
    command: &[&str],
) -> Result<Ended, testcontainers::bollard::errors::Error> {
    let options = CreateExecOptions {
        cmd: Some(command.iter().map(|word| (*word).to_owned()).collect()),
        user: Some("0".to_owned()),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        ..CreateExecOptions::default()
    };
    let exec = docker.create_exec(container, options).await?.id;
    let mut text = String::new();
    if let StartExecResults::Attached { output, .. } =
        docker.start_exec(&exec, None::<StartExecOptions>).await?
    {
        let parts: Vec<_> = output.try_collect().await?;
        text = parts.iter().map(ToString::to_string).collect();
    }
    let code = docker.inspect_exec(&exec).await?.exit_code.unwrap_or(-1);
    Ok(Ended { code, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_found_by_their_addresses() {
        let listing = "1: lo    inet 127.0.0.1/8 scope host lo\\ valid_lft forever\n\
                       14: eth0    inet 198.18.1.3/29 brd 198.18.1.7 scope global eth0\\ valid_lft\n\
                       16: eth1    inet 198.18.1.11/29 brd 198.18.1.15 scope global eth1\\ valid_lft\n";
        assert_eq!(devices_with(listing, &["198.18.1.11".to_owned()]), ["eth1"]);
        assert_eq!(devices_with(listing, &["198.18.1.1".to_owned()]), [""; 0]);
    }
}
