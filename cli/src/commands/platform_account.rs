//! The account that a set-up makes for a platform, from the command line.

use crate::{args::SetupArgs, exit::Failure, servers};
use dbha_core::{Dialect, Flavor, Platform, PlatformAccountWanted, PlatformSqlWanted, Version, platform_sql};
use std::path::Path;

/// Everybody's host, which Cloudpods' installer asks for.
const ANYWHERE: &str = "%";

/// Reads what is wanted, and refuses here what a platform cannot use.
pub fn wanted(args: &SetupArgs) -> Result<Option<PlatformAccountWanted>, Failure> {
    let (Some(file), Some(platform)) = (&args.platform_password_file, args.platform.platform) else {
        return Ok(None);
    };
    let platform = Platform::from(platform);
    if platform.user().is_none() {
        return Err(Failure::usage(
            format!("{} itself keeps nothing in a database", platform.title()),
            "leave --platform-password-file away",
        ));
    }
    servers::refuse_if_open(file)?;
    // Kept in a saved plan, which may be run from elsewhere.
    let password_file = std::path::absolute(file).map_err(|error| {
        Failure::usage(
            format!("--platform-password-file: {error}"),
            "check --platform-password-file",
        )
    })?;
    if !password_file.parent().is_some_and(Path::is_dir) {
        return Err(Failure::usage(
            format!("there is no directory for {}", password_file.display()),
            "check --platform-password-file",
        ));
    }
    let account = PlatformAccountWanted {
        hosts: hosts(args, platform)?,
        password_file,
    };
    check(platform, &account)?;
    Ok(Some(account))
}

fn hosts(args: &SetupArgs, platform: Platform) -> Result<Vec<String>, Failure> {
    match (args.client_host.is_empty(), platform.makes_its_own()) {
        (false, _) => Ok(args.client_host.clone()),
        (true, true) => Ok(vec![ANYWHERE.to_owned()]),
        (true, false) => Err(Failure::usage(
            format!("nothing says where {} comes from", platform.title()),
            "give --client-host, an address or a pattern such as 10.0.0.%",
        )),
    }
}

/// A host or a password that cannot be used is found by writing the statements, whatever the server.
fn check(platform: Platform, account: &PlatformAccountWanted) -> Result<(), Failure> {
    let password = match account.password_file.exists() {
        true => Some(servers::secret_of_file(&account.password_file)?),
        false => None,
    };
    let sql = platform_sql(
        Dialect::new(Flavor::MySql, Version::new(8, 0, 36)),
        &PlatformSqlWanted {
            platform,
            hosts: account.hosts.clone(),
            password,
        },
    );
    sql.map(drop)
        .map_err(|wrong| Failure::usage(wrong.to_string(), wrong.fix))
}
