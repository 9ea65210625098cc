// Comforts of the forms; every page works without them.

const guess = () => {
  const zone = document.querySelector('form[data-guess] select[name="time_zone"]');
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && [...zone.options].some((option) => option.value === here)) zone.value = here;
};
guess();

const counter = document.querySelector("[data-topic-count]");
if (counter) {
  const boxes = [...document.querySelectorAll('input[type="checkbox"][name="topics"]')];
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    counter.textContent = chosen ? `${chosen} topic${chosen === 1 ? "" : "s"} chosen` : "";
  };
  boxes.forEach((box) => box.addEventListener("change", count));
  count();
}

// What the chosen topics would bring, while they are being chosen.  The address is never sent.
const join = document.querySelector("form[data-foretaste]");
if (join) {
  const wishes = new Set(["topics", "keywords", "cadence", "length"]);
  const [said, papers] = ["p[data-said]", "section[data-papers]"].map((name) =>
    document.querySelector(name),
  );
  let waiting, asked;
  const show = (part) => {
    said.replaceChildren(...(part?.querySelector("[data-said]").childNodes ?? []));
    if (!papers) return;
    papers.replaceChildren(...(part?.querySelector("[data-papers]").children ?? []));
    papers.hidden = !papers.firstElementChild;
  };
  const look = async () => {
    asked?.abort();
    asked = new AbortController();
    const chosen = [...new FormData(join)].filter(([name]) => wishes.has(name));
    if (!chosen.some(([name]) => name === "topics")) return show(null);
    try {
      const address = `${join.dataset.foretaste}?${new URLSearchParams(chosen)}`;
      const answer = await fetch(address, { signal: asked.signal });
      if (!answer.headers.get("Content-Type").startsWith("text/html")) return;
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // Another choice came first, or there is no network: what is shown stays.
    }
  };
  join.querySelector("[data-show]").hidden = true;
  join.addEventListener("input", ({ target }) => {
    if (!wishes.has(target.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(look, 400);
  });
}
