// The page of a server: photos are classified, and followed through the network layer by layer. What is shown is made by the
// server, as HTML; this script asks for it, and keeps the photos.

import { enliven } from "./table.js";
import { enlivenMaps } from "./maps.js";
import { inspect } from "./place.js";

const $ = id => document.getElementById(id);
const model = $("model"), tracing = $("tracing").elements;
const photos = []; // { id, name, blob, card }
let added = 0, models = [], steps = [], current = "input", shownFor = "";

// The token comes in the link's fragment, which no request carries, and goes from the address at once.
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  sessionStorage.setItem("token", given);
  history.replaceState(null, "", location.pathname + location.search);
}

async function ask(path, options = {}) {
  const token = sessionStorage.getItem("token");
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (options.body) headers["Content-Type"] = "application/octet-stream";
  const response = await fetch(path, { ...options, headers });
  if (response.ok) return response;
  if (response.status === 401) $("login").hidden = false;
  const text = await response.text();
  let message = text;
  try { message = JSON.parse(text).error; } catch { /* it is no JSON: as it is */ }
  throw new Error(message || response.statusText);
}

async function view(name, photo, more = {}, signal) {
  const query = new URLSearchParams({ model: model.value, name: photo.name, ...more });
  return (await ask(`/view/${name}?${query}`, { method: "POST", body: photo.blob, signal })).text();
}

// motion is how the page scrolls.
const motion = () => matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";

function complain(message) {
  $("problem").hidden = !message;
  $("problem").textContent = message ?? "";
}

// Classify: a card for each photo.

function add(files) {
  for (const blob of files) {
    const card = document.createElement("article"), photo = { id: ++added, name: blob.name || "pasted image", blob, card };
    card.className = "card";
    photos.unshift(photo);
    tracing.photo.prepend(new Option(photo.name, "", false, true));
    $("cards").prepend(card);
    classify(photo);
  }
  number();
  trace();
}

function number() {
  for (const [i, option] of [...tracing.photo.options].entries()) option.value = i;
}

async function classify(photo) {
  const turn = photo.turn = (photo.turn ?? 0) + 1; // another model may be chosen meanwhile
  const { card } = photo, head = document.createElement("h3"), body = document.createElement("div");
  const follow = document.createElement("button"), remove = document.createElement("button"), tools = document.createElement("div");
  head.textContent = photo.name;
  follow.textContent = "Follow it through the network";
  remove.textContent = "Remove";
  tools.className = "tools";
  tools.append(follow, remove);
  card.replaceChildren(head, body, tools);
  card.ariaBusy = "true";
  follow.addEventListener("click", () => {
    tracing.photo.selectedIndex = photos.indexOf(photo);
    location.hash = "trace";
  });
  remove.addEventListener("click", () => {
    const i = photos.indexOf(photo);
    photos.splice(i, 1);
    tracing.photo.remove(i);
    number();
    card.remove();
    trace();
  });
  try {
    const text = await view("classify", photo);
    if (turn !== photo.turn) return;
    body.innerHTML = text;
    const maps = [...body.querySelectorAll(".map")], buttons = [...body.querySelectorAll(".labels button:not(:disabled)")];
    const show = at => {
      for (const [i, button] of buttons.entries()) {
        button.ariaPressed = String(i === at);
        maps[i].hidden = i !== at;
      }
    };
    for (const [i, button] of buttons.entries()) {
      const label = button.querySelector(".label").textContent;
      maps[i].alt = `where the network sees ${label}`;
      button.addEventListener("click", () => show(button.ariaPressed === "true" ? -1 : i));
    }
    const best = body.querySelector(".label");
    $("status").textContent = best ? `${photo.name}: ${best.textContent}, ${body.querySelector(".probability").textContent}` : `${photo.name} was read`;
  } catch (error) {
    if (turn !== photo.turn) return;
    body.innerHTML = `<p class="caution" role="alert"></p>`;
    body.firstChild.textContent = error.message;
    follow.disabled = true;
  }
  card.ariaBusy = "false";
}

// Trace: the network for the chosen photo, and one layer of it at a time.

const chosen = () => photos[tracing.photo.selectedIndex];

let turns = 0, tracedFor = "";

// trace asks for the network while somebody looks at it, or will at once.
async function trace(soon = false) {
  const photo = chosen(), key = photo && `${photo.id} ${model.value}`;
  if ($("trace-view").hidden && !soon || key === tracedFor) return;
  tracedFor = key;
  const turn = ++turns;
  const parts = document.createElement("template");
  try {
    if (photo) parts.innerHTML = await view("trace", photo);
    if (turn !== turns) return; // another photo or model was chosen meanwhile
    complain();
  } catch (error) {
    if (turn !== turns) return;
    tracedFor = "";
    complain(`${photo.name}: ${error.message}`);
  }
  const table = parts.content.querySelector("table.layers");
  $("network").replaceChildren(...parts.content.querySelectorAll(".network"));
  $("layers").replaceChildren(...parts.content.querySelectorAll(".listing"));
  if (!table) {
    steps = [];
    $("layer-body").replaceChildren();
    $("layer-facts").replaceChildren();
    return;
  }
  enliven(table);
  steps = ["input", ...[...table.querySelectorAll("tr[id]")].map(row => row.id.replace("row-", ""))];
  if (!steps.includes(current)) current = "input";
  shownFor = "";
  look(current);
}

let looking = new AbortController();

async function look(path) {
  const photo = chosen();
  if (!photo || !steps.includes(path) || $("trace-view").hidden) return;
  current = path;
  document.title = `${path} of ${photo.name} · resnet`;
  const key = [path, model.value, photo.id, tracing.channels.value, tracing.order.value].join("\n");
  if (key === shownFor) return;
  shownFor = key;
  looking.abort();
  looking = new AbortController();
  const row = $("row-" + path);
  $("layer-name").textContent = path;
  $("layer-place").textContent = `${steps.indexOf(path) + 1} of ${steps.length}`;
  $("previous").disabled = path === steps[0];
  $("next").disabled = path === steps.at(-1);
  const hrefs = [`#row-${path}`, `#block-${path.replace(/\.add$/, "")}`];
  for (const link of document.querySelectorAll("#network svg a, #layers tbody a")) {
    if (hrefs.includes(link.getAttribute("href"))) link.ariaCurrent = "true";
    else link.removeAttribute("aria-current");
  }
  facts(row);
  $("layer").ariaBusy = "true";
  try {
    const body = await view("layer", photo, { layer: path, channels: tracing.channels.value, order: tracing.order.value }, looking.signal);
    $("layer-body").innerHTML = body;
    $("layer-body").dataset.layer = path;
    for (const group of $("layer-body").querySelectorAll(".streams")) enlivenMaps(group, lookAt);
    complain();
  } catch (error) {
    if (error.name === "AbortError") return; // another layer is on its way
    shownFor = "";
    complain(error.message);
  }
  $("layer").ariaBusy = "false";
}

// lookAt shows a map large below the grids, and what a place of it sees of the photo.
function lookAt(map) {
  return inspect(map, map.group.closest(".looking").querySelector(".large"), $("layer-body").querySelector(".field"));
}

// facts are the cells of the layer's row, one below the other.
function facts(row) {
  const list = [];
  for (const [i, head] of row ? [...row.closest("table").tHead.rows[0].cells].entries() : []) {
    const text = row.cells[i].textContent;
    if (i === 0 || !text) continue;
    const name = document.createElement("dt"), value = document.createElement("dd"), pair = document.createElement("div");
    name.textContent = head.textContent;
    value.textContent = text;
    pair.append(name, value);
    list.push(pair);
  }
  $("layer-facts").replaceChildren(...list);
}

// Where somebody goes.

function go(path) {
  history.pushState(null, "", `#row-${path}`);
  arrive();
}

function arrive() {
  const hash = decodeURIComponent(location.hash.slice(1)), tracingNow = /^(trace|row-|block-)/.test(hash);
  $("classify-view").hidden = tracingNow;
  $("trace-view").hidden = !tracingNow;
  for (const link of document.querySelectorAll("nav a")) {
    if ((link.hash === "#trace") === tracingNow) link.ariaCurrent = "page";
    else link.removeAttribute("aria-current");
  }
  if (hash.startsWith("row-")) current = hash.slice(4);
  if (hash.startsWith("block-")) current = hash.slice(6) + ".add";
  document.title = "resnet";
  if (tracingNow) {
    trace();
    look(current);
  }
}

function step(by) {
  const next = steps[steps.indexOf(current) + by];
  if (next) go(next);
}

$("trace-view").addEventListener("click", event => {
  const link = event.target.closest("a"), row = event.target.closest("table.layers tbody tr[id]");
  const href = link?.getAttribute("href") ?? (row && `#${row.id}`);
  if (!href) return;
  event.preventDefault();
  go(href.startsWith("#block-") ? href.slice(7) + ".add" : href.slice(5));
  const { top } = $("layer").getBoundingClientRect();
  if (top < 0 || top > innerHeight / 2) $("layer").scrollIntoView({ behavior: motion() });
});
$("previous").addEventListener("click", () => step(-1));
$("next").addEventListener("click", () => step(1));
addEventListener("keydown", event => {
  if ($("trace-view").hidden || event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input, select, textarea")) return;
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) return;
  event.preventDefault();
  step(by);
});
addEventListener("hashchange", arrive);
addEventListener("popstate", arrive);
tracing.photo.addEventListener("change", () => trace());
for (const name of ["channels", "order"]) tracing[name].addEventListener("change", () => look(current));
$("tracing").addEventListener("submit", event => event.preventDefault());

model.addEventListener("change", () => {
  const one = models[model.selectedIndex];
  $("caution").hidden = !one.caution;
  $("caution").textContent = one.caution ?? "";
  for (const photo of photos) classify(photo);
  trace();
});

for (const input of [$("files"), $("camera")]) {
  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
}
addEventListener("dragover", event => event.preventDefault());
addEventListener("drop", event => {
  event.preventDefault();
  add(event.dataTransfer.files);
});
addEventListener("paste", event => { if (event.clipboardData.files.length) add(event.clipboardData.files); });

async function start() {
  try {
    models = await (await ask("/view/models")).json();
  } catch (error) {
    complain(error.message);
    return;
  }
  $("login").hidden = true;
  complain();
  model.replaceChildren(...models.map(one => new Option(one.title.startsWith(one.name) ? one.title : `${one.name}: ${one.title}`, one.name)));
  $("caution").hidden = !models[0].caution;
  $("caution").textContent = models[0].caution ?? "";
  add([new File([await (await fetch("/static/orange.png")).blob()], "orange.png")]);
  arrive();
  trace(true);
}

$("login").addEventListener("submit", event => {
  event.preventDefault();
  sessionStorage.setItem("token", $("login").querySelector("input").value);
  start();
});

start();
