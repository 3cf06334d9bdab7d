use crate::{
    Both, Finding, FindingCode, SetupOptions, Step, Topology, error_chain,
    receipt::{Receipt, ReceiptError, ReceiptState, ReceiptStore},
};
use dbha_sql::Facts;

/// Writes the receipt of a set-up as its steps begin and end.
///
/// Nothing is written before the first step that has something to do: a run that changes nothing leaves no receipt.
pub(crate) struct Journal {
    store: ReceiptStore,
    receipt: Receipt,
    /// Whether an earlier run of the same set-up was cut off, so that this one has to close its record.
    open_before: bool,
}

impl Journal {
    /// Goes on with the record of a set-up of these servers that was cut off, or begins a new one.
    ///
    /// Returns a finding where an earlier record cannot be read: the set-up needs none, undoing would.
    pub(crate) fn open(
        store: &ReceiptStore,
        run: &str,
        pair: &str,
        facts: &Both<Facts>,
        topology: &Topology,
        options: &SetupOptions,
    ) -> (Self, Option<Finding>) {
        let (earlier, finding) = match store.newest_of(facts) {
            Ok(earlier) => (earlier.filter(|stored| stored.receipt.is_open()), None),
            Err(error) => (None, Some(unreadable(&error))),
        };
        let open_before = earlier.is_some();
        let receipt = match earlier {
            Some(mut stored) => {
                stored.receipt.go_on(topology);
                stored.receipt
            }
            None => Receipt::begin(run, pair, facts, topology, options),
        };
        let journal = Self {
            store: store.clone(),
            receipt,
            open_before,
        };
        (journal, finding)
    }

    /// Notes what the secondary is about to lose.
    pub(crate) fn discarding(&mut self, lost: &[String]) {
        for one in lost {
            if !self.receipt.discarded.contains(one) {
                self.receipt.discarded.push(one.clone());
            }
        }
    }

    /// Notes that a step begins; what is noted is on the disk before the step changes anything.
    pub(crate) fn begins(&mut self, step: Step, details: &[String]) -> Result<(), ReceiptError> {
        self.receipt.note(step, details, false);
        self.store.write(&self.receipt).map(drop)
    }

    /// Notes that a step ended well.
    pub(crate) fn ended(&mut self, step: Step) -> Result<(), ReceiptError> {
        self.receipt.note(step, &[], true);
        self.store.write(&self.receipt).map(drop)
    }

    /// Closes the record.
    pub(crate) fn finished(&mut self) -> Result<(), ReceiptError> {
        if self.receipt.steps.is_empty() && !self.open_before {
            return Ok(());
        }
        self.receipt.state = ReceiptState::Finished;
        self.store.write(&self.receipt).map(drop)
    }
}

fn unreadable(error: &ReceiptError) -> Finding {
    Finding::new(
        FindingCode::ReceiptUnreadable,
        None,
        error_chain(error),
        error.fix(),
    )
}
