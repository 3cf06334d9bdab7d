//! Quoting, asked of real servers: what dbha writes means the same to their lexers under every `sql_mode`.

use dbha_core::{quote_identifier, quote_literal};
use dbha_testkit::{PrivateServer, Release, ServerOptions};

use crate::releases::on_releases;
use crate::session::Session;

/// What lexers trip over.
const PIECES: [&str; 20] = [
    "'", "\"", "`", "\\", "\\'", "''", "%", "_", "--", "/*", "*/", ";", "#", "$", "🦀", "é", "x", " y",
    "\u{1a}", "\n",
];

/// Several hundred texts, the same in each run.
fn texts() -> Vec<String> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    (0..300)
        .map(|_| (0..next(8)).map(|_| PIECES[next(PIECES.len())]).collect())
        .collect()
}

on_releases!(scenario_5_quoted_texts_and_names_come_back_as_they_were: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn scenario_5_quoted_texts_and_names_come_back_as_they_were(release: Release) {
    let server = PrivateServer::launch(release, &ServerOptions::new())
        .await
        .unwrap();
    let mut session = Session::open(&server).await;
    session.run("SET NAMES utf8mb4").await;
    for mode in [
        "",
        "ANSI_QUOTES",
        "NO_BACKSLASH_ESCAPES",
        "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT",
    ] {
        session.run(&format!("SET SESSION sql_mode='{mode}'")).await;
        for text in texts() {
            let asked = format!("SELECT HEX({})", quote_literal(&text));
            let hex: String = text.bytes().map(|byte| format!("{byte:02X}")).collect();
            assert_eq!(session.value(&asked).await, hex, "{mode}: {text:?}");
            // Names may not end in a blank, aliases lose those they begin with, and letters have three bytes at most.
            let name = format!("a{}.", text.replace('🦀', "é"));
            let rows = session
                .rows(&format!("SELECT 1 AS {}", quote_identifier(&name)))
                .await;
            assert_eq!(rows[0].keys().collect::<Vec<_>>(), [&name], "{mode}");
        }
    }
}
