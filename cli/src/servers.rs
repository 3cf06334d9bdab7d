//! From the command line, the environment and files to two endpoints.

mod my_cnf;
mod password;

use crate::{
    args::{HostArgs, LoginArgs, LoneLoginArgs, OutputArgs, PairArgs},
    config::{Config, ServerConfig},
    exit::Failure,
    render::style,
};
use dbha_core::{Both, ClientOptions, Endpoint, HostAccess, Secret, Side};
use password::PasswordFiles;
use std::path::Path;

pub use password::refuse_if_open;

/// Resolves both servers of a pair.
pub fn resolve(pair: &PairArgs, output: &OutputArgs) -> Result<(Endpoint, Endpoint), Failure> {
    let missing = || {
        Failure::usage(
            "two servers are needed",
            "give --primary SERVER and --secondary SERVER",
        )
    };
    let primary = pair.primary.as_deref().ok_or_else(missing)?;
    let secondary = pair.secondary.as_deref().ok_or_else(missing)?;
    resolve_two(primary, secondary, &pair.login, output)
}

/// Resolves both servers of a pair that is only looked at: two names of one address are a mistake of the caller.
pub fn resolve_distinct(pair: &PairArgs, output: &OutputArgs) -> Result<(Endpoint, Endpoint), Failure> {
    let (primary, secondary) = resolve(pair, output)?;
    match primary.address == secondary.address {
        true => Err(Failure::usage(
            "both names lead to one address",
            "give the two servers of the pair",
        )),
        false => Ok((primary, secondary)),
    }
}

/// Finds which of the two servers a name means.
pub fn side_named(flag: &str, name: &str, primary: &Endpoint, secondary: &Endpoint) -> Result<Side, Failure> {
    match name {
        "primary" => Ok(Side::Primary),
        "secondary" => Ok(Side::Secondary),
        name if name == primary.name => Ok(Side::Primary),
        name if name == secondary.name => Ok(Side::Secondary),
        name => Err(Failure::usage(
            format!("{name} is neither server of this pair"),
            format!(
                "{flag} takes primary, secondary, {} or {}",
                primary.name, secondary.name
            ),
        )),
    }
}

/// Finds the way to each server's machine: flag of the side, flag for both, config file.
pub fn host_access(
    pair: &PairArgs,
    hosts: &HostArgs,
    output: &OutputArgs,
) -> Result<Both<Option<HostAccess>>, Failure> {
    let config = Config::read(output.config.as_deref())?;
    let of_config = |name: &str| {
        config
            .server
            .get(name)
            .and_then(|server| server.host_access.clone())
    };
    let way = |own: &Option<HostAccess>, name: &Option<String>| {
        own.clone()
            .or_else(|| hosts.host_access.clone())
            .or_else(|| of_config(name.as_deref()?))
    };
    Ok(Both {
        primary: way(&hosts.primary_host_access, &pair.primary),
        secondary: way(&hosts.secondary_host_access, &pair.secondary),
    })
}

/// Resolves two servers that were given by text.
pub fn resolve_two(
    primary: &str,
    secondary: &str,
    login: &LoginArgs,
    output: &OutputArgs,
) -> Result<(Endpoint, Endpoint), Failure> {
    Resolver::new(login, output)?.pair(primary, secondary)
}

/// Resolves any number of pairs; every file is read once.
pub struct Resolver<'a> {
    login: &'a LoginArgs,
    config: Config,
    files: ClientOptions,
    passwords: PasswordFiles,
}

impl<'a> Resolver<'a> {
    /// Reads the config file and the option file.
    pub fn new(login: &'a LoginArgs, output: &OutputArgs) -> Result<Self, Failure> {
        Ok(Self {
            login,
            config: Config::read(output.config.as_deref())?,
            files: my_cnf::read(login.defaults_file.as_deref())?,
            passwords: PasswordFiles::default(),
        })
    }

    /// Lets nobody be asked for a password.
    pub fn without_questions(mut self) -> Self {
        self.passwords = self.passwords.without_questions();
        self
    }

    /// Resolves both servers of a pair.
    pub fn pair(&mut self, primary: &str, secondary: &str) -> Result<(Endpoint, Endpoint), Failure> {
        let Self {
            login,
            config,
            files,
            passwords,
        } = self;
        let mut resolve = |side, text| endpoint(side, text, login, config, files, passwords);
        Ok((
            resolve((Side::Primary, "--primary"), primary)?,
            resolve((Side::Secondary, "--secondary"), secondary)?,
        ))
    }
}

/// Reads a secret that stands in the first line of a file of its own.
pub fn secret_of_file(path: &Path) -> Result<Secret, Failure> {
    password::of_file(path)
}

/// Reads a file that is a secret as a whole.
pub fn text_of_secret_file(path: &Path) -> Result<Secret, Failure> {
    password::refuse_if_open(path)?;
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(
            format!("cannot read {}: {error}", path.display()),
            "check its path and who may read it",
        )
    })?;
    Ok(Secret::new(text))
}

/// Finds a server's name and address, and nothing by which one could log in.
pub fn located(flag: &str, text: &str, output: &OutputArgs) -> Result<Endpoint, Failure> {
    let config = Config::read(output.config.as_deref())?;
    let parse = |address: &str| {
        let endpoint = address.parse::<Endpoint>();
        endpoint.map_err(|error| Failure::usage(format!("{flag}: {error}"), format!("check {flag}")))
    };
    match config.server.get(text) {
        Some(server) => Ok(parse(&server.address)?.with_name(text)),
        None => parse(text),
    }
}

/// Resolves the one server of a dump or a load, which `flag` names.
pub fn resolve_one(
    flag: &str,
    server: &str,
    login: &LoneLoginArgs,
    output: &OutputArgs,
) -> Result<Endpoint, Failure> {
    resolve_lone((flag, server), login, output, PasswordFiles::default())
}

/// Resolves a server where nobody is there to be asked: a password that is missing is a mistake of the configuration.
pub fn resolve_unattended(
    flag: &str,
    server: &str,
    login: &LoneLoginArgs,
    output: &OutputArgs,
) -> Result<Endpoint, Failure> {
    let passwords = PasswordFiles::default().without_questions();
    let endpoint = resolve_lone((flag, server), login, output, passwords)?;
    match endpoint.password.is_none() && endpoint.address.tcp().is_some() {
        true => Err(Failure::usage(
            format!("no password for {} is given, and nobody is asked", endpoint.name),
            "give --password-file, or password_file in the config file",
        )),
        false => Ok(endpoint),
    }
}

fn resolve_lone(
    (flag, server): (&str, &str),
    login: &LoneLoginArgs,
    output: &OutputArgs,
    mut passwords: PasswordFiles,
) -> Result<Endpoint, Failure> {
    let config = Config::read(output.config.as_deref())?;
    let files = my_cnf::read(login.defaults_file.as_deref())?;
    let login = LoginArgs {
        user: login.user.clone(),
        primary_user: None,
        secondary_user: None,
        password_file: login.password_file.clone(),
        primary_password_file: None,
        secondary_password_file: None,
        defaults_file: login.defaults_file.clone(),
        ssl_mode: login.ssl_mode,
        ssl_ca: login.ssl_ca.clone(),
    };
    endpoint(
        (Side::Primary, flag),
        server,
        &login,
        &config,
        &files,
        &mut passwords,
    )
}

/// Precedence: the SERVER argument itself, flags and environment, config file, option file.
fn endpoint(
    (side, flag): (Side, &str),
    text: &str,
    login: &LoginArgs,
    config: &Config,
    files: &ClientOptions,
    passwords: &mut PasswordFiles,
) -> Result<Endpoint, Failure> {
    let named = config.server.get(text);
    let parse = |address: &str| {
        address
            .parse::<Endpoint>()
            .map_err(|error| Failure::usage(format!("{flag}: {error}"), format!("check {flag}")))
    };
    let mut endpoint = match named {
        Some(server) => parse(&server.address)?.with_name(text),
        None => parse(text)?,
    };
    if named.is_none() && endpoint.password.is_some() {
        let warning =
            "a password on the command line can be read by every user of this machine; use --password-file";
        talk!("{} {warning}", style::of_stderr().yellow("warning:"));
    }
    tls(&mut endpoint, login, named)?;
    let of_side = |primary: &Option<_>, secondary: &Option<_>| match side {
        Side::Primary => primary.clone(),
        Side::Secondary => secondary.clone(),
    };
    let user = endpoint
        .user
        .take()
        .or_else(|| of_side(&login.primary_user, &login.secondary_user))
        .or_else(|| login.user.clone())
        .or_else(|| named.and_then(|server| server.user.clone()))
        .or_else(|| files.user.clone())
        .unwrap_or_else(|| "root".to_owned());
    let own_file = match side {
        Side::Primary => &login.primary_password_file,
        Side::Secondary => &login.secondary_password_file,
    };
    let file = own_file
        .as_ref()
        .or(login.password_file.as_ref())
        .or_else(|| named.and_then(|server| server.password_file.as_ref()));
    if endpoint.password.is_none() {
        endpoint.password = match file {
            Some(file) => Some(passwords.read(file)?),
            None => files.password.clone(),
        };
    }
    if endpoint.password.is_none() && endpoint.address.tcp().is_some() {
        endpoint.password = passwords.ask(&user, &endpoint.name)?;
    }
    endpoint.user = Some(user);
    Ok(endpoint)
}

fn tls(endpoint: &mut Endpoint, login: &LoginArgs, named: Option<&ServerConfig>) -> Result<(), Failure> {
    let of_config = match named.and_then(|server| server.ssl_mode.as_deref()) {
        Some(mode) => Some(
            mode.parse()
                .map_err(|error: String| Failure::usage(error, "check ssl-mode in the config file"))?,
        ),
        None => None,
    };
    endpoint.tls.mode = endpoint.tls.mode.or(login.ssl_mode).or(of_config);
    let ca = endpoint.tls.ca.take().or_else(|| login.ssl_ca.clone());
    endpoint.tls.ca = ca.or_else(|| named.and_then(|server| server.ssl_ca.clone()));
    endpoint.tls.ca.as_deref().map_or(Ok(()), check_ca)
}

/// A CA file that cannot be used is a mistake of the caller, not a fault of the server.
fn check_ca(path: &std::path::Path) -> Result<(), Failure> {
    let wrong =
        |what: String| Failure::usage(what, "check --ssl-ca: it takes a file with certificates in PEM");
    let text = std::fs::read_to_string(path)
        .map_err(|error| wrong(format!("cannot read the CA file {}: {error}", path.display())))?;
    match text.contains("-----BEGIN CERTIFICATE-----") {
        true => Ok(()),
        false => Err(wrong(format!(
            "the CA file {} holds no certificate",
            path.display()
        ))),
    }
}
