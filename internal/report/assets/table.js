// Tables of layers: search, filter by type, sort by a column, collapse a stage. Without this script a table stands there whole.

const plain = text => text.normalize("NFKC").toLowerCase();
const alphabet = new Intl.Collator("en", { numeric: true });

export function enliven(table) {
  const sections = [...table.tBodies].map(body => ({
    body, head: body.querySelector(".section"),
    rows: [...body.rows].filter(row => !row.matches(".section")).map(row => ({ row, text: plain(row.textContent), type: row.dataset.type ?? "" })),
  }));
  const all = sections.flatMap(section => section.rows);
  const tools = document.getElementById(table.id + "-tools");
  const { words, type, count, flow } = tools.elements;

  function show() {
    const wanted = plain(words.value).split(/\s+/);
    let shown = 0;
    for (const section of sections) {
      const closed = section.head?.querySelector("button").ariaExpanded === "false";
      let found = 0;
      for (const { row, text, type: its } of section.rows) {
        const fits = (type.selectedIndex === 0 || its === type.value) && wanted.every(word => text.includes(word));
        row.hidden = !fits || (closed && flow.hidden);
        found += fits;
      }
      if (section.head) section.head.hidden = found === 0 || !flow.hidden;
      shown += found;
    }
    count.value = `${shown} of ${all.length} rows`;
  }

  // The order of the data is that of the sections; any other takes the rows out of them.
  function order(column, direction) {
    const value = ({ row }) => {
      const cell = row.cells[column], exact = cell.dataset.value ?? cell.textContent;
      return exact === "" || isNaN(exact) ? exact : Number(exact);
    };
    const compare = (a, b) => {
      const x = value(a), y = value(b);
      if (x === "" || y === "") return (x === "") - (y === ""); // what has no value comes last
      return direction * (typeof x === "number" && typeof y === "number" ? x - y : alphabet.compare(x, y));
    };
    const sorted = direction ? [...all].sort(compare) : null;
    if (sorted) sections[0].body.append(...sorted.map(({ row }) => row));
    else for (const section of sections) section.body.append(...section.rows.map(({ row }) => row));
    flow.hidden = !sorted;
    for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
    if (sorted) table.tHead.rows[0].cells[column].ariaSort = direction > 0 ? "ascending" : "descending";
    show();
  }

  for (const [column, head] of [...table.tHead.rows[0].cells].entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => order(column, { descending: -1, ascending: 1 }[head.ariaSort] === -1 ? 1 : head.ariaSort ? 0 : -1));
  }
  for (const { head } of sections.filter(section => section.head)) {
    const button = document.createElement("button"), cell = head.cells[0];
    button.type = "button";
    button.ariaExpanded = "true";
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      button.ariaExpanded = button.ariaExpanded === "true" ? "false" : "true";
      show();
    });
  }
  for (const name of [...new Set(all.map(({ type }) => type))].filter(Boolean).sort(alphabet.compare)) type.add(new Option(name));
  flow.addEventListener("click", () => order(0, 0));
  tools.addEventListener("input", show);
  tools.addEventListener("submit", event => event.preventDefault());
  tools.hidden = false;
  show();

  // A row that a link leads to is shown, whatever hides it.
  addEventListener("hashchange", () => {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!row?.hidden || !table.contains(row)) return;
    words.value = "";
    type.selectedIndex = 0;
    for (const section of sections) if (section.head && section.body.contains(row)) section.head.querySelector("button").ariaExpanded = "true";
    show();
    row.scrollIntoView();
  });
}
