//! The image of a release.

use std::time::Duration;

use futures_util::TryStreamExt;
use testcontainers::bollard::Docker;
use testcontainers::bollard::query_parameters::CreateImageOptionsBuilder;
use tokio::time::timeout;

use super::ContainerError;
use super::error::is_missing;
use crate::Release;

/// Official images have some hundred megabytes.
const PULL_LIMIT: Duration = Duration::from_secs(600);

/// Which images are used: those of the registry, those that `tests/images/build` makes, or what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Official,
    Local,
    Auto,
}

impl Choice {
    fn of(variable: Option<&str>) -> Result<Self, ContainerError> {
        match variable.unwrap_or_default() {
            "official" => Ok(Self::Official),
            "local" => Ok(Self::Local),
            "" | "auto" => Ok(Self::Auto),
            other => Err(ContainerError::ImageChoice(other.to_owned())),
        }
    }

    /// Lists the images that serve, the best first.
    fn candidates(self, release: Release) -> Vec<String> {
        let (official, local) = (official(release), local(release));
        match self {
            Self::Official => vec![official],
            Self::Local => vec![local],
            Self::Auto => vec![official, local],
        }
    }
}

/// Returns `mariadb:10.11` of `mariadb-10.11`, which is also the name in the registry.
fn official(release: Release) -> String {
    release.name().replacen('-', ":", 1)
}

fn local(release: Release) -> String {
    format!("dbha-test/{}", official(release))
}

/// Finds the image of a release on the daemon, else pulls the first that would serve.
pub(super) async fn choose(
    docker: &Docker,
    release: Release,
    own: Option<&str>,
) -> Result<String, ContainerError> {
    let candidates = match own {
        Some(image) => vec![image.to_owned()],
        None => Choice::of(std::env::var("DBHA_TEST_IMAGES").ok().as_deref())?.candidates(release),
    };
    for image in &candidates {
        if is_there(docker, image).await? {
            return Ok(image.clone());
        }
    }
    let image = candidates.into_iter().next().unwrap_or_default();
    pull(docker, &image)
        .await
        .map(|()| image.clone())
        .map_err(|source| ContainerError::NoImage {
            image,
            release,
            source,
        })
}

async fn is_there(docker: &Docker, image: &str) -> Result<bool, ContainerError> {
    match docker.inspect_image(image).await {
        Ok(_) => Ok(true),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => Err(ContainerError::refused(format!("look for the image {image}"))(
            error,
        )),
    }
}

async fn pull(docker: &Docker, image: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let options = CreateImageOptionsBuilder::new().from_image(image).build();
    let pulled = docker
        .create_image(Some(options), None, None)
        .try_for_each(|_| async { Ok(()) });
    Ok(timeout(PULL_LIMIT, pulled).await??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_named_after_their_release() {
        let release = Release::MariaDb10_11;
        let of = |variable: Option<&str>| Choice::of(variable).unwrap().candidates(release);
        assert_eq!(of(Some("official")), ["mariadb:10.11"]);
        assert_eq!(of(Some("local")), ["dbha-test/mariadb:10.11"]);
        assert_eq!(of(None), ["mariadb:10.11", "dbha-test/mariadb:10.11"]);
        assert_eq!(of(Some("")), of(Some("auto")));
        assert_eq!(official(Release::MySql9_7), "mysql:9.7");
        assert!(
            Choice::of(Some("remote"))
                .unwrap_err()
                .to_string()
                .contains("remote")
        );
    }
}
