// The list of a page: each photo is kept, given another class, or left out, and what comes of it is saved as a file. Photos that
// several cards show, or a dot of the map, have one choice.

const $ = id => document.getElementById(id);
const cells = /^("(?:[^"]|"")*"|[^,]*),("(?:[^"]|"")*"|[^,]*),(.*)$/;
const text = $("photos").textContent, [head, ...lines] = text.slice(0, text.lastIndexOf("\n")).split("\n");
const classes = [...$("classes").children].map(item => ({ name: item.textContent, cell: item.dataset.cell }));
const names = new Map(classes.map(({ name, cell }) => [cell, name]));
const own = lines.map(line => line.match(cells)[2]); // the class's cell
const chosen = new Map(); // line, from 1, to a class's cell, or "" for left out
const save = $("save"), output = save.querySelector("output");
const selects = new Map(); // line to the controls of the photo
let saved = true;

function list() {
  const kept = lines.flatMap((line, i) => {
    const choice = chosen.get(i + 1);
    if (choice === "") return [];
    return [choice === undefined ? line : line.replace(cells, (_, file, __, set) => `${file},${choice},${set}`)];
  });
  return [head, ...kept].join("\n") + "\n";
}

function choose(line, choice) {
  if (choice === own[line - 1]) chosen.delete(line);
  else chosen.set(line, choice);
  saved = false;
  for (const select of selects.get(line) ?? []) show(select, line);
  for (const element of document.querySelectorAll(`[data-line="${line}"]`)) {
    element.classList.toggle("out", chosen.get(line) === "");
    element.classList.toggle("other", Boolean(chosen.get(line)));
  }
  const out = [...chosen.values()].filter(choice => choice === "").length;
  output.value = `${chosen.size - out} with another class, ${out} left out, of ${lines.length} photos`;
  save.hidden = false;
}

function show(select, line) {
  const choice = chosen.get(line) ?? own[line - 1];
  if (![...select.options].some(option => option.value === choice)) fill(select, line);
  select.value = choice;
}

// A control has the class that a photo likely is of at once, and the others when somebody wants to see them.
function control(line, likely) {
  const select = document.createElement("select"), mine = own[line - 1];
  select.append(new Option(`keep: ${names.get(mine) ?? mine}`, mine), new Option("leave out", ""));
  const other = classes.find(({ name, cell }) => name === likely && cell);
  if (other) select.append(new Option(`it is ${other.name}`, other.cell));
  select.ariaLabel = "what becomes of the photo";
  select.autocomplete = "off";
  for (const event of ["focus", "pointerdown"]) select.addEventListener(event, () => fill(select, line), { once: true });
  select.addEventListener("change", () => choose(line, select.value));
  selects.set(line, [...(selects.get(line) ?? []), select]);
  show(select, line);
  return select;
}

function fill(select, line) {
  const there = new Set([...select.options].map(option => option.value));
  for (const { name, cell } of classes) if (cell && !there.has(cell)) select.append(new Option(`it is ${name}`, cell));
}

for (const card of document.querySelectorAll("article[data-line]")) {
  const line = Number(card.dataset.line), box = document.createElement("div");
  box.className = "choice";
  box.append(control(line, card.dataset.other));
  card.append(box);
}

// A dot of the map stands for a photo that has no card, perhaps: its choice is shown beside the button.
for (const dot of document.querySelectorAll("circle[data-line]")) {
  dot.addEventListener("click", () => {
    const line = Number(dot.dataset.line), box = $("chosen");
    box.replaceChildren(dot.querySelector("title").textContent + " ", control(line));
    box.hidden = save.hidden = false;
    document.querySelector("circle.chosen")?.classList.remove("chosen");
    dot.classList.add("chosen");
  });
}

save.querySelector("button").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([list()], { type: "text/csv" }));
  link.download = save.dataset.file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  saved = true;
});
addEventListener("beforeunload", event => { if (!saved) event.preventDefault(); });
if (lines.length > 0) save.hidden = false;
