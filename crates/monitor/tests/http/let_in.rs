//! Who is let in, and what a hostile caller can do.

use crate::{
    built,
    caller::{ask, get, raw},
    serving::Serving,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use dbha_core::Secret;
use dbha_monitor::http::{HttpError, HttpServer, HttpSettings, TlsFiles};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const TOKEN: &str = "a-token-of-24-characters";

#[tokio::test]
async fn scenario_83_a_wrong_host_is_refused() {
    let serving = Serving::with(|settings| settings.allowed_hosts = vec!["monitor.example".into()]).await;
    serving.board.publish(built::healthy("shop"));
    let with_host = async |host: &str| {
        let request = format!("GET /api/v1/status HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        raw(serving.address, request.as_bytes()).await
    };
    for own in ["localhost", "127.0.0.1:9104", "[::1]:80", "monitor.example:443"] {
        assert_eq!(with_host(own).await.status, 200, "{own}");
    }
    for other in ["evil.example", "localhost.evil.example", "10.0.0.9"] {
        let heard = with_host(other).await;
        assert_eq!(heard.status, 421, "{other}");
        assert!(
            !heard.body.contains("db1") && heard.body.contains("--allow-host"),
            "{}",
            heard.body
        );
    }
    let in_target =
        b"GET http://evil.example/api/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(raw(serving.address, in_target).await.status, 421);
}

#[tokio::test]
async fn scenario_83_heads_that_never_end_are_cut_off_and_hold_nobody_up() {
    let serving = Serving::start().await;
    serving.board.publish(built::healthy("shop"));
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(serving.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: loc").await.unwrap();
        slow.push(stream);
    }
    assert_eq!(get(serving.address, "/livez").await.status, 200);
    let mut silent = TcpStream::connect(serving.address).await.unwrap();
    let mut idle = TcpStream::connect(serving.address).await.unwrap();
    let request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
    idle.write_all(request).await.unwrap();
    let began = Instant::now();
    let mut rest = Vec::new();
    let read = timeout(Duration::from_secs(14), slow[0].read_to_end(&mut rest)).await;
    assert!(read.is_ok(), "a slow head was waited for without end");
    for (what, stream) in [("silent", &mut silent), ("idle", &mut idle)] {
        let read = timeout(Duration::from_secs(4), stream.read_to_end(&mut rest)).await;
        assert!(read.is_ok(), "a {what} connection was kept without end");
    }
    assert!(began.elapsed() > Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn scenario_83_a_huge_head_is_refused_long_before_its_end() {
    let serving = Serving::start().await;
    let fits = format!("X-Long: {}\r\n", "a".repeat(12_000));
    assert_eq!(ask(serving.address, "GET", "/livez", &fits).await.status, 200);
    let too_long = format!("X-Long: {}\r\n", "a".repeat(20_000));
    assert_eq!(ask(serving.address, "GET", "/livez", &too_long).await.status, 431);
    let mut stream = TcpStream::connect(serving.address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Huge: ")
        .await
        .unwrap();
    let mut sent = 0;
    let block = [b'a'; 64 * 1024];
    while sent < 1 << 30 {
        match timeout(Duration::from_secs(5), stream.write(&block)).await {
            Ok(Ok(count)) if count > 0 => sent += count,
            _ => break,
        }
    }
    assert!(sent < 16 << 20, "{sent} bytes of a head were taken");
    let many = "X-Many: 1\r\n".repeat(200);
    assert_eq!(ask(serving.address, "GET", "/livez", &many).await.status, 431);
}

#[tokio::test]
async fn scenario_83_bodies_are_not_taken_and_not_waited_for() {
    let serving = Serving::start().await;
    let head = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n";
    let mut absent = TcpStream::connect(serving.address).await.unwrap();
    absent.write_all(head).await.unwrap();
    let mut answer = Vec::new();
    let read = timeout(Duration::from_secs(12), absent.read_to_end(&mut answer)).await;
    assert!(read.is_ok() && answer.starts_with(b"HTTP/1.1 200"));
    let mut huge = TcpStream::connect(serving.address).await.unwrap();
    huge.write_all(head).await.unwrap();
    let (mut sent, block) = (0, [b'a'; 64 * 1024]);
    while sent < 1_000_000_000 {
        match timeout(Duration::from_secs(5), huge.write(&block)).await {
            Ok(Ok(count)) if count > 0 => sent += count,
            _ => break,
        }
    }
    assert!(sent < 16 << 20, "{sent} bytes of a body were taken");
}

#[tokio::test]
async fn scenario_83_path_tricks_lead_nowhere() {
    let serving = Serving::start().await;
    serving.board.publish(built::healthy("shop"));
    for path in [
        "//evil.example/",
        "/assets/../monitor.js",
        "/assets/%2e%2e/monitor.js",
        "/assets/..%2f..%2fetc%2fpasswd",
        "/assets/..%5cmonitor.js",
        "/./livez",
        "/api/v1/pairs/shop%00/status",
        "/api/v1/pairs/%ff/status",
        "/servers/db1/primary/",
        "/servers//primary",
        "/assets/monitor.js%0d%0aX-Evil:1",
        "/api/v1",
        "/nothing",
    ] {
        let heard = get(serving.address, path).await;
        assert!([400, 404].contains(&heard.status), "{path}: {}", heard.status);
        assert!(!heard.head.contains("x-evil"), "{path}");
    }
}

#[tokio::test]
async fn scenario_83_without_the_token_there_is_one_bit_and_no_more() {
    let serving = Serving::with(|settings| settings.token = Some(Secret::new(TOKEN))).await;
    serving.board.publish(built::healthy("shop"));
    let closed = [
        "/",
        "/metrics",
        "/api/v1/status",
        "/api/v1/events",
        "/api/v1/event-list",
        "/pairs/shop",
        "/view",
        "/assets/monitor.js",
        "/api/v1/pairs/shop/status",
        "/api/v1/pairs/shop/lag",
        "/event-rows",
        "/nothing",
    ];
    let wrong = [
        String::new(),
        "Authorization: Bearer a-token-of-24-characterz\r\n".into(),
        format!(
            "Authorization: Basic {}\r\n",
            STANDARD.encode(format!("{TOKEN}:"))
        ),
    ];
    for path in closed {
        for headers in &wrong {
            let heard = ask(serving.address, "GET", path, headers).await;
            assert_eq!(heard.status, 401, "{path}");
            assert!(
                heard.head.contains("www-authenticate: basic") && !heard.body.contains("db1"),
                "{path}"
            );
        }
    }
    for open in [
        "/livez",
        "/readyz",
        "/servers/db1/primary",
        "/servers/db2/replica",
        "/servers/db1/health",
    ] {
        assert_eq!(get(serving.address, open).await.status, 200, "{open}");
    }
    assert_eq!(
        get(serving.address, "/servers/dbx/health").await.body,
        "no such server\n"
    );
    for right in [
        format!("Authorization: Bearer {TOKEN}\r\n"),
        format!(
            "Authorization: Basic {}\r\n",
            STANDARD.encode(format!("me:{TOKEN}"))
        ),
    ] {
        assert_eq!(
            ask(serving.address, "GET", "/api/v1/status", &right).await.status,
            200
        );
        let unknown = ask(serving.address, "GET", "/servers/dbx/health", &right).await;
        assert_eq!(
            (unknown.status, unknown.body.as_str()),
            (404, "no such server; known: db1, db2\n")
        );
    }
}

#[tokio::test]
async fn scenario_83_nothing_can_be_sent_from_another_site() {
    let serving = Serving::start().await;
    serving.board.publish(built::healthy("shop"));
    let form = "Origin: https://evil.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n";
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECTX"] {
        let heard = ask(serving.address, method, "/api/v1/status", form).await;
        assert_eq!(heard.status, 405, "{method}");
        assert!(heard.head.contains("allow: get, head, options"), "{}", heard.head);
    }
    let embedded = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n";
    assert_eq!(
        ask(serving.address, "GET", "/api/v1/status", embedded)
            .await
            .status,
        403
    );
    let followed = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n";
    assert_eq!(ask(serving.address, "GET", "/", followed).await.status, 200);
    let heard = ask(
        serving.address,
        "GET",
        "/api/v1/status",
        "Origin: https://evil.example\r\n",
    )
    .await;
    assert!(!heard.head.contains("access-control-allow"), "{}", heard.head);
}

#[tokio::test]
async fn every_answer_carries_what_browsers_need_to_be_strict() {
    let serving = Serving::start().await;
    serving.board.publish(built::healthy("shop"));
    for path in ["/", "/api/v1/status", "/metrics", "/livez", "/nothing", "//"] {
        let head = get(serving.address, path).await.head;
        for part in [
            "content-security-policy: default-src 'none'; script-src 'self'",
            "frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cache-control: no-store",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(head.contains(part), "{path}: {part} is missing in {head}");
        }
    }
    let page = get(serving.address, "/").await.body;
    assert!(
        !page.contains("<script>") && !page.contains(" style=") && !page.contains("onclick"),
        "{page}"
    );
}

#[tokio::test]
async fn other_machines_are_let_in_with_a_token_only() {
    let bind = |listen: &str, token: Option<&str>| {
        HttpServer::bind(HttpSettings {
            listen: listen.parse().unwrap(),
            token: token.map(Secret::new),
            ..HttpSettings::default()
        })
    };
    for open in ["0.0.0.0:0", "[::]:0", "[::ffff:10.0.0.1]:0"] {
        let refused = bind(open, None).await.err().unwrap();
        assert!(matches!(refused, HttpError::TokenMissing(_)), "{refused}");
        let text = refused.to_string();
        for part in ["--token-file", "TLS", "--tls-cert", "--tls-key"] {
            assert!(text.contains(part), "{text}");
        }
    }
    assert!(bind("0.0.0.0:0", Some(TOKEN)).await.is_ok());
    assert!(matches!(
        bind("0.0.0.0:0", Some("")).await.err(),
        Some(HttpError::TokenUnfit)
    ));
    assert!(matches!(
        bind("127.0.0.1:0", Some("short")).await.err(),
        Some(HttpError::TokenUnfit)
    ));
    let first = bind("127.0.0.1:0", None).await.unwrap();
    let taken = bind(&first.address().to_string(), None).await.err().unwrap();
    assert!(taken.to_string().contains("--listen"), "{taken}");
}

#[tokio::test]
async fn answers_come_encrypted_where_a_certificate_is_given() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let files = TlsFiles {
        certificates: made.cert.pem().into_bytes(),
        key: Secret::new(made.signing_key.serialize_pem()),
    };
    let serving = Serving::with(|settings| settings.tls = Some(files)).await;
    serving.board.publish(built::healthy("shop"));
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(made.cert.der().to_vec())).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(serving.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect(name, stream).await.unwrap();
    let request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // The other end may close without a last word of TLS.
    let _ = stream.read_to_end(&mut answer).await;
    assert!(
        answer.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    assert_ne!(get(serving.address, "/livez").await.status, 200, "in clear");
}

#[tokio::test]
async fn a_certificate_without_its_key_is_refused_without_quoting_either() {
    let one = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let other = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let key = other.signing_key.serialize_pem();
    for (certificates, key) in [
        (one.cert.pem(), key.clone()),
        (String::new(), key.clone()),
        (one.cert.pem(), "marker-of-a-key".into()),
    ] {
        let files = TlsFiles {
            certificates: certificates.into_bytes(),
            key: Secret::new(key),
        };
        let settings = HttpSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            tls: Some(files),
            ..HttpSettings::default()
        };
        let refused = HttpServer::bind(settings).await.err().unwrap();
        assert!(
            matches!(refused, HttpError::Tls(_)) && !refused.to_string().contains("marker"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn slow_scenario_83_whoever_takes_nothing_of_an_answer_is_cut_off() {
    let serving = Serving::start().await;
    let mut report = built::healthy("shop");
    report.status.reason = "a".repeat(200_000);
    serving.board.publish(report.clone());
    let mut stream = TcpStream::connect(serving.address).await.unwrap();
    let request = b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(request).await.unwrap();
    // More than lies in the buffers of both ends.
    for _ in 0..200 {
        serving.board.publish(report.clone());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_secs(25)).await;
    let mut all = Vec::new();
    let read = timeout(Duration::from_secs(2), stream.read_to_end(&mut all)).await;
    assert!(read.is_ok(), "the connection is still open");
    assert!(
        all.len() > 100_000 && !all.ends_with(b"\r\n0\r\n\r\n"),
        "{} bytes",
        all.len()
    );
}
