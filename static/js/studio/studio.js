// The page as a whole: which tool works on which picture, what came of it, and what is shown.

import { Failed } from "./api.js";
import { recipe } from "./curl.js";
import { Crosshair } from "./keyboard.js";
import { Refused, open } from "./picture.js";
import { listen } from "./pointing.js";
import { Comparing, paintResult } from "./results.js";
import { View } from "./view.js";
import { Background } from "./tools/background.js";
import { Extract } from "./tools/extract.js";
import { Remove } from "./tools/remove.js";

export class Studio {
  constructor(elements, facts, api, progress) {
    Object.assign(this, { elements, facts, api, progress });
    this.results = {};
    this.opened = null;
    this.opening = null; // the file that was given last, until it is open
    this.isRunning = this.isHeld = false;
    this.divider = 50;
    const { canvas, marks } = elements;
    this.view = new View(canvas, (drawing) => this.paint(drawing));
    const page = {
      api,
      marks,
      view: this.view,
      picture: () => this.picture,
      announce: (words) => this.announce(words),
      changed: () => this.changed(),
      working: (words) => this.isRunning || this.progress.end(words),
      failed: (error) => this.failed(error),
      solved: () => this.problem(),
      sized: (...sizes) => this.showSize(...sizes),
    };
    this.tools = { background: new Background(page), extract: new Extract(page), remove: new Remove(page) };
    this.comparing = new Comparing(this.view, () => this.divider, (divider) => this.divide(divider));
    this.crosshair = new Crosshair(canvas, this.view, () => this.pointed, ({ x, y }) => {
      canvas.setAttribute("aria-description", `Crosshair at ${Math.round(x)}, ${Math.round(y)}`);
    });
    listen(canvas, this.view, () => this.pointed);
  }

  get picture() {
    return this.opened;
  }

  get tool() {
    return this.tools[this.name];
  }

  get result() {
    return this.results[this.name] ?? null;
  }

  // Who hears the pointer: the tool, or the comparison once there is a result.
  get pointed() {
    return this.result ? this.comparing : this.tool;
  }

  choose(name) {
    this.name = Object.hasOwn(this.tools, name) ? name : "background";
    this.divide(this.result?.divider ?? 50);
    this.problem();
    this.progress.end();
    this.changed();
  }

  // Whether it could be opened; says why not. The note is shown once it is open.
  async take(file, note = "") {
    if (this.mustWait()) return false;
    this.progress.end("Opening the picture");
    this.opening = file;
    this.changed();
    const [opened, error] = await open(file, this.facts).then((it) => [it], (why) => [null, why]);
    if (this.opening !== file) return false; // another was given since, or none is wanted
    this.opening = null;
    if (opened) this.start(opened, note);
    else {
      this.changed();
      this.failed(error);
    }
    return Boolean(opened);
  }

  // A run would bring its result to another picture, or to none.
  mustWait() {
    if (this.isRunning) this.problem("A run is under way. Wait for its end, then open another picture.");
    return this.isRunning;
  }

  start(opened, note) {
    this.opened = opened;
    this.results = {};
    this.crosshair.hide();
    for (const tool of Object.values(this.tools)) tool.reset(this.opened);
    this.problem();
    this.progress.end(note);
    this.changed();
    this.view.show(this.opened);
    this.announce(`${opened.name} is open, ${opened.width} by ${opened.height} pixels. ${note}`.trim());
  }

  // Whether it could be put away; says why not.
  close() {
    if (this.mustWait()) return false;
    this.opened = this.opening = null;
    this.results = {};
    this.problem();
    this.progress.end();
    this.changed();
    return true;
  }

  async run() {
    const { tool, name, picture } = this;
    if (this.isRunning || this.opening || !picture || !tool.isReady) return;
    this.isRunning = true;
    this.problem();
    this.changed();
    const started = performance.now();
    try {
      const request = await tool.request(picture);
      this.announce("Started.");
      const answer = await this.api.run(request.service, request.query, request.files, (...how) => this.progress.report(...how));
      const result = { ...(await tool.finish(answer, picture)), request };
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const cost = this.elements.paid(answer.credits_used);
      this.progress.end(`Done in ${seconds} s, ${cost}.`);
      this.showResult(name, result);
      // Whatever had to wait for the end need not wait any more.
      this.problem();
      this.announce(`Done, ${cost}.`);
    } catch (error) {
      this.progress.end();
      this.failed(error);
    }
    this.isRunning = false;
    this.changed();
    this.elements.standing(await this.api.standing());
    this.changed(); // what the next run costs may be another thing now
  }

  showResult(name, result) {
    this.results[name] = result;
    this.shownAt = performance.now();
    if (this.name === name) this.divide(result.divider);
  }

  // The same result with another ground, without a new run.
  replaceResult(name, composed) {
    const before = this.results[name];
    if (!composed || !before) return;
    this.results[name] = { ...before, ...composed };
    this.changed();
  }

  edit() {
    delete this.results[this.name];
    this.progress.end();
    this.changed();
    this.elements.canvas.focus();
  }

  async goOn() {
    const { blob } = this.result;
    await this.take(new File([blob], this.fileName(), { type: blob.type }));
  }

  fileName() {
    const stem = this.picture.name.replace(/\.[^.]*$/, "");
    return `${stem}-${this.tool.suffix}.${this.result.extension}`;
  }

  undo() {
    if (this.picture && !this.result && !this.isRunning) this.tool.undo();
  }

  redo() {
    if (this.picture && !this.result && !this.isRunning) this.tool.redo();
  }

  divide(divider) {
    this.divider = divider;
    this.elements.compare.value = divider;
    this.view.redraw();
  }

  holdOriginal(isHeld) {
    this.isHeld = isHeld;
    this.view.redraw();
  }

  paint(drawing) {
    const { picture, result, view } = this;
    this.elements.zoom(view.scale);
    if (!picture) return;
    if (result) {
      const how = { divider: this.divider, isHeld: this.isHeld, since: this.shownAt };
      if (paintResult(drawing, view, picture, result, how)) view.redraw();
      return;
    }
    drawing.drawImage(picture.image, 0, 0, view.size.width, view.size.height);
    this.tool.paint(drawing, view);
    this.crosshair.paint(drawing, view);
  }

  changed() {
    this.elements.show(this);
    this.view.redraw();
  }

  get recipe() {
    return this.result ? recipe(this.facts, this.result) : "";
  }

  showSize(size, least, most) {
    this.elements.size(size, least, most);
  }

  announce(words) {
    this.elements.announce(words);
  }

  // To see as well; the line tells how far a run is while there is one.
  tell(words) {
    if (!this.isRunning) this.progress.end(words);
    this.announce(words);
  }

  problem(words = "", status = 0) {
    this.elements.problem(words, status);
  }

  // Sentences for what can go wrong; anything else is a fault of ours, for the console.
  failed(error) {
    if (!this.isRunning) this.progress.end();
    if (error instanceof Failed || error instanceof Refused) this.problem(error.message, error.status);
    else {
      this.problem("Something on this page went wrong. Reload it and try again.");
      throw error;
    }
  }
}

export function counted(number, word) {
  return `${grouped(number)} ${word}${number === 1 ? "" : "s"}`;
}

// 1240.5 -> "1 240.5" with a thin space, as the pages write numbers.
function grouped(number) {
  return number.toLocaleString("en", { useGrouping: true }).replaceAll(",", "\u202f");
}
