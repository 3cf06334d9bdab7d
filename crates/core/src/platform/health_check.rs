//! Health checks in the form of Rainbond's node supervisor, which lists what is unhealthy in one place.

use crate::rendered::{HaproxyServer, NotRenderable, plain};

const FILE: &str = "a health check of Rainbond";

/// How the check asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthCheckForm {
    /// By a command: the whole pair, with the reason in words.
    Cmd,
    /// By a request to the monitor: each server by itself.
    Http,
}

/// What a health check is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheckWanted {
    /// How it asks.
    pub form: HealthCheckForm,
    /// Both servers, by the names of the config file.
    pub servers: [HaproxyServer; 2],
    /// Path of the program on the machine where the check runs.
    pub program: String,
    /// Path of its config file there.
    pub config: String,
    /// Where the monitor answers: host and port.
    pub monitor: (String, u16),
}

/// Writes a file of services that are watched and never started.
///
/// # Errors
/// [`NotRenderable`] for a name, path or host that a shell or YAML could read as something else (scenario 84).
pub fn health_check(wanted: &HealthCheckWanted) -> Result<String, NotRenderable> {
    let [first, second] = &wanted.servers;
    let names = [name(&first.name)?, name(&second.name)?];
    let mut text = String::from(
        "# For the node service of Rainbond: a file of its own in its directory of services. Nothing is started or restarted\n\
         # by it; grctl lists what is unhealthy.\nversion: '2.1'\nservices:\n",
    );
    match wanted.form {
        HealthCheckForm::Cmd => {
            let (program, config) = (path(&wanted.program)?, path(&wanted.config)?);
            // The supervisor shows what stands on standard error, and takes every code but 0 for death; 1 is a warning.
            let command = format!(
                "{program} check --config {config} --primary {} --secondary {} 1>&2 || [ $? -eq 1 ]",
                names[0], names[1]
            );
            text.push_str(&service("dbha", "cmd", &command));
        }
        HealthCheckForm::Http => {
            let (host, port) = &wanted.monitor;
            let host = plain(host, "-_.:", |value| {
                wrong("the host", value, "give a host name or an address")
            })?;
            let place = match host.contains(':') {
                true => format!("[{host}]:{port}"),
                false => format!("{host}:{port}"),
            };
            for (number, name) in names.iter().enumerate() {
                let address = format!("{place}/servers/{name}/health");
                text.push_str(&service(&format!("dbha-{}", number + 1), "http", &address));
            }
        }
    }
    Ok(text)
}

fn service(name: &str, model: &str, address: &str) -> String {
    format!(
        "- name: {name}\n\
         \x20 health:\n\
         \x20   name: {name}\n\
         \x20   model: {model}\n\
         \x20   address: \"{address}\"\n\
         \x20   max_errors_num: 3\n\
         \x20   time_interval: 5\n\
         \x20 only_health_check: true\n\
         \x20 disable: false\n\
         \x20 start: none\n"
    )
}

fn name(name: &str) -> Result<&str, NotRenderable> {
    plain(name, "-_.:", |value| {
        wrong(
            "the name",
            value,
            "give the server a name of letters, digits, '-', '_' and '.' in the config file: [server.NAME]",
        )
    })
}

fn path(path: &str) -> Result<&str, NotRenderable> {
    plain(path, "-_./", |value| {
        wrong(
            "the path",
            value,
            "give a path of letters, digits, '-', '_', '.' and '/'",
        )
    })
}

fn wrong(what: &'static str, value: String, fix: &'static str) -> NotRenderable {
    NotRenderable {
        what,
        value,
        file: FILE,
        fix,
    }
}
