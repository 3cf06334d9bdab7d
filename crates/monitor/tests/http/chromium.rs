//! A headless browser that is driven over two pipes.

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(40);

pub(crate) struct Chromium {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    last: u64,
    /// Every address that a page has asked for.
    pub(crate) requests: Vec<String>,
    /// What pages have complained of.
    pub(crate) complaints: Vec<String>,
    loaded: bool,
    _profile: TempDir,
}

impl Chromium {
    /// Starts it; `None` where there is none, which is said aloud.
    pub(crate) fn start() -> Option<Self> {
        let there = Command::new("chromium").arg("--version").output();
        if !there.is_ok_and(|output| output.status.success()) {
            eprintln!("SKIPPED: no chromium here: install the package chromium");
            return None;
        }
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", "exec chromium \"$@\" 3<&0 4>&1 </dev/null >&2", "sh"])
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--hide-scrollbars",
                "--remote-debugging-pipe",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                let parsed = serde_json::from_slice(&message).unwrap_or(Value::Null);
                if sender.send(parsed).is_err() {
                    break;
                }
            }
        });
        let mut browser = Self {
            child,
            input,
            messages,
            session: None,
            last: 0,
            requests: vec![],
            complaints: vec![],
            loaded: false,
            _profile: profile,
        };
        browser.attach();
        Some(browser)
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = self.call(
            "Target.attachToTarget",
            json!({"targetId": target, "flatten": true}),
        );
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Network", "Runtime", "Log", "DOM"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
    }

    /// Calls one method of the protocol and returns its result.
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.input.write_all(message.to_string().as_bytes()).unwrap();
        self.input.write_all(&[0]).unwrap();
        self.input.flush().unwrap();
        let wanted = self.last;
        let end = Instant::now() + LIMIT;
        loop {
            let message = self.hear(end).unwrap_or_else(|| panic!("no answer to {method}"));
            if message["id"] == wanted {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
        }
    }

    fn hear(&mut self, end: Instant) -> Option<Value> {
        match self
            .messages
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            Ok(message) => {
                self.note(&message);
                Some(message)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("chromium has ended"),
        }
    }

    fn note(&mut self, message: &Value) {
        let parameters = &message["params"];
        match message["method"].as_str() {
            Some("Network.requestWillBeSent") => {
                let url = parameters["request"]["url"].as_str().unwrap_or_default();
                self.requests.push(url.to_owned());
            }
            Some("Page.loadEventFired") => self.loaded = true,
            Some("Log.entryAdded") if parameters["entry"]["level"] == "error" => {
                self.complaints.push(parameters["entry"].to_string());
            }
            Some("Runtime.exceptionThrown") => self.complaints.push(parameters.to_string()),
            _ => {}
        }
    }

    /// Sets size, colour scheme and whether scripts run.
    pub(crate) fn look_as(&mut self, (width, height): (u32, u32), dark: bool, scripts: bool) {
        let phone = width < 600;
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone});
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        let scheme = json!([{"name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" }}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": scheme}));
        self.call("Emulation.setScriptExecutionDisabled", json!({"value": !scripts}));
    }

    /// Opens a page and waits until it is loaded.
    pub(crate) fn open(&mut self, url: &str) {
        self.loaded = false;
        self.call("Page.navigate", json!({"url": url}));
        let end = Instant::now() + LIMIT;
        while !self.loaded {
            self.hear(end).expect("the page was not loaded");
        }
    }

    /// Evaluates an expression in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let result = self.call("Runtime.evaluate", parameters);
        assert!(result.get("exceptionDetails").is_none(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub(crate) fn until(&mut self, expression: &str) {
        let end = Instant::now() + LIMIT;
        while self.evaluate(&format!("Boolean({expression})")) != true {
            assert!(Instant::now() < end, "never true: {expression}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Returns the page as it stands in the browser, scripts or not.
    pub(crate) fn html(&mut self) -> String {
        let root = self.call("DOM.getDocument", json!({}))["root"]["nodeId"].clone();
        let html = self.call("DOM.getOuterHTML", json!({"nodeId": root}))["outerHTML"].clone();
        html.as_str().unwrap().to_owned()
    }

    /// Returns a picture of the page, the whole of it or what fits in the window, in base64.
    pub(crate) fn picture(&mut self, whole: bool) -> String {
        let parameters = json!({"format": "png", "captureBeyondViewport": whole});
        self.call("Page.captureScreenshot", parameters)["data"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
