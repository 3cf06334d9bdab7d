//! What is written for each platform, as golden files: `UPDATE_GOLDENS=1 cargo test -p dbha-core --lib platform`.

use super::*;
use crate::{
    AutoIncrement, FindingCode as Code, SetupOptions, Severity, Side, Topology,
    built_facts::{account, fresh_pair, set},
    option_file, plan_for_new_server, preflight,
    rendered::HaproxyServer,
};
use dbha_sql::{Flavor, Observed, Secret, Setting, Version};
use std::{collections::BTreeSet, fs, path::Path};

const MARIADB: &str = "10.11.19-MariaDB";
const MYSQL: &str = "8.0.36";

fn dialect(text: &str) -> Dialect {
    let (flavor, version) = Version::detect(text).unwrap();
    Dialect::new(flavor, version)
}

fn servers() -> [HaproxyServer; 2] {
    [("db1", "10.0.0.11"), ("db2", "10.0.0.12")].map(|(name, host)| HaproxyServer {
        name: name.into(),
        host: host.into(),
        port: 3306,
    })
}

fn install_wanted(platform: Platform) -> PlatformInstallWanted {
    PlatformInstallWanted {
        platform,
        servers: servers(),
        address: Some(("10.0.0.100".into(), 3306)),
        monitor: ("127.0.0.1".into(), 9104),
        password: None,
    }
}

fn sql_wanted(platform: Platform, host: &str) -> PlatformSqlWanted {
    PlatformSqlWanted {
        platform,
        hosts: vec![host.to_owned()],
        password: None,
    }
}

fn check_wanted(form: HealthCheckForm) -> HealthCheckWanted {
    HealthCheckWanted {
        form,
        servers: servers(),
        program: "/usr/local/bin/dbha".into(),
        config: "/etc/dbha/dbha.toml".into(),
        monitor: ("127.0.0.1".into(), 9104),
    }
}

/// The host from which a platform's servers come: Cloudpods asks for one by name.
fn host_of(platform: Platform) -> &'static str {
    match platform {
        Platform::Cloudpods => "%",
        _ => "10.0.0.%",
    }
}

/// Everything that is written for one platform.
fn everything(platform: Platform) -> String {
    let mut text = format!(
        "=== installer\n{}",
        platform_install(&install_wanted(platform)).unwrap()
    );
    for version in [MARIADB, MYSQL] {
        let dialect = dialect(version);
        let sql = platform_sql(dialect, &sql_wanted(platform, host_of(platform))).unwrap();
        let options = platform_options(platform, dialect, None);
        text.push_str(&format!(
            "=== {version}: statements\n{sql}=== {version}: options\n{options}"
        ));
    }
    if platform == Platform::Rainbond {
        for form in [HealthCheckForm::Cmd, HealthCheckForm::Http] {
            text.push_str(&format!(
                "=== health check: {form:?}\n{}",
                health_check(&check_wanted(form)).unwrap()
            ));
        }
    }
    text
}

#[test]
fn what_each_platform_takes_and_finds_is_the_golden_text() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/platform/goldens");
    for platform in Platform::ALL {
        let (path, text) = (directory.join(format!("{platform}.txt")), everything(platform));
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(golden, text, "UPDATE_GOLDENS=1 takes it over: {}", path.display());
    }
}

#[test]
fn a_name_in_a_document_is_the_one_that_is_shown() {
    for platform in Platform::ALL {
        let saved = serde_json::to_string(&platform).unwrap();
        assert_eq!(saved, format!("\"{platform}\""));
        assert_eq!(serde_json::from_str::<Platform>(&saved).unwrap(), platform);
    }
}

#[test]
fn a_platforms_lines_are_found_again_in_a_file() {
    let dialect = dialect(MARIADB);
    let plan = plan_for_new_server(dialect, Side::Primary, &SetupOptions::default());
    let file = option_file(dialect, &plan);
    assert_eq!(lines_in(&file), "");
    for platform in Platform::ALL {
        let lines = platform_options(platform, dialect, None);
        assert_eq!(lines_in(&(file.clone() + &lines)), lines);
    }
}

#[test]
fn no_option_is_said_twice() {
    for platform in Platform::ALL {
        for version in [MARIADB, MYSQL] {
            let dialect = dialect(version);
            let plan = plan_for_new_server(dialect, Side::Secondary, &SetupOptions::default());
            let text = option_file(dialect, &plan) + &platform_options(platform, dialect, None);
            let names = text.lines().filter(|line| !line.starts_with(['#', '[']));
            let names: Vec<&str> = names.map(|line| line.split('=').next().unwrap()).collect();
            let different: BTreeSet<&&str> = names.iter().collect();
            assert_eq!(different.len(), names.len(), "{platform} {version}: {names:?}");
        }
    }
}

#[test]
fn k3s_and_rancher_get_a_step_of_1_and_the_others_of_2() {
    for platform in Platform::ALL {
        let options = SetupOptions {
            platform: Some(platform),
            ..SetupOptions::default()
        };
        let single = matches!(platform, Platform::K3s | Platform::Rancher);
        let expected = match single {
            true => AutoIncrement::Single,
            false => AutoIncrement::Interleaved,
        };
        let facts = fresh_pair(MARIADB);
        assert_eq!(
            Topology::of_pair(&facts, &options).auto_increment,
            expected,
            "{platform}"
        );
        let new = plan_for_new_server(dialect(MARIADB), Side::Secondary, &options);
        let step = new
            .settings
            .iter()
            .find(|wanted| wanted.setting == Setting::AutoIncrementIncrement);
        assert_eq!(step.unwrap().value, if single { "1" } else { "2" }, "{platform}");
    }
}

/// Codes about a platform that servers of a version bring about, once they are changed.
fn codes(
    version: &str,
    platform: Platform,
    change: impl FnOnce(&mut crate::Both<dbha_sql::Facts>),
) -> Vec<Code> {
    let mut facts = fresh_pair(version);
    change(&mut facts);
    let options = SetupOptions {
        platform: Some(platform),
        ..SetupOptions::default()
    };
    let topology = Topology::of_pair(&facts, &options);
    let found = preflight(&facts, &topology, &options, false);
    let about = |code: &Code| ("DBHA-P75".."DBHA-P80").contains(&code.as_str());
    let found = found.into_iter().filter(|finding| {
        assert!(finding.severity < Severity::Blocks || !about(&finding.code));
        about(&finding.code)
    });
    found.map(|finding| finding.code).collect()
}

#[test]
fn a_server_that_is_as_the_platform_wants_it_is_told_nothing() {
    let ready = codes(MYSQL, Platform::Rainbond, |facts| {
        for side in Side::BOTH {
            set(facts.of_mut(side), Setting::MaxConnections, "5050");
            set(facts.of_mut(side), Setting::SqlMode, "ONLY_FULL_GROUP_BY");
        }
        let schema = |name: &str| dbha_sql::SchemaFacts {
            name: name.into(),
            tables: 0,
            rows: 0,
            bytes: 0,
            views: 0,
            routines: 0,
            events: 0,
            has_kine: false,
        };
        facts.primary.schemas = Observed::Known(vec![schema("console"), schema("region")]);
        facts.primary.accounts = Observed::Known(vec![account("rainbond", "10.0.0.%")]);
    });
    assert_eq!(ready, []);
    let one_less = codes(MYSQL, Platform::Rainbond, |facts| {
        set(&mut facts.secondary, Setting::MaxConnections, "5049")
    });
    assert_eq!(one_less, [Code::PlatformConnections, Code::PlatformNotPrepared]);
}

#[test]
fn versions_are_those_that_the_platform_names() {
    for (platform, version, named) in [
        (Platform::K3s, "10.6.0-MariaDB", true),
        (Platform::K3s, "10.5.23-MariaDB", false),
        (Platform::K3s, "11.8.6-MariaDB", true),
        (Platform::Rancher, "8.0.36", true),
        (Platform::Rancher, "8.4.3", false),
        (Platform::Rainbond, "5.7.44", true),
        (Platform::Rainbond, MARIADB, false),
        (Platform::Cloudpods, "10.5.23-MariaDB", true),
        (Platform::Cloudpods, "8.4.3", false),
        (Platform::Kubesphere, "9.7.4", true),
    ] {
        assert_eq!(platform.names(dialect(version)), named, "{platform} {version}");
    }
}

#[test]
fn sql_mode_is_mended_by_taking_one_word_out() {
    let mut facts = fresh_pair(MYSQL);
    set(
        &mut facts.primary,
        Setting::SqlMode,
        "ANSI,only_full_group_by,NO_ZERO_DATE",
    );
    let options = SetupOptions {
        platform: Some(Platform::Cloudpods),
        ..SetupOptions::default()
    };
    let found = preflight(&facts, &Topology::of_pair(&facts, &options), &options, false);
    let finding = found.iter().find(|one| one.code == Code::PlatformSqlMode);
    assert_eq!(
        finding.unwrap().lines,
        ["SET PERSIST sql_mode = 'ANSI,NO_ZERO_DATE';"]
    );
}

#[test]
fn an_ipv6_address_stands_in_brackets_and_rainbond_refuses_it() {
    let wanted = |platform| PlatformInstallWanted {
        address: Some(("fd00::1".into(), 3307)),
        ..install_wanted(platform)
    };
    let k3s = platform_install(&wanted(Platform::K3s)).unwrap();
    assert!(k3s.contains("@tcp([fd00::1]:3307)/k3s'"), "{k3s}");
    let refused = platform_install(&wanted(Platform::Rainbond)).unwrap_err();
    assert_eq!(refused.value, "fd00::1");
}

#[test]
fn without_an_address_that_moves_it_is_said() {
    let text = platform_install(&PlatformInstallWanted {
        address: None,
        ..install_wanted(Platform::K3s)
    })
    .unwrap();
    assert!(
        text.contains("does not move") && text.contains("10.0.0.11:3306"),
        "{text}"
    );
}

const HOSTILE: [&str; 14] = [
    "", "a b", "a'", "a\"", "a\nb: c", "a\\", "a$(id)", "a`id`", "a;id", "a#", "a: {}", "a|b", "ä", "a\u{0}",
];

#[test]
fn scenario_84_no_value_becomes_another_one() {
    for value in HOSTILE {
        for platform in Platform::ALL {
            let mut wanted = install_wanted(platform);
            wanted.address = Some((value.into(), 3306));
            assert_eq!(platform_install(&wanted).unwrap_err().value, value, "{platform}");
            if platform.user().is_some() {
                let refused = platform_sql(dialect(MARIADB), &sql_wanted(platform, value));
                assert!(refused.is_err(), "{platform} {value:?}");
            }
        }
        for place in 0..5 {
            let mut cmd = check_wanted(HealthCheckForm::Cmd);
            match place {
                0 => cmd.servers[0].name = value.into(),
                1 => cmd.servers[1].name = value.into(),
                2 => cmd.program = value.into(),
                3 => cmd.config = value.into(),
                _ => {
                    cmd.form = HealthCheckForm::Http;
                    cmd.monitor.0 = value.into();
                }
            }
            assert_eq!(health_check(&cmd).unwrap_err().value, value, "{place}");
        }
    }
}

#[test]
fn a_password_that_a_platform_cannot_carry_is_refused_and_not_told() {
    // Rainbond writes its DSN by plain formatting, ocboot a shell's command line.
    for password in HOSTILE
        .into_iter()
        .chain(["pa@ss", "pa:ss", "pa/ss", "pa%73", "pa!ss"])
    {
        let secret = Some(Secret::new(password));
        for platform in Platform::ALL.into_iter().filter(|one| one.user().is_some()) {
            let install = platform_install(&PlatformInstallWanted {
                password: secret.clone(),
                ..install_wanted(platform)
            });
            let sql = platform_sql(
                dialect(MARIADB),
                &PlatformSqlWanted {
                    password: secret.clone(),
                    ..sql_wanted(platform, "%")
                },
            );
            for refused in [install.unwrap_err(), sql.unwrap_err()] {
                assert_eq!(refused.value, "***");
                assert!(
                    password.is_empty() || !refused.to_string().contains(password),
                    "{refused}"
                );
            }
        }
    }
}

#[test]
fn a_good_password_stands_in_both_and_for_mariadb_only_as_a_hash() {
    let secret = Secret::new("kZ9_marker-x");
    let install = platform_install(&PlatformInstallWanted {
        password: Some(secret.clone()),
        ..install_wanted(Platform::K3s)
    });
    assert!(install.unwrap().contains("k3s:kZ9_marker-x@tcp"));
    for version in [MARIADB, MYSQL] {
        let sql = platform_sql(
            dialect(version),
            &PlatformSqlWanted {
                password: Some(secret.clone()),
                ..sql_wanted(Platform::K3s, "10.0.0.%")
            },
        );
        let in_clear = sql.unwrap().contains("kZ9_marker-x");
        assert_eq!(in_clear, dialect(version).flavor() == Flavor::MySql);
    }
}

#[test]
fn cloudpods_gets_no_account_that_its_installer_would_not_find() {
    let refused = platform_sql(dialect(MARIADB), &sql_wanted(Platform::Cloudpods, "10.0.0.%"));
    assert!(refused.unwrap_err().fix.contains("--client-host %"));
}
