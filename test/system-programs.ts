import { existsSync } from 'node:fs';
import type { Context } from 'mocha';

/** Programs that tests use and npm does not bring: where Debian puts them, and what installs them. */
const PROGRAMS = {
  git: { path: '/usr/bin/git', packages: 'git' },
  chromium: { path: process.env['PHEME_CHROMIUM'] ?? '/usr/bin/chromium', packages: 'chromium' },
  promtool: { path: '/usr/bin/promtool', packages: 'prometheus' },
  kubectl: { path: '/usr/bin/kubectl', packages: 'kubernetes-client' },
  'systemd-analyze': { path: '/usr/bin/systemd-analyze', packages: 'systemd' },
  python3: { path: '/usr/bin/python3', packages: 'python3' },
  'redis-server': { path: '/usr/bin/redis-server', packages: 'redis-server' },
  postgres: { path: '/usr/lib/postgresql/15/bin/postgres', packages: 'postgresql-15' },
  openssl: { path: '/usr/bin/openssl', packages: 'openssl' },
  securesystemslib: {
    path: '/usr/lib/python3/dist-packages/securesystemslib',
    packages: 'python3-securesystemslib',
  },
} as const;

/** The path of a system program. @throws Error that says what installs it */
export function requiredProgram(name: keyof typeof PROGRAMS): string {
  const { path, packages } = PROGRAMS[name];
  if (!existsSync(path)) throw new Error(`${name} is missing: apt-get install ${packages}`);
  return path;
}

/**
 * The path of a system program. Without it the test is skipped by name, with what would install it; where CI is set,
 * that is a failure, since there everything must run.
 */
export function systemProgram(test: Context, name: keyof typeof PROGRAMS): string {
  try {
    return requiredProgram(name);
  } catch (error) {
    if (process.env['CI']) throw error;
    process.stderr.write(`skipped: ${test.test?.fullTitle() ?? 'a test'}: ${(error as Error).message}\n`);
    test.skip();
  }
}
