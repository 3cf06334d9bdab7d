//! What one run of one way took, and the middle of several.

/// One run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Run {
    pub(crate) seconds: f64,
    /// CPU time of the server that is filled, in seconds.
    pub(crate) target_cpu: f64,
    /// CPU time of the server that is read, in seconds.
    pub(crate) source_cpu: f64,
    /// CPU time of the tools, in seconds.
    pub(crate) tool_cpu: f64,
    /// The most memory that the tools had.
    pub(crate) peak_mib: f64,
    /// Binary log that the target wrote.
    pub(crate) logged_mib: f64,
    /// Parts of the whole with their own time, such as `dump`.
    pub(crate) parts: Vec<(&'static str, f64)>,
    /// How long writers on the source may have waited, in milliseconds, where the tool says it.
    pub(crate) lock_ms: Option<f64>,
}

impl Run {
    /// Returns the CPU time of everybody, in seconds.
    pub(crate) fn cpu(&self) -> f64 {
        self.target_cpu + self.source_cpu + self.tool_cpu
    }
}

/// Returns the middle value; of an even number the lower one in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
        .get(values.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or(f64::NAN)
}

/// The runs of one way on one set, one for each round.
#[derive(Debug, Clone, Default)]
pub(crate) struct Runs(pub(crate) Vec<Run>);

impl Runs {
    /// Returns the median of a figure over all rounds.
    pub(crate) fn median(&self, figure: impl Fn(&Run) -> f64) -> f64 {
        median(self.0.iter().map(figure))
    }

    /// Returns the largest of a figure over all rounds.
    pub(crate) fn worst(&self, figure: impl Fn(&Run) -> f64) -> f64 {
        self.0.iter().map(figure).fold(f64::NAN, f64::max)
    }

    /// Returns how a figure compares with another way's: the median of the ratios within each round.
    pub(crate) fn ratio(&self, other: &Self, figure: impl Fn(&Run) -> f64) -> f64 {
        let pairs = self.0.iter().zip(&other.0);
        median(pairs.map(|(own, other)| figure(own) / figure(other)))
    }

    /// Returns the parts of the median run, if the tool has any.
    pub(crate) fn parts(&self) -> Vec<(&'static str, f64)> {
        let middle = self.median(|run| run.seconds);
        let run = self.0.iter().find(|run| run.seconds == middle);
        run.map(|run| run.parts.clone()).unwrap_or_default()
    }

    /// Returns the median time of the lock, where the tool says it.
    pub(crate) fn lock_ms(&self) -> Option<f64> {
        let told = self.0.iter().all(|run| run.lock_ms.is_some());
        (told && !self.0.is_empty()).then(|| self.median(|run| run.lock_ms.unwrap_or_default()))
    }
}
