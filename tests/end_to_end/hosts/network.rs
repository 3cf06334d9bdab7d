//! Five hosts on one switch, and cuts between any two of them: what is cut is swallowed, not refused.

use std::net::Ipv4Addr;

use crate::machines::{self, Machine, new_switch, plug};
use crate::tool;

/// The address that clients know.
pub(super) const VIP: Ipv4Addr = Ipv4Addr::new(10, 99, 8, 10);

/// One of the hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A server, its Keepalived, its monitor.
    A,
    /// The other server with the same beside it.
    B,
    /// The third vote, and HAProxy.
    Arbiter,
    /// Applications.
    Client,
    /// The person who runs commands.
    Operator,
}

impl Place {
    /// All of them.
    pub(super) const ALL: [Self; 5] = [Self::A, Self::B, Self::Arbiter, Self::Client, Self::Operator];
    /// Those with a server.
    pub(super) const SERVERS: [Self; 2] = [Self::A, Self::B];

    /// Its name, by which dbha knows the server there.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::Arbiter => "arbiter",
            Self::Client => "client",
            Self::Operator => "operator",
        }
    }

    /// The port of the switch that it hangs on.
    fn port(self) -> String {
        format!("to-{}", self.name())
    }

    /// Its own address.
    pub(super) fn address(self) -> Ipv4Addr {
        Ipv4Addr::new(10, 99, 8, 11 + self as u8)
    }

    /// Of two servers, the other one.
    pub(super) fn peer(self) -> Self {
        match self {
            Self::A => Self::B,
            _ => Self::A,
        }
    }
}

/// The hosts and their switch; gone with the test's processes.
pub(super) struct Network {
    switch: Machine,
    hosts: [Machine; 5],
}

impl Network {
    /// Starts them all, or says why that cannot be done here.
    pub(super) async fn start() -> Option<Self> {
        tool::found("nft", "nftables")?;
        if !machines::possible().await {
            return None;
        }
        let switch = new_switch().await;
        let hosts = [
            Machine::start().await,
            Machine::start().await,
            Machine::start().await,
            Machine::start().await,
            Machine::start().await,
        ];
        for (place, host) in Place::ALL.into_iter().zip(&hosts) {
            plug(&switch, host, &place.port(), place.address()).await;
        }
        let network = Self { switch, hosts };
        network.nft("add table bridge cuts").await;
        network
            .nft("add set bridge cuts pairs { type ifname . ifname; }")
            .await;
        network
            .nft("add chain bridge cuts forward { type filter hook forward priority 0; }")
            .await;
        network
            .nft("add rule bridge cuts forward iifname . oifname @pairs drop")
            .await;
        Some(network)
    }

    /// Returns one of them.
    pub(super) fn host(&self, place: Place) -> &Machine {
        &self.hosts[place as usize]
    }

    /// Cuts two hosts off from each other, in both directions, whichever addresses they have.
    pub(super) async fn cut(&self, one: Place, other: Place) {
        self.nft(&format!(
            "add element bridge cuts pairs {}",
            both_ways(one, other)
        ))
        .await;
    }

    /// Cuts one host off from some others.
    pub(super) async fn cut_from(&self, one: Place, others: &[Place]) {
        for other in others {
            self.cut(one, *other).await;
        }
    }

    /// Cuts one host off from everybody.
    pub(super) async fn isolate(&self, one: Place) {
        for other in Place::ALL.into_iter().filter(|other| *other != one) {
            self.cut(one, other).await;
        }
    }

    /// Takes one cut back.
    pub(super) async fn mend(&self, one: Place, other: Place) {
        let element = both_ways(one, other);
        self.nft(&format!("delete element bridge cuts pairs {element}"))
            .await;
    }

    /// Takes every cut back.
    pub(super) async fn heal(&self) {
        self.nft("flush set bridge cuts pairs").await;
    }

    /// Changes what the switch forwards; nft joins its words again.
    async fn nft(&self, words: &str) {
        self.switch.run("nft", words).await;
    }
}

fn both_ways(one: Place, other: Place) -> String {
    let (one, other) = (one.port(), other.port());
    format!("{{ \"{one}\" . \"{other}\", \"{other}\" . \"{one}\" }}")
}
