//! One page of metrics.

use super::text_format;
use prometheus_client::{
    encoding::text::encode_registry,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use std::sync::atomic::AtomicU64;

/// Names of labels with their values.
pub(super) type Labels = Vec<(&'static str, String)>;

/// Makes labels of borrowed texts.
pub(super) fn labels<const N: usize>(pairs: [(&'static str, &str); N]) -> Labels {
    pairs.map(|(name, value)| (name, value.to_owned())).into()
}

/// What is being written.
#[derive(Default)]
pub(super) struct Page(Registry);

/// One name of a value that goes up and down.
pub(super) struct Values(Family<Labels, Gauge<f64, AtomicU64>>);

/// One name of a value that only grows.
pub(super) struct Counts(Family<Labels, Counter>);

impl Page {
    /// Begins a name.
    pub(super) fn gauge(&mut self, name: &str, help: &str) -> Values {
        let family = Family::default();
        self.0.register(name, help, Family::clone(&family));
        Values(family)
    }

    /// Begins a name that ends in `_total`, which is not to be given.
    pub(super) fn counter(&mut self, name: &str, help: &str) -> Counts {
        let family = Family::default();
        self.0.register(name, help, Family::clone(&family));
        Counts(family)
    }

    /// Returns the page; `None` only if it cannot be written to memory.
    pub(super) fn text(self) -> Option<String> {
        let mut text = String::new();
        encode_registry(&mut text, &self.0).ok()?;
        Some(text_format::from_open_metrics(&text))
    }
}

impl Values {
    /// Writes a sample.
    pub(super) fn set(&self, labels: Labels, value: f64) {
        self.0.get_or_create_owned(&labels).set(value);
    }

    /// Writes a sample where there is a value.
    pub(super) fn set_known(&self, labels: Labels, value: Option<f64>) {
        if let Some(value) = value {
            self.set(labels, value);
        }
    }
}

impl Counts {
    /// Writes a sample.
    pub(super) fn add(&self, labels: Labels, count: u64) {
        self.0.get_or_create_owned(&labels).inc_by(count);
    }
}
