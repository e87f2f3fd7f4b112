import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { reproducible } from '../../scripts/sbom.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('the supply chain', () => {
  it('names every production dependency, with its reason, in the decision records', () => {
    const { dependencies, optionalDependencies } = JSON.parse(read('package.json')) as {
      dependencies: Record<string, string>;
      optionalDependencies: Record<string, string>;
    };
    const rows = read('src/DECISIONS.md')
      .split('\n')
      .filter((line) => /^\|.*\|.*\w.*\|$/.test(line));
    const missing = Object.keys({ ...dependencies, ...optionalDependencies }).filter(
      (name) => !rows.some((row) => row.split('|')[1]!.includes(`\`${name}\``)),
    );
    assert.deepEqual(missing, []);
  });

  it('has a bill of materials that depends on the locked packages alone', () => {
    const bill = (serial: string, refs: string[]) => ({
      bomFormat: 'CycloneDX',
      serialNumber: serial,
      metadata: { timestamp: serial, tools: [serial], component: { name: 'pheme' } },
      components: refs.map((ref) => ({ 'bom-ref': ref })),
      dependencies: refs.map((ref) => ({ ref, dependsOn: refs })),
    });
    const one = reproducible(bill('1', ['a@1', 'b@2', 'c@3']));
    assert.deepEqual(one, reproducible(bill('2', ['c@3', 'a@1', 'b@2'])));
    assert.notDeepEqual(one, reproducible(bill('1', ['a@1', 'b@3', 'c@3'])));
    assert.match(JSON.stringify(one), /CycloneDX.*pheme/);
  });
});
