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
    return this.subject && this.composed(picture);
  }

  async composed(picture) {
    const canvas = compose(this.subject, this.ground, picture.image);
    const isClear = canvas === this.subject;
    const whole = this.inOneRequest(picture);
    return { image: canvas, blob: await toBlob(canvas), isClear, extension: "png", divider: 50, whole };
  }

  // Where the API can lay the same ground: pictures and blur only this page can.
  inOneRequest({ file }) {
    const { kind, colour } = this.ground;
    const fields = { transparent: {}, colour: { bg_color: colour } }[kind];
    return fields && { path: "/v2", files: { image_file: file }, fields, saved: "cut-out.png" };
  }
}
