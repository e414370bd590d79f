// Pages of cards: search, filter by label, and order the cards of a section. Without this script they stand there whole.

const alphabet = new Intl.Collator(undefined, { numeric: true });
const plain = text => text.normalize("NFKC").toLowerCase();

export function enlivenCards(section) {
  const box = section.querySelector(".cards"), form = section.querySelector("form[role=search]");
  const { words, label, order, count } = form.elements;
  const cards = [...box.children].map(element => {
    const { label, probability } = element.dataset, file = element.querySelector(".file").title;
    return { element, label, file, text: plain(label + " " + file), probability: probability && Number(probability) };
  });
  const orders = { // what has no probability comes last
    given: () => 0,
    least: (a, b) => (a.probability === "") - (b.probability === "") || a.probability - b.probability,
    surest: (a, b) => (a.probability === "") - (b.probability === "") || b.probability - a.probability,
    label: (a, b) => alphabet.compare(a.label, b.label) || orders.surest(a, b),
    file: (a, b) => alphabet.compare(a.file, b.file),
  };

  function show() {
    const wanted = plain(words.value).split(/\s+/);
    const shown = cards.filter(card =>
      (label.selectedIndex === 0 || card.label === label.value) && wanted.every(word => card.text.includes(word)));
    box.replaceChildren(...shown.sort(orders[order.value]).map(card => card.element));
    count.value = `${shown.length} of ${cards.length}`;
  }

  const counts = new Map();
  for (const card of cards) counts.set(card.label, (counts.get(card.label) ?? 0) + 1);
  for (const name of [...counts.keys()].sort(alphabet.compare))
    label.add(new Option(`${name || "not read"} (${counts.get(name)})`, name));
  form.addEventListener("input", show);
  form.addEventListener("submit", event => event.preventDefault());
  form.hidden = cards.length < 2;
  show();
}

document.querySelectorAll("section:has(> form[role=search])").forEach(enlivenCards);
