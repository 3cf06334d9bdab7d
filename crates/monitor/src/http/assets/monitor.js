// Keeps the page up to date: hears of news by server-sent events and fetches what changed, made by the server.
"use strict";
(function () {
  const pair = document.body.dataset.pair;
  const view = pair === undefined ? "/view" : "/view/" + encodeURIComponent(pair);
  const wanted = pair === undefined ? "" : "pair=" + encodeURIComponent(pair);
  let shown = Date.now();
  let stream = null;

  const element = (id) => document.getElementById(id);

  // ---- what changes -------------------------------------------------------------------------------------------
  function fetcher(path, apply) {
    let running = false;
    let again = false;
    return async function run() {
      if (running) { again = true; return; }
      running = true;
      try {
        const answer = await fetch(path, { signal: AbortSignal.timeout(5000) });
        if (!answer.ok) throw new Error(answer.statusText);
        apply(new DOMParser().parseFromString(await answer.text(), "text/html"));
        lose(false);
      } catch {
        lose(true);
      }
      running = false;
      if (again) { again = false; setTimeout(run, 500); }
    };
  }

  const refresh = fetcher(view, (fresh) => {
    // Before they are put in: what is hidden for a moment loses its focus.
    unveil(fresh);
    for (const id of ["now", "figures"]) {
      const part = fresh.getElementById(id);
      if (part) morph(element(id), part);
    }
    shown = Date.now();
    dress();
  });

  const refreshEvents = fetcher("/event-rows" + (wanted && "?" + wanted), (fresh) => {
    const rows = fresh.getElementById("event-rows");
    if (rows) morph(element("event-rows"), rows);
    filter();
    if (window.lagChart) lagChart.redraw();
  });

  function dress() {
    const verdict = document.querySelector(".verdict");
    if (verdict) {
      const word = verdict.querySelector(".word").textContent;
      document.title = word + ": " + (pair === undefined ? "all pairs" : pair) + " – dbha";
      element("sign").href = "/assets/sign-" + verdict.dataset.verdict + ".svg";
    }
  }

  // What only a script can do is hidden until it runs.
  function unveil(tree) {
    tree.querySelectorAll("button.copy").forEach((button) => { button.hidden = false; });
  }

  // ---- the stream ---------------------------------------------------------------------------------------------
  function listen() {
    if (stream) stream.close();
    const after = "after=" + document.body.dataset.lastEvent;
    stream = new EventSource("/api/v1/events?" + [wanted, after].filter(Boolean).join("&"));
    stream.addEventListener("report", (event) => {
      refresh();
      if (pair !== undefined && window.lagChart) {
        const report = JSON.parse(event.data);
        lagChart.add(report.at, report.links.map((link) => link.lag_seconds));
      }
    });
    stream.addEventListener("event", (event) => {
      document.body.dataset.lastEvent = event.lastEventId;
      refreshEvents();
    });
    stream.onopen = refresh;
    stream.addEventListener("reload", () => location.reload());
  }

  function lose(lost) {
    const note = element("lost");
    document.body.classList.toggle("lost", lost);
    note.hidden = !lost;
    const live = element("live");
    live.classList.toggle("on", !lost);
    live.textContent = lost ? "not connected" : "live";
    if (lost) {
      const ago = Math.round((Date.now() - shown) / 1000);
      forget();
      note.textContent = "The monitor does not answer. What stands below is " + ago + " s old and may no longer be so.";
      document.title = "Unknown: no connection – dbha";
      element("sign").href = "/assets/sign-unknown.svg";
    } else {
      dress();
    }
  }

  // Without news the page asks all the same: the monitor may be gone, or its news old.
  // The last verdict is no verdict any more; the next answer of the monitor puts another one here.
  function forget() {
    const verdict = document.querySelector(".verdict");
    if (!verdict || verdict.dataset.verdict === "lost") return;
    const [word, reason] = [verdict.querySelector(".word"), verdict.querySelector(".reason")];
    reason.textContent = "Last seen: " + word.textContent.toLowerCase() + " – " + reason.textContent;
    word.textContent = "Unknown";
    verdict.dataset.verdict = "lost";
    verdict.querySelector(".sign path").setAttribute("d", "M19 19a5.5 5.5 0 1 1 7 6c-2 1-2 2-2 3.5M24 34v.5");
  }

  setInterval(() => {
    if (Date.now() - shown > 2500) refresh();
    // The browser gives up on some failures for good; begin anew.
    if (!stream || stream.readyState === EventSource.CLOSED) listen();
  }, 1000);

  // ---- the list of events -------------------------------------------------------------------------------------
  const form = element("filter");
  function filter() {
    const value = (name) => (form.elements[name] ? form.elements[name].value.trim().toLowerCase() : "");
    const [kind, text, name] = [value("kind"), value("text"), value("pair")];
    let visible = 0;
    for (const row of document.querySelectorAll("#event-rows tr[data-seq]")) {
      const fits = (!kind || row.dataset.kind === kind)
        && (!name || row.dataset.pair.toLowerCase().includes(name))
        && (!text || row.textContent.toLowerCase().includes(text));
      row.hidden = !fits;
      visible += fits ? 1 : 0;
    }
    element("no-events").hidden = visible > 0 || !document.querySelector("#event-rows tr[data-seq]");
  }
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());

  // ---- copying ------------------------------------------------------------------------------------------------
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    let done = false;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      done = true;
    } catch {
      // Without TLS and beyond localhost there is no clipboard: mark the text instead.
      getSelection().selectAllChildren(button.parentElement.querySelector(".command"));
    }
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });

  unveil(document);
  dress();
  listen();
  if (pair !== undefined && window.lagChart) lagChart.load(pair);
})();
