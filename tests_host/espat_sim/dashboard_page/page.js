// The page of the dashboard. All text from the wire and the air is set as text, never as HTML.
"use strict";

const MOST_ROWS = 3000;
const KINDS = ["command", "answer", "reply", "event", "payload", "data", "error", "prompt"];
const byId = (id) => document.getElementById(id);
const state = {};
const hidden = new Set();
let rows = []; // {record, element}
let paused = false;
let socket;

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function send(request) {
  if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(request));
}

function answered(answer) {
  const footer = byId("answer");
  footer.className = answer.ok ? "" : "bad";
  footer.textContent = answer.ok ? "done" : answer.error;
}

// -- traffic ---------------------------------------------------------------------------------

function matcher() {
  const text = byId("filter").value;
  const pattern = /^\/(.+)\/$/.exec(text);
  if (pattern) {
    try {
      const expression = new RegExp(pattern[1], "i");
      return (record) => expression.test(record.text);
    } catch {
      return () => false;
    }
  }
  const wanted = text.toLowerCase();
  return (record) => record.text.toLowerCase().includes(wanted);
}

function refilter() {
  const matches = matcher();
  let count = 0;
  for (const { record, element } of rows) {
    const shown = !hidden.has(record.kind) && matches(record);
    element.hidden = !shown;
    element.style.display = shown ? "" : "none";
    if (shown) count += 1;
  }
  byId("shown").textContent = `${count} of ${rows.length}`;
}

function row(record) {
  const element = make("div", "record");
  element.title = `${record.kind}, ${record.size} bytes`;
  element.append(
    make("span", "t", (record.t_us / 1e6).toFixed(6)),
    make("span", record.kind, record.side === "host" ? "→" : "←"),
    make("span", `text ${record.kind}`, record.text),
  );
  if (record.note) element.lastChild.append(make("span", "note", record.note));
  return element;
}

function addRecords(records, missed) {
  const log = byId("log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  if (missed > 0) log.append(make("div", "gap", `${missed} messages were too fast for this page`));
  const matches = matcher();
  const part = document.createDocumentFragment();
  for (const record of records) {
    const element = row(record);
    if (hidden.has(record.kind) || !matches(record)) element.style.display = "none";
    rows.push({ record, element });
    part.append(element);
  }
  log.append(part);
  while (rows.length > MOST_ROWS) rows.shift().element.remove();
  byId("shown").textContent = `${rows.filter((r) => r.element.style.display !== "none").length} of ${rows.length}`;
  if (atEnd && !paused) log.scrollTop = log.scrollHeight;
}

// -- panels ----------------------------------------------------------------------------------

function fill(table, lines) {
  table.replaceChildren(
    ...lines.map(({ cells, className, buttons }) => {
      const line = make("tr", className);
      for (const cell of cells) line.append(make("td", "", cell));
      const last = make("td");
      for (const [label, request] of buttons || []) {
        const button = make("button", "", label);
        button.addEventListener("click", () => send(request));
        last.append(button);
      }
      line.append(last);
      return line;
    }),
  );
}

const panels = {
  profile: (name) => (byId("profile").textContent = name),
  command: (name) => (byId("running").textContent = name ? `running ${name}` : ""),
  power_state: (name) => {
    byId("power-state").textContent = name;
    const asleep = name === "light" || name === "deep";
    byId("lamp").className = `lamp ${name === "off" ? "" : asleep ? "asleep" : "on"}`;
  },
  uptime_s: (s) => (byId("uptime").textContent = `up ${s} s`),
  uart: (uart) => {
    const flow = ["no flow control", "RTS", "CTS", "RTS/CTS"][uart[4] & 3];
    byId("uart").textContent = `${uart[0]} baud, ${flow}`;
  },
  wifi: ([number, ssid, ip]) => {
    const states = ["not joined", "joined, no address", "joined", "joining", "disconnected"];
    byId("wifi").textContent = number === 2 ? `${ssid}: ${ip}` : states[number] || "";
  },
  links: (links) =>
    fill(
      byId("links"),
      links.length
        ? links.map((link) => ({
            cells: [String(link.id), link.type, link.remote.join(":")],
            buttons: [["Break", { do: "link_loss", id: link.id }]],
          }))
        : [{ cells: ["none is open"] }],
    ),
  aps: (aps) =>
    fill(
      byId("air"),
      aps.map((ap) => {
        const which = { ssid_hex: ap.ssid_hex, bssid: ap.bssid };
        return {
          cells: [ap.ssid || "(hidden)", `ch ${ap.channel}`, `${ap.rssi} dBm`, ap.secured ? "key" : "open"],
          className: `${ap.ours ? "ours" : ""} ${ap.up ? "" : "down"}`,
          buttons: [ap.up ? ["Drop", { do: "ap_down", ...which }] : ["Bring back", { do: "ap_up", ...which }]],
        };
      }),
    ),
  pins: (pins) => showPins(pins, state.gpio),
  gpio: (gpio) => showPins(state.pins, gpio),
  quirks: (quirks) =>
    byId("quirks").replaceChildren(
      ...Object.entries(quirks).map(([name, on]) => {
        const label = make("label");
        const box = make("input");
        box.type = "checkbox";
        box.checked = on;
        box.addEventListener("change", () => send({ do: "quirk", name, on: box.checked }));
        label.append(box, ` ${name}`);
        return label;
      }),
    ),
  flash_writes: (n) => (byId("writes").textContent = `${n} writes`),
  flash: (spaces) =>
    byId("flash").replaceChildren(
      ...Object.entries(spaces).map(([space, keys]) => {
        const details = make("details");
        const table = make("table");
        fill(table, Object.entries(keys).map(([key, value]) => ({ cells: [key, value] })));
        details.append(make("summary", "", `${space} (${Object.keys(keys).length})`), table);
        return details;
      }),
    ),
  energy: (e) =>
    (byId("energy").textContent =
      `${e.mean_ma.toFixed(2)} mA on average, ${e.mah_per_day.toFixed(0)} mAh a day, ` +
      `asleep ${(100 * e.asleep).toFixed(1)} %`),
  curve: (points) => drawCurve(points),
};

function showPins(pins, gpio) {
  const all = Object.entries(pins || {}).concat(Object.entries(gpio || {}).map(([n, v]) => [`GPIO${n}`, v]));
  byId("pins").replaceChildren(
    ...all.map(([name, level]) => make("span", `pin ${level ? "high" : ""}`, `${name} ${level}`)),
  );
}

function drawCurve(points) {
  const canvas = byId("curve");
  const pen = canvas.getContext("2d");
  const [w, h] = [canvas.width, canvas.height];
  const style = getComputedStyle(document.body);
  pen.clearRect(0, 0, w, h);
  const end = state.now_us;
  const start = end - 60e6;
  const x = (t) => ((t - start) / 60e6) * w;
  // Logarithmic: 1 uA at the bottom, 1 A at the top.
  const y = (ua) => h - 8 - (Math.log10(Math.max(ua, 1)) / 6) * (h - 24);
  pen.font = "18px sans-serif";
  pen.fillStyle = style.color;
  pen.globalAlpha = 0.6;
  for (const [ua, label] of [[1, "1 µA"], [1e3, "1 mA"], [1e5, "100 mA"]]) {
    pen.fillRect(0, y(ua), w, 0.5);
    pen.fillText(label, 4, y(ua) - 4);
  }
  pen.globalAlpha = 1;
  pen.strokeStyle = "#2f8fdd";
  pen.lineWidth = 3;
  pen.beginPath();
  points.forEach(([t, ua], i) => {
    if (i) pen.lineTo(x(t), y(points[i - 1][1]));
    pen.lineTo(x(t), y(ua));
  });
  if (points.length) pen.lineTo(w, y(points[points.length - 1][1]));
  pen.stroke();
}

// -- life ------------------------------------------------------------------------------------

function connect() {
  socket = new WebSocket(`ws://${location.host}/live/socket`);
  socket.addEventListener("message", (event) => {
    const message = JSON.parse(event.data);
    if (message.answer) return answered(message.answer);
    Object.assign(state, message.state);
    for (const name of Object.keys(message.state)) if (panels[name]) panels[name](state[name]);
    if (message.wire.length || message.missed) addRecords(message.wire, message.missed);
  });
  socket.addEventListener("close", () => {
    byId("power-state").textContent = "no connection to the simulator";
    byId("lamp").className = "lamp";
    setTimeout(() => {
      rows = [];
      byId("log").replaceChildren(); // the new connection tells everything again
      connect();
    }, 1000);
  });
}

for (const kind of KINDS) {
  const label = make("label", kind);
  const box = make("input");
  box.type = "checkbox";
  box.checked = true;
  box.value = kind;
  box.addEventListener("change", () => {
    box.checked ? hidden.delete(kind) : hidden.add(kind);
    refilter();
  });
  label.append(box, ` ${kind}`);
  byId("kinds").append(label);
}
byId("filter").addEventListener("input", refilter);
byId("pause").addEventListener("click", () => {
  paused = !paused;
  byId("pause").textContent = paused ? "Follow" : "Pause";
});
byId("clear").addEventListener("click", () => {
  rows = [];
  byId("log").replaceChildren();
  refilter();
});
byId("inject").addEventListener("submit", (event) => {
  event.preventDefault();
  send({ do: "inject", line: byId("line").value });
});
for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => send(JSON.parse(button.dataset.do)));
}
connect();
