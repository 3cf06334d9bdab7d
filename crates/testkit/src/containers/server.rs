//! One server in a container.

use dbha_core::Side;
use testcontainers::bollard::Docker;
use testcontainers::core::IntoContainerPort;
use testcontainers::core::error::TestcontainersError;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, ContainerRequest, GenericImage, ImageExt};

use super::error::says;
use super::networks::Networks;
use super::publish::publish;
use super::readiness::wait_for_query;
use super::remains::Remains;
use super::{ContainerError, SERVER_PORT};
use crate::Release;
use crate::password::Password;
use crate::port::free_port;

/// Where the images of both flavours read option files.
const OPTION_FILE: &str = "/etc/mysql/conf.d/50-dbha-testkit.cnf";

/// A port that was free may be taken a moment later.
const TRIES: usize = 5;
const PORT_TAKEN: [&str; 2] = ["port is already allocated", "address already in use"];

/// Seconds that a server has to end in good order.
const STOP_SECONDS: i32 = 60;

/// A container with a server, on a port of this machine that it keeps.
pub(super) struct ContainerServer {
    name: String,
    host: String,
    port: u16,
    password: Password,
    container: Option<ContainerAsync<GenericImage>>,
}

impl ContainerServer {
    /// Creates and starts the container; the server is not ready yet.
    pub(super) async fn start(
        release: Release,
        image: &str,
        side: Side,
        option_lines: String,
        networks: &Networks,
        remains: &Remains,
    ) -> Result<Self, ContainerError> {
        let password = Password::random().map_err(|error| ContainerError::Preparation(error.to_string()))?;
        let request = |name: &str, port: u16| {
            let request = request(image, release, &password)
                .with_container_name(name)
                .with_network(networks.published())
                .with_labels(remains.labels().clone());
            // Some images read no file that others may write.
            let file = testcontainers::CopyTargetOptions::new(OPTION_FILE).with_mode(0o644);
            let request = request.with_copy_to(file, option_lines.clone().into_bytes());
            request.with_host_config_modifier(move |config| publish(config, port))
        };
        let mut tries = 0;
        let (name, port, container) = loop {
            tries += 1;
            let port = free_port().map_err(|error| ContainerError::Preparation(error.to_string()))?;
            // One that could not have its port is still there under its name.
            let name = match tries {
                1 => format!("{}-{side}", remains.pair()),
                _ => format!("{}-{side}-{tries}", remains.pair()),
            };
            match request(&name, port).start().await {
                Ok(container) => break (name, port, container),
                Err(error) if tries < TRIES && says(&error, &PORT_TAKEN) => {}
                Err(error) => return Err(ContainerError::refused(format!("start {name}"))(error)),
            }
        };
        let host = host_of(&container).await?;
        Ok(Self {
            name,
            host,
            port,
            password,
            container: Some(container),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn password(&self) -> &str {
        self.password.expose()
    }

    pub(super) fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    pub(super) fn url(&self) -> String {
        format!("mysql://root:{}@{}/", self.password.expose(), self.address())
    }

    /// Waits until the server answers a query.
    pub(super) async fn ready(&self) -> Result<(), ContainerError> {
        wait_for_query(self.running()?, &self.name, &self.url()).await
    }

    pub(super) async fn kill(&self, docker: &Docker) -> Result<(), ContainerError> {
        docker
            .kill_container(&self.name, None)
            .await
            .map_err(ContainerError::refused(format!("kill {}", self.name)))
    }

    pub(super) async fn start_again(&self) -> Result<(), ContainerError> {
        self.ask("start", self.running()?.start().await)?;
        self.ready().await
    }

    pub(super) async fn restart(&self) -> Result<(), ContainerError> {
        let stopped = self.running()?.stop_with_timeout(Some(STOP_SECONDS)).await;
        self.ask("stop", stopped)?;
        self.start_again().await
    }

    pub(super) async fn freeze(&self) -> Result<(), ContainerError> {
        self.ask("pause", self.running()?.pause().await)
    }

    pub(super) async fn thaw(&self) -> Result<(), ContainerError> {
        self.ask("unpause", self.running()?.unpause().await)
    }

    fn ask(&self, doing: &str, answer: Result<(), TestcontainersError>) -> Result<(), ContainerError> {
        answer.map_err(ContainerError::refused(format!("{doing} {}", self.name)))
    }

    /// It is taken away by the drop alone.
    fn running(&self) -> Result<&ContainerAsync<GenericImage>, ContainerError> {
        let gone = || ContainerError::Preparation(format!("{} is gone", self.name));
        self.container.as_ref().ok_or_else(gone)
    }
}

impl Drop for ContainerServer {
    /// Forgets the container: its own drop wants a runtime around it, which a drop cannot be sure of. What is left
    /// on the daemon is removed by its label.
    fn drop(&mut self) {
        std::mem::forget(self.container.take());
    }
}

fn request(image: &str, release: Release, password: &Password) -> ContainerRequest<GenericImage> {
    // A tag is what follows the last colon behind the last slash; a registry may have a port.
    let (name, tag) = match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (image, "latest"),
    };
    let variable = if release.is_mysql() {
        "MYSQL_ROOT_PASSWORD"
    } else {
        "MARIADB_ROOT_PASSWORD"
    };
    GenericImage::new(name, tag)
        .with_exposed_port(SERVER_PORT.tcp())
        .with_env_var(variable, password.expose())
        .with_env_var("TZ", "UTC")
        // What `tc` needs to delay a network.
        .with_cap_add("NET_ADMIN")
}

/// Returns the machine on which ports are published, as it is reached from here.
async fn host_of(container: &ContainerAsync<GenericImage>) -> Result<String, ContainerError> {
    let host = container
        .get_host()
        .await
        .map_err(ContainerError::refused("say where it publishes ports"))?
        .to_string();
    Ok(if host == "localhost" {
        "127.0.0.1".to_owned()
    } else {
        host
    })
}
