// node removebg.js METHOD OPTIONS: a call of the package remove.bg; prints its outcome as JSON.
"use strict";
const removebg = require("remove.bg");

const [method, options] = process.argv.slice(2);
removebg[method](JSON.parse(options)).then(
  (resolved) => console.log(JSON.stringify({ resolved })),
  (rejected) => console.log(JSON.stringify({ rejected })),
);
