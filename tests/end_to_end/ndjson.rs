//! `-o ndjson`: the stream of events, one object a line.

use dbha_testkit::Release;
use serde_json::Value;

use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{fill_with_sample, fresh_pair, pair_with_sample};

/// Fails the test unless the stream is whole: numbered without gaps, in order of time, with one end.
fn assert_whole(events: &[Value], last: &str) {
    let ends = |event: &&Value| ["finished", "failed"].contains(&event["event"].as_str().unwrap());
    assert_eq!(events.iter().filter(ends).count(), 1, "{events:#?}");
    assert_eq!(events.last().unwrap()["event"], last, "{events:#?}");
    let mut elapsed = 0;
    for (at, event) in events.iter().enumerate() {
        assert_eq!(event["seq"], at as u64 + 1, "{event:#}");
        assert_eq!(event["schema_version"], 1, "{event:#}");
        let now = event["elapsed_ms"].as_u64().unwrap();
        assert!(now >= elapsed, "{event:#}");
        elapsed = now;
    }
}

fn place(events: &[Value], kind: &str) -> Option<usize> {
    events.iter().position(|event| event["event"] == kind)
}

on_releases!(the_whole_plan_comes_before_any_step_and_one_event_ends_the_stream: mariadb_10_11, mysql_9_7);

async fn the_whole_plan_comes_before_any_step_and_one_event_ends_the_stream(release: Release) {
    let pair = pair_with_sample(release, 20).await;
    let operator = Operator::of(&pair);

    let first = operator.setup(["-o", "ndjson"]).await.exits(0);

    let events = first.events();
    assert_whole(&events, "finished");
    let planned = place(&events, "planned").unwrap();
    assert!(planned < place(&events, "step_started").unwrap(), "{first}");
    assert!(planned < place(&events, "step_finished").unwrap(), "{first}");
    let steps: Vec<&Value> = events[planned]["plan"]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["step"])
        .collect();
    let finished: Vec<&Value> = events
        .iter()
        .filter(|event| event["event"] == "step_finished")
        .map(|event| &event["step"])
        .collect();
    assert_eq!(steps, finished, "what was announced was done, in that order");
    let last = events.last().unwrap();
    assert_eq!(last["changed"], true, "{last:#}");
    assert_eq!(last["status"]["verdict"], "healthy", "{last:#}");
    let proof = &events[place(&events, "proved").unwrap()]["proof"];
    assert_eq!(proof["markers"].as_array().unwrap().len(), 2, "{proof:#}");
    assert!(proof["tables"].as_u64() >= Some(12), "{proof:#}");

    let second = operator.setup(["-o", "ndjson"]).await.exits(0);
    assert_whole(&second.events(), "finished");
    assert_eq!(second.changed_steps(), [""; 0]);
}

on_releases!(a_refusal_is_a_stream_that_ends_with_its_exit_code: mariadb_10_11);

async fn a_refusal_is_a_stream_that_ends_with_its_exit_code(release: Release) {
    let pair = fresh_pair(release).await;
    fill_with_sample(&pair.secondary, 1).await;
    let mut operator = Operator::of(&pair);

    let events = operator.setup(["-o", "ndjson"]).await.exits(3).events();
    assert_whole(&events, "failed");
    assert_eq!(events.last().unwrap()["exit_code"], 3, "{events:#?}");
    let codes: Vec<&Value> = events.iter().map(|event| &event["finding"]["code"]).collect();
    assert!(codes.iter().any(|code| *code == "DBHA-P09"), "{codes:?}");
    assert_eq!(place(&events, "planned"), None);

    operator.primary_password_file = operator.password_file("wrong", "wRongPassw0rdOfSomebody");
    let events = operator.setup(["-o", "ndjson"]).await.exits(4).events();
    assert_whole(&events, "failed");
    assert_eq!(events.last().unwrap()["exit_code"], 4, "{events:#?}");
}
