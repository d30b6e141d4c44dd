// Preloaded with node -r: what packages send to their vendor's host over https goes to MASKR_URL.
"use strict";
const http = require("node:http");
const https = require("node:https");

const base = new URL(process.env.MASKR_URL);
const vendors = new Set(["api.remove.bg", "api.picsart.io"]);
const original = https.request;

https.request = function request(options, callback) {
  const given = typeof options === "string" ? new URL(options) : options;
  const host = given.hostname || given.host;
  if (!vendors.has(host)) return original.apply(this, arguments);
  const headers = { ...given.headers };
  for (const name of Object.keys(headers)) {
    if (name.toLowerCase() === "host") headers[name] = base.host;
  }
  return http.request(
    {
      method: given.method,
      path: given.path,
      headers,
      hostname: base.hostname,
      port: base.port,
    },
    callback,
  );
};
