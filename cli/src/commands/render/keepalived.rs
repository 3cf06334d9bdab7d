//! `dbha render keepalived`

use crate::{
    args::{KeepalivedArgs, OutputArgs},
    config::Config,
    exit::Failure,
    servers,
};
use dbha_core::{Both, Endpoint, KeepalivedServer, KeepalivedWanted, NotRenderable, VirtualAddress};
use nix::ifaddrs::getifaddrs;
use std::{net::IpAddr, path::Path, time::Duration};

/// How long a name may take to be looked up.
const LOOKUP: Duration = Duration::from_secs(5);

/// Takes both servers out of the config file, and the interface off this machine, unless it is given.
pub async fn keepalived(
    args: &KeepalivedArgs,
    output: &OutputArgs,
) -> Result<Result<String, NotRenderable>, Failure> {
    let vip = match args.vip.parse::<VirtualAddress>() {
        Ok(vip) => vip,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let config = config_file(output)?;
    let [primary, secondary] = [("--primary", &args.primary), ("--secondary", &args.secondary)]
        .map(|(flag, name)| named(flag, name, output));
    let (primary, secondary) = (primary?, secondary?);
    let own = servers::side_named("--server", &args.server, &primary, &secondary)?;
    let servers = Both {
        primary: placed(&primary, &vip).await?,
        secondary: placed(&secondary, &vip).await?,
    };
    let interface = match &args.interface {
        Some(given) => given.clone(),
        None => interface_of(servers.of(own))?,
    };
    Ok(dbha_core::keepalived(&KeepalivedWanted {
        servers,
        own,
        vip,
        interface,
        vrid: args.vrid,
        program: match &args.program {
            Some(given) => given.clone(),
            None => own_path()?,
        },
        config,
    }))
}

/// The check runs without a home, a directory of its own or a terminal: all that it needs stands in a file.
fn config_file(output: &OutputArgs) -> Result<String, Failure> {
    let fix = "name both servers in /etc/dbha/dbha.toml and give --config /etc/dbha/dbha.toml";
    let Some(path) = Config::place(output.config.as_deref()) else {
        return Err(Failure::usage(
            "the check of Keepalived needs a config file, and there is none",
            fix,
        ));
    };
    let path = std::path::absolute(&path)
        .map_err(|error| Failure::usage(format!("cannot find {}: {error}", path.display()), fix))?;
    Ok(text_of(&path))
}

fn named(flag: &str, name: &str, output: &OutputArgs) -> Result<Endpoint, Failure> {
    let config = Config::read(output.config.as_deref())?;
    let Some(server) = config.server.get(name) else {
        return Err(Failure::usage(
            format!("{flag}: {name} does not stand in the config file"),
            format!(
                "write [server.{name}] with address, user and password-file into it; give {flag} that name"
            ),
        ));
    };
    match &server.password_file {
        Some(file) if file.is_relative() => Err(Failure::usage(
            format!("the password file of {name} is given as {}", file.display()),
            "give its full path in the config file: Keepalived starts the check elsewhere",
        )),
        _ => servers::located(flag, name, output),
    }
}

/// Finds the one address of the virtual address's family by which a server's machine is known.
async fn placed(server: &Endpoint, vip: &VirtualAddress) -> Result<KeepalivedServer, Failure> {
    let fix = format!("give {} an IP address in the config file", server.name);
    let Some((host, port)) = server.address.tcp() else {
        let what = format!(
            "{} is given by its socket, and the other machine needs an address",
            server.name
        );
        return Err(Failure::usage(what, fix));
    };
    let address = match host.parse::<IpAddr>() {
        Ok(address) => address,
        Err(_) => {
            let found = tokio::time::timeout(LOOKUP, tokio::net::lookup_host((host, port))).await;
            let mut found: Vec<IpAddr> = match found {
                Ok(Ok(found)) => found.map(|address| address.ip()).collect(),
                _ => return Err(Failure::usage(format!("{host} cannot be looked up"), fix)),
            };
            found.retain(|address| address.is_ipv4() == vip.address().is_ipv4());
            found.dedup();
            match found[..] {
                [address] => address,
                _ => {
                    let what = format!(
                        "{host} leads to {} addresses that would fit, and one is needed",
                        found.len()
                    );
                    return Err(Failure::usage(what, fix));
                }
            }
        }
    };
    Ok(KeepalivedServer {
        name: server.name.clone(),
        address,
    })
}

/// Finds the interface of this machine that has the server's address.
fn interface_of(server: &KeepalivedServer) -> Result<String, Failure> {
    let fix = format!(
        "run this on the machine of {}, or give --interface as ip link shows it there",
        server.name
    );
    let all = getifaddrs().map_err(|error| {
        Failure::usage(
            format!("cannot list this machine's addresses: {error}"),
            fix.clone(),
        )
    })?;
    for one in all {
        let address = one.address.and_then(|address| {
            let v4 = address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
            v4.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip())))
        });
        if address == Some(server.address) {
            return Ok(one.interface_name);
        }
    }
    let what = format!(
        "{}, the address of {}, is on no interface of this machine",
        server.address, server.name
    );
    Err(Failure::usage(what, fix))
}

fn own_path() -> Result<String, Failure> {
    let path = std::env::current_exe()
        .map_err(|error| Failure::usage(format!("cannot tell where dbha is: {error}"), "give --program"))?;
    Ok(text_of(&path))
}

/// A path with other letters than of Unicode is refused later, by what is left of it.
fn text_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
