import { execFileSync } from 'node:child_process';

/** What makes a run of an evaluation repeatable. */
export interface About {
  command: string;
  node: string;
  /** With a mark where the working tree differs from it; undefined without git. */
  commit: string | undefined;
}

export function aboutThisRun(): About {
  return { command: `eval ${process.argv.slice(2).join(' ')}`, node: process.version, commit: commitOf() };
}

function commitOf(): string | undefined {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return `${git('rev-parse', '--short=12', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`;
  } catch {
    return undefined;
  }
}

export function aboutLine({ command, node, commit }: About): string {
  return `${command}; node ${node}; commit ${commit ?? 'unknown'}`;
}
