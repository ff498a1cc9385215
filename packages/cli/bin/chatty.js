#!/usr/bin/env node
/** Runs the command line client with the arguments of this process. */

import { runCommandLine } from '../dist/index.js';

process.exitCode = await runCommandLine({
  args: process.argv.slice(2),
  environment: process.env,
  folder: process.cwd(),
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
});
