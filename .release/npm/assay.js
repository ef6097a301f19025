#!/usr/bin/env node
// Starts the assay of this platform, which lies in a package of its own.
"use strict";
const { spawn } = require("node:child_process");
const os = require("node:os");

const name = `@assayhq/assay-${process.platform}-${process.arch}`;

function stop(message) {
  process.stderr.write(`assay: ${message}\n`);
  process.exit(2); // it could not run
}

function find() {
  try {
    return require.resolve(`${name}/bin/assay${process.platform === "win32" ? ".exe" : ""}`);
  } catch {
    return stop(`the package ${name} is not installed: install @assayhq/assay without --omit=optional, on the platform where it is to run`);
  }
}

const child = spawn(find(), process.argv.slice(2), { stdio: "inherit", windowsHide: true });
// The program decides what comes of a signal. What the keys of a terminal send reaches it anyway.
const signals = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"];
for (const signal of signals) {
  const keys = process.stdin.isTTY && (signal === "SIGINT" || signal === "SIGQUIT");
  process.on(signal, () => keys || child.kill(signal));
}
child.on("error", (error) => stop(`${name} does not start: ${error.message}`));
child.on("exit", (code, signal) => {
  if (signal === null) {
    process.exit(code);
  }
  for (const each of signals) {
    process.removeAllListeners(each);
  }
  process.kill(process.pid, signal); // to end as the program did
  setTimeout(() => process.exit(128 + (os.constants.signals[signal] || 0)), 100);
});
