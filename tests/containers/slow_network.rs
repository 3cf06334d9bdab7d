//! A network that takes its time, where the kernel can do that.

use std::time::Duration;

use dbha_testkit::{Release, ServerOptions, Side, TestkitError};

use crate::docker::{docker, servers};

/// Returns what the kernel does with what a server sends.
fn disciplines(container: &str) -> String {
    docker(&["exec", container, "tc", "qdisc", "show"]).join("\n")
}

#[tokio::test]
async fn slow_a_delay_is_on_both_links_until_healed_or_is_said_to_be_impossible() {
    let Some(servers) = servers(Release::MariaDb10_11, &ServerOptions::new()).await else {
        return;
    };
    match servers.delay(Duration::from_millis(40)).await {
        Ok(()) => {
            for side in Side::BOTH {
                let shown = disciplines(servers.container(side));
                assert_eq!(shown.matches("delay 40").count(), 2, "{shown}");
            }
            servers.heal().await.unwrap();
        }
        Err(TestkitError::NotPossible { reason, .. }) => {
            eprintln!("SKIPPED: no delay on this kernel: {reason}");
            assert!(!reason.is_empty());
        }
        Err(error) => panic!("{error}"),
    }
    for side in Side::BOTH {
        let shown = disciplines(servers.container(side));
        assert!(!shown.contains("netem"), "{shown}");
    }
}
