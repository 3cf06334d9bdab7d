//! From `[[alert]]` in the config file to where alerts go.

use crate::{config::AlertConfig, exit::Failure, servers};
use dbha_core::{Secret, error_chain};
use dbha_monitor::{AlertTarget, CommandTarget, WebhookTarget};

/// Reads one target; `number` names it in errors.
pub fn target(number: usize, config: &AlertConfig) -> Result<AlertTarget, Failure> {
    let wrong = |what: String| {
        Failure::usage(
            format!("[[alert]] number {number} in the config file: {what}"),
            "give webhook = \"https://…\", webhook-file = \"FILE\" or command = [\"/path/of/program\", …]",
        )
    };
    let address = match (&config.webhook, &config.webhook_file) {
        (Some(address), None) => Some(Secret::new(address)),
        (None, Some(file)) => Some(servers::secret_of_file(file)?),
        (None, None) => None,
        (Some(_), Some(_)) => return Err(wrong("webhook and webhook-file are both given".into())),
    };
    match (address, &config.command) {
        (Some(address), None) => {
            let token = config
                .token_file
                .as_deref()
                .map(servers::secret_of_file)
                .transpose()?;
            WebhookTarget::new(&address, token.as_ref(), config.ssl_ca.as_deref())
                .map(AlertTarget::Webhook)
                .map_err(|error| wrong(error_chain(&error)))
        }
        (None, Some(_)) if config.token_file.is_some() || config.ssl_ca.is_some() => {
            Err(wrong("token-file and ssl-ca belong to a webhook".into()))
        }
        (None, Some(command)) => match command.split_first() {
            Some((program, arguments)) if program.starts_with('/') => {
                Ok(AlertTarget::Command(CommandTarget {
                    program: program.clone(),
                    arguments: arguments.to_vec(),
                }))
            }
            _ => Err(wrong("a command begins with the full path of a program".into())),
        },
        (Some(_), Some(_)) => Err(wrong("it is a webhook and a command".into())),
        (None, None) => Err(wrong("it is neither a webhook nor a command".into())),
    }
}
