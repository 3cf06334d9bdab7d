use crate::Side;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Nothing stops, but somebody should look at it.
    Warning,
    /// The set-up does not begin.
    Blocks,
}

macro_rules! finding_codes {
    ($($name:ident = $code:literal, $severity:ident, $ignorable:literal, $why:literal;)+) => {
        /// Everything that a look at two servers can find, with its stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum FindingCode {
            $(#[doc = $why] #[serde(rename = $code)] $name,)+
        }

        impl FindingCode {
            /// Every code, in order.
            pub const ALL: &'static [FindingCode] = &[$(FindingCode::$name,)+];

            /// Returns the stable code, `DBHA-P01`.
            pub fn as_str(self) -> &'static str {
                match self { $(FindingCode::$name => $code,)+ }
            }

            /// Returns the weight.
            pub fn severity(self) -> Severity {
                match self { $(FindingCode::$name => Severity::$severity,)+ }
            }

            /// Tells whether `--ignore` lets it through.
            pub fn is_ignorable(self) -> bool {
                match self { $(FindingCode::$name => $ignorable,)+ }
            }

            /// Says why it matters.
            pub fn why(self) -> &'static str {
                match self { $(FindingCode::$name => $why,)+ }
            }
        }
    };
}

finding_codes! {
    SameServer = "DBHA-P01", Blocks, false, "Both names lead to one server; a pair needs two.";
    DifferentFlavors = "DBHA-P02", Blocks, false, "MariaDB and MySQL number their transactions in ways that the other does not understand.";
    UnsupportedVersion = "DBHA-P03", Blocks, false, "dbha does not know how this version replicates.";
    NewerPrimary = "DBHA-P04", Blocks, false, "A replica must not be older than its source: it may meet events that it cannot read.";
    DifferentSeries = "DBHA-P05", Warning, false, "The newer server also feeds the older one; new collations, types or statements used there stop the older one.";
    MissingPrivilege = "DBHA-P06", Blocks, false, "Without these privileges the set-up would stop half-way.";
    BinaryLogOff = "DBHA-P07", Blocks, false, "Without a binary log there is nothing that the other server could follow.";
    ReplicaUpdatesOff = "DBHA-P08", Blocks, false, "What comes by replication must enter the own binary log, or positions cannot be compared and further replicas miss it.";
    SecondaryHasData = "DBHA-P09", Blocks, false, "The copy replaces everything on the secondary, and dbha never throws away data that nobody named.";
    SwappedArguments = "DBHA-P10", Blocks, false, "The primary is empty and the secondary is not: the names may be swapped.";
    OtherReplication = "DBHA-P11", Blocks, false, "A server can be in one pair only; its present links would be cut or would write into the pair.";
    HasReplicas = "DBHA-P12", Blocks, false, "Somebody replicates from the secondary, whose binary logs are about to be replaced.";
    ClusterMember = "DBHA-P13", Blocks, false, "A member of another kind of cluster must not be changed behind its back.";
    CopiedServerUuid = "DBHA-P14", Blocks, false, "Two servers with one server_uuid take each other's transactions for their own.";
    ReplicationFilters = "DBHA-P15", Blocks, false, "Filters and skipped errors make two servers differ in silence.";
    IncrementNeedsOneWriter = "DBHA-P16", Blocks, false, "With a step of 1 two writers generate the same keys.";
    NoAddressForPeer = "DBHA-P17", Blocks, false, "The other server cannot use this socket: it needs a host and a port.";
    DifferentNameCase = "DBHA-P18", Blocks, false, "Table names that differ only in case are one table here and two there.";
    DifferentPageSize = "DBHA-P19", Warning, false, "Row and index sizes have other limits; a table that fits here may not fit there.";
    NotTransactional = "DBHA-P20", Warning, true, "Such tables are in no snapshot: writers wait while they are copied, and a crash can leave the two servers different.";
    CannotBeCopied = "DBHA-P21", Blocks, false, "The rows of such tables live elsewhere; copying them would be wrong or impossible.";
    NotRestartSafe = "DBHA-P22", Note, true, "This server cannot keep settings by statement: they hold until its next restart, unless they stand in its option file.";
    SlowerCommits = "DBHA-P23", Warning, true, "Every commit will wait for the disk; that is the price of losing none in a crash.";
    SecondaryLogsReset = "DBHA-P24", Note, true, "The secondary's own binary logs are replaced; nobody reads them now.";
    OldSessions = "DBHA-P25", Warning, true, "Open connections keep the binary log format and key step they began with until they reconnect.";
    ReadOnlyDoesNotHold = "DBHA-P26", Warning, true, "read_only does not hold back accounts with such privileges.";
    ClocksApart = "DBHA-P27", Warning, true, "Lag figures and time stamps of the two servers cannot be compared.";
    InsecureAccounts = "DBHA-P28", Warning, true, "Anonymous accounts and a world-open test database are copied to the secondary as well.";
    RunElsewhere = "DBHA-P29", Blocks, false, "Two runs at once would undo each other's work.";
    IncrementByK3s = "DBHA-P30", Note, true, "K3s needs auto_increment_increment = 1, so the pair gets 1/1 and one writer.";
    CannotSee = "DBHA-P31", Blocks, false, "What cannot be seen cannot be judged.";
    SmallerPackets = "DBHA-P32", Warning, true, "A row larger than the secondary's max_allowed_packet would stop the copy or the link.";
    WroteAsPrimary = "DBHA-P33", Blocks, false, "The secondary lost its identity at a restart and wrote under the primary's: both servers gave out the same numbers for different transactions, and replication cannot tell them apart.";
    RolesAreSwapped = "DBHA-P34", Blocks, false, "The two are a pair already, with the roles the other way round; dbha does not change roles in a set-up.";
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that was found before anything was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code.
    pub code: FindingCode,
    /// How much it weighs here.
    pub severity: Severity,
    /// The server that it is about; `None` for both.
    pub side: Option<Side>,
    /// What was seen.
    pub text: String,
    /// The command or line that mends it.
    pub fix: String,
}

impl Finding {
    /// Makes a finding with the weight of its code.
    pub fn new(
        code: FindingCode,
        side: Option<Side>,
        text: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: code.severity(),
            side,
            text: text.into(),
            fix: fix.into(),
        }
    }

    /// Tells whether the set-up may not begin.
    pub fn blocks(&self) -> bool {
        self.severity == Severity::Blocks
    }
}
