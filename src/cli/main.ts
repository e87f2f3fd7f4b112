#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { keepMemorySmall } from './malloc.ts';

/**
 * A daemon rests most of its time: old objects are collected once a third was added, instead of once they doubled. Sooner
 * holds little less, and costs a busy node a quarter of its rate and more.
 */
const KEEP_SMALL = ['--heap-growing-percent=35'];

// No package may be imported statically here: an older Node.js would fail on the packages before it could say why.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `pheme needs Node.js 22.12 or newer, this is ${process.versions.node}: install a current one from https://nodejs.org\n`,
  );
  process.exitCode = 2;
} else {
  keepMemorySmall(process);
  for (const flag of KEEP_SMALL) setFlagsFromString(flag);
  const { runProcess } = await import('./run-process.ts');
  await runProcess();
}
