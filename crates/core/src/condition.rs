use crate::catalogue::codes;

/// What is said of one code, whatever was seen.
struct Entry {
    verdict: &'static str,
    why: &'static str,
    fix: &'static str,
}

impl Condition {
    /// Returns the verdict that it makes, in words; `–` where it leaves the verdict as it is.
    pub fn verdict(self) -> &'static str {
        self.entry().verdict
    }

    /// Says why it matters.
    pub fn why(self) -> &'static str {
        self.entry().why
    }

    /// Says what is generally to be done; a problem itself is more exact.
    pub fn what_to_do(self) -> &'static str {
        self.entry().fix
    }
}

codes! {
    /// Something about a running pair that somebody should know, with its stable code.
    pub enum Condition: Entry {
        Unreachable = "DBHA-M01", "The server cannot be reached or logged in to" {
            verdict: "unreachable",
            why: "Nothing can be told of a server that does not answer; the other one may still work.",
            fix: "As printed: host, port, firewall, account.",
        }
        IoThread = "DBHA-M02", "The link into it is not connected" {
            verdict: "broken",
            why: "The IO thread does not run: what the other server writes does not arrive. The server's own error is printed.",
            fix: "As printed for the error; after a network fault dbha setup starts it.",
        }
        SqlThread = "DBHA-M03", "The link into it does not apply" {
            verdict: "broken",
            why: "The SQL thread is stopped: what arrives is not applied. The server's own error is printed.",
            fix: "Without an error: dbha setup. With 1062 or 1032 the servers have diverged: compare the row on both first.",
        }
        NoLink = "DBHA-M04", "It does not follow the other server" {
            verdict: "degraded; broken on both",
            why: "What the other server writes never comes here.",
            fix: "dbha setup.",
        }
        Writers = "DBHA-M05", "Who takes writes is not what was recorded" {
            verdict: "degraded",
            why: "A standby that takes writes, or a primary that refuses them, is not what applications expect.",
            fix: "dbha setup, or dbha setup --writers both if that is meant.",
        }
        SettingDrift = "DBHA-M06", "A setting is not what it was set to" {
            verdict: "degraded",
            why: "The pair was proven with other settings than these.",
            fix: "dbha setup puts back just these.",
        }
        Errant = "DBHA-M07", "It has transactions that cannot reach the other server" {
            verdict: "degraded",
            why: "The two servers hold different data, and replication alone will not make them equal.",
            fix: "Compare the data on both; then let the other one follow.",
        }
        Lag = "DBHA-M08", "Its link is more than 10 s behind" {
            verdict: "lagging",
            why: "Who reads here reads old data, and a failover now would lose what has not arrived.",
            fix: "Wait; look for a long transaction on the replica.",
        }
        NotRestartSafe = "DBHA-M09", "Settings would be lost at its next restart" {
            verdict: "–",
            why: "After a restart the pair would break, or the server would write under another identity; restart_safe is false.",
            fix: "Put the printed lines under [mysqld] into its option file.",
        }
        EqualServerIds = "DBHA-M10", "Both servers have one server_id" {
            verdict: "broken",
            why: "Each takes the other's events for its own (MariaDB: settings were lost at a restart).",
            fix: "Read what the guide says of restarting servers before you run dbha setup.",
        }
        Hidden = "DBHA-M11", "The account may not see the links" {
            verdict: "unknown",
            why: "What cannot be seen cannot be judged.",
            fix: "Grant SLAVE MONITOR (MariaDB) or REPLICATION CLIENT (MySQL).",
        }
        HeartbeatStuck = "DBHA-M12", "The monitor's heartbeat cannot be written on it" {
            verdict: "–",
            why: "The lag of the link away from it is known by the server's own figure only; ordinary writes may hang as well.",
            fix: "As printed: a full disk, a lock that is held, a missing privilege (dbha render monitor-account).",
        }
        OwnWrites = "DBHA-M13", "A read-only server has taken a write of its own" {
            verdict: "degraded",
            why: "Somebody with SUPER (or its like) wrote on the standby; its data may differ from what applications expect, and with one writer nobody watches for conflicts.",
            fix: "Find who it was (its binary log names the transaction); dbha verify compares the data.",
        }
        NotAcknowledged = "DBHA-M14", "Commits are not acknowledged by the other server, and should be" {
            verdict: "degraded",
            why: "The pair was set up with --semi-sync, and at this moment a client is told of commits that the other server may not have: they are lost if the writer dies now.",
            fix: "As printed: let the other server come back and catch up, or dbha setup where it was switched off.",
        }
        NobodyOpened = "DBHA-M15", "Nobody has opened the writer" {
            verdict: "degraded",
            why: "The pair was set up with --managed: both servers start read-only, and dbha alone opens the writer of the newest term.",
            fix: "Start dbha monitor, which opens it, or run dbha setup.",
        }
    }
}
