//! What a pair has on the Docker daemon, and how it goes away again.

use std::collections::HashMap;
use std::time::Duration;

use testcontainers::bollard::Docker;
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, RemoveContainerOptionsBuilder,
};
use tokio::time::{sleep, timeout};

use super::ContainerError;
use super::error::{is_missing, says};
use super::owner::Owner;

/// The labels of everything that is made here.
const PAIR: &str = "dbha.testkit.pair";
const OWNER: &str = "dbha.testkit.owner";

const REMOVE_LIMIT: Duration = Duration::from_secs(60);

/// Everything with the label of one pair; it is removed when this is dropped.
pub(super) struct Remains {
    docker: Docker,
    pair: String,
    labels: HashMap<String, String>,
}

impl Remains {
    /// Chooses a name that no other pair has.
    pub(super) fn of_new_pair(docker: &Docker) -> Result<Self, ContainerError> {
        let random = getrandom::u64().map_err(|error| ContainerError::Preparation(error.to_string()))?;
        let pair = format!("dbha-{random:016x}");
        let owner = Owner::this_process().and_then(|owner| serde_json::to_string(&owner).ok());
        let labels = [
            (PAIR.to_owned(), pair.clone()),
            (OWNER.to_owned(), owner.unwrap_or_default()),
        ];
        Ok(Self {
            docker: docker.clone(),
            pair,
            labels: labels.into(),
        })
    }

    /// Returns the name of the pair, which the names of its containers and networks begin with.
    pub(super) fn pair(&self) -> &str {
        &self.pair
    }

    /// Returns what every container and network of the pair is to carry.
    pub(super) fn labels(&self) -> &HashMap<String, String> {
        &self.labels
    }

    /// Removes the networks of the pair, none of which has a container yet.
    pub(super) async fn remove_networks(&self) -> Result<(), ContainerError> {
        remove_networks(&self.docker, &self.pair).await
    }

    /// Removes what processes that have ended left behind.
    pub(super) async fn remove_of_the_gone(docker: &Docker) -> Result<(), ContainerError> {
        let Some(me) = Owner::this_process() else {
            return Ok(());
        };
        let gone = |labels: HashMap<String, String>| {
            let owner: Owner = serde_json::from_str(labels.get(OWNER)?).ok()?;
            let pair = labels.get(PAIR)?.clone();
            owner.is_gone(&me).then_some(pair)
        };
        let mut pairs: Vec<String> = all_labels(docker).await?.into_iter().filter_map(gone).collect();
        pairs.sort();
        pairs.dedup();
        for pair in pairs {
            tracing::info!(pair, "removing the containers of a process that has ended");
            remove(docker, &pair).await?;
        }
        Ok(())
    }
}

impl Drop for Remains {
    /// Waits until all is gone, in a thread of its own: the runtime may be ending, or be this very thread.
    fn drop(&mut self) {
        let (docker, pair) = (self.docker.clone(), std::mem::take(&mut self.pair));
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let removed = runtime.map(|runtime| {
                runtime.block_on(async { timeout(REMOVE_LIMIT, remove(&docker, &pair)).await })
            });
            if !matches!(removed, Ok(Ok(Ok(())))) {
                tracing::warn!(
                    pair,
                    "containers could not be removed; the next start tries it again"
                );
            }
        };
        if let Ok(thread) = std::thread::Builder::new().spawn(work) {
            let _ = thread.join();
        }
    }
}

/// Lists the labels of every container and network that the kit has made.
async fn all_labels(docker: &Docker) -> Result<Vec<HashMap<String, String>>, ContainerError> {
    let filters = HashMap::from([("label", vec![PAIR])]);
    let containers = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&filters)
        .build();
    let containers = docker.list_containers(Some(containers)).await;
    let containers = containers.map_err(ContainerError::refused("list containers"))?;
    let networks = ListNetworksOptionsBuilder::new().filters(&filters).build();
    let networks = docker.list_networks(Some(networks)).await;
    let networks = networks.map_err(ContainerError::refused("list networks"))?;
    let of_containers = containers.into_iter().filter_map(|container| container.labels);
    let of_networks = networks.into_iter().filter_map(|network| network.labels);
    Ok(of_containers.chain(of_networks).collect())
}

/// Removes the containers of a pair with their volumes, then its networks.
async fn remove(docker: &Docker, pair: &str) -> Result<(), ContainerError> {
    let label = format!("{PAIR}={pair}");
    let filters = HashMap::from([("label", vec![label.as_str()])]);
    let list = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&filters)
        .build();
    let containers = docker.list_containers(Some(list)).await;
    let containers = containers.map_err(ContainerError::refused("list containers"))?;
    let ids = containers.into_iter().filter_map(|container| container.id);
    futures_util::future::try_join_all(ids.map(|id| remove_container(docker, id))).await?;
    remove_networks(docker, pair).await
}

/// Another process may be removing the same: what is gone is gone.
async fn remove_container(docker: &Docker, id: String) -> Result<(), ContainerError> {
    loop {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        match docker.remove_container(&id, Some(options)).await {
            Ok(()) => return Ok(()),
            Err(error) if is_missing(&error) => return Ok(()),
            Err(error) if says(&error, &["already in progress"]) => sleep(Duration::from_millis(100)).await,
            Err(error) => return Err(ContainerError::refused(format!("remove container {id}"))(error)),
        }
    }
}

async fn remove_networks(docker: &Docker, pair: &str) -> Result<(), ContainerError> {
    let label = format!("{PAIR}={pair}");
    let filters = HashMap::from([("label", vec![label.as_str()])]);
    let list = ListNetworksOptionsBuilder::new().filters(&filters).build();
    let networks = docker.list_networks(Some(list)).await;
    let networks = networks.map_err(ContainerError::refused("list networks"))?;
    for id in networks.into_iter().filter_map(|network| network.id) {
        match docker.remove_network(&id).await {
            Ok(()) => {}
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(ContainerError::refused(format!("remove network {id}"))(error)),
        }
    }
    Ok(())
}
