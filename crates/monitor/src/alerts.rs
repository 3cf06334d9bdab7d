//! Tells people: what is worth it, once for each change, again and again until it got through.
//!
//! The way of an alert: events of the board → the chooser, which knows what was told (pure) → a queue for each target
//! (pure) → the target, which is a webhook or a command.

mod alert;
mod chooser;
mod command;
mod deliverer;
mod error;
mod open;
mod queue;
mod run;
mod told;
mod webhook;

pub use alert::Alert;
pub use command::CommandTarget;
pub use error::AlertError;
pub use run::{AlertSettings, Alerts};
pub use webhook::WebhookTarget;

/// Where alerts go.
#[derive(Debug, Clone)]
pub enum AlertTarget {
    /// To an HTTP server, as JSON.
    Webhook(WebhookTarget),
    /// To a program, as JSON on its standard input.
    Command(CommandTarget),
}

impl AlertTarget {
    /// Names the target without any secret that its address may hold.
    pub fn name(&self) -> String {
        match self {
            AlertTarget::Webhook(webhook) => webhook.name(),
            AlertTarget::Command(command) => command.name(),
        }
    }

    async fn deliver(&self, alert: &Alert) -> Result<(), AlertError> {
        match self {
            AlertTarget::Webhook(webhook) => webhook.deliver(alert).await,
            AlertTarget::Command(command) => command.deliver(alert).await,
        }
    }
}

#[cfg(test)]
mod tests;
