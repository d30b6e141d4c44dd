// node picsart.js PARAMETERS [PATH]: runs the node's own removal in a stub of its host, n8n.
"use strict";
const fs = require("node:fs");
const Module = require("node:module");

class NodeError extends Error {}
const load = Module._load;
Module._load = function (name, ...rest) {
  if (name === "n8n-workflow") return { NodeOperationError: Stub, NodeApiError: Stub };
  return load.call(this, name, ...rest);
};
class Stub extends NodeError {
  constructor(node, problem) {
    super(typeof problem === "string" ? problem : JSON.stringify(problem));
  }
}
const { executeRemoveBackground } = require(
  "@picsart/n8n-nodes-picsart-creative-apis/dist/nodes/PicsartImage/execute/executeRemoveBackground.js",
);

const parameters = JSON.parse(process.argv[2]);
const file = process.argv[3];
const send = async ({ method, url, headers, body }) => {
  const here = url.replace("https://api.picsart.io", process.env.MASKR_URL);
  const answer = await fetch(here, { method, headers, body });
  const type = answer.headers.get("content-type") || "";
  const content = type.includes("json")
    ? await answer.json()
    : Buffer.from(await answer.arrayBuffer());
  if (answer.ok) return content;
  const error = new Error(JSON.stringify(content));
  throw Object.assign(error, { response: { status: answer.status, data: content } });
};
const context = {
  getNode: () => ({ name: "Picsart" }),
  getNodeParameter: (name, index, fallback) => parameters[name] ?? fallback,
  continueOnFail: () => false,
  helpers: {
    assertBinaryData: () => ({ fileName: "photo.png", mimeType: "image/png" }),
    getBinaryDataBuffer: async () => fs.readFileSync(file),
    prepareBinaryData: async (buffer) => buffer.toString("base64"),
    httpRequest: send,
    httpRequestWithAuthentication: (_name, { headers, ...rest }) =>
      send({ ...rest, headers: { ...headers, "X-Picsart-API-Key": process.env.MASKR_KEY } }),
  },
};
const found = [];
executeRemoveBackground(context, 0, found).then(
  () => console.log(JSON.stringify({ resolved: found[0] })),
  (error) => console.log(JSON.stringify({ rejected: error.message })),
);
