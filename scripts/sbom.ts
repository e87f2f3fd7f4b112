/**
 * Writes the software bill of materials of what runs in production: CycloneDX JSON of the locked dependencies without
 * those of development. `npm run sbom -- FILE` (else standard output). The same lock file gives the same bytes.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = resolve(fileURLToPath(import.meta.url), '../..');
const BYTES_MAX = 64 * 1024 * 1024;

interface Bill {
  serialNumber?: string;
  metadata: { timestamp?: string; tools?: unknown };
  components: { 'bom-ref': string }[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

/** What npm writes anew each time, and the order in which it walks, are no part of the bill. */
export function reproducible({ serialNumber: _serial, metadata, components, dependencies, ...rest }: Bill): object {
  const { timestamp: _time, tools: _tools, ...lasting } = metadata;
  const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return {
    ...rest,
    metadata: lasting,
    components: components.toSorted((a, b) => byText(a['bom-ref'], b['bom-ref'])),
    dependencies: dependencies
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.toSorted(byText) }))
      .sort((a, b) => byText(a.ref, b.ref)),
  };
}

async function bill(): Promise<Bill> {
  const args = ['sbom', '--omit=dev', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: ROOT, maxBuffer: BYTES_MAX });
  return JSON.parse(stdout) as Bill;
}

if (import.meta.main) {
  const text = `${JSON.stringify(reproducible(await bill()), null, 2)}\n`;
  const [file] = process.argv.slice(2);
  if (file === undefined) process.stdout.write(text);
  else await writeFile(resolve(file), text);
}
