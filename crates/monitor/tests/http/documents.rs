//! The documents and the stream for programs.

use crate::{
    built::{self, event},
    caller::get,
    serving::Serving,
};
use dbha_monitor::EventKind;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

async fn document(serving: &Serving, path: &str) -> Value {
    let heard = get(serving.address, path).await;
    assert_eq!(heard.status, 200, "{path}: {}", heard.body);
    assert!(
        heard.head.contains("content-type: application/json"),
        "{}",
        heard.head
    );
    serde_json::from_str(&heard.body).unwrap()
}

#[tokio::test]
async fn status_has_the_worst_verdict_and_every_pair() {
    let serving = Serving::start().await;
    assert_eq!(document(&serving, "/api/v1/status").await["verdict"], "unknown");
    serving.board.publish(built::healthy("shop"));
    let all = document(&serving, "/api/v1/status").await;
    assert_eq!(
        (&all["schema_version"], &all["verdict"]),
        (&json!(1), &json!("healthy"))
    );
    assert_eq!(all["reason"], "both links run and one server takes writes");
    for (name, build, verdict) in [
        ("a", built::lagging as fn(&str) -> _, "lagging"),
        ("b", built::two_writers, "degraded"),
        ("c", built::broken, "broken"),
        ("d", built::unreachable, "unreachable"),
        ("e", built::lagging, "unreachable"),
    ] {
        serving.board.publish(build(name));
        assert_eq!(
            document(&serving, "/api/v1/status").await["verdict"],
            verdict,
            "{name}"
        );
    }
    let all = document(&serving, "/api/v1/status").await;
    assert_eq!(
        all["reason"],
        "d: cannot reach db2 at 10.0.0.12:3306: connection refused"
    );
    assert_eq!(all["pairs"].as_array().unwrap().len(), 6);
    let one = document(&serving, "/api/v1/pairs/c/status").await;
    assert_eq!(
        (&one["pair"], &one["verdict"], &one["stale"]),
        (&json!("c"), &json!("broken"), &json!(false))
    );
    assert_eq!(one["links"][0]["lag_seconds"], Value::Null);
    assert_eq!(one["looks"][0]["heartbeat"], "written");
    assert_eq!(get(serving.address, "/api/v1/pairs/x/status").await.status, 404);
}

#[tokio::test]
async fn page_and_metrics_say_who_has_the_writes_since_which_term() {
    let serving = Serving::start().await;
    let mut report = built::healthy("shop");
    serving.board.publish(report.clone());
    assert!(!get(serving.address, "/").await.body.contains("has the writes"));
    report.status.term = Some(3);
    report.status.writer = Some("db1".into());
    serving.board.publish(report);
    let page = get(serving.address, "/").await.body;
    assert!(page.contains("db1 has the writes (term 3)"), "{page}");
    let metrics = get(serving.address, "/metrics").await.body;
    assert!(metrics.contains("dbha_term{pair=\"shop\"} 3"), "{metrics}");
}

#[tokio::test]
async fn pairs_with_odd_names_are_found_and_a_page_cannot_be_broken_by_them() {
    let serving = Serving::start().await;
    let name = "a/b \"<script>alert(1)</script>&";
    let mut report = built::broken(name);
    report.status.reason = "<img src=x onerror=alert(1)>".into();
    report.status.servers[0].name = "</title><script>".into();
    serving.board.publish(report);
    serving.board.tell(event(name, EventKind::Began, 1.0, "<iframe>"));
    let path = "/api/v1/pairs/a%2Fb%20%22%3Cscript%3Ealert(1)%3C%2Fscript%3E%26/status";
    assert_eq!(document(&serving, path).await["pair"], name);
    let page = get(serving.address, "/").await.body;
    for raw in ["<script>alert", "<img src=x", "</title><script>", "<iframe>"] {
        assert!(!page.contains(raw), "{raw} stands in the page");
    }
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"), "{page}");
}

#[tokio::test]
async fn a_report_that_grows_old_is_unknown_everywhere() {
    let serving = Serving::with(|settings| settings.tick = Duration::from_millis(10)).await;
    serving.board.publish(built::healthy("shop"));
    tokio::time::sleep(Duration::from_millis(120)).await;
    let one = document(&serving, "/api/v1/pairs/shop/status").await;
    assert_eq!(
        (&one["verdict"], &one["stale"]),
        (&json!("unknown"), &json!(true))
    );
    assert_eq!(document(&serving, "/api/v1/status").await["verdict"], "unknown");
    let page = get(serving.address, "/").await.body;
    assert!(
        page.contains("Unknown") && !page.contains("Healthy") && page.contains("stale"),
        "{page}"
    );
    let metrics = get(serving.address, "/metrics").await.body;
    assert!(
        !metrics.contains("dbha_up{") && metrics.contains("dbha_report_age_seconds{"),
        "{metrics}"
    );
}

#[tokio::test]
async fn lag_and_events_are_told_from_where_the_reader_stands() {
    let serving = Serving::start().await;
    for step in 0..3 {
        let mut report = built::healthy("shop");
        report.at = 1_000.0 + f64::from(step) * 2.0;
        report.status.links[1].lag_seconds = None;
        serving.board.publish(report);
    }
    let lag = document(&serving, "/api/v1/pairs/shop/lag").await;
    assert_eq!(lag["links"][0], json!({"from": "db1", "to": "db2"}));
    assert_eq!(lag["points"].as_array().unwrap().len(), 3);
    assert_eq!(lag["points"][0], json!({"at": 1000.0, "lags": [0.2, null]}));
    for pair in ["shop", "stock", "shop"] {
        serving
            .board
            .tell(event(pair, EventKind::Began, 1.0, "something"));
    }
    let of = async |query: &str| {
        let list = document(&serving, &format!("/api/v1/event-list{query}")).await;
        let events = list["events"].as_array().unwrap().iter();
        (
            list["last"].clone(),
            events
                .map(|event| event["seq"].as_u64().unwrap())
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(of("").await, (json!(3), vec![1, 2, 3]));
    assert_eq!(of("?pair=shop").await.1, [1, 3]);
    assert_eq!(of("?pair=shop&after=1").await.1, [3]);
    assert_eq!(
        get(serving.address, "/api/v1/event-list?after=x").await.status,
        400
    );
}

/// A reader of the stream.
struct Stream(BufReader<TcpStream>);

impl Stream {
    async fn open(serving: &Serving, path: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(serving.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        Self(BufReader::new(stream))
    }

    /// Returns the next line that begins so; `None` at the end.
    async fn line(&mut self, start: &str) -> Option<String> {
        loop {
            let mut line = Vec::new();
            let read = timeout(Duration::from_secs(15), self.0.read_until(b'\n', &mut line)).await;
            match read.expect("nothing came") {
                Ok(count) if count > 0 => {}
                _ => return None,
            }
            let line = String::from_utf8_lossy(&line);
            if let Some(rest) = line.trim_end().strip_prefix(start) {
                return Some(rest.to_owned());
            }
        }
    }
}

#[tokio::test]
async fn the_stream_tells_reports_and_events_and_begins_where_the_reader_was() {
    let serving = Serving::start().await;
    serving.board.publish(built::healthy("shop"));
    serving.board.publish(built::healthy("stock"));
    for pair in ["shop", "stock", "shop"] {
        serving.board.tell(event(pair, EventKind::Began, 1.0, "old"));
    }
    let mut fresh = Stream::open(&serving, "/api/v1/events?pair=shop", "").await;
    assert_eq!(
        fresh.line("event: ").await.unwrap(),
        "report",
        "without a number only what is now"
    );
    serving.board.publish(built::healthy("stock"));
    serving.board.tell(event("shop", EventKind::Ended, 0.0, "new"));
    assert_eq!(fresh.line("event: ").await.unwrap(), "event");
    // The order of fields within an event is free.
    let mut again = Stream::open(&serving, "/api/v1/events?pair=shop", "Last-Event-ID: 1\r\n").await;
    for id in ["3", "4"] {
        assert_eq!(again.line("id: ").await.unwrap(), id);
    }
    let mut of_other_run = Stream::open(&serving, "/api/v1/events?after=999", "").await;
    assert_eq!(of_other_run.line("event: ").await.unwrap(), "reload");
    assert!(fresh.line(": ").await.unwrap().contains("still here"));
    assert!(serving.stop().await < Duration::from_secs(1));
    while fresh.line("event: ").await.is_some() {}
}

#[tokio::test]
async fn a_reader_that_sleeps_is_told_to_begin_anew() {
    let serving = Serving::start().await;
    let mut reader = Stream::open(&serving, "/api/v1/events", "").await;
    assert!(reader.line("content-type: text/event-stream").await.is_some());
    let mut report = built::healthy("shop");
    report.status.reason = "a".repeat(20_000);
    // More than the board keeps for it and than lies in the buffers of the connection.
    for _ in 0..1_500 {
        serving.board.publish(report.clone());
        tokio::task::yield_now().await;
    }
    let mut last = String::new();
    while let Some(kind) = reader.line("event: ").await {
        last = kind;
    }
    assert_eq!(last, "reload");
    assert_eq!(get(serving.address, "/livez").await.status, 200);
}

#[tokio::test]
async fn streams_leave_room_for_probes() {
    let serving = Serving::start().await;
    serving.board.publish(built::healthy("shop"));
    let mut readers = Vec::new();
    let refused = loop {
        let mut reader = Stream::open(&serving, "/api/v1/events", "").await;
        let status = reader.line("HTTP/1.1 ").await.unwrap();
        if !status.starts_with("200") {
            break status;
        }
        readers.push(reader);
    };
    assert!(
        refused.starts_with("503") && readers.len() >= 100,
        "{refused} after {}",
        readers.len()
    );
    assert_eq!(get(serving.address, "/servers/db1/primary").await.status, 200);
}
