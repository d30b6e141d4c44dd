// Pictures in full size over the page, to the single pixel. Without this file the links open the file.
const STEPS = [0.25, 0.5, 1, 2, 4, 8, 16];

for (const link of document.querySelectorAll("[data-zooms]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link);
  });
}

function open(link) {
  const dialog = document.createElement("dialog");
  dialog.className = "zoom";
  dialog.setAttribute("aria-label", link.querySelector("img").alt);
  const bar = dialog.appendChild(document.createElement("div"));
  const stage = dialog.appendChild(document.createElement("div"));
  stage.className = "stage";
  stage.tabIndex = 0;
  const picture = stage.appendChild(new Image());
  picture.alt = "";
  const said = document.createElement("output");
  let step = STEPS.indexOf(1);

  function scale(change, at) {
    const before = STEPS[step];
    step = Math.max(0, Math.min(STEPS.length - 1, step + change));
    const ratio = STEPS[step] / before;
    picture.width = picture.naturalWidth * STEPS[step];
    said.textContent = `${STEPS[step] * 100} %`;
    const box = stage.getBoundingClientRect();
    const [x, y] = at ? [at.clientX - box.left, at.clientY - box.top] : [box.width / 2, box.height / 2];
    stage.scrollLeft = (stage.scrollLeft + x) * ratio - x;
    stage.scrollTop = (stage.scrollTop + y) * ratio - y;
  }

  bar.append(
    button("Smaller", "−", () => scale(-1)),
    said,
    button("Larger", "+", () => scale(1)),
    button("Close", "Close", () => dialog.close()),
  );
  picture.addEventListener("load", () => {
    // The first view shows all of it, or its pixels where it is small.
    const fits = (factor) => picture.naturalWidth * factor <= stage.clientWidth && picture.naturalHeight * factor <= stage.clientHeight;
    while (step > 0 && !fits(STEPS[step])) step -= 1;
    scale(0);
  });
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    scale(event.deltaY < 0 ? 1 : -1, event);
  }, { passive: false });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "=") scale(1);
    if (event.key === "-") scale(-1);
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  picture.src = link.href;
}

function button(label, text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}
