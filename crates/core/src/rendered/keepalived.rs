//! A configuration of Keepalived whose virtual address goes where the writes are, and decides nothing.

use super::{NotRenderable, VirtualAddress, plain};
use crate::{Both, Side};
use std::{net::IpAddr, num::NonZeroU8};

const FILE: &str = "a configuration of Keepalived";

/// One server of the pair, as Keepalived has to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepalivedServer {
    /// Its name in the config file.
    pub name: String,
    /// Address of its machine, from which and to which Keepalived speaks.
    pub address: IpAddr,
}

/// What the configuration of one machine is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepalivedWanted {
    /// Both servers.
    pub servers: Both<KeepalivedServer>,
    /// Which of them runs on the machine that gets this configuration.
    pub own: Side,
    /// The address for clients.
    pub vip: VirtualAddress,
    /// Interface of that machine that gets it.
    pub interface: String,
    /// Number of the virtual router; the last number of the virtual address where none is given.
    pub vrid: Option<NonZeroU8>,
    /// Path of dbha on that machine.
    pub program: String,
    /// Path of dbha's config file on that machine, which names both servers.
    pub config: String,
}

/// Writes the whole configuration of one machine.
///
/// # Errors
/// [`NotRenderable`] for what Keepalived could read as something else (scenario 84), and for addresses that cannot
/// work together.
pub fn keepalived(wanted: &KeepalivedWanted) -> Result<String, NotRenderable> {
    let (own, peer) = (
        wanted.servers.of(wanted.own),
        wanted.servers.of(wanted.own.peer()),
    );
    for server in [own, peer] {
        name(&server.name)?;
        fits(server.address, &wanted.vip)?;
    }
    if own.address == peer.address {
        return Err(wrong("the address", own.address.to_string(), SAME_MACHINE));
    }
    let vrid = vrid(wanted)?;
    let mut text = about(wanted, &own.name);
    text.push_str(&global(&own.name));
    text.push_str(&check(wanted)?);
    text.push_str(&instance(wanted, interface(&wanted.interface)?, vrid));
    Ok(text)
}

const SAME_MACHINE: &str =
    "an address that moves needs two machines: give the servers addresses of their own";

fn about(wanted: &KeepalivedWanted, own: &str) -> String {
    format!(
        "# /etc/keepalived/keepalived.conf of the machine of {own}; made by dbha render keepalived, for Keepalived 2.0 or later.\n\
         # {vip} goes to the machine whose server dbha calls the one that takes writes. Keepalived never decides who that\n\
         # is: without a yes of the check below this machine cannot have the address at all.\n\
         #   keepalived -t -f THIS && systemctl restart keepalived\n\
         # The check logs in as {config} says. That file and its password files are for root alone.\n\
         \n",
        vip = wanted.vip,
        config = wanted.config,
    )
}

fn global(own: &str) -> String {
    format!(
        "global_defs {{\n\
         \x20   router_id dbha_{own}\n\
         \x20   enable_script_security\n\
         \x20   script_user root\n\
         \x20   # Version 3 counts in hundredths of a second, and knows no password: nobody else's words are heard, see\n\
         \x20   # unicast_peer below.\n\
         \x20   vrrp_version 3\n\
         \x20   # A switch or router that missed the move hears of it within seconds.\n\
         \x20   vrrp_garp_master_refresh 10\n\
         }}\n\
         \n"
    )
}

/// Keepalived leaves a check out whose program it cannot run, and would then give the address to anybody; `env` is
/// always there, and says no where dbha is not.
fn check(wanted: &KeepalivedWanted) -> Result<String, NotRenderable> {
    let (program, config) = (path(&wanted.program)?, path(&wanted.config)?);
    let name = |side: Side| wanted.servers.of(side).name.as_str();
    Ok(format!(
        "vrrp_script dbha_takes_writes {{\n\
         \x20   # By way of env: Keepalived leaves out a check whose program is missing, and would give the address to anybody.\n\
         \x20   script \"/usr/bin/env {program} check --config {config} --primary {primary} --secondary {secondary} \
         --require primary --server {own} --timeout 900ms\"\n\
         \x20   interval 1\n\
         \x20   timeout 2\n\
         \x20   fall 2\n\
         \x20   rise 1\n\
         \x20   init_fail\n\
         }}\n\
         \n",
        primary = name(Side::Primary),
        secondary = name(Side::Secondary),
        own = name(wanted.own),
    ))
}

fn instance(wanted: &KeepalivedWanted, interface: &str, vrid: NonZeroU8) -> String {
    let address = |side: Side| wanted.servers.of(side).address;
    // It matters only where both machines may have the address at once, which dbha never allows with one writer.
    let priority = match wanted.own {
        Side::Primary => 100,
        Side::Secondary => 90,
    };
    format!(
        "vrrp_instance dbha_{vrid} {{\n\
         \x20   # Both begin as BACKUP, and whoever has the address keeps it while its server takes the writes.\n\
         \x20   state BACKUP\n\
         \x20   nopreempt\n\
         \x20   interface {interface}\n\
         \x20   virtual_router_id {vrid}\n\
         \x20   priority {priority}\n\
         \x20   # Short, because the other machine cannot take the address by mistake: its own check says no.\n\
         \x20   advert_int 0.1\n\
         \x20   unicast_src_ip {own}\n\
         \x20   unicast_peer {{\n\
         \x20       {peer}\n\
         \x20   }}\n\
         \x20   check_unicast_src\n\
         \x20   virtual_ipaddress {{\n\
         \x20       {vip}\n\
         \x20   }}\n\
         \x20   # Without a weight: a no takes the address away, whatever the priorities.\n\
         \x20   track_script {{\n\
         \x20       dbha_takes_writes\n\
         \x20   }}\n\
         }}\n",
        own = address(wanted.own),
        peer = address(wanted.own.peer()),
        vip = wanted.vip,
    )
}

/// Two pairs in one network have two virtual addresses, and so two numbers; both machines of a pair come to the same.
fn vrid(wanted: &KeepalivedWanted) -> Result<NonZeroU8, NotRenderable> {
    let last = match wanted.vip.address() {
        IpAddr::V4(address) => address.octets()[3],
        IpAddr::V6(address) => address.octets()[15],
    };
    wanted.vrid.or(NonZeroU8::new(last)).ok_or_else(|| {
        wrong(
            "the number of the virtual router",
            last.to_string(),
            "give --vrid a number from 1 to 255 that no other VRRP router of this network has",
        )
    })
}

/// A virtual address is of the family in which the machines speak, and belongs to neither of them.
fn fits(server: IpAddr, vip: &VirtualAddress) -> Result<(), NotRenderable> {
    let refused = |fix| Err(wrong("the address", server.to_string(), fix));
    match () {
        () if server.is_loopback() || server.is_unspecified() || server.is_multicast() => {
            refused("give the address by which the other machine reaches this one")
        }
        () if server == vip.address() => refused("take a virtual address that no machine has yet"),
        () if server.is_ipv4() != vip.address().is_ipv4() => {
            refused("take the virtual address and both servers' addresses from one family, IPv4 or IPv6")
        }
        () => Ok(()),
    }
}

fn wrong(what: &'static str, value: String, fix: &'static str) -> NotRenderable {
    NotRenderable {
        what,
        value,
        file: FILE,
        fix,
    }
}

/// The name becomes an argument of the check.
fn name(name: &str) -> Result<&str, NotRenderable> {
    let refused = |value| {
        let fix =
            "give the server a name of letters, digits, '-', '_' and '.' in the config file: [server.NAME]";
        wrong("the name", value, fix)
    };
    match name.starts_with('-') {
        true => Err(refused(name.to_owned())),
        false => plain(name, "-_.:", refused),
    }
}

fn interface(name: &str) -> Result<&str, NotRenderable> {
    plain(name, "-_.", |value| {
        wrong("the interface", value, "give --interface as ip link shows it")
    })
}

fn path(path: &str) -> Result<&str, NotRenderable> {
    let refused = |value| {
        let fix = "give an absolute path of letters, digits, '/', '-', '_' and '.'";
        wrong("the path", value, fix)
    };
    match path.starts_with('/') {
        true => plain(path, "/-_.", refused),
        false => Err(refused(path.to_owned())),
    }
}

#[cfg(test)]
mod tests;
