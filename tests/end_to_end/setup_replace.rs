//! `--replace`: a dead partner gives way to a new server, and can do no harm when it returns.

use std::fs;

use dbha_testkit::{PrivateServer, Release, ServerOptions, ServerPair, sample};

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::refusal::refused;
use crate::releases::on_releases;
use crate::servers::{
    assert_all_threads_run, assert_nothing_left_behind, assert_same_contents, column_of, cross,
    pair_with_sample, positions, replica_status, write,
};
use crate::session::Session;
use crate::stopped_at::StoppedAt;
use crate::writers::{Writers, assert_kept};

/// A pair of which the secondary has died, and the new server that is to take its place.
struct Bereaved {
    pair: ServerPair,
    dead: PrivateServer,
    operator: Operator,
}

impl Bereaved {
    /// Makes a pair, lets something happen in it, kills its secondary, and gives the primary a new server.
    async fn new(release: Release, writers: &str, meanwhile: impl AsyncFnOnce(&ServerPair)) -> Self {
        let pair = finished_pair(release, writers).await;
        meanwhile(&pair).await;
        let ServerPair {
            primary,
            secondary: mut dead,
        } = pair;
        dead.kill().await.unwrap();
        Self::of(primary, dead).await
    }

    async fn of(survivor: PrivateServer, dead: PrivateServer) -> Self {
        let new = PrivateServer::launch(survivor.release(), &ServerOptions::new()).await;
        let pair = ServerPair {
            primary: survivor,
            secondary: new.unwrap(),
        };
        let operator = Operator::of(&pair);
        Self { pair, dead, operator }
    }

    /// Fails the test unless the new two are a pair that knows of no other server, and stays as it is.
    async fn assert_replaced(&self, arguments: &[&str]) {
        assert_all_threads_run(&self.pair).await;
        cross("Ada", &self.pair.primary, &self.pair.secondary).await;
        assert_same_contents(&self.pair).await;
        assert_nothing_left_behind(&self.pair).await;
        for server in [&self.pair.primary, &self.pair.secondary] {
            let mut session = Session::open(server).await;
            let names = session.column("SELECT name FROM dbha.server ORDER BY role").await;
            assert_eq!(
                names,
                [self.pair.primary.address(), self.pair.secondary.address()]
            );
            let link = replica_status(server).await.unwrap();
            assert_ne!(column_of(&link, "Source_Port"), self.dead.port().to_string());
        }
        let again = self
            .operator
            .setup(arguments.iter().copied().chain(["-o", "ndjson"]))
            .await;
        assert_eq!(again.exits(0).changed_steps(), [""; 0]);
        self.operator.status().await.exits(0);
    }
}

async fn finished_pair(release: Release, writers: &str) -> ServerPair {
    let pair = pair_with_sample(release, 3).await;
    Operator::of(&pair).setup(["--writers", writers]).await.exits(0);
    pair
}

async fn server_id(server: &PrivateServer) -> u64 {
    Session::open(server)
        .await
        .number("SELECT @@GLOBAL.server_id")
        .await
}

on_releases!(scenario_65_a_dead_secondary_is_replaced_under_writers: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn scenario_65_a_dead_secondary_is_replaced_under_writers(release: Release) {
    let mut bereaved = Bereaved::new(release, "both", async |pair: &ServerPair| {
        cross("Grace", &pair.secondary, &pair.primary).await;
    })
    .await;
    let pair = &bereaved.pair;
    let (old, survivor_id) = (bereaved.dead.address(), server_id(&pair.primary).await);
    for wrong in [&[][..], &["--replace", "somebody.else:3306"]] {
        let ran = refused(pair, &bereaved.operator, wrong.iter().copied(), 3).await;
        ran.says("DBHA-P39").says(&format!(
            "--secondary {} --replace {old}",
            pair.secondary.address()
        ));
    }
    let writers = Writers::start(&pair.primary, 2).await;

    let arguments = ["--writers", "both", "--replace", &old];
    bereaved.operator.setup(arguments).await.exits(0);

    let written = writers.stop().await;
    bereaved.assert_replaced(&arguments).await;
    cross("Grete", &pair.secondary, &pair.primary).await;
    assert_kept(&pair.secondary, &written).await;
    assert_eq!(
        server_id(&pair.primary).await,
        survivor_id,
        "the survivor keeps its number"
    );
    let new_id = server_id(&pair.secondary).await;
    assert_ne!(new_id, 2, "the number of the old one is not given out again");

    assert_harmless_when_it_returns(&mut bereaved).await;
}

/// Safety rule 15: the old server neither reads nor is read.
async fn assert_harmless_when_it_returns(bereaved: &mut Bereaved) {
    bereaved.dead.start().await.unwrap();
    let mut returned = Session::open(&bereaved.dead).await;
    returned.run("SET GLOBAL read_only=0").await;
    write("Lonely", &bereaved.dead).await;
    eventually(
        "the survivor refuses the old one's login",
        async || {
            let link = replica_status(&bereaved.dead).await.unwrap();
            column_of(&link, "Last_IO_Errno").to_owned()
        },
        |code| code == "1045",
    )
    .await;
    cross("Emmy", &bereaved.pair.primary, &bereaved.pair.secondary).await;
    let mut primary = Session::open(&bereaved.pair.primary).await;
    let crossed = primary.column(&sample::find_customer("Lonely")).await;
    assert_eq!(crossed, [""; 0], "a row of the old server crossed");
    assert_eq!(returned.column(&sample::find_customer("Emmy")).await, [""; 0]);
}

on_releases!(scenario_65_a_surviving_secondary_becomes_the_primary_with_all_that_it_received: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn scenario_65_a_surviving_secondary_becomes_the_primary_with_all_that_it_received(release: Release) {
    let ServerPair {
        primary: mut dead,
        secondary: survivor,
    } = finished_pair(release, "one").await;
    let mut reader = Session::open(&survivor).await;
    receive_what_cannot_be_applied(&dead, &survivor, &mut reader).await;
    dead.kill().await.unwrap();
    let bereaved = Bereaved::of(survivor, dead).await;
    let old = bereaved.dead.address();
    let arguments = ["--replace", &old];

    let mut command = bereaved.operator.command("setup", arguments);
    let running = StoppedAt::reach(&bereaved.operator, command.arg("--yes"), "before:detach_replaced").await;
    running.kill().await;
    reader.run("ROLLBACK").await;
    bereaved
        .operator
        .setup(arguments)
        .await
        .exits(0)
        .says("was the secondary and becomes the primary");

    bereaved.assert_replaced(&arguments).await;
    let received = "SELECT COUNT(*) FROM rental_shop.category WHERE name LIKE 'received %'";
    for server in [&bereaved.pair.primary, &bereaved.pair.secondary] {
        let mut session = Session::open(server).await;
        assert_eq!(session.number(received).await, 20);
        let roles = session
            .column("SELECT role FROM dbha.server ORDER BY server_id")
            .await;
        assert_eq!(roles, ["primary", "secondary"], "the new one has a new number");
    }
    let writable = async |server: &PrivateServer| {
        let mut session = Session::open(server).await;
        session.value("SELECT @@GLOBAL.read_only").await
    };
    assert_eq!(writable(&bereaved.pair.primary).await, "0");
    assert_eq!(writable(&bereaved.pair.secondary).await, "1");
}

/// Lets a replica receive 21 transactions of which a row lock of `reader` holds up the first.
async fn receive_what_cannot_be_applied(
    source: &PrivateServer,
    replica: &PrivateServer,
    reader: &mut Session,
) {
    reader.run("BEGIN").await;
    reader
        .rows("SELECT * FROM rental_shop.category WHERE category_id=1 LOCK IN SHARE MODE")
        .await;
    let mut writer = Session::open(source).await;
    writer
        .run("UPDATE rental_shop.category SET name='held up' WHERE category_id=1")
        .await;
    for row in 1..=20 {
        let insert = format!("INSERT INTO rental_shop.category (name) VALUES ('received {row}')");
        writer.run(&insert).await;
    }
    let position = async |server: &PrivateServer, column: &str| {
        let status = replica_status(server).await.unwrap();
        column_of(&status, column).to_owned()
    };
    let end = positions(source).await[2].clone();
    eventually(
        "everything is received",
        async || position(replica, "Read_Source_Log_Pos").await,
        |read| *read == end,
    )
    .await;
}

on_releases!(scenario_65_a_replacement_that_was_killed_goes_on: mariadb_10_11, slow_mysql_9_7, slow_mariadb_10_5);

async fn scenario_65_a_replacement_that_was_killed_goes_on(release: Release) {
    let bereaved = Bereaved::new(release, "both", async |_: &ServerPair| {}).await;
    let old = bereaved.dead.address();
    let arguments = ["--writers", "both", "--replace", &old];
    let writers = Writers::start(&bereaved.pair.primary, 1).await;
    for point in [
        "before:detach_replaced",
        "applied:detach_replaced",
        "applied:configure_secondary",
        "applied:ensure_accounts",
        "applied:copy_data",
        "applied:follow_primary",
        "applied:follow_secondary",
    ] {
        let mut command = bereaved.operator.command("setup", arguments);
        let run = StoppedAt::reach(&bereaved.operator, command.arg("--yes"), point).await;
        run.kill().await;
    }
    bereaved.operator.setup(arguments).await.exits(0);
    let written = writers.stop().await;
    bereaved.assert_replaced(&arguments).await;
    assert_kept(&bereaved.pair.secondary, &written).await;
}

on_releases!(scenario_65_a_partner_that_lives_is_not_replaced: mariadb_10_11, slow_mysql_9_7);

async fn scenario_65_a_partner_that_lives_is_not_replaced(release: Release) {
    let ServerPair {
        primary,
        secondary: alive,
    } = finished_pair(release, "one").await;
    let scene = Bereaved::of(primary, alive).await;
    let name = scene.dead.address();
    refused(&scene.pair, &scene.operator, ["--replace", &name], 3)
        .await
        .says("DBHA-P40")
        .says("lives");
}

on_releases!(scenario_65_a_partner_rebuilt_where_it_stood_is_taken_up_again: mariadb_10_11, mysql_9_7);

async fn scenario_65_a_partner_rebuilt_where_it_stood_is_taken_up_again(release: Release) {
    let mut pair = finished_pair(release, "both").await;
    cross("Grace", &pair.secondary, &pair.primary).await;
    reinstall(&mut pair.secondary).await;
    let operator = Operator::of(&pair);

    operator.setup(["--writers", "both"]).await.exits(0);

    assert_all_threads_run(&pair).await;
    cross("Ada", &pair.primary, &pair.secondary).await;
    cross("Grete", &pair.secondary, &pair.primary).await;
    assert_same_contents(&pair).await;
    assert_nothing_left_behind(&pair).await;
    let again = operator.setup(["--writers", "both", "-o", "ndjson"]).await;
    assert_eq!(again.exits(0).changed_steps(), [""; 0]);
}

/// Makes a server what a new installation at its address would be.
async fn reinstall(server: &mut PrivateServer) {
    let mysql = server.release().is_mysql();
    let mut session = Session::open(server).await;
    let common = [
        "SET GLOBAL read_only=0",
        "SET SESSION sql_log_bin=0",
        "DROP DATABASE rental_shop",
    ];
    let own: &[&str] = match mysql {
        true => &["STOP REPLICA", "RESET REPLICA ALL", "RESET PERSIST"],
        false => &["STOP SLAVE", "RESET SLAVE ALL"],
    };
    for statement in own.iter().chain(&common).chain(&["DROP DATABASE dbha"]) {
        session.run(statement).await;
    }
    let names = "SELECT CONCAT(QUOTE(User), '@', QUOTE(Host)) FROM mysql.user \
                 WHERE User NOT IN ('root', 'PUBLIC', 'mariadb.sys') AND User NOT LIKE 'mysql%'";
    for name in session.column(names).await {
        session.run(&format!("DROP USER IF EXISTS {name}")).await;
    }
    let reset = if mysql {
        "RESET BINARY LOGS AND GTIDS"
    } else {
        "RESET MASTER"
    };
    session.run(reset).await;
    if !mysql {
        session.run("SET GLOBAL gtid_slave_pos=''").await;
    }
    server.stop().await.unwrap();
    let _ = fs::remove_file(server.datadir().join("auto.cnf"));
    server.start().await.unwrap();
}
