//! `--for PLATFORM --platform-password-file`: the set-up makes the platform's databases and account, and `check --for` knows it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use dbha_testkit::{PrivateServer, Release, ServerPair};

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::ran::Ran;
use crate::releases::on_releases;
use crate::servers::{fresh_pair, positions};
use crate::session::Session;

/// A platform, and the first of its databases with what is to be read of it.
struct Site {
    platform: &'static str,
    database: &'static str,
    file: PathBuf,
}

impl Site {
    fn of(release: Release, operator: &Operator) -> Self {
        let (platform, database) = match release.is_mysql() {
            true => ("rainbond", "region"),
            false => ("k3s", "k3s"),
        };
        Self {
            platform,
            database,
            file: operator.home().join("platform.password"),
        }
    }

    fn arguments(&self) -> [&str; 6] {
        [
            "--for",
            self.platform,
            "--platform-password-file",
            self.file.to_str().unwrap(),
            "--client-host",
            "%",
        ]
    }

    async fn setup(&self, operator: &Operator) -> Ran {
        operator.setup(self.arguments()).await
    }

    /// Steps of a set-up that changed something.
    async fn changed(&self, operator: &Operator) -> Vec<String> {
        let mut command = operator.command("setup", self.arguments());
        let ran = operator.finish(command.args(["--yes", "-o", "ndjson"])).await;
        ran.exits(0).changed_steps()
    }

    fn password(&self) -> String {
        fs::read_to_string(&self.file).unwrap().trim_end().to_owned()
    }

    async fn log_in(&self, server: &PrivateServer) -> Session {
        Session::open_as(server, self.platform, &self.password())
            .await
            .unwrap()
    }

    /// How many of its databases and accounts a server has.
    async fn there(&self, server: &PrivateServer) -> u64 {
        let count = format!(
            "SELECT (SELECT COUNT(*) FROM mysql.user WHERE user = '{}') + (SELECT COUNT(*) FROM \
             information_schema.schemata WHERE schema_name = '{}')",
            self.platform, self.database
        );
        Session::open(server).await.number(&count).await
    }
}

async fn pair_of(release: Release) -> (ServerPair, Operator, Site) {
    let pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    let site = Site::of(release, &operator);
    (pair, operator, site)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

on_releases!(a_set_up_makes_what_the_platform_finds_and_undo_takes_it_back: mariadb_10_11, mysql_9_7);

async fn a_set_up_makes_what_the_platform_finds_and_undo_takes_it_back(release: Release) {
    let (pair, mut operator, site) = pair_of(release).await;
    let mut planned = operator.command("setup", site.arguments());
    let planned = operator.finish(planned.arg("--dry-run")).await.exits(0);
    assert!(
        planned.stdout.contains("CREATE USER IF NOT EXISTS")
            || planned.stderr.contains("CREATE USER IF NOT EXISTS"),
        "{planned}"
    );
    assert!(!site.file.exists());

    let ran = site.setup(&operator).await.exits(0);
    let password = site.password();
    assert!(!ran.stdout.contains(&password) && !ran.stderr.contains(&password));
    operator.secrets.push(password);
    assert_eq!(mode(&site.file), 0o600);
    for server in [&pair.primary, &pair.secondary] {
        site.log_in(server).await;
        let charset = format!(
            "SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = '{}'",
            site.database
        );
        let charset = Session::open(server).await.value(&charset).await;
        assert!(!release.is_mysql() || charset == "utf8mb4", "{charset}");
    }
    let receipts = fs::read_dir(operator.state_dir().join("receipts")).unwrap();
    let receipts: Vec<String> = receipts
        .filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok())
        .collect();
    assert!(receipts.iter().any(|text| text.contains("prepare_platform")));
    assert!(receipts.iter().all(|text| !text.contains(&site.password())));

    let before = [positions(&pair.primary).await, positions(&pair.secondary).await];
    assert_eq!(site.changed(&operator).await, [""; 0]);
    let after = [positions(&pair.primary).await, positions(&pair.secondary).await];
    assert_eq!(before, after);

    operator.run("undo", ["--yes"]).await.exits(0);
    for server in [&pair.primary, &pair.secondary] {
        eventually(
            "nothing of it is left",
            async || site.there(server).await,
            |left| *left == 0,
        )
        .await;
    }
}

on_releases!(what_is_used_or_was_there_stays: mariadb_10_11, mysql_9_7);

async fn what_is_used_or_was_there_stays(release: Release) {
    let (pair, operator, site) = pair_of(release).await;
    operator.setup(["--for", site.platform]).await.exits(0);
    site.setup(&operator).await.exits(0);
    let mut tenant = site.log_in(&pair.primary).await;
    tenant
        .run(&format!(
            "CREATE TABLE {}.used (id INT PRIMARY KEY)",
            site.database
        ))
        .await;
    operator.run("undo", ["--yes"]).await.exits(0);
    assert_eq!(site.there(&pair.primary).await, 2);
    site.log_in(&pair.primary).await;
}

on_releases!(an_account_without_its_grants_is_completed_and_keeps_its_password: mariadb_10_11, mysql_9_7);

/// As a run leaves it that was killed between the two.
async fn an_account_without_its_grants_is_completed_and_keeps_its_password(release: Release) {
    let (pair, operator, site) = pair_of(release).await;
    operator.setup(["--for", site.platform]).await.exits(0);
    let mut root = Session::open(&pair.primary).await;
    root.run(&format!(
        "CREATE USER '{}'@'%' IDENTIFIED BY 'of before'",
        site.platform
    ))
    .await;
    root.run(&format!("CREATE DATABASE {}", site.database)).await;
    assert_eq!(site.changed(&operator).await, ["prepare_platform"]);
    assert!(!site.file.exists(), "nobody was given a password");
    let mut tenant = Session::open_as(&pair.primary, site.platform, "of before")
        .await
        .unwrap();
    tenant
        .run(&format!(
            "CREATE TABLE {}.works (id INT PRIMARY KEY)",
            site.database
        ))
        .await;
    assert_eq!(site.changed(&operator).await, [""; 0]);
}

on_releases!(a_check_knows_the_platform: mariadb_10_11);

async fn a_check_knows_the_platform(release: Release) {
    let (pair, operator, site) = pair_of(release).await;
    operator.setup(["--for", site.platform]).await.exits(0);
    let wide = ["--max-lag", "60s", "--timeout", "30s"];
    let check = async |platform: &str| {
        let mut command = operator.command("check", ["--for", platform]);
        operator.finish(command.args(wide)).await
    };
    check("k3s").await.exits(0);
    // 50 for each of three servers, and everybody else's.
    let few = check("rancher").await.exits(1);
    assert!(few.stdout.contains("DBHA-P75"), "{few}");
    let mut primary = Session::open(&pair.primary).await;
    primary.run("SET GLOBAL auto_increment_increment = 2").await;
    let stepped = check("k3s").await.exits(2);
    assert!(stepped.stdout.contains("DBHA-P16"), "{stepped}");
    // The platform is recorded: a set-up that does not name it mends the step.
    operator.setup([]).await.exits(0);
    check("k3s").await.exits(0);
}

#[tokio::test]
async fn what_a_platform_cannot_use_is_refused_before_anything_is_asked() {
    let mut operator = Operator::without_servers();
    let file = operator.home().join("new.password").display().to_string();
    let bad = operator.password_file("bad", "p@ss:word").display().to_string();
    for arguments in [
        [
            "--for",
            "k3s",
            "--platform-password-file",
            &file,
            "--writers",
            "one",
        ],
        [
            "--for",
            "k3s",
            "--platform-password-file",
            &file,
            "--client-host",
            "h'x",
        ],
        [
            "--for",
            "k3s",
            "--platform-password-file",
            &bad,
            "--client-host",
            "%",
        ],
        [
            "--for",
            "cloudpods",
            "--platform-password-file",
            &file,
            "--client-host",
            "10.0.0.1",
        ],
        [
            "--for",
            "kubesphere",
            "--platform-password-file",
            &file,
            "--client-host",
            "%",
        ],
    ] {
        operator.primary = "127.0.0.1:1".into();
        operator.secondary = "127.0.0.1:2".into();
        let ran = operator.setup(arguments).await.exits(2);
        ran.says_one_error_with_a_fix();
    }
}

#[tokio::test]
async fn haproxy_lets_in_what_the_platform_opens() {
    let operator = Operator::without_servers();
    let servers = [
        "render",
        "haproxy",
        "--primary",
        "db1:3306",
        "--secondary",
        "db2:3306",
        "--for",
    ];
    let render = async |more: &[&str]| operator.finish(operator.bare(servers).args(more)).await;
    let rainbond = render(&["rainbond"]).await.exits(0);
    assert_eq!(
        rainbond.stdout.matches("\n    maxconn 5050\n").count(),
        2,
        "{rainbond}"
    );
    let k3s = render(&["k3s"]).await.exits(0);
    assert!(!k3s.stdout.contains("maxconn"), "{k3s}");
    render(&["k3s", "--writers", "both"])
        .await
        .exits(2)
        .says_one_error_with_a_fix();
}
