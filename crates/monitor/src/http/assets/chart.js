// The lag of both links over the last hour, with events as marks on the same axis.
"use strict";
window.lagChart = (function () {
  const box = document.getElementById("chart");
  if (!box || typeof uPlot !== "function") return null;
  let plot = null;
  let data = [[], [], []];
  let names = ["", ""];
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const words = (value) => (value == null ? "unknown" : value < 10 ? value.toFixed(1) + " s" : Math.round(value) + " s");

  const clock = (at) => new Date(at * 1e3).toISOString().slice(11, 16);

  // Events, oldest last in the list, as the page shows them.
  function marks() {
    return [...document.querySelectorAll("#event-rows tr[data-at]")].map((row) => ({
      at: Number(row.dataset.at),
      bad: /^(began|not_healed|flapping|guard_alarm)$/.test(row.dataset.kind),
      good: /^(ended|healed)$/.test(row.dataset.kind),
    }));
  }

  function draw(u) {
    const { left, top, width, height } = u.bbox;
    const pixel = devicePixelRatio;
    u.ctx.save();
    for (const mark of marks()) {
      const x = u.valToPos(mark.at, "x", true);
      if (x < left || x > left + width) continue;
      u.ctx.strokeStyle = u.ctx.fillStyle = colour(mark.bad ? "--bad" : mark.good ? "--good" : "--quiet");
      u.ctx.lineWidth = pixel;
      u.ctx.setLineDash([3 * pixel, 4 * pixel]);
      u.ctx.beginPath();
      u.ctx.moveTo(x, top);
      u.ctx.lineTo(x, top + height);
      u.ctx.stroke();
      // A shape beside the colour: down for bad, up for good.
      const size = 5 * pixel;
      const tip = mark.good ? -size : size;
      u.ctx.beginPath();
      u.ctx.moveTo(x - size, top + size - tip);
      u.ctx.lineTo(x + size, top + size - tip);
      u.ctx.lineTo(x, top + size + tip);
      u.ctx.fill();
    }
    u.ctx.restore();
  }

  function options() {
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
    const series = (label, name, dash) => ({
      label, stroke: colour(name), width: 2, dash, spanGaps: false, points: { show: false }, value: (u, value, at, index) => words(index == null ? data[at][data[at].length - 1] : value),
    });
    return {
      width: box.clientWidth, height: 240, tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), "Etc/UTC"),
      scales: {
        // At least ten minutes wide, so that a young chart does not jump.
        x: { range: (u, low, high) => { const end = high ?? Date.now() / 1000; return [Math.min(low ?? end, end - 600), end]; } },
        y: { range: (u, low, high) => [0, Math.max(1, (high ?? 0) * 1.1)] },
      },
      axes: [{ ...axis, space: 70, incrs: [60, 120, 300, 600, 900, 1800, 3600], values: (u, ticks) => ticks.map(clock) }, { ...axis, values: (u, ticks) => ticks.map((tick) => tick + " s"), size: 64 }],
      series: [
        { label: "UTC", value: (u, at) => (at == null ? "now" : clock(at) + new Date(at * 1e3).toISOString().slice(16, 19)) },
        series(names[0], "--series-1"), series(names[1], "--series-2", [8, 4]),
      ],
      hooks: { draw: [draw] },
    };
  }

  function build() {
    if (plot) plot.destroy();
    box.textContent = "";
    plot = new uPlot(options(), data, box);
  }

  function add(at, lags) {
    const last = data[0].length ? data[0][data[0].length - 1] : 0;
    if (at - last < 2 || !plot) return;
    data[0].push(at);
    data[1].push(lags[0] ?? null);
    data[2].push(lags[1] ?? null);
    while (data[0].length && data[0][0] < at - 3600) data.forEach((column) => column.shift());
    plot.setData(data);
  }

  async function load(pair) {
    const answer = await fetch("/api/v1/pairs/" + encodeURIComponent(pair) + "/lag");
    if (!answer.ok) return;
    const lag = await answer.json();
    names = [0, 1].map((at) => (lag.links[at] ? lag.links[at].from + " → " + lag.links[at].to : "link " + (at + 1)));
    data = [lag.points.map((point) => point.at), ...[0, 1].map((at) => lag.points.map((point) => point.lags[at] ?? null))];
    build();
  }

  new ResizeObserver(() => { if (plot && box.clientWidth) plot.setSize({ width: box.clientWidth, height: 240 }); }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot && build());
  return { load, add, redraw: () => plot && plot.redraw(false) };
})();
