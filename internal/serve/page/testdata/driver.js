// What tests ask of the page.

globalThis.seen = element => element.checkVisibility();
globalThis.all = what => [...document.querySelectorAll(what)].filter(seen);
globalThis.card = name => all(".card").find(card => card.querySelector("h3").textContent === name && card.ariaBusy === "false");
globalThis.layer = () => document.getElementById("layer").ariaBusy === "false" && document.getElementById("layer-body").dataset.layer;
globalThis.texts = (what, root = document) => [...root.querySelectorAll(what)].filter(seen).map(element => element.textContent.trim().replace(/\s+/g, " "));
globalThis.asked = what => performance.getEntriesByType("resource").filter(entry => entry.name.includes(what)).length;
globalThis.drawn = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))); // where clicks go is known then
performance.setResourceTimingBufferSize(10000);

// What is wider than the window, and what lies over something else.
globalThis.layout = () => {
  const wrong = [];
  if (document.documentElement.scrollWidth > innerWidth) wrong.push(`${document.documentElement.scrollWidth} of ${innerWidth} px`);
  for (const wide of all(".wide")) if (wide.scrollWidth > wide.clientWidth + 1) wrong.push(`table: ${wide.scrollWidth} of ${wide.clientWidth} px`);
  const boxes = all("h1, h2, h3, h4, p, dt, dd, figcaption, th, td, img, svg, label, button, canvas").filter(element => !element.matches(".photo .map, .unseen"))
    .map(element => ({ element, box: element.getBoundingClientRect() }));
  for (const [i, a] of boxes.entries()) {
    for (const b of boxes.slice(i + 1)) {
      if (a.element.contains(b.element) || b.element.contains(a.element)) continue;
      if (a.element.closest(".top") || b.element.closest(".top")) continue; // it lies over what is scrolled below it
      const sticky = element => element.closest("#network, .left");
      if (sticky(a.element) !== sticky(b.element)) continue; // what scrolls by itself is cut off at its edge
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (across > 1 && down > 1) wrong.push(`${a.element.outerHTML.slice(0, 60)} and ${b.element.outerHTML.slice(0, 60)}`);
    }
  }
  return wrong.slice(0, 9).join("; ");
};

// The pixels of a map, four numbers each.
globalThis.pixels = async (grid, at) => {
  const image = document.querySelectorAll("#layer-body .streams img")[grid], streams = image.closest(".streams");
  await image.decode();
  const columns = Math.min(streams.dataset.columns, streams.dataset.count), canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext("2d"), side = (image.naturalWidth + 1) / columns - 1;
  context.drawImage(image, 0, 0);
  return [...context.getImageData((at % columns) * (side + 1), Math.floor(at / columns) * (side + 1), side, side).data];
};

// The controls that the focus comes to, and those of them that do not show it to who uses keys.
globalThis.visited = [];
globalThis.hidden = [];
addEventListener("focusin", ({ target }) => {
  visited.push(target);
  if (!target.matches(":focus-visible")) return;
  const shows = [target, target.closest(".button"), target.querySelector("rect")].filter(Boolean).map(element => getComputedStyle(element));
  if (!shows.some(style => style.outlineStyle !== "none" || style.strokeWidth === "3px")) hidden.push(target.outerHTML.slice(0, 80));
});
globalThis.unvisited = () => all("a, button:not(:disabled), select, input, [tabindex='0']").filter(element => !visited.includes(element)).map(element => element.outerHTML.slice(0, 80));

globalThis.paste = async name => {
  const data = new DataTransfer();
  data.items.add(new File([await (await fetch("/static/orange.png")).blob()], name));
  document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
};
