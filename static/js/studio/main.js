// Starts the studio; without this file the plain form stays.

import { Api } from "./api.js";
import { Elements } from "./elements.js";
import { taken } from "../handing.js";
import { takePictures, takeSample } from "./inputs.js";
import { bindBackground, bindExtract, bindHistory, bindRemove, bindView } from "./panel.js";
import { Progress } from "./progress.js";
import { Studio } from "./studio.js";

const byId = (id) => document.getElementById(id);
const facts = JSON.parse(byId("facts").textContent);
const token = document.querySelector("#plain [name=csrfmiddlewaretoken]").value;
const progress = new Progress(byId("progress"), byId("status"));
const studio = new Studio(new Elements(facts), facts, new Api(facts, token), progress);

byId("plain").hidden = true;
byId("studio").hidden = false;
bindBackground(studio, studio.tools.background);
bindExtract(studio, studio.tools.extract);
bindRemove(studio, studio.tools.remove);
bindView(studio, studio.view);
bindHistory(studio);

// Tool and sample stand in the address, so that they can be linked and survive a reload.
function remember(name, value) {
  const address = new URL(location.href);
  if (value) address.searchParams.set(name, value);
  else address.searchParams.delete(name);
  history.replaceState(null, "", address);
}

const giving = {
  async take(file, { sample = "", note = "" } = {}) {
    if (await studio.take(file, note)) remember("sample", sample);
  },
  refuse: (words) => studio.problem(words),
  tell: (words) => studio.tell(words),
};

takePictures({ drop: byId("drop"), input: byId("file"), samples: document.querySelectorAll("[data-sample]") }, giving);
byId("tabs").addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tool]");
  if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  studio.choose(tab.dataset.tool);
  remember("tool", tab.dataset.tool);
});
byId("run").addEventListener("click", () => studio.run());
byId("edit").addEventListener("click", () => studio.edit());
byId("go-on").addEventListener("click", async () => {
  await studio.goOn();
  remember("sample", "");
});
byId("another").addEventListener("click", () => {
  if (!studio.close()) return;
  remember("sample", "");
  byId("file").focus();
});

const asked = new URLSearchParams(location.search);
studio.choose(asked.get("tool") ?? "background");
if (asked.get("sample")) takeSample(asked.get("sample"), giving);
if (asked.get("handed")) {
  remember("handed", "");
  const file = await taken();
  if (file && (await studio.take(file))) studio.run();
}
