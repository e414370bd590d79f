// A report: its table of layers, and the maps of its blocks.

import { enliven } from "./table.js";
import { enlivenMaps } from "./maps.js";
import { inspect } from "./place.js";

// enlarge shows a map large in a dialog, and beside it what a place of it sees of the photo.
function enlarge(map) {
  const dialog = document.createElement("dialog"), body = document.createElement("div"), large = document.createElement("div");
  const field = document.createElement("figure"), caption = document.createElement("figcaption"), frame = document.createElement("span");
  Object.assign(field.dataset, map.group.closest(".block").dataset);
  caption.textContent = "what the place sees of the photo";
  frame.className = "frame";
  frame.append(document.getElementById("crop").cloneNode());
  frame.firstChild.removeAttribute("id");
  field.className = "field";
  field.append(caption, frame);
  body.className = "looking";
  large.className = "large";
  body.append(large, field);
  const form = document.createElement("form"), close = document.createElement("button");
  form.method = "dialog";
  close.textContent = "Close";
  form.append(close);
  dialog.append(body, form);
  dialog.ariaLabel = `${map.group.ariaLabel}, channel ${map.name}`;
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  const canvas = inspect(map, large, field);
  canvas.focus();
  return canvas;
}

document.querySelectorAll("table.layers").forEach(enliven);
document.querySelectorAll(".streams").forEach(group => enlivenMaps(group, enlarge));
document.querySelectorAll(".scripted").forEach(element => { element.hidden = false; });
