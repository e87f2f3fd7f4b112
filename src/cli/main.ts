#!/usr/bin/env node
import { keepMemorySmall } from './small-memory.ts';

// No package may be imported statically here: an older Node.js would fail on the packages before it could say why.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `pheme needs Node.js 22.12 or newer, this is ${process.versions.node}: install a current one from https://nodejs.org\n`,
  );
  process.exitCode = 2;
} else {
  keepMemorySmall(process);
  const { runProcess } = await import('./run-process.ts');
  await runProcess();
}
