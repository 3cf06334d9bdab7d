use super::*;

fn wanted(own: Side) -> KeepalivedWanted {
    let server = |name: &str, address: &str| KeepalivedServer {
        name: name.into(),
        address: address.parse().unwrap(),
    };
    KeepalivedWanted {
        servers: Both {
            primary: server("db1", "10.0.0.11"),
            secondary: server("db2", "10.0.0.12"),
        },
        own,
        vip: "10.0.0.10/24".parse().unwrap(),
        interface: "eth0".into(),
        vrid: None,
        program: "/usr/local/bin/dbha".into(),
        config: "/etc/dbha/dbha.toml".into(),
    }
}

/// The lines that Keepalived reads, without what leads them in.
fn lines(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

const OF_DB1: &str = r#"global_defs {
router_id dbha_db1
enable_script_security
script_user root
vrrp_version 3
vrrp_garp_master_refresh 10
}
vrrp_script dbha_takes_writes {
script "/usr/bin/env /usr/local/bin/dbha check --config /etc/dbha/dbha.toml --primary db1 --secondary db2 --require primary --server db1 --timeout 900ms"
interval 1
timeout 2
fall 2
rise 1
init_fail
}
vrrp_instance dbha_10 {
state BACKUP
nopreempt
interface eth0
virtual_router_id 10
priority 100
advert_int 0.1
unicast_src_ip 10.0.0.11
unicast_peer {
10.0.0.12
}
check_unicast_src
virtual_ipaddress {
10.0.0.10/24
}
track_script {
dbha_takes_writes
}
}"#;

#[test]
fn the_primarys_configuration_is_complete() {
    let text = keepalived(&wanted(Side::Primary)).unwrap();
    assert_eq!(lines(&text).join("\n"), OF_DB1);
}

#[test]
fn the_secondarys_differs_in_what_is_its_own_alone() {
    let text = keepalived(&wanted(Side::Secondary)).unwrap();
    let expected = OF_DB1
        .replace("router_id dbha_db1", "router_id dbha_db2")
        .replace("--server db1", "--server db2")
        .replace("priority 100", "priority 90")
        .replace(
            "unicast_src_ip 10.0.0.11\nunicast_peer {\n10.0.0.12",
            "unicast_src_ip 10.0.0.12\nunicast_peer {\n10.0.0.11",
        );
    assert_eq!(lines(&text).join("\n"), expected);
}

#[test]
fn the_number_of_the_router_is_given_or_that_of_the_address() {
    let number = |vip: &str, vrid: Option<u8>| {
        let text = keepalived(&KeepalivedWanted {
            vip: vip.parse().unwrap(),
            vrid: vrid.and_then(NonZeroU8::new),
            ..wanted(Side::Primary)
        })
        .map_err(|wrong| wrong.fix)?;
        let line = lines(&text)
            .into_iter()
            .find_map(|line| line.strip_prefix("virtual_router_id "));
        Ok::<_, &str>(line.unwrap().to_owned())
    };
    assert_eq!(number("10.0.0.99/24", None).unwrap(), "99");
    assert_eq!(number("10.0.0.99/24", Some(51)).unwrap(), "51");
    assert_eq!(number("10.0.1.0/16", Some(7)).unwrap(), "7");
    assert!(number("10.0.1.0/16", None).unwrap_err().contains("--vrid"));
}

#[test]
fn addresses_that_cannot_work_together_are_refused() {
    for (address, fix) in [
        ("127.0.1.1", "the other machine reaches"),
        ("0.0.0.0", "the other machine reaches"),
        ("10.0.0.10", "no machine has yet"),
        ("10.0.0.12", "two machines"),
        ("fd00::11", "one family"),
    ] {
        let mut wanted = wanted(Side::Primary);
        wanted.servers.primary.address = address.parse().unwrap();
        let refused = keepalived(&wanted).unwrap_err();
        assert_eq!(refused.value, address);
        assert!(refused.fix.contains(fix), "{refused:?}");
    }
}

#[test]
fn scenario_84_neither_name_nor_path_becomes_a_directive_of_keepalived() {
    for value in [
        "",
        "a b",
        "db1\n}\nvrrp_script evil {",
        "a\"",
        "a'b",
        "a#b",
        "a!b",
        "a{b",
        "a}b",
        "$A",
        "${A}",
        "~SEQ(1,2)",
        "@a",
        "a\\b",
        "a;b",
        "a\0b",
        "ä",
    ] {
        for place in 0..5 {
            let mut wanted = wanted(Side::Primary);
            let field = match place {
                0 => &mut wanted.servers.primary.name,
                1 => &mut wanted.servers.secondary.name,
                2 => &mut wanted.interface,
                3 => &mut wanted.program,
                _ => &mut wanted.config,
            };
            *field = if place > 2 {
                format!("/{value}")
            } else {
                value.to_owned()
            };
            if *field == "/" {
                continue;
            }
            let field = field.clone();
            assert_eq!(keepalived(&wanted).unwrap_err().value, field);
        }
    }
    for name in ["-o", "--help"] {
        let mut wanted = wanted(Side::Primary);
        wanted.servers.secondary.name = name.into();
        assert_eq!(keepalived(&wanted).unwrap_err().value, name);
    }
    let mut wanted = wanted(Side::Primary);
    wanted.program = "bin/dbha".into();
    assert_eq!(keepalived(&wanted).unwrap_err().value, "bin/dbha");
}
