use super::{Before, Content, cut, page};
use crate::render::style;
use dbha_core::{
    Condition, Flavor, IoState, KeyStep, LinkStatus, Problem, ServerStatus, SqlState, Status, Verdict,
    WritableServers,
};

fn server(name: &str, problems: Vec<Problem>) -> ServerStatus {
    ServerStatus {
        name: name.into(),
        address: format!("{name}.example.org:3306"),
        reachable: true,
        flavor: Some(Flavor::MariaDb),
        version: Some("10.11.19-MariaDB".into()),
        server_id: Some(1),
        server_uuid: None,
        role: Some("primary".into()),
        read_only: Some(false),
        auto_increment: Some(KeyStep {
            increment: 2,
            offset: 1,
        }),
        gtid: Some("0-1-123456,1-1-99,2-2-1234567890".into()),
        errant: None,
        settings_persisted: Some(true),
        lost_at_restart: vec![],
        problems,
    }
}

fn link(from: &str, to: &str) -> LinkStatus {
    serde_json::from_value(serde_json::json!({
        "from": from, "to": to, "io": IoState::Running, "sql": SqlState::Stopped, "lag_seconds": null,
        "gtid_missing": 12, "last_error": null,
    }))
    .unwrap()
}

fn status(names: [&str; 2], problems: usize) -> Status {
    let problem = |number: usize| Problem {
        code: Condition::SqlThread,
        text: format!("number {number}: {}", "some words that go on and on ".repeat(6)),
        fix: "a_command --that --is-long --and-goes-on --with many words in it".into(),
    };
    let problems = (0..problems).map(problem).collect();
    Status {
        schema_version: 1,
        pair: format!("{}+{}", names[0], names[1]),
        restart_safe: false,
        verdict: Verdict::Broken,
        reason: "the SQL thread of b (from a) is stopped, error 1062: Duplicate\u{1b}[2Jentry".into(),
        writers: WritableServers::One,
        writers_recorded: None,
        term: None,
        writer: None,
        durability: None,
        managed: false,
        guarded: None,
        servers: vec![server(names[0], problems), server(names[1], vec![])],
        links: vec![link(names[0], names[1]), link(names[1], names[0])],
    }
}

fn shown(status: &Status, changes: usize, size: (usize, usize)) -> Vec<String> {
    let change = |number: usize| Before {
        at: format!("10:00:{number:02}"),
        verdict: Verdict::Unreachable,
        reason: "a reason that is rather long and would not fit into a narrow window",
    };
    let changes: Vec<Before> = (0..changes).map(change).collect();
    let content = Content {
        status,
        note: ("so since 10:00:00 UTC (5 min) · q ends", false),
        changes: &changes,
    };
    page(&content, size, style::plain())
}

#[test]
fn no_line_and_no_page_is_larger_than_the_window() {
    let long = "a-server-with-a-long-name.somewhere.example.org:3306";
    for names in [["a", "b"], [long, "10.0.0.12:3306"]] {
        for problems in [0, 1, 5] {
            for changes in [0, 1, 2, 30] {
                for size in [(20, 3), (40, 10), (40, 24), (80, 24), (120, 40), (300, 100)] {
                    let lines = shown(&status(names, problems), changes, size);
                    assert!(lines.len() <= size.1, "{size:?}: {}", lines.join("\n"));
                    for line in &lines {
                        assert!(line.chars().count() <= size.0, "{size:?}: {line:?}");
                        assert!(!line.contains('\u{1b}'), "{line:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_wide_window_has_tables_and_a_narrow_one_paragraphs() {
    let status = status(["db1", "db2"], 0);
    let wide = shown(&status, 0, (100, 40)).join("\n");
    assert!(wide.contains("SERVER  ROLE") && wide.contains("LINK "), "{wide}");
    let narrow = shown(&status, 0, (40, 60)).join("\n");
    assert!(!narrow.contains("SERVER  ROLE"), "{narrow}");
    for word in [
        "role primary",
        "writes yes",
        "position 0-1-123456",
        "io running",
        "sql stopped",
        "missing 12",
    ] {
        assert!(narrow.contains(word), "{word} is missing in\n{narrow}");
    }
}

#[test]
fn changes_keep_a_place_beside_many_problems_and_what_is_left_out_is_said() {
    let lines = shown(&status(["a", "b"], 9), 30, (80, 24));
    assert_eq!(lines.len(), 24);
    let text = lines.join("\n");
    assert!(text.contains("more lines") && text.contains("CHANGES"), "{text}");
    assert!(text.contains("10:00:00  unreachable"), "{text}");
}

#[test]
fn a_cut_text_ends_in_a_sign_of_it() {
    assert_eq!(cut("abcdef", 6), "abcdef");
    assert_eq!(cut("abcdef", 4), "abc…");
    assert_eq!(cut("abc def", 5), "abc…");
}
