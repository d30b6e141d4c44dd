// Dropping, and choosing, open the studio with the picture at once. The slider lays the two pictures
// over each other; without this file they stand side by side and the form has its button.
import { hand } from "./handing.js";

const drop = document.getElementById("drop");
const input = document.getElementById("drop-file");
const form = drop.closest("form");
const problem = document.getElementById("drop-problem");
const limit = Number(form.dataset.maxBytes);

// Where the browser keeps nothing for the next page, the form itself still works.
async function open(file) {
  try {
    await hand(file);
  } catch {
    form.submit();
    return;
  }
  location.assign(`${form.action}?handed=1`);
}

function send() {
  const file = input.files[0];
  if (!file) return;
  if (file.size > limit) {
    const megabytes = (bytes) => Math.ceil(bytes / 2 ** 20);
    problem.textContent = `The picture is ${megabytes(file.size)} MB; the limit is ${megabytes(limit)} MB.`;
    problem.hidden = false;
    return;
  }
  problem.hidden = true;
  open(file);
}

input.addEventListener("change", send);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
for (const type of ["dragenter", "dragover"]) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  if (!event.dataTransfer.files.length) return;
  input.files = event.dataTransfer.files;
  send();
});

const compare = document.getElementById("compare");
if (compare) {
  const slider = document.getElementById("compare-slider");
  const show = () => compare.style.setProperty("--split", `${slider.value}%`);
  compare.classList.add("laid-over");
  slider.parentElement.hidden = false;
  slider.addEventListener("input", show);
  show();
}
