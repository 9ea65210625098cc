// Two comforts of the forms; both pages work without them.

const zone = document.querySelector('input[type="hidden"][name="time_zone"]');
if (zone) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || zone.value;

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

// What can be copied gets its button only where it works.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;

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
