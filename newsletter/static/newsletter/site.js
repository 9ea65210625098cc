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
