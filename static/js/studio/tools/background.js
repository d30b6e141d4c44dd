// Removes the background, and puts another behind the subject.

import { cutOut } from "../cutout.js";
import { compose } from "../grounds.js";
import { toBlob } from "../canvases.js";
import { decoded } from "../results.js";
import { Tool } from "./tool.js";

export class Background extends Tool {
  service = "background-removal";
  label = "Remove the background";
  help = "Scroll or pinch to zoom, hold space to move.";
  suffix = "cut-out";
  ground = { kind: "transparent", colour: "#ffffff", image: null };

  reset() {
    this.subject = null;
  }

  get isReady() {
    return true;
  }

  async request(picture) {
    return { service: this.service, query: {}, files: { file: picture.file } };
  }

  async finish(answer, picture) {
    const mask = await decoded(answer.blob);
    this.subject = cutOut(picture.image, mask, picture);
    return this.composed(picture);
  }

  // Another ground needs no other request.
  async choose(changes, picture) {
    this.ground = { ...this.ground, ...changes };
    return picture && this.subject && this.composed(picture);
  }

  // Large pictures take seconds to write: a ground that was chosen meanwhile is the one that is wanted.
  async composed(picture) {
    const { subject, ground } = this;
    const canvas = compose(subject, ground, picture.image);
    const blob = await toBlob(canvas);
    if (ground !== this.ground && subject === this.subject) return this.composed(picture);
    const whole = this.inOneRequest(picture);
    return { image: canvas, blob, isClear: canvas === subject, extension: "png", divider: 50, whole };
  }

  // Where the API can lay the same ground: pictures and blur only this page can.
  inOneRequest({ file }) {
    const { kind, colour } = this.ground;
    const fields = { transparent: {}, colour: { bg_color: colour } }[kind];
    return fields && { path: "/v2", files: { image_file: file }, fields, saved: "cut-out.png" };
  }
}
