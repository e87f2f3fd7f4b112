#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { keepArenasSmall } from './malloc.ts';

/**
 * A daemon rests most of its time: old objects are collected once half was added, instead of once they doubled. A fifth
 * would hold less, at a sixth of the rate; the space for new objects must grow: kept small it halved the rate.
 */
const KEEP_SMALL = ['--heap-growing-percent=50'];

// No package may be imported statically here: an older Node.js would fail on the packages before it could say why.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `pheme needs Node.js 22.12 or newer, this is ${process.versions.node}: install a current one from https://nodejs.org\n`,
  );
  process.exitCode = 2;
} else {
  keepArenasSmall(process);
  for (const flag of KEEP_SMALL) setFlagsFromString(flag);
  const { runProcess } = await import('./run-process.ts');
  await runProcess();
}
