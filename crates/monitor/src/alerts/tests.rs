//! Alerts on their way to receivers that follow a script.

use super::{Alert, AlertError, AlertTarget, CommandTarget, WebhookTarget, deliverer::deliver_all};
use crate::{EventKind, MonitorEvent};
use dbha_core::{Condition, Secret, Verdict};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

fn alert(kind: EventKind, text: &str) -> Alert {
    Alert::of(MonitorEvent {
        seq: 3,
        at: 1_000.25,
        pair: "shop".into(),
        kind,
        server: Some("db2".into()),
        code: Some(Condition::SqlThread),
        text: text.into(),
        fix: Some("dbha setup".into()),
        verdict: Verdict::Broken,
    })
}

/// What a receiver does with a request.
#[derive(Clone, Copy)]
enum Act {
    Answer(u16),
    Hang,
    Cut,
}

/// Answers requests by a script, the last entry again and again; returns its address and the requests as they came.
async fn receiver(script: Vec<Act>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook/secret-path?x=1", listener.local_addr().unwrap());
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = heard.clone();
    tokio::spawn(async move {
        let mut held = vec![];
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![];
            let mut piece = [0; 4096];
            // The whole request is one small document.
            while !bytes.ends_with(b"}") {
                match stream.read(&mut piece).await.unwrap() {
                    0 => break,
                    count => bytes.extend_from_slice(&piece[..count]),
                }
            }
            notes.lock().unwrap().push(String::from_utf8(bytes).unwrap());
            match script[number.min(script.len() - 1)] {
                Act::Answer(code) => {
                    let body = if code == 204 {
                        ""
                    } else {
                        "content-length: 2\r\n\r\nok"
                    };
                    let answer = format!("HTTP/1.1 {code} X\r\n{body}");
                    let answer = answer + if body.is_empty() { "\r\n" } else { "" };
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
                Act::Hang => held.push(stream),
                Act::Cut => drop(stream),
            }
        }
    });
    (address, heard)
}

fn webhook(address: &str) -> WebhookTarget {
    let token = Secret::new("tok-123");
    WebhookTarget::new(&Secret::new(address), Some(&token), None).unwrap()
}

async fn eventually(what: &str, good: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !good() {
        assert!(Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_webhook_gets_the_event_with_a_text_for_people() {
    let (address, heard) = receiver(vec![Act::Answer(204)]).await;
    webhook(&address)
        .deliver(&alert(EventKind::Began, "stopped"))
        .await
        .unwrap();

    let request = heard.lock().unwrap()[0].clone();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hook/secret-path?x=1 HTTP/1.1"), "{head}");
    let head = head.to_lowercase();
    for header in [
        "host: 127.0.0.1:",
        "content-type: application/json",
        "authorization: bearer tok-123",
    ] {
        assert!(head.contains(header), "{header}\n{head}");
    }
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["schema_version"], 1);
    assert_eq!(body["event"]["kind"], "began");
    assert_eq!(body["event"]["code"], "DBHA-M03");
    assert_eq!(body["event"]["pair"], "shop");
    assert_eq!(body["text"], "shop is broken: DBHA-M03 stopped → dbha setup");
}

#[tokio::test]
async fn refusals_and_broken_answers_are_failures_and_no_secret_is_in_their_words() {
    for (act, expected) in [
        (Act::Answer(500), "it answered 500"),
        (Act::Answer(302), "it answered 302"),
        (Act::Cut, "answer"),
    ] {
        let (address, _) = receiver(vec![act]).await;
        let target = webhook(&address);
        let error = target.deliver(&alert(EventKind::Began, "x")).await.unwrap_err();
        let text = format!(
            "{target:?} {} {error:?} {}",
            target.name(),
            dbha_core::error_chain(&error)
        );
        assert!(text.contains(expected), "{text}");
        assert!(
            !text.contains("secret-path") && !text.contains("tok-123"),
            "{text}"
        );
    }
    let nobody = webhook("http://127.0.0.1:1/x")
        .deliver(&alert(EventKind::Began, "x"))
        .await;
    assert!(matches!(nobody, Err(AlertError::Connect(_))), "{nobody:?}");
    for wrong in ["", "ftp://host/", "host/path", "http:///path"] {
        assert!(
            WebhookTarget::new(&Secret::new(wrong), None, None).is_err(),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn an_alert_comes_again_until_it_got_through_and_the_order_stays() {
    let (address, heard) = receiver(vec![Act::Answer(500), Act::Cut, Act::Answer(200)]).await;
    let (sender, inbox) = mpsc::channel(16);
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = said.clone();
    let cancel = CancellationToken::new();
    let task = tokio::spawn(deliver_all(
        AlertTarget::Webhook(webhook(&address)),
        inbox,
        move |text| notes.lock().unwrap().push(text),
        cancel.clone(),
    ));
    sender.send(alert(EventKind::Began, "first")).await.unwrap();
    eventually("the first try", || heard.lock().unwrap().len() == 1).await;
    sender
        .send(alert(EventKind::WritersChanged, "second"))
        .await
        .unwrap();
    eventually("all of them", || heard.lock().unwrap().len() == 4).await;
    cancel.cancel();
    task.await.unwrap();

    let texts: Vec<bool> = heard
        .lock()
        .unwrap()
        .iter()
        .map(|request| request.contains("first"))
        .collect();
    assert_eq!(texts, [true, true, true, false]);
    let said = said.lock().unwrap().clone();
    assert_eq!(
        said.len(),
        2,
        "said once, and once more when it is well: {said:?}"
    );
    assert!(
        said[0].contains("does not get through to http://127.0.0.1"),
        "{said:?}"
    );
    assert!(said[1].contains("get through"), "{said:?}");
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_up_neither_what_comes_in_nor_the_end() {
    let (address, heard) = receiver(vec![Act::Hang]).await;
    let (sender, inbox) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let target = AlertTarget::Webhook(webhook(&address));
    let task = tokio::spawn(deliver_all(target, inbox, |_| {}, cancel.clone()));
    sender.send(alert(EventKind::Began, "x")).await.unwrap();
    eventually("it is on its way", || heard.lock().unwrap().len() == 1).await;
    for _ in 0..500 {
        let sent = sender.send(alert(EventKind::WritersChanged, "x"));
        tokio::time::timeout(Duration::from_secs(1), sent)
            .await
            .unwrap()
            .unwrap();
    }
    cancel.cancel();
    tokio::time::timeout(Duration::from_millis(800), task)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_command_gets_the_event_on_its_input_and_in_its_environment() {
    let home = tempfile::tempdir().unwrap();
    let (program, out) = (home.path().join("page"), home.path().join("out"));
    let script = "#!/bin/sh\nread line\necho \"$1|$DBHA_EVENT|$DBHA_PAIR|$DBHA_SERVER|$DBHA_CODE|$DBHA_TEXT|$line\" > \"$2\"\n";
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    let target = CommandTarget {
        program: program.display().to_string(),
        arguments: vec!["a b; $(id)".into(), out.display().to_string()],
    };
    target
        .deliver(&alert(EventKind::Ended, "words \0 of\n`id`"))
        .await
        .unwrap();
    let text = fs::read_to_string(out).unwrap();
    assert!(
        text.starts_with("a b; $(id)|ended|shop|db2|DBHA-M03|words · of `id`|{"),
        "{text}"
    );
    assert!(text.contains("\"kind\":\"ended\""), "{text}");
}

#[tokio::test]
async fn a_command_that_fails_or_is_missing_has_not_told() {
    let run = async |program: &str, arguments: &[&str]| {
        let arguments = arguments.iter().map(|text| (*text).to_owned()).collect();
        let program = program.to_owned();
        CommandTarget { program, arguments }
            .deliver(&alert(EventKind::Began, "x"))
            .await
    };
    assert!(matches!(
        run("/bin/sh", &["-c", "exit 3"]).await,
        Err(AlertError::Failed(_))
    ));
    assert!(matches!(
        run("/no/such/program", &[]).await,
        Err(AlertError::Run(_))
    ));
    // It reads nothing of its input, and that is well.
    run("/bin/sh", &["-c", "exit 0"]).await.unwrap();
}

#[tokio::test]
async fn over_tls_the_given_certificates_are_trusted_and_no_others() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let home = tempfile::tempdir().unwrap();
    let ca = home.path().join("ca.pem");
    fs::write(&ca, made.cert.pem()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut piece = [0; 4096];
            let _ = stream.read(&mut piece).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                .await;
            let _ = stream.shutdown().await;
        }
    });
    let post = async |host: &str, ca: Option<&std::path::Path>| {
        let address = Secret::new(format!("https://{host}:{port}/x"));
        let target = WebhookTarget::new(&address, None, ca).unwrap();
        target.deliver(&alert(EventKind::Began, "x")).await
    };
    post("localhost", Some(&ca)).await.unwrap();
    for (host, ca) in [("localhost", None), ("127.0.0.1", Some(ca.as_path()))] {
        let refused = post(host, ca).await;
        assert!(
            matches!(refused, Err(AlertError::Connect(_))),
            "{host}: {refused:?}"
        );
    }
    let none = home.path().join("none.pem");
    fs::write(&none, "nothing").unwrap();
    let address = Secret::new("https://localhost/");
    assert!(WebhookTarget::new(&address, None, Some(&none)).is_err());
}
