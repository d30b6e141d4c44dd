// The ways a picture comes in: dropped anywhere, pasted, chosen, or one of the samples.

import { TYPES } from "./picture.js";

const KINDS = "JPEG, PNG or WebP";
const TYPED = [":not([type])", ...["text", "search", "email", "url", "number", "password"].map((type) => `[type=${type}]`)];
const TEXT_FIELDS = `input:is(${TYPED}), textarea, [contenteditable]`;

export function takePictures({ drop, input, samples }, page) {
  input.addEventListener("change", () => {
    if (input.files[0]) page.take(input.files[0]);
    input.value = "";
  });
  document.addEventListener("paste", (event) => {
    if (!isInTextField(event)) give(event.clipboardData, page);
  });
  document.addEventListener("dragover", (event) => {
    if (isTextForField(event)) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", () => drop.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    drop.classList.remove("over");
    if (isTextForField(event)) return;
    event.preventDefault();
    give(event.dataTransfer, page, fileInputOf(event));
  });
  for (const button of samples) {
    button.addEventListener("click", () => takeSample(button.dataset.sample, page));
  }
}

export async function takeSample(name, page) {
  const blob = await fetched(`/studio/samples/${encodeURIComponent(name)}.jpg`);
  if (!blob) return page.refuse("The sample could not be fetched. Try again.");
  await page.take(new File([blob], `${name}.jpg`, { type: "image/jpeg" }), { sample: name });
}

// Nothing where the connection broke or the server is away.
async function fetched(path) {
  try {
    const answer = await fetch(path);
    return answer.ok ? await answer.blob() : null;
  } catch {
    return null;
  }
}

// To the field that it was dropped on, if any; else it is the picture to work on.
function give(transfer, page, input) {
  const files = [...transfer.files];
  if (!files.length) return page.refuse(whyNot(transfer));
  const picture = files.find(({ type }) => TYPES.includes(type));
  const note = picture && files.length > 1 ? `${files.length} files: the first picture was opened.` : "";
  if (!input) return page.take(picture ?? files[0], { note });
  hand(picture ?? files[0], input);
  if (note) page.tell(note);
}

// A label hands no file to its field by itself, and a field takes the first of many, picture or not.
function hand(file, input) {
  const transfer = new DataTransfer();
  transfer.items.add(file);
  input.files = transfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

// The content policy lets this page ask no other host, so an address is of no use.
function whyNot(transfer) {
  const isAddress = transfer.types.includes("text/uri-list") || /^https?:\S+$/.test(transfer.getData("text").trim());
  if (isAddress) return `Addresses of pictures cannot be opened. Save the picture first, then drop the file: ${KINDS}.`;
  return `Only a picture can be dropped or pasted here: a ${KINDS} file.`;
}

function fileInputOf(event) {
  return event.composedPath().map((node) => node.control ?? node).find(({ type }) => type === "file");
}

function isInTextField(event) {
  return event.composedPath().some((node) => node.matches?.(TEXT_FIELDS));
}

function isTextForField(event) {
  return isInTextField(event) && !event.dataTransfer.types.includes("Files");
}
