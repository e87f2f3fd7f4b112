import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { commandsOf } from '../../src/cli/commands/index.ts';
import { METHODS } from '../../src/rpc/methods.ts';

const root = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');
const GLOBAL_FLAGS = ['--home', '--rpc', '--token-file', '--json', '--log-level'];

async function commands(): Promise<Map<string, string[]>> {
  const program = new Command();
  for (const define of await commandsOf()) define(program, () => async () => {});
  return new Map(
    program.commands.map((command) => [command.name(), command.options.map((option) => option.long ?? '')]),
  );
}

describe('README.md', () => {
  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { scripts: object };
    const named = [...readme.matchAll(/`npm run ([a-z-]+)|^npm (?:run )?([a-z-]+)$/gm)].map(
      ([, inline, block]) => inline ?? block,
    );
    assert.ok(named.length >= 5);
    for (const name of named) assert.ok(name !== undefined && name in scripts, `npm run ${name}`);
  });

  it('shows commands and flags that exist', async () => {
    const known = await commands();
    const lines = [...readme.matchAll(/(?:^|[`|] ?)pheme ([a-z]+)([^`\n]*)/gm)];
    assert.ok(lines.length > 15);
    for (const [line, name, rest] of lines) {
      const flags = known.get(name!);
      assert.ok(flags, `pheme ${name}`);
      for (const [flag] of rest!.matchAll(/--[a-z-]+/g))
        assert.ok(flags.includes(flag) || GLOBAL_FLAGS.includes(flag), line);
    }
  });

  it('names RPC methods and files that exist', () => {
    const methods = [...readme.matchAll(/pheme_[A-Za-z]+/g)].map(([name]) => name);
    for (const name of methods) assert.ok(name in METHODS, name);
    const files = [...readme.matchAll(/`((?:src|config|docker|scripts)\/[\w./-]+|[A-Z]+\.md)/g)].map(
      ([, path]) => path!,
    );
    assert.ok(files.length >= 6);
    for (const path of files) assert.ok(existsSync(new URL(path, root)), path);
  });
});
