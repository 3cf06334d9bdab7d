//! `dbha render platform`, `platform-sql` and `health-check`: what platforms take, and what they find.

use super::{both, newest, place, printed};
use crate::{
    args::{
        HealthCheckArgs, HealthFormArg, OutputArgs, PlatformInstallArgs, PlatformSecretArgs, PlatformSqlArgs,
    },
    commands::setup,
    exit::Failure,
    private_file,
    render::style,
    servers,
};
use dbha_core::{
    HealthCheckForm, HealthCheckWanted, NotRenderable, PlatformInstallWanted, PlatformSqlWanted, Secret,
    generate_password,
};
use std::path::{Path, PathBuf};

/// Prints what an installer takes.
pub fn install(args: &PlatformInstallArgs, output: &OutputArgs) -> Result<u8, Failure> {
    let servers = both(&args.primary, &args.secondary, output)?;
    let monitor = place("--monitor", &args.monitor)?;
    let address = setup::address("--address", args.address.as_deref())?;
    delivered(&args.secret, output, |password| {
        dbha_core::platform_install(&PlatformInstallWanted {
            platform: args.platform.into(),
            servers,
            address,
            monitor,
            password,
        })
    })
}

/// Prints the statements that make a platform's databases and account.
pub fn sql(args: &PlatformSqlArgs, output: &OutputArgs) -> Result<u8, Failure> {
    delivered(&args.secret, output, |password| {
        let wanted = PlatformSqlWanted {
            platform: args.platform.into(),
            hosts: args.client_host.clone(),
            password,
        };
        dbha_core::platform_sql(newest(args.flavor), &wanted)
    })
}

/// Writes the health check of Rainbond's supervisor.
pub fn health_check(
    args: &HealthCheckArgs,
    output: &OutputArgs,
) -> Result<Result<String, NotRenderable>, Failure> {
    Ok(dbha_core::health_check(&HealthCheckWanted {
        form: match args.form {
            HealthFormArg::Cmd => HealthCheckForm::Cmd,
            HealthFormArg::Http => HealthCheckForm::Http,
        },
        servers: both(&args.primary, &args.secondary, output)?,
        program: args.program.clone(),
        config: args.config_there.clone(),
        monitor: place("--monitor", &args.monitor)?,
    }))
}

/// Prints a text, or writes it to a file of its own: one with a password never goes to standard output.
fn delivered(
    secret: &PlatformSecretArgs,
    output: &OutputArgs,
    make: impl FnOnce(Option<Secret>) -> Result<String, NotRenderable>,
) -> Result<u8, Failure> {
    let Some(out) = &secret.out else {
        return printed(make(None));
    };
    let password = secret.password_file.as_deref().map(Password::of).transpose()?;
    let text = make(password.as_ref().map(|password| password.secret.clone()))
        .map_err(|wrong| Failure::usage(wrong.to_string(), wrong.fix))?;
    // Before the text: a run that is cut off between them goes on with the same password.
    if let Some(password) = &password {
        password.keep()?;
    }
    private_file::write(out, text.as_bytes()).map_err(|error| cannot_write(out, &error))?;
    if !output.quiet {
        talk!("{} {} is written", style::of_stderr().green("✔"), out.display());
    }
    Ok(0)
}

/// The password of a file, or a new one for a file that is not there yet.
struct Password {
    secret: Secret,
    new_file: Option<PathBuf>,
}

impl Password {
    fn of(path: &Path) -> Result<Self, Failure> {
        if path.exists() {
            return Ok(Self {
                secret: servers::secret_of_file(path)?,
                new_file: None,
            });
        }
        let secret = generate_password().map_err(|error| {
            Failure::failed(format!("no random bytes for a password: {error}"), "try again")
        })?;
        Ok(Self {
            secret,
            new_file: Some(path.to_owned()),
        })
    }

    fn keep(&self) -> Result<(), Failure> {
        let Some(path) = &self.new_file else {
            return Ok(());
        };
        let line = format!("{}\n", self.secret.expose());
        private_file::write_new(path, line.as_bytes()).map_err(|error| cannot_write(path, &error))
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(
        format!("cannot write {}: {error}", path.display()),
        "name a file in a directory that can be written",
    )
}
