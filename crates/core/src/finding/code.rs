use super::Severity::{self, Blocks, Note, Warning};
use crate::catalogue::codes;

/// What is said of one code, whatever was seen.
struct Entry {
    weight: Severity,
    ignorable: bool,
    why: &'static str,
    fix: &'static str,
    scenarios: &'static str,
}

impl FindingCode {
    /// Returns the weight; a single finding may weigh less.
    pub fn severity(self) -> Severity {
        self.entry().weight
    }

    /// Tells whether `--ignore` lets it through.
    pub fn is_ignorable(self) -> bool {
        self.entry().ignorable
    }

    /// Says why it matters.
    pub fn why(self) -> &'static str {
        self.entry().why
    }

    /// Says what is generally to be done; a finding itself is more exact.
    pub fn what_to_do(self) -> &'static str {
        self.entry().fix
    }

    /// Returns the numbers of the scenarios in which it is met; empty where there is none.
    pub fn scenarios(self) -> &'static str {
        self.entry().scenarios
    }
}

codes! {
    /// Everything that a look at two servers can find, with its stable code.
    pub enum FindingCode: Entry {
        SameServer = "DBHA-P01", "One server under two names" {
            weight: Blocks,
            ignorable: false,
            why: "Both names lead to one server; a pair needs two.",
            fix: "Give two servers. A proxy, a virtual address or a second name is no second server.",
            scenarios: "1, 7",
        }
        DifferentFlavors = "DBHA-P02", "MariaDB with MySQL" {
            weight: Blocks,
            ignorable: false,
            why: "MariaDB and MySQL number their transactions in ways that the other does not understand.",
            fix: "Give two servers of one kind.",
            scenarios: "22",
        }
        UnsupportedVersion = "DBHA-P03", "A version that is not served" {
            weight: Blocks,
            ignorable: false,
            why: "dbha does not know how this version replicates.",
            fix: "Upgrade as the finding says.",
            scenarios: "9",
        }
        NewerPrimary = "DBHA-P04", "The primary is newer than the secondary" {
            weight: Blocks,
            ignorable: false,
            why: "A replica must not be older than its source: it may meet events that it cannot read.",
            fix: "Upgrade the secondary first.",
            scenarios: "23",
        }
        DifferentSeries = "DBHA-P05", "Two versions" {
            weight: Warning,
            ignorable: false,
            why: "The newer server also feeds the older one; new collations, types or statements used there stop the older one.",
            fix: "Use two series only for the time of an upgrade. Within one series it is a note.",
            scenarios: "23",
        }
        MissingPrivilege = "DBHA-P06", "A privilege is missing" {
            weight: Blocks,
            ignorable: false,
            why: "Without these privileges the set-up would stop half-way.",
            fix: "Run the GRANT that is printed, or use an account with all privileges.",
            scenarios: "25",
        }
        BinaryLogOff = "DBHA-P07", "The binary log is off" {
            weight: Blocks,
            ignorable: false,
            why: "Without a binary log there is nothing that the other server could follow.",
            fix: "Put the lines of dbha render my.cnf into the option file and restart the server.",
            scenarios: "18",
        }
        ReplicaUpdatesOff = "DBHA-P08", "What comes by replication is not logged" {
            weight: Blocks,
            ignorable: false,
            why: "What comes by replication must enter the own binary log, or positions cannot be compared and further replicas miss it.",
            fix: "Put the lines of dbha render my.cnf into the option file and restart the server.",
            scenarios: "18",
        }
        SecondaryHasData = "DBHA-P09", "The secondary holds data" {
            weight: Blocks,
            ignorable: false,
            why: "The copy replaces everything on the secondary, and dbha never throws away data that nobody named.",
            fix: "Give an empty server, or add --overwrite-secondary NAME if all of it may go.",
            scenarios: "10, 11, 12",
        }
        SwappedArguments = "DBHA-P10", "The two names may be swapped" {
            weight: Blocks,
            ignorable: false,
            why: "The primary is empty and the secondary is not: the names may be swapped.",
            fix: "Compare the two names; swap them.",
            scenarios: "6",
        }
        OtherReplication = "DBHA-P11", "The server follows another one" {
            weight: Blocks,
            ignorable: false,
            why: "A server can be in one pair only; its present links would be cut or would write into the pair.",
            fix: "End that replication, if nothing needs it.",
            scenarios: "13",
        }
        HasReplicas = "DBHA-P12", "Somebody replicates from the secondary" {
            weight: Blocks,
            ignorable: false,
            why: "Somebody replicates from the secondary, whose binary logs are about to be replaced.",
            fix: "Stop that replica, or give another secondary.",
            scenarios: "13",
        }
        ClusterMember = "DBHA-P13", "The server belongs to a cluster" {
            weight: Blocks,
            ignorable: false,
            why: "A member of Galera or group replication must not be changed behind its back.",
            fix: "Take it out of that cluster first.",
            scenarios: "7",
        }
        CopiedServerUuid = "DBHA-P14", "Both servers have one server_uuid" {
            weight: Blocks,
            ignorable: false,
            why: "Two servers with one server_uuid take each other's transactions for their own.",
            fix: "Stop the secondary, delete auto.cnf in its data directory, start it.",
            scenarios: "17",
        }
        ReplicationFilters = "DBHA-P15", "Filters, or errors that are skipped" {
            weight: Blocks,
            ignorable: false,
            why: "Filters and skipped errors make two servers differ in silence.",
            fix: "Take the lines that are named out of the option file and restart the server.",
            scenarios: "21",
        }
        IncrementNeedsOneWriter = "DBHA-P16", "Two writers would generate the same keys" {
            weight: Blocks,
            ignorable: false,
            why: "With a step of 1 two writers generate the same keys, and K3s breaks with any other step.",
            fix: "Use --writers one, or leave --auto-increment away.",
            scenarios: "60, 64",
        }
        NoAddressForPeer = "DBHA-P17", "The peer has no address to dial" {
            weight: Blocks,
            ignorable: false,
            why: "The other server cannot use this socket: it needs a host and a port.",
            fix: "Add --primary-address or --secondary-address.",
            scenarios: "29",
        }
        DifferentNameCase = "DBHA-P18", "lower_case_table_names differs" {
            weight: Blocks,
            ignorable: false,
            why: "Table names that differ only in case are one table here and two there.",
            fix: "Initialise the secondary anew with the primary's value.",
            scenarios: "24",
        }
        DifferentPageSize = "DBHA-P19", "innodb_page_size differs" {
            weight: Warning,
            ignorable: false,
            why: "Row and index sizes have other limits; a table that fits here may not fit there.",
            fix: "Initialise the secondary with the primary's page size.",
            scenarios: "24",
        }
        NotTransactional = "DBHA-P20", "Tables without transactions" {
            weight: Warning,
            ignorable: true,
            why: "Such tables are in no snapshot: writers wait while they are copied, and a crash can leave the two servers different.",
            fix: "ALTER TABLE … ENGINE=InnoDB, where the application allows it.",
            scenarios: "20",
        }
        CannotBeCopied = "DBHA-P21", "Tables that cannot be copied" {
            weight: Blocks,
            ignorable: false,
            why: "Their rows live outside this server (FEDERATED, CONNECT, SPIDER, S3 …), the server cannot open them, or they keep a past of their rows that cannot be written elsewhere.",
            fix: "Drop, repair or change these tables as the finding says, or move them to a server outside the pair.",
            scenarios: "20",
        }
        NotRestartSafe = "DBHA-P22", "A restart would lose settings" {
            weight: Note,
            ignorable: true,
            why: "This server cannot keep settings by statement: they hold until its next restart, unless they stand in its option file.",
            fix: "Put the printed lines under [mysqld] into its option file.",
            scenarios: "18, 74",
        }
        SlowerCommits = "DBHA-P23", "Commits will wait for the disk" {
            weight: Warning,
            ignorable: true,
            why: "Every commit will wait for the disk; that is the price of losing none in a crash.",
            fix: "Measure the rate of commits first if the disk is slow.",
            scenarios: "",
        }
        SecondaryLogsReset = "DBHA-P24", "The secondary's binary logs are replaced" {
            weight: Note,
            ignorable: true,
            why: "The secondary's own binary logs and the GTIDs of transactions without data are replaced; nobody reads them now.",
            fix: "Save them first, if you need them.",
            scenarios: "14, 15",
        }
        OldSessions = "DBHA-P25", "Open connections keep old settings" {
            weight: Warning,
            ignorable: true,
            why: "Open connections keep the binary log format, key step or identity they began with until they reconnect.",
            fix: "Restart connection pools after the set-up, before the secondary is opened for writing; or end the named connections.",
            scenarios: "19, 30a",
        }
        ReadOnlyDoesNotHold = "DBHA-P26", "Accounts that read_only does not hold back" {
            weight: Warning,
            ignorable: true,
            why: "read_only does not hold back accounts with such privileges.",
            fix: "Let applications use accounts without SUPER and READ ONLY ADMIN.",
            scenarios: "63",
        }
        ClocksApart = "DBHA-P27", "The clocks differ" {
            weight: Warning,
            ignorable: true,
            why: "Lag figures and time stamps of the two servers cannot be compared.",
            fix: "Run an NTP client on both machines.",
            scenarios: "28",
        }
        InsecureAccounts = "DBHA-P28", "Accounts that anybody can use" {
            weight: Warning,
            ignorable: true,
            why: "Anonymous accounts and a world-open test database are copied to the secondary as well.",
            fix: "Run mariadb-secure-installation or mysql_secure_installation on the primary first.",
            scenarios: "30a",
        }
        RunElsewhere = "DBHA-P29", "Another dbha works on the server" {
            weight: Blocks,
            ignorable: false,
            why: "Two runs at once would undo each other's work.",
            fix: "Wait until it is done; if it is dead, its lock ends with its connection.",
            scenarios: "31",
        }
        IncrementByK3s = "DBHA-P30", "K3s was found" {
            weight: Note,
            ignorable: true,
            why: "K3s needs auto_increment_increment = 1, so the pair gets 1/1 and one writer.",
            fix: "Nothing.",
            scenarios: "60",
        }
        CannotSee = "DBHA-P31", "Something may not be seen" {
            weight: Blocks,
            ignorable: false,
            why: "What cannot be seen cannot be judged.",
            fix: "Grant what is printed.",
            scenarios: "25",
        }
        SmallerPackets = "DBHA-P32", "The secondary takes smaller packets" {
            weight: Warning,
            ignorable: true,
            why: "A row larger than the secondary's max_allowed_packet would stop the copy or the link.",
            fix: "Raise it on the secondary and in its option file.",
            scenarios: "24",
        }
        WroteAsPrimary = "DBHA-P33", "The secondary wrote under the primary's identity" {
            weight: Blocks,
            ignorable: false,
            why: "The secondary lost its identity at a restart and wrote under the primary's: both servers gave out the same numbers for different transactions, and replication cannot tell them apart.",
            fix: "Save the rows, write the option file, then --overwrite-secondary NAME.",
            scenarios: "14",
        }
        RolesAreSwapped = "DBHA-P34", "A pair with the roles the other way round" {
            weight: Blocks,
            ignorable: false,
            why: "The two are a pair already, with the roles the other way round; dbha does not change roles in a set-up.",
            fix: "Give the names in the order that is printed.",
            scenarios: "6",
        }
        WrongHost = "DBHA-P35", "The way to the server's machine leads elsewhere, or nowhere" {
            weight: Blocks,
            ignorable: false,
            why: "A file or a restart on another server's machine would harm that one; so nothing is done on a machine that is not proven to be the server's.",
            fix: "Check --host-access, or leave it away and write the option files by hand.",
            scenarios: "18, 29",
        }
        NoOptionDirectory = "DBHA-P36", "The server reads no directory of option files" {
            weight: Blocks,
            ignorable: false,
            why: "dbha writes one file of its own and never edits another; without a directory that the server reads there is no place for it.",
            fix: "Add an !includedir line or the printed lines to its option file, or leave --host-access away.",
            scenarios: "18, 60",
        }
        OptionOverridden = "DBHA-P37", "Something wins over dbha's option file" {
            weight: Blocks,
            ignorable: false,
            why: "A file that is read later, or the command line, would undo the setting at the next restart.",
            fix: "Take out the line that is named.",
            scenarios: "60, 74",
        }
        OptionFileRefused = "DBHA-P38", "An option file that dbha will not write" {
            weight: Blocks,
            ignorable: false,
            why: "A file of that name that dbha did not write belongs to somebody; and a value that could be read as another line must not stand in any.",
            fix: "Move the file away, or change the value that is named.",
            scenarios: "84",
        }
        TiedToAnother = "DBHA-P39", "The primary is in a pair with another server" {
            weight: Blocks,
            ignorable: false,
            why: "A server can be in one pair only; dbha ends a pair only with a partner that was named.",
            fix: "If that server is dead or was taken away: --replace NAME, as printed.",
            scenarios: "13, 65",
        }
        ReplacedStillRuns = "DBHA-P40", "The server to be replaced lives" {
            weight: Blocks,
            ignorable: false,
            why: "What a living server has yet to send would be lost, and it would go on as if it were in the pair.",
            fix: "Stop its writers, then shut it down; what the primary has received by then is kept.",
            scenarios: "65",
        }
        PrimaryIncomplete = "DBHA-P41", "The primary lacks what it should have" {
            weight: Blocks,
            ignorable: false,
            why: "What the primary lacks would be missing on both servers for good.",
            fix: "Mend what keeps it from applying what it has received, or decide by hand that it may be lost.",
            scenarios: "65",
        }
        NotAPair = "DBHA-P42", "The two servers are not a finished pair" {
            weight: Blocks,
            ignorable: false,
            why: "A replication password can be changed only where dbha made both links.",
            fix: "Make them a pair with dbha setup first, or finish that set-up.",
            scenarios: "53",
        }
        NothingToOverwrite = "DBHA-P43", "The secondary is not overwritten" {
            weight: Note,
            ignorable: true,
            why: "A secondary that was copied and follows is not copied again because its name still stands in the command.",
            fix: "Nothing, unless you know that its data differs: then make it a stranger first.",
            scenarios: "11",
        }
        UnprotectedConnection = "DBHA-P44", "dbha's own connection is not verified" {
            weight: Warning,
            ignorable: true,
            why: "Whoever is on the way to that server can listen to dbha, or answer in the server's place.",
            fix: "Give --ssl-ca FILE; on a server without TLS, give it a certificate first.",
            scenarios: "81",
        }
        UnverifiedLink = "DBHA-P45", "A link is encrypted and not verified" {
            weight: Warning,
            ignorable: true,
            why: "The replica does not check who answers it, although a CA for its source is there.",
            fix: "Put the CA's file on the replica's machine and give its path with --replication-ssl-ca, or as ssl_ca in its option file.",
            scenarios: "81",
        }
        ClearLink = "DBHA-P46", "A link is in clear" {
            weight: Warning,
            ignorable: true,
            why: "Every changed row crosses the network in clear.",
            fix: "Give the source a certificate (ssl_cert, ssl_key) and restart it; dbha setup then moves the link to TLS.",
            scenarios: "81",
        }
        ReceiptUnreadable = "DBHA-P47", "A receipt that cannot be read" {
            weight: Warning,
            ignorable: true,
            why: "The set-up needs no receipt, but what an earlier run changed cannot be taken back without it.",
            fix: "Move the damaged file away; look why it is damaged: a full or failing disk, or a hand that edited it.",
            scenarios: "35",
        }
        ServersChanged = "DBHA-P48", "Servers that changed since the plan was made" {
            weight: Blocks,
            ignorable: false,
            why: "The plan was made for servers as they were then; run now, it would do something else than what was read.",
            fix: "Make a new plan with `dbha plan --out FILE`, read it, and run that one.",
            scenarios: "",
        }
        PrimaryRenumbered = "DBHA-P49", "A primary with another server_id than before" {
            weight: Blocks,
            ignorable: false,
            why: "Servers know their own events by this number: under another one they come back and are applied twice.",
            fix: "Give the primary its old server_id again, in its option file too, and let applications reconnect.",
            scenarios: "58",
        }
        ServerIdZero = "DBHA-P50", "server_id is 0" {
            weight: Blocks,
            ignorable: false,
            why: "A MySQL server that was started with server_id 0 can neither replicate nor be replicated from before it is restarted with another one.",
            fix: "Put a server_id of its own into its option file and restart it.",
            scenarios: "16",
        }
        ErrantTransactions = "DBHA-P51", "Transactions that can no longer reach the other server" {
            weight: Blocks,
            ignorable: false,
            why: "The binary logs that held these transactions are gone: the other server can never fetch them, and the link stops with 1236 or 13114.",
            fix: "Compare the data on both; if the primary is right, --overwrite-secondary NAME builds the secondary anew.",
            scenarios: "14, 50",
        }
        TablesWithoutKey = "DBHA-P52", "Tables without a key" {
            weight: Warning,
            ignorable: true,
            why: "To change one row of such a table the other server reads the whole table: large changes make it fall hours behind.",
            fix: "Give them a primary key, where the application allows it.",
            scenarios: "20",
        }
        ReadOnlyPrimary = "DBHA-P53", "The primary is read-only" {
            weight: Blocks,
            ignorable: false,
            why: "Somebody made this server a standby; a primary takes writes, and dbha does not open a server that somebody closed.",
            fix: "See that it is the right server; then open it as printed.",
            scenarios: "6",
        }
        OutOfReach = "DBHA-P54", "An address that is of no use to the other server" {
            weight: Blocks,
            ignorable: false,
            why: "dbha reaches the server because it runs on the same machine; by that address the other server would reach itself, or nothing.",
            fix: "Give the server by an address that both dbha and the other server can use, or add --primary-address or --secondary-address.",
            scenarios: "29",
        }
        PeerClosed = "DBHA-P55", "One server cannot connect to the other" {
            weight: Blocks,
            ignorable: false,
            why: "One server cannot connect to the other: the port is closed from there, although dbha reaches it.",
            fix: "Check the firewall between the two, bind_address, and the port; or give --primary-address or --secondary-address as the other server sees it.",
            scenarios: "29",
        }
        PeerSilent = "DBHA-P56", "No answer from where the peer dials" {
            weight: Blocks,
            ignorable: false,
            why: "One server's attempt to connect is swallowed: no answer, and no refusal either.",
            fix: "A firewall drops the packets, or the address leads elsewhere: check both; or give --primary-address or --secondary-address as the other server sees it.",
            scenarios: "29, 54",
        }
        PeerNameUnknown = "DBHA-P57", "One server cannot resolve the other's name" {
            weight: Blocks,
            ignorable: false,
            why: "The name by which dbha knows a server means nothing on the other one.",
            fix: "Give --primary-address or --secondary-address as the other server sees it, or mend its name service.",
            scenarios: "29",
        }
        LoginRefused = "DBHA-P58", "One server may not log in to the other" {
            weight: Blocks,
            ignorable: false,
            why: "The source refuses the replication account: its host part, its password or its privilege does not fit.",
            fix: "Run dbha setup again: it gives both sides a new password. Where the source sees the replica under another address, give --replication-host.",
            scenarios: "29, 53",
        }
        LinkAccountLocked = "DBHA-P59", "The replication account is locked" {
            weight: Blocks,
            ignorable: false,
            why: "Somebody locked the account, or its password expired: no link can log in.",
            fix: "Unlock it on the source, or drop it and run dbha setup again.",
            scenarios: "25, 53",
        }
        LinkTls = "DBHA-P60", "TLS fails between the two servers" {
            weight: Blocks,
            ignorable: false,
            why: "One server demands or offers TLS in a way that the other cannot follow.",
            fix: "Check ssl_ca, ssl_cert and require_secure_transport on both, and the dates and names in the certificates.",
            scenarios: "53, 81",
        }
        LinkEqualIds = "DBHA-P61", "A server would read from itself" {
            weight: Blocks,
            ignorable: false,
            why: "Both ends of the link carry one server_id: the address leads back to the same server, or the ids are equal.",
            fix: "Check --primary-address and --secondary-address; then run dbha setup again.",
            scenarios: "1, 16, 29",
        }
        TooFewConnections = "DBHA-P62", "Too few free connections" {
            weight: Blocks,
            ignorable: false,
            why: "The set-up would stop half-way with error 1040, and the applications would feel it first.",
            fix: "Raise max_connections, end idle connections, or give a smaller --copy-workers.",
            scenarios: "26",
        }
        TooLittleDisk = "DBHA-P63", "Too little disk on the secondary" {
            weight: Blocks,
            ignorable: true,
            why: "The copy would fill the disk of the secondary.",
            fix: "Make room, or let it through with --ignore if the data is compressed there.",
            scenarios: "27, 33",
        }
        LogsExpireSoon = "DBHA-P64", "Binary logs are kept for a short time" {
            weight: Warning,
            ignorable: true,
            why: "A copy, or an outage of one server, that takes longer than that ends in error 1236, and the secondary has to be filled anew.",
            fix: "Keep binary logs for some days.",
            scenarios: "44, 50",
        }
        LogsNeverExpire = "DBHA-P65", "Binary logs are never removed" {
            weight: Note,
            ignorable: true,
            why: "The binary logs grow until the disk is full.",
            fix: "Set an age at which they go, longer than any outage that is to be survived.",
            scenarios: "33",
        }
        EventsStayOff = "DBHA-P66", "Events would not run on the secondary" {
            weight: Note,
            ignorable: true,
            why: "After a change of roles the events of the primary would not run: the scheduler of the secondary is off.",
            fix: "Put event_scheduler=ON into the secondary's option file.",
            scenarios: "",
        }
        LogsInClear = "DBHA-P67", "One server encrypts its binary logs, the other does not" {
            weight: Warning,
            ignorable: true,
            why: "What the one keeps encrypted on disk lies in clear on the other.",
            fix: "Turn the encryption on there as well, or off here.",
            scenarios: "",
        }
        MissingEngine = "DBHA-P68", "The secondary lacks a storage engine" {
            weight: Blocks,
            ignorable: false,
            why: "Tables of an engine that the secondary does not have cannot be created there.",
            fix: "Install the plug-in on the secondary, or change these tables to InnoDB.",
            scenarios: "24",
        }
        MissingLoginPlugin = "DBHA-P69", "The secondary lacks a way to log in" {
            weight: Blocks,
            ignorable: false,
            why: "Accounts that log in by a plug-in that the secondary does not have cannot be created there.",
            fix: "Install the plug-in on the secondary.",
            scenarios: "24",
        }
        NoTimeZones = "DBHA-P70", "Time zone names are known on one server only" {
            weight: Warning,
            ignorable: true,
            why: "A session that uses a named time zone writes what the other server cannot apply: its link stops with 1298.",
            fix: "Load them there with mariadb-tzinfo-to-sql or mysql_tzinfo_to_sql.",
            scenarios: "24",
        }
        NamesNotResolved = "DBHA-P71", "A host name that the server will not look up" {
            weight: Blocks,
            ignorable: false,
            why: "With skip_name_resolve the server knows its clients by address alone: an account at a host name is never matched.",
            fix: "Give --replication-host as an address or a pattern of addresses.",
            scenarios: "29",
        }
        SharedSequences = "DBHA-P72", "Sequences that both writers draw from" {
            weight: Warning,
            ignorable: true,
            why: "Steps keep generated keys apart, and no sequence: both servers give out the same numbers, and rows that use them conflict.",
            fix: "Use one writer; or let each sequence follow the key step, and test the application with it.",
            scenarios: "64",
        }
        AdoptsReplication = "DBHA-P73", "A pair made by hand is adopted" {
            weight: Note,
            ignorable: false,
            why: "The secondary follows the primary already, by a link that dbha did not make: its data is compared where it is, and nothing is copied.",
            fix: "Nothing, if the two are to become a pair of dbha's. Where the data differs, the set-up ends with exit code 5 and names the tables; the old replication goes on.",
            scenarios: "13, 21",
        }
        SnapshotWithoutLock = "DBHA-P74", "A snapshot without a lock" {
            weight: Note,
            ignorable: false,
            why: "dbha's account lacks RELOAD on the MariaDB primary. The copy then takes its snapshots without any lock, in a moment without a commit; and RESET SLAVE needs RELOAD, so no attempt to connect can be taken back there.",
            fix: "Nothing on a primary that is still for some milliseconds now and then; else grant RELOAD.",
            scenarios: "25",
        }
        PlatformConnections = "DBHA-P75", "The platform opens more connections than the server lets in" {
            weight: Warning,
            ignorable: true,
            why: "The platform that --for names opens so many connections; beyond max_connections its servers are refused with error 1040.",
            fix: "Raise max_connections on both servers, now and in the option files; --platform-servers says how many servers of the platform there are.",
            scenarios: "26",
        }
        PlatformSqlMode = "DBHA-P76", "The platform does not work under this sql_mode" {
            weight: Warning,
            ignorable: true,
            why: "Its statements choose among the rows of a group, which ONLY_FULL_GROUP_BY refuses with error 1055.",
            fix: "Take ONLY_FULL_GROUP_BY out of sql_mode on both servers, now and in the option files.",
            scenarios: "",
        }
        PlatformVersion = "DBHA-P77", "A version that the platform does not name" {
            weight: Warning,
            ignorable: true,
            why: "The platform's documentation names other versions of the server; dbha serves this one, the platform may not.",
            fix: "Use a version that the platform names, or ask its maintainers.",
            scenarios: "",
        }
        PlatformNotPrepared = "DBHA-P78", "The platform's database or account is not there" {
            weight: Note,
            ignorable: true,
            why: "The platform that --for names logs in with an account and finds its databases made; the set-up makes them only where --platform-password-file says so.",
            fix: "Give --platform-password-file and --client-host, or run the statements of dbha render platform-sql on the primary; the secondary gets them by the copy, or by replication.",
            scenarios: "",
        }
        NeedsOneWriter = "DBHA-P79", "Something was asked for that needs one writer" {
            weight: Blocks,
            ignorable: false,
            why: "--semi-sync and --managed are about one server that takes writes and one that stands by; with two writers each would wait for the other, and none could be told apart.",
            fix: "Leave --writers both away, or leave these away (--semi-sync=off, --managed=no).",
            scenarios: "",
        }
        CannotClone = "DBHA-P80", "The CLONE plug-in cannot fill the secondary" {
            weight: Blocks,
            ignorable: false,
            why: "--copy clone-plugin was asked for, and one of its conditions is not met: the clone would fail, bring less than all, or lock dbha out.",
            fix: "Mend what the finding names, or let dbha copy row by row: --copy stream.",
            scenarios: "36",
        }
        FilledByClone = "DBHA-P81", "The secondary is filled by the CLONE plug-in" {
            weight: Note,
            ignorable: false,
            why: "The secondary restarts with the primary's files, and has the primary's accounts; those at its own machine and the one of dbha get back what they were. A warning where nobody was seen who starts it again.",
            fix: "Nothing. Where nobody starts the secondary by itself, start it when dbha says so, and run the same command again.",
            scenarios: "36",
        }
        LoginOfPrimary = "DBHA-P82", "dbha uses the primary's login on the secondary" {
            weight: Warning,
            ignorable: false,
            why: "The secondary refuses the login that was given for it and takes the primary's: it is a clone of the primary, made by a run that was cut off before the account was put back.",
            fix: "Give the primary's login for both from now on, or the account of the secondary its password once the set-up is done.",
            scenarios: "36",
        }
        OldSemiSyncPlugin = "DBHA-P83", "An older plug-in of semi-synchronous replication is loaded" {
            weight: Blocks,
            ignorable: false,
            why: "MySQL 8.0.26 and later have these plug-ins twice, under old and under new names, and load only one kind of them; dbha uses the new ones.",
            fix: "Unload the old ones on the server that is named, by the statements that the finding prints.",
            scenarios: "",
        }
        WaitsWithoutLimit = "DBHA-P84", "Commits wait for the other server without a limit" {
            weight: Warning,
            ignorable: false,
            why: "With --semi-sync-timeout none the writer never goes on alone by itself: while its standby is away, nobody can commit.",
            fix: "Give a time-out, unless something decides when the writer may go on alone.",
            scenarios: "",
        }
        DumpUnusable = "DBHA-P85", "The dump cannot be used" {
            weight: Blocks,
            ignorable: false,
            why: "A file of the dump is missing, damaged, cut off, of a newer form or no part of it; nothing of such a dump is loaded.",
            fix: "Copy the file that is named again from where the dump was made, or make a new dump.",
            scenarios: "",
        }
        DumpOfOtherServer = "DBHA-P86", "The dump is not of this primary" {
            weight: Blocks,
            ignorable: false,
            why: "A secondary that is filled from another server's dump would follow the primary from a position that means something else there.",
            fix: "Make a dump of the primary, or name the server that the dump is of as the primary.",
            scenarios: "",
        }
        DumpTooOld = "DBHA-P87", "The primary has removed the binary logs that follow on the dump" {
            weight: Blocks,
            ignorable: false,
            why: "What was written since the dump comes over the link, out of binary logs that are gone: the link would stop with error 1236.",
            fix: "Make a new dump, and keep the primary's binary logs until it is loaded.",
            scenarios: "44",
        }
        BothWrite = "DBHA-P90", "Both servers take writes" {
            weight: Blocks,
            ignorable: false,
            why: "There is no one writer whose place the other server could take.",
            fix: "Nothing, where both are meant to take writes. For one writer: dbha setup --writers one.",
            scenarios: "",
        }
        HasTheWrites = "DBHA-P91", "It takes the writes already" {
            weight: Blocks,
            ignorable: false,
            why: "The server that was named is the pair's writer.",
            fix: "Nothing; to give the writes to the other one, name that with --to.",
            scenarios: "",
        }
        NeitherWrites = "DBHA-P92", "Neither server takes writes" {
            weight: Blocks,
            ignorable: false,
            why: "A change of roles was cut off, or somebody closed both servers: which of them is to be the writer is not guessed.",
            fix: "Name it: dbha switchover --to NAME; dbha setup opens the recorded primary.",
            scenarios: "30",
        }
        UnfitToWrite = "DBHA-P93", "The server is not fit to take writes" {
            weight: Blocks,
            ignorable: false,
            why: "Its settings are not what they were made, or it has transactions that the other server can never get: as the writer it would lose rows, or break the pair.",
            fix: "Run dbha setup, which puts settings back; see dbha status for the rest.",
            scenarios: "14, 74",
        }
        Guarded = "DBHA-P89", "Guards decide who takes writes" {
            weight: Blocks,
            ignorable: false,
            why: "Automatic failover guards this pair: a server that is opened without the vote in etcd is closed again at once.",
            fix: "Give --etcd as the finding says, so that the vote goes along; to end guarding: stop both monitors, then dbha setup --managed=false.",
            scenarios: "51",
        }
        LinkNotReady = "DBHA-P94", "A link is not ready for a change of roles" {
            weight: Blocks,
            ignorable: false,
            why: "Over one link the last writes reach the new writer, over the other one its writes come back: both must run, and the first must be close behind, or writers wait for long.",
            fix: "See dbha status, wait until the pair is healthy, then try again.",
            scenarios: "55",
        }
        RolesNotKept = "DBHA-P95", "A restart would bring the old roles back" {
            weight: Warning,
            ignorable: false,
            why: "On MariaDB, and on MySQL before 8.0.11, only an option file keeps read_only over a restart: the old writer would come back taking writes beside the new one.",
            fix: "Let dbha write the option files (--host-access), or change read_only in both right after the switchover.",
            scenarios: "74",
        }
        OldWriterLives = "DBHA-P96", "The old writer lives" {
            weight: Blocks,
            ignorable: false,
            why: "A failover beside a server that works makes two writers, and what one of them takes is lost.",
            fix: "Use dbha switchover where it works. Where it answers and does not work, let --stop-old close it, or shut it down.",
            scenarios: "70",
        }
        CannotApply = "DBHA-P97", "It cannot apply what it has received" {
            weight: Blocks,
            ignorable: false,
            why: "What was received from the old writer and not applied would be thrown away with the link from it: acknowledged rows would be lost that are here.",
            fix: "Mend the applier's error first.",
            scenarios: "51, 57",
        }
        LinkIsGone = "DBHA-P98", "It has no link from the old writer any more" {
            weight: Warning,
            ignorable: false,
            why: "An earlier failover was cut off behind the removal, or somebody removed the link by hand: from then on nothing was received.",
            fix: "Nothing after a failover that was cut off; else find out since when.",
            scenarios: "30",
        }
        IsTheWriter = "DBHA-P99", "It is not the one that comes back" {
            weight: Blocks,
            ignorable: false,
            why: "A server comes back to a pair whose other server has the writes, in a newer term, and with a number of its own.",
            fix: "Name the server that lost the writes; end a failover that was cut off first. Give a server that lost its server_id its own again, and fill it anew.",
            scenarios: "",
        }
    }
}
