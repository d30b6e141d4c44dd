// Everything of the page that the studio writes to.

import { counted } from "./studio.js";

const byId = (id) => document.getElementById(id);

export class Elements {
  constructor(facts) {
    this.facts = facts;
    this.canvas = byId("canvas");
    this.compare = byId("compare");
    this.marks = byId("marks");
    this.addresses = {};
  }

  show(studio) {
    const focused = document.activeElement;
    const { picture, result, tool, name, isRunning, opening } = studio;
    byId("drop").hidden = Boolean(picture);
    byId("work").hidden = !picture;
    for (const tab of document.querySelectorAll("[data-tool]")) {
      if (tab.dataset.tool === name) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    // What was marked is behind the result; a ground can still be changed.
    const options = result && name !== "background" ? null : name;
    for (const panel of document.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== options;
    byId("canvas-help").textContent = result ? "Drag the line, or use the slider. " : tool.help;
    byId("run").textContent = tool.label;
    byId("run").hidden = Boolean(result);
    // Not disabled while it runs: it would lose the focus.
    byId("run").disabled = !picture || !tool.isReady;
    byId("run").setAttribute("aria-disabled", String(isRunning || Boolean(opening)));
    byId("cost").textContent = result ? "" : this.cost(tool.service);
    for (const id of ["result", "recipe", "comparing", "hold"]) byId(id).hidden = !result;
    this.steps("[data-undo]", tool.history?.canUndo);
    this.steps("[data-redo]", tool.history?.canRedo);
    if (result) this.offer(studio);
    this.followFocus(focused, studio);
  }

  // Not disabled either: the last step back would lose the focus.
  steps(buttons, isPossible) {
    for (const button of document.querySelectorAll(buttons)) button.setAttribute("aria-disabled", String(!isPossible));
  }

  // From what is gone or disabled to what comes next; the browser would start again at the top of the page.
  followFocus(focused, { picture, result }) {
    const isLost = !focused?.getClientRects().length || focused.matches(":disabled");
    if (!isLost || focused === document.body) return;
    if (result) byId("download").focus();
    else if (picture) this.canvas.focus();
    else byId("file").focus();
  }

  offer(studio) {
    const { blob, request } = studio.result;
    byId("download").download = studio.fileName();
    this.link("download", blob);
    byId("curl").textContent = studio.recipe;
    byId("mask-file").hidden = !request.files.mask;
    if (request.files.mask) this.link("mask-file", request.files.mask);
  }

  link(id, blob) {
    const before = this.addresses[id];
    if (before?.blob === blob) return;
    if (before) URL.revokeObjectURL(before.url);
    const url = URL.createObjectURL(blob);
    this.addresses[id] = { blob, url };
    byId(id).href = url;
  }

  cost(service) {
    const price = this.facts.prices[service];
    if (this.facts.invoicedBy) return "Goes on your next invoice.";
    if (this.facts.credits !== undefined) return `Costs ${counted(price, "credit")}.`;
    return this.facts.tries ? `Free: one of your ${this.facts.tries} tries.` : "No free tries are left today.";
  }

  // What a run did cost.
  paid(credits) {
    if (this.facts.invoicedBy) return "on your next invoice";
    return this.facts.credits === undefined ? "free" : counted(credits, "credit");
  }

  // What is left, after a run.
  standing({ credits, invoicedBy, tries }) {
    if (credits !== undefined) {
      Object.assign(this.facts, { credits, invoicedBy });
      byId("standing").textContent = invoicedBy
        ? `Pictures go on the next invoice of your plan ${invoicedBy}.`
        : `${counted(credits, "credit")} left`;
    } else if (tries !== undefined) {
      this.facts.tries = tries;
      byId("standing").textContent = tries
        ? `${tries} free ${tries === 1 ? "try" : "tries"} left without an account`
        : "No free tries are left today. Sign up to go on.";
    }
  }

  zoom(scale) {
    byId("zoom").textContent = `${Math.round(scale * 100)} %`;
  }

  size(size, least, most) {
    Object.assign(byId("size"), { min: least, max: most, value: size });
    byId("size-value").textContent = `${size} px`;
  }

  announce(words) {
    byId("announcement").textContent = words;
  }

  problem(words, status) {
    const place = byId("problem");
    place.hidden = !words;
    place.textContent = words;
    const { signIn, signUp, billing } = this.facts;
    const links = { 401: ["Sign in", signIn], 402: ["Buy credits", billing], 429: ["Sign up", signUp] };
    const link = links[status];
    if (link?.[1]) {
      const anchor = document.createElement("a");
      [anchor.textContent, anchor.href] = link;
      place.append(" ", anchor);
    }
    // On a phone it stands below the picture, out of sight.
    if (words) place.scrollIntoView({ block: "nearest" });
  }
}
