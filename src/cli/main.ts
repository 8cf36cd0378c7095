#!/usr/bin/env node
// Kept so plain that an old Node can parse it and say what is wrong; everything else loads behind the check.
import module from "node:module";
import process from "node:process";
import v8 from "node:v8";

const version = process.versions.node.split(".").map(Number);
const major = version[0] || 0;
const minor = version[1] || 0;

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    "error UNSUPPORTED_RUNTIME: pipeline needs Node 22.19 or newer, this is Node " +
      process.versions.node +
      "\nUse Node 22.19 or newer: https://nodejs.org/\n",
  );
  process.exitCode = 2;
} else {
  module.enableCompileCache();
  // A young generation that stays small: this process hands out work and holds little, unless it lists very many files
  // (see coordinator/long-listing.ts). Saves some 30 MiB.
  v8.setFlagsFromString("--semi-space-growth-factor=1");
  void import("./program.ts").then((program) => program.runProgram(process.argv));
}
