// node wrapper.js PATH KEY: a call of the package removebg-wrapper; writes output.png.
"use strict";
const wrapper = require("removebg-wrapper");

wrapper.rbFromImageFile(...process.argv.slice(2));
