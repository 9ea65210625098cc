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
  });
}
