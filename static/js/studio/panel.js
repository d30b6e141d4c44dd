// The options of the tools and the buttons beside the picture, each bound to what it changes.

import { Refused, open } from "./picture.js";

const byId = (id) => document.getElementById(id);
const on = (target, type, listener) => target.addEventListener(type, listener);

export function bindBackground(studio, tool) {
  const choose = async (changes) => studio.replaceResult("background", await tool.choose(changes, studio.picture));
  const show = (kind) => {
    byId("colour-choice").hidden = kind !== "colour";
    byId("ground-choice").hidden = kind !== "picture";
  };
  for (const radio of document.querySelectorAll("[name=ground]")) {
    on(radio, "change", () => (show(radio.value), choose({ kind: radio.value })));
  }
  show(document.querySelector("[name=ground]:checked").value);
  on(byId("colour"), "input", () => choose({ colour: byId("colour").value }));
  for (const swatch of document.querySelectorAll("[data-colour]")) {
    on(swatch, "click", () => {
      byId("colour").value = swatch.dataset.colour;
      choose({ colour: swatch.dataset.colour });
    });
  }
  on(byId("ground-file"), "change", async () => {
    const [file] = byId("ground-file").files;
    if (!file) return;
    try {
      const { image } = await open(file, { ...studio.facts, maxSide: undefined });
      await choose({ image });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      studio.problem(error.message);
    }
  });
}

export function bindExtract(studio, tool) {
  for (const radio of document.querySelectorAll("[name=click]")) {
    on(radio, "change", () => (tool.keeps = radio.value === "keep"));
  }
  tool.keeps = document.querySelector("[name=click]:checked").value === "keep";
  on(byId("invert"), "change", () => tool.invert(byId("invert").checked));
  on(byId("feather"), "input", () => {
    tool.feather = Number(byId("feather").value);
    byId("feather-value").textContent = `${tool.feather} px`;
    studio.changed();
  });
  on(byId("clear-marks"), "click", () => tool.clear());
  tool.inverted = byId("invert").checked;
  tool.feather = Number(byId("feather").value);
  byId("feather-value").textContent = `${tool.feather} px`;
}

export function bindRemove(studio, tool) {
  for (const radio of document.querySelectorAll("[name=brush]")) {
    on(radio, "change", () => (tool.kind = radio.value));
  }
  tool.kind = document.querySelector("[name=brush]:checked").value;
  on(byId("size"), "input", () => tool.resize(Number(byId("size").value)));
  on(byId("clear-strokes"), "click", () => tool.clear());
}

export function bindView(studio, view) {
  on(byId("zoom-in"), "click", () => view.zoom(1.25));
  on(byId("zoom-out"), "click", () => view.zoom(0.8));
  on(byId("zoom-fit"), "click", () => view.fit());
  on(byId("compare"), "input", () => studio.divide(Number(byId("compare").value)));
  const hold = byId("hold");
  const held = (isHeld) => () => studio.holdOriginal(isHeld);
  on(hold, "pointerdown", held(true));
  for (const type of ["pointerup", "pointerleave", "pointercancel", "blur"]) on(hold, type, held(false));
  on(hold, "keydown", (event) => [" ", "Enter"].includes(event.key) && studio.holdOriginal(true));
  on(hold, "keyup", held(false));
}

export function bindHistory(studio) {
  for (const button of document.querySelectorAll("[data-undo]")) on(button, "click", () => studio.undo());
  for (const button of document.querySelectorAll("[data-redo]")) on(button, "click", () => studio.redo());
  on(document, "keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.target.matches("input[type=text], textarea")) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) studio.redo();
    else studio.undo();
  });
}
