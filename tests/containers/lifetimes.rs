//! Containers, networks and volumes go away: at the end, after a panic, and after a kill.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use dbha_testkit::{Containers, Release, ServerOptions, Side};

use crate::docker::{docker, servers};

const RELEASE: Release = Release::MariaDb10_11;
const HOLDER: &str = "DBHA_TEST_HOLDER_OF_CONTAINERS";

/// What a pair has on the daemon, by name.
#[derive(Debug, PartialEq, Eq)]
struct Things {
    containers: Vec<String>,
    networks: Vec<String>,
    volumes: Vec<String>,
}

impl Things {
    fn of(servers: &Containers) -> Self {
        Self::named(servers.container(Side::Primary))
    }

    /// Looks for all that begins with the name of the pair that a container is of.
    fn named(container: &str) -> Self {
        let pair = container.trim_end_matches("-primary");
        let with_name = |all: Vec<String>| all.into_iter().filter(|name| name.starts_with(pair)).collect();
        let containers: Vec<String> = with_name(docker(&["ps", "-a", "--format", "{{.Names}}"]));
        let mounted =
            |container: &String| docker(&["inspect", "-f", "{{range .Mounts}}{{.Name}}{{end}}", container]);
        Self {
            volumes: containers.iter().flat_map(mounted).collect(),
            networks: with_name(docker(&["network", "ls", "--format", "{{.Name}}"])),
            containers,
        }
    }

    fn assert_there(&self) {
        let count = (self.containers.len(), self.networks.len(), self.volumes.len());
        assert_eq!(count, (2, 3, 2), "{self:?}");
    }

    fn assert_gone(&self) {
        let now = Self::named(&self.containers[0]);
        assert!(now.containers.is_empty() && now.networks.is_empty(), "{now:?}");
        let volumes = docker(&["volume", "ls", "-q"]);
        assert!(!self.volumes.iter().any(|volume| volumes.contains(volume)));
    }
}

#[tokio::test]
async fn slow_nothing_is_left_after_the_end_or_a_panic_whatever_state_the_servers_are_in() {
    let Some(mut first) = servers(RELEASE, &ServerOptions::new()).await else {
        return;
    };
    let things = Things::of(&first);
    things.assert_there();
    first.freeze(Side::Primary).await.unwrap();
    first.kill(Side::Secondary).await.unwrap();
    drop(first);
    things.assert_gone();

    // In another task, so that its panic does not end this test; the drop has no runtime of its own to wait in.
    let (send, receive) = std::sync::mpsc::channel();
    let panicking = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let servers = runtime.block_on(servers(RELEASE, &ServerOptions::new())).unwrap();
        send.send(Things::of(&servers)).unwrap();
        drop(runtime);
        panic!("as a failing test does");
    });
    let things = receive.recv().unwrap();
    assert!(panicking.join().is_err());
    things.assert_there();
    things.assert_gone();
}

/// Holds two servers until it is killed; does nothing where it runs as a test of its own.
#[tokio::test]
async fn holder_of_containers() {
    if std::env::var_os(HOLDER).is_none() {
        return;
    }
    let servers = servers(RELEASE, &ServerOptions::new()).await.unwrap();
    println!("\ncontainer={}", servers.container(Side::Primary));
    tokio::time::sleep(std::time::Duration::from_secs(120)).await;
}

#[tokio::test]
async fn slow_what_a_killed_process_left_is_removed_and_nothing_else() {
    let Some(mine) = servers(RELEASE, &ServerOptions::new()).await else {
        return;
    };
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lifetimes::holder_of_containers", "--nocapture"])
        .env(HOLDER, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    let container = lines
        .map(Result::unwrap)
        .find_map(|line| line.strip_prefix("container=").map(str::to_owned))
        .expect("the holder says what it holds");
    let left = Things::named(&container);
    left.assert_there();

    Containers::remove_of_the_gone().await.unwrap();
    left.assert_there();
    assert_eq!(Things::named(&container), left, "its owner is alive");

    holder.kill().unwrap();
    holder.wait().unwrap();
    Containers::remove_of_the_gone().await.unwrap();
    left.assert_gone();
    Things::of(&mine).assert_there();
}
