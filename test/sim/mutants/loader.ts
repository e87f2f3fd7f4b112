import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import type { Mutant } from './list.ts';

/**
 * Loads a checked program and everything that it runs anew, with one seeded bug in it. The checkers are left as they
 * are, and so is all that they import: a checker must not share a fault with what it checks.
 */

const ROOT = new URL('../../../', import.meta.url).href;
const CHECKERS = ['test/sim/checker.ts', 'test/sim/bounds.ts'].map((path) => `${ROOT}${path}`);

/** What can be loaded with a bug in it: the simulator, or the exhaustive search. */
interface Entries {
  'test/sim/world.ts': typeof import('../world.ts');
  'test/consensus/exhaustive/search.ts': typeof import('../../consensus/exhaustive/search.ts');
}

const mutants = new Map<string, Mutant>();
let hooked = false;

/** @throws Error if a text to replace does not stand exactly once where it should */
export async function loadMutated<Path extends keyof Entries>(mutant: Mutant, path: Path): Promise<Entries[Path]> {
  for (const edit of mutant.edits) mutated(readFileSync(new URL(edit.file, ROOT), 'utf8'), mutant, edit.file);
  mutants.set(mutant.name, mutant);
  if (!hooked) hook();
  hooked = true;
  return (await import(`${ROOT}${path}?mutant=${mutant.name}`)) as Entries[Path];
}

/** A module that is imported by a mutated one is mutated too, and carries its mutant's name in its address. */
function hook(): void {
  registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier, context);
      const name = mutantIn(context.parentURL);
      if (name === null || !resolved.url.startsWith(ROOT) || resolved.url.includes('/node_modules/')) return resolved;
      return CHECKERS.includes(resolved.url) ? resolved : { ...resolved, url: `${resolved.url}?mutant=${name}` };
    },
    load: (url, context, next) => {
      const loaded = next(url, context);
      const mutant = mutants.get(mutantIn(url) ?? '');
      if (mutant === undefined) return loaded;
      const file = url.slice(ROOT.length).split('?')[0]!;
      return { ...loaded, source: mutated(String(loaded.source), mutant, file) };
    },
  });
}

function mutantIn(url: string | undefined): string | null {
  return url === undefined || !url.startsWith(ROOT) ? null : new URL(url).searchParams.get('mutant');
}

function mutated(source: string, { name, edits }: Mutant, file: string): string {
  return edits
    .filter((edit) => edit.file === file)
    .reduce((text, { find, replace }) => {
      const count = text.split(find).length - 1;
      if (count !== 1) throw new Error(`mutant ${name}: ${count} places in ${file} instead of one: ${find}`);
      return text.replace(find, () => replace);
    }, source);
}
