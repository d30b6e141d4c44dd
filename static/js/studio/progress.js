// How far a run is, in numbers, on a line of its own that never moves the page.

const WORDS = { queued: "Queued", running: "Running", working: "Running" };

export class Progress {
  constructor(bar, text) {
    Object.assign(this, { bar, text });
  }

  report(phase, amount) {
    this.bar.hidden = false;
    if (phase === "uploading") {
      this.bar.value = amount * 100;
      this.text.textContent = `Uploading ${Math.round(amount * 100)} %`;
      return;
    }
    this.bar.removeAttribute("value");
    this.text.textContent = phase === "fetching" ? "Fetching the result" : `${WORDS[phase]} ${amount.toFixed(1)} s`;
  }

  end(words = "") {
    this.bar.hidden = true;
    this.text.textContent = words;
  }
}
