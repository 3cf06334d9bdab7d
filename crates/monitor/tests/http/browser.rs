//! The dashboard in a real browser.

use crate::{
    built::{self, event},
    chromium::Chromium,
    serving::Serving,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use dbha_monitor::{Board, EventKind, PairReport};
use std::{env, fs, path::Path};

type Build = fn(&str) -> PairReport;

/// Name, report, word of the verdict, a part of the sentence, badges of both servers.
const STATES: [(&str, Build, &str, &str, [&str; 2]); 7] = [
    (
        "healthy",
        built::healthy,
        "Healthy",
        "oth links run",
        ["writable", "read-only"],
    ),
    (
        "lagging",
        built::lagging,
        "Lagging",
        "43 s behind",
        ["writable", "read-only"],
    ),
    (
        "broken",
        built::broken,
        "Broken",
        "SQL thread of db2 (from db1) is stopped, error 1062",
        ["writable", "read-only"],
    ),
    (
        "unreachable",
        built::unreachable,
        "Unreachable",
        "annot reach db2",
        ["writable", "no answer"],
    ),
    (
        "two-writers",
        built::two_writers,
        "Degraded",
        "db2 is writable",
        ["writable!", "writable!"],
    ),
    (
        "none-writable",
        built::none_writable,
        "Degraded",
        "db1 is read-only",
        ["read-only!", "read-only!"],
    ),
    (
        "drifted",
        built::drifted,
        "Degraded",
        "sync_binlog is 0",
        ["writable", "read-only"],
    ),
];

/// An hour of lag with a bad quarter in it.
fn with_history(board: &Board, report: &PairReport) {
    let end = built::now();
    for step in 0..1_700 {
        let mut past = report.clone();
        past.at = end - 3_400.0 + f64::from(step) * 2.0;
        let bad = f64::from((step - 900).clamp(0, 400)) * f64::from(i32::from(step < 1_300));
        past.status.links[0].lag_seconds = Some(0.2 + bad / 10.0 + f64::from(step % 7) / 20.0);
        past.status.links[1].lag_seconds = Some(0.3 + f64::from(step % 5) / 15.0);
        board.publish(past);
    }
    let pair = &report.status.pair;
    for (kind, ago, text) in [
        (EventKind::Watching, 3_500.0, "db1 and db2 are watched"),
        (EventKind::Began, 1_500.0, "db2 is 12 s behind db1"),
        (EventKind::Ended, 800.0, "db2 is no longer behind db1"),
        (EventKind::WritersChanged, 300.0, "db1 takes writes again"),
    ] {
        board.tell(event(pair, kind, ago, text));
    }
    board.publish(report.clone());
}

/// Leaves a picture where somebody wants to look at them.
fn picture(browser: &mut Chromium, name: &str, whole: bool) {
    let Ok(folder) = env::var("DBHA_PICTURES") else {
        return;
    };
    fs::create_dir_all(&folder).unwrap();
    let png = STANDARD.decode(browser.picture(whole)).unwrap();
    fs::write(Path::new(&folder).join(format!("{name}.png")), png).unwrap();
}

/// Everything is within the window, whatever its width.
fn fits(browser: &mut Chromium) {
    let wide = browser
        .evaluate("document.documentElement.scrollWidth - innerWidth")
        .as_i64()
        .unwrap();
    assert!(wide <= 0, "{wide} pixels too wide");
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_says_each_state_in_word_sign_and_badge() {
    let Some(mut browser) = Chromium::start() else {
        return;
    };
    for (name, build, word, sentence, badges) in STATES {
        let serving = Serving::start().await;
        with_history(&serving.board, &build("shop"));
        let base = format!("http://{}/", serving.address);
        for (size, dark) in [
            ((1440, 900), false),
            ((1440, 900), true),
            ((390, 844), false),
            ((390, 844), true),
        ] {
            browser.look_as(size, dark, true);
            browser.open(&base);
            browser.until("document.querySelector('#chart canvas') && document.querySelector('.live.on')");
            let said = browser.evaluate("document.querySelector('h1').textContent");
            let said = said.as_str().unwrap();
            assert!(
                said.starts_with(&format!("{word}: ")) && said.contains(sentence),
                "{name}: {said}"
            );
            let shown = "[...document.querySelectorAll('.badge')].map((badge) => badge.textContent)";
            assert_eq!(browser.evaluate(shown), serde_json::json!(badges), "{name}");
            let title = browser.evaluate("document.title");
            assert_eq!(title, format!("{word}: shop – dbha"));
            fits(&mut browser);
            let looks = if dark { "dark" } else { "light" };
            picture(&mut browser, &format!("{name}-{}-{looks}", size.0), size.0 < 600);
        }
        let elsewhere: Vec<_> = browser
            .requests
            .iter()
            .filter(|url| !url.starts_with(&base))
            .collect();
        assert!(elsewhere.is_empty(), "{elsewhere:?}");
        assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
        browser.requests.clear();
        browser.open("about:blank");
        browser.requests.clear();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_is_complete_without_scripts() {
    let Some(mut browser) = Chromium::start() else {
        return;
    };
    for (name, build, word, sentence, _) in STATES {
        let serving = Serving::start().await;
        serving
            .board
            .tell(event("shop", EventKind::Began, 5.0, "db2 is 12 s behind db1"));
        serving.board.publish(build("shop"));
        browser.look_as((1440, 900), false, false);
        browser.open(&format!("http://{}/", serving.address));
        let html = browser.html();
        for part in [
            word,
            sentence,
            "<table id=\"servers\">",
            "<table id=\"links\">",
            "db2 is 12 s behind db1",
        ] {
            assert!(html.contains(part), "{name}: {part} is missing in {html}");
        }
        assert!(
            html.contains("data-copy") && html.contains("hidden") || name == "healthy",
            "{name}"
        );
        picture(&mut browser, &format!("{name}-1440-plain"), true);
        assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_follows_the_board_and_says_when_the_monitor_is_gone() {
    let Some(mut browser) = Chromium::start() else {
        return;
    };
    let serving = Serving::start().await;
    serving.board.publish(built::healthy("shop"));
    browser.look_as((1440, 900), false, true);
    browser.open(&format!("http://{}/", serving.address));
    browser.until("document.querySelector('.live.on')");
    serving.board.publish(built::broken("shop"));
    serving.board.tell(event(
        "shop",
        EventKind::Began,
        0.0,
        "the SQL thread stopped <b>here</b>",
    ));
    browser.until("document.querySelector('h1').textContent.startsWith('Broken')");
    browser.until("document.querySelector('#event-rows').textContent.includes('stopped <b>here</b>')");
    // The filter, and a copy that needs no clipboard.
    browser.evaluate("document.querySelector('[name=text]').value = 'nothing like it'");
    browser.evaluate("document.querySelector('#filter').dispatchEvent(new Event('input'))");
    assert_eq!(
        browser.evaluate("document.querySelector('#no-events').hidden"),
        false
    );
    let command = browser.evaluate("document.querySelector('button.copy').dataset.copy");
    assert_eq!(command, "dbha verify --primary db1 --secondary db2");
    browser.evaluate("document.querySelector('button.copy').focus()");
    serving.board.publish(built::lagging("shop"));
    browser.until("document.querySelector('h1').textContent.startsWith('Lagging')");
    assert_eq!(
        browser.evaluate("document.activeElement.className"),
        "copy",
        "news must not take the focus away"
    );
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
    assert!(
        serving.stop().await < std::time::Duration::from_secs(1),
        "an open page held the monitor up"
    );
    browser.until("document.body.classList.contains('lost') && !document.querySelector('#lost').hidden");
    assert!(
        browser
            .evaluate("document.querySelector('h1').textContent")
            .as_str()
            .unwrap()
            .starts_with("Unknown: Last seen: lagging")
    );
    assert_eq!(
        browser.evaluate("document.title"),
        "Unknown: no connection – dbha"
    );
    picture(&mut browser, "lost-1440-light", false);
}

#[tokio::test(flavor = "multi_thread")]
async fn overview_has_the_worst_first_and_leads_to_each_pair() {
    let Some(mut browser) = Chromium::start() else {
        return;
    };
    let serving = Serving::start().await;
    for name in ["accounts", "billing", "cms", "search"] {
        serving.board.publish(built::healthy(name));
    }
    serving.board.publish(built::lagging("orders"));
    serving.board.publish(built::broken("shop/1 <img src=x>"));
    serving.board.publish(built::two_writers("stock"));
    serving
        .board
        .set_watched(vec!["accounts".into(), "reports".into()]);
    serving
        .board
        .tell(event("orders", EventKind::Began, 9.0, "db2 is 12 s behind db1"));
    for (size, dark) in [((1440, 900), false), ((1440, 900), true), ((390, 844), false)] {
        browser.look_as(size, dark, true);
        browser.open(&format!("http://{}/", serving.address));
        browser.until("document.querySelector('.live.on')");
        fits(&mut browser);
        let looks = if dark { "dark" } else { "light" };
        picture(
            &mut browser,
            &format!("overview-{}-{looks}", size.0),
            size.0 < 600,
        );
    }
    let names =
        browser.evaluate("[...document.querySelectorAll('.row .name')].map((name) => name.textContent)");
    let order = [
        "shop/1 <img src=x>",
        "reports",
        "stock",
        "orders",
        "accounts",
        "billing",
        "cms",
        "search",
    ];
    assert_eq!(names, serde_json::json!(order));
    browser.evaluate("document.querySelector('.row.broken a').click()");
    browser.until("document.querySelector('.here')?.textContent === 'shop/1 <img src=x>' && document.querySelector('.live.on')");
    assert_eq!(
        browser.evaluate("document.querySelector('nav a').textContent"),
        "All pairs"
    );
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}
