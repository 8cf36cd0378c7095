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
  // This process hands out work and holds little, unless it lists very many files (coordinator/long-listing.ts): a young
  // generation that stays small saves some 30 MiB, and an old one that is collected before it has doubled 40 more where
  // there are 100,000 files. Neither costs time that could be measured.
  v8.setFlagsFromString("--semi-space-growth-factor=1");
  v8.setFlagsFromString("--heap-growing-percent=60");
  void import("./program.ts").then((program) => program.runProgram(process.argv));
}
