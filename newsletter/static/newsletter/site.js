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
    const { one, many } = counter.dataset;
    counter.textContent = chosen > 1 ? many.replace("#", chosen) : chosen ? one : "";
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

// What can be copied gets its button only where it works.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
  });
}

// The preferences show what they bring a moment after each change.
const preview = document.querySelector("[data-preview]");
if (preview) {
  const form = document.getElementById("preferences");
  const status = document.querySelector("[data-preview-status]");
  let timer;
  let asked;
  const show = async () => {
    asked?.abort();
    asked = new AbortController();
    preview.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(preview.dataset.preview, {
        method: "POST",
        body: new FormData(form),
        headers: { "X-Fragment": "1" },
        signal: asked.signal,
      });
      if (!answer.ok) return;
      preview.innerHTML = await answer.text();
      status.textContent = preview.firstElementChild.dataset.summary;
      preview.removeAttribute("aria-busy");
    } catch {
      // Another change came, or the network went: the button still works.
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, 400);
  });
  form.querySelector("[data-show]").addEventListener("click", async (event) => {
    event.preventDefault();
    clearTimeout(timer);
    await show();
    const panel = document.getElementById("preview");
    panel.scrollIntoView({ block: "nearest" });
    panel.focus({ preventScroll: true });
  });
}
