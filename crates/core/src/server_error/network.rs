//! Errors of the way between two servers.

use super::{ServerError, next, number};

pub(super) const ERRORS: &[ServerError] = &[
    ServerError {
        numbers: &[
            number(2003, "CR_CONN_HOST_ERROR", "CR_CONN_HOST_ERROR"),
            number(2002, "CR_CONNECTION_ERROR", "CR_CONNECTION_ERROR"),
        ],
        title: "Nothing answers at that address",
        effect: "the IO thread tries again",
        says: "error connecting to master 'dbha_repl@10.0.0.11:3306': Can't connect to server on '10.0.0.11' (111 \"Connection refused\")",
        means: "The replica cannot open a connection to the source. 111 is refused: the machine is there, and nobody listens on that \
                port. 110 is timed out and 113 no route: packets vanish. Nothing is lost: the source keeps its binary logs.",
        causes: &[
            "the source is down or restarting",
            "bind_address is 127.0.0.1, as Debian's packages bring it, or skip_networking is on",
            "a firewall between the two, or an address that only dbha's machine can use",
        ],
        cases: &[],
        next: &[
            next(
                "Does it run, and where does it listen? On the source's machine:",
                "mariadb -e 'SELECT @@bind_address, @@port, @@skip_networking'\n\
                 ss -ltn",
            ),
            next(
                "Let each server dial the other, without changing anything:",
                "dbha preflight --primary db1 --secondary db2 --probe",
            ),
            next(
                "If the peer has another address than dbha uses, say so:",
                "dbha setup --primary db1 --secondary db2 --primary-address HOST:PORT",
            ),
        ],
        flavours: "MariaDB tries for ever. MySQL 9.7 gives up for good after 10 tries of 60 s, 8.0 after 86400, and its IO thread is stopped \
                   then; links that dbha makes try every 2 s without end.",
        advice: "nothing answers at that address: check the firewall and bind-address, or give --primary-address / \
                 --secondary-address as the other server sees it",
    },
    ServerError {
        numbers: &[number(2005, "CR_UNKNOWN_HOST", "CR_UNKNOWN_HOST")],
        title: "The source's name is unknown on the replica",
        effect: "the IO thread tries again",
        says: "error connecting to master 'dbha_repl@db1:3306': Unknown server host 'db1' (-2)",
        means: "The replica's machine cannot turn the name into an address. What dbha's machine can resolve does not matter here.",
        causes: &[
            "the name stands in /etc/hosts of another machine, or the name service is down",
            "containers in different networks",
        ],
        cases: &[],
        next: &[
            next("On the replica's machine:", "getent hosts db1"),
            next(
                "Mend the name service; or give an address that the peer knows:",
                "dbha setup --primary db1 --secondary db2 --primary-address 10.0.0.11:3306",
            ),
        ],
        flavours: "",
        advice: "the host name is unknown on that server: give --primary-address / --secondary-address as the other server sees it",
    },
    ServerError {
        numbers: &[
            number(2013, "CR_SERVER_LOST", "CR_SERVER_LOST"),
            number(2006, "CR_SERVER_GONE_ERROR", "CR_SERVER_GONE_ERROR"),
        ],
        title: "The connection broke",
        effect: "the IO thread tries again",
        says: "error reconnecting to master 'dbha_repl@10.0.0.11:3306': Lost connection to server during query",
        means: "A connection that was there is gone. It is made anew from where it broke; nothing is lost and nothing comes twice.",
        causes: &[
            "the source was stopped, killed (look for the OOM killer), or restarted",
            "a firewall or load balancer dropped a connection that looked idle",
            "somebody killed the Binlog Dump connection on the source",
        ],
        cases: &[],
        next: &[
            next(
                "Is it over already? Both threads run again within seconds of the source:",
                "dbha status --primary db1 --secondary db2",
            ),
            next(
                "If it comes again and again, see what ends it, on the source's machine:",
                "journalctl -u mariadb -n 50\n\
                 dmesg -T | grep -i -e oom -e killed",
            ),
            next(
                "If the IO thread is stopped, start it:",
                "dbha setup --primary db1 --secondary db2",
            ),
        ],
        flavours: "A silent network is noticed after slave_net_timeout (replica_net_timeout): 60 s by default, 10 s where dbha made the pair.",
        advice: "the connection broke: check the network between the two servers",
    },
    ServerError {
        numbers: &[number(2026, "CR_SSL_CONNECTION_ERROR", "CR_SSL_CONNECTION_ERROR")],
        title: "TLS failed between the two servers",
        effect: "the IO thread tries again",
        says: "error connecting to master 'dbha_repl@10.0.0.11:3306': TLS/SSL error: certificate has expired",
        means: "The replica reached the source and they could not agree on an encrypted connection.",
        causes: &[
            "the source's certificate has expired, or was renewed and the server not told",
            "it is signed by a CA that the replica does not have, or names another host than the link does",
            "the source has no TLS, and the link demands it",
        ],
        cases: &[],
        next: &[
            next(
                "See the certificate as the replica sees it, with its names and dates:",
                "openssl s_client -starttls mysql -connect 10.0.0.11:3306 -CAfile ca.pem </dev/null 2>&1 \
                 | openssl x509 -noout -subject -issuer -dates -ext subjectAltName",
            ),
            next(
                "A renewed certificate is taken up without a restart, on the source:",
                "FLUSH SSL;",
            ),
            next(
                "Another CA: give its path on both servers' machines:",
                "dbha setup --primary db1 --secondary db2 --replication-ssl-ca /etc/mysql/ca.pem",
            ),
        ],
        flavours: "MySQL 8.0.16 and later: ALTER INSTANCE RELOAD TLS. MariaDB without verification (10.5, 10.11) goes in clear, without a \
                   word, when the source offers no TLS; with a CA given to dbha it refuses. 11.8 verifies by itself.",
        advice: "TLS failed between the two servers: check the certificates",
    },
    ServerError {
        numbers: &[number(2061, "", "CR_AUTH_PLUGIN_ERR")],
        title: "This login wants TLS, or the source's public key",
        effect: "the IO thread tries again",
        says: "Authentication plugin 'caching_sha2_password' reported error: Authentication requires secure connection.",
        means: "MySQL sends a password of caching_sha2_password only over TLS, or under the source's key. It says the same of a wrong \
                password, until that account has logged in once.",
        causes: &[
            "a link by hand with SOURCE_SSL = 0",
            "the source restarted, and its cache of passwords is empty",
        ],
        cases: &[],
        next: &[
            next(
                "Have the link made as it should be, with TLS where the source offers it:",
                "dbha setup --primary db1 --secondary db2",
            ),
            next(
                "By hand, where there is no TLS:",
                "STOP REPLICA;\n\
                 CHANGE REPLICATION SOURCE TO GET_SOURCE_PUBLIC_KEY = 1;\n\
                 START REPLICA;",
            ),
        ],
        flavours: "MySQL only.",
        advice: "the source wants TLS or its public key for this login",
    },
];
