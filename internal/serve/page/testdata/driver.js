// Does on the page what a user does, and writes what can be seen then.

const result = {}, query = new URLSearchParams(location.search);
const seen = element => element.checkVisibility();
const all = what => [...document.querySelectorAll(what)].filter(seen);
const wait = async (what, until) => {
  for (let i = 0; i < 400; i++) {
    if (until()) return;
    await new Promise(done => setTimeout(done, 20));
  }
  throw new Error(`waited in vain for ${what}`);
};

function layout(where) {
  if (document.documentElement.scrollWidth > innerWidth) result["too wide"] += `${where}: ${document.documentElement.scrollWidth} of ${innerWidth} `;
  const boxes = all("h1, h2, h3, p, dt, dd, figcaption, th, td, img, svg, label, button, canvas").filter(element => !element.matches(".photo .map"))
    .map(element => ({ element, box: element.getBoundingClientRect() }));
  for (const [i, a] of boxes.entries()) {
    for (const b of boxes.slice(i + 1)) {
      if (a.element.contains(b.element) || b.element.contains(a.element)) continue;
      if (a.element.closest(".top") || b.element.closest(".top")) continue; // it lies over what is scrolled below it
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (across > 1 && down > 1 && result.overlaps.length < 1000) result.overlaps += `${where}: ${a.element.outerHTML.slice(0, 60)} and ${b.element.outerHTML.slice(0, 60)} `;
    }
  }
}

function files(name, blob) {
  const data = new DataTransfer();
  data.items.add(new File([blob], name));
  return data;
}
const drop = (name, blob) => document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: files(name, blob), bubbles: true, cancelable: true }));
const paste = (name, blob) => document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: files(name, blob), bubbles: true }));
function pick(name, blob) {
  const input = document.getElementById("files");
  input.files = files(name, blob).files;
  input.dispatchEvent(new Event("change"));
}

const card = name => all(".card").find(card => card.querySelector("h3").textContent === name && card.ariaBusy === "false");
const press = key => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const layer = () => document.getElementById("layer-body").dataset.layer;

// The pixels of a map, four numbers each.
function pixels(grid, at) {
  const image = grid.querySelector("img"), streams = grid.closest(".streams"), columns = Math.min(streams.dataset.columns, streams.dataset.count);
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext("2d"), side = (image.naturalWidth + 1) / columns - 1;
  context.drawImage(image, 0, 0);
  return [...context.getImageData((at % columns) * (side + 1), Math.floor(at / columns) * (side + 1), side, side).data].join(" ");
}

async function classify() {
  await wait("the sample", () => card("orange.png"));
  const photo = await (await fetch("/static/orange.png")).blob();
  drop("my <b>photo</b>.png", photo);
  drop("broken.jpg", new Blob(["no picture"]));
  await wait("the photos", () => card("my <b>photo</b>.png") && card("broken.jpg"));
  const mine = card("my <b>photo</b>.png"), labels = [...mine.querySelectorAll(".labels button")];
  const map = () => [...mine.querySelectorAll(".map")].filter(seen).map(image => image.src).join();
  result.label = `${labels[0].querySelector(".label").textContent} of ${labels.length}`;
  const bar = labels[0].querySelector(".bar");
  result.bar = Math.round(100 * bar.firstChild.getBoundingClientRect().width / bar.clientWidth);
  const none = map();
  labels[0].click();
  const first = map();
  labels[1].click();
  const second = map();
  result.maps = `${none === "" ? "none" : "some"}, then ${first && second && first !== second ? "two others" : "the same"}, ${labels[1].ariaPressed}`;
  labels[1].click();
  result.off = map() === "" ? "none" : "some";
  result.preprocessing = [...mine.querySelectorAll(".steps dd")].map(step => step.textContent)[3];
  result.broken = card("broken.jpg").querySelector("[role=alert]").textContent;
  [...card("broken.jpg").querySelectorAll("button")].find(button => button.textContent === "Remove").click();
  result.status = document.getElementById("status").textContent;
  paste("pasted.png", photo);
  pick("picked.png", photo);
  await wait("pasted and picked photos", () => card("pasted.png") && card("picked.png"));
  result.photos = [...document.querySelector("[name=photo]").options].map(option => option.text).join();
  for (const name of ["pasted.png", "picked.png"]) [...card(name).querySelectorAll("button")].find(button => button.textContent === "Remove").click();
  result.removed = card("broken.jpg") ? "there" : "gone";
}

// The server wants a token: a wrong one is refused, and the one of the link is gone from the address.
async function login() {
  await wait("the form", () => all("#login, #problem").length === 2);
  result.refused = document.getElementById("problem").textContent;
  result.address = location.hash;
  const form = document.getElementById("login");
  form.querySelector("input").value = query.get("token");
  form.requestSubmit();
  await wait("the sample", () => card("orange.png"));
  result.form = all("#login").length;
}

async function trace() {
  document.querySelector("nav a[href='#trace']").click();
  await wait("the network", () => all("table.layers").length === 1 && layer() === "input");
  result.started = document.getElementById("layer-name").textContent;
  const rows = [...document.querySelectorAll("table.layers tr[id]")].map(row => row.id.slice(4)), wanted = query.get("layers").split(" ");
  let steps = 1;
  for (const path of rows) {
    press("ArrowRight");
    await wait(path, () => layer() === path);
    steps++;
    for (const image of document.querySelectorAll("#layer-body .streams img")) await image.decode();
    if (path === "conv1") result.kernels = document.querySelectorAll("#layer-body img.pixels").length;
    if (wanted.includes(path)) result[path] = pixels([...document.querySelectorAll("#layer-body .streams figure")].at(path.endsWith("add") ? 2 : 0), 5);
    if (path === "layer1.0.add") layout("a block");
  }
  result.steps = steps;
  result.facts = [...document.querySelectorAll("#layer-facts div")].map(pair => pair.textContent).join(" ").slice(0, 12);
  result.logits = `${document.querySelectorAll("#layer-body .labels li").length} labels, ${document.querySelector("#layer-body .label").textContent}`;
  press("ArrowRight");
  press("ArrowLeft");
  await wait("the way back", () => layer() === rows.at(-2));
  result.marked = `${document.querySelectorAll("#layers [aria-current]").length} row, ${document.querySelectorAll("svg [aria-current]").length} box`;

  // A block of the figure, a place of its sum, and what it sees.
  const box = document.querySelector("svg a[href='#block-layer2.0'] rect");
  box.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  await wait("the block", () => layer() === "layer2.0.add");
  result.grids = [...document.querySelectorAll("#layer-body .streams figcaption")].map(caption => caption.textContent).join(" | ");
  const frame = document.querySelector("#layer-body .frame");
  for (const image of document.querySelectorAll("#layer-body img")) await image.decode();
  const at = frame.getBoundingClientRect(); // a place of a map is hardly wider than a pixel here
  frame.dispatchEvent(new MouseEvent("click", { clientX: Math.ceil(at.left), clientY: Math.ceil(at.top), bubbles: true }));
  const large = document.querySelector(".large");
  result.place = large.querySelector("p").textContent;
  const mark = document.querySelector(".field i").style;
  result.field = `${mark.left} ${mark.width}`;
  large.querySelector("canvas").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  result.moved = large.querySelector("output").textContent.slice(0, 16);
  layout("a place");

  const order = document.querySelector("[name=order]");
  order.value = "energy";
  order.dispatchEvent(new Event("change"));
  await wait("the order", () => document.getElementById("layer-body").textContent.includes("the strongest of the sum first"));
  history.back();
  await wait("what was before", () => layer() === rows.at(-2));
}

addEventListener("error", event => { result.error = event.message; });
(async () => {
  result["too wide"] = result.overlaps = "";
  result.width = innerWidth;
  try {
    if (query.has("layers")) await classify();
    else if (query.has("token")) await login();
    else await wait("the sample", () => card("orange.png"));
    layout("classify");
    if (query.has("layers")) await trace();
    else {
      location.hash = "row-layer1.0.add";
      await wait("the block", () => layer() === "layer1.0.add");
    }
    layout("trace");
  } catch (error) {
    result.error = error.message;
  }
  result.elsewhere = performance.getEntriesByType("resource").map(entry => new URL(entry.name).origin).filter(origin => origin !== location.origin).join();
  await fetch("/result", { method: "POST", body: JSON.stringify(result) });
})();
