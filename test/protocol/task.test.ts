import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeCanonical } from '../../src/protocol/cbor.ts';
import { ValidationError } from '../../src/protocol/errors.ts';
import { FILES_MAX, NAME_CHARS_MAX, SECONDS_MAX, TASK_BYTES_MAX } from '../../src/protocol/limits.ts';
import { decodeTask, encodeTask, parseTask, type Task, taskIdOf } from '../../src/protocol/task.ts';
import { digestOf, mutationsOf } from './samples.ts';

const REVIEW = {
  type: 'CODE_REVIEW',
  pullRequest: { url: 'https://example.org/pull/1', diff: '@@ -1 +1 @@\n-a\n+b\n', files: ['a.ts', 'b.ts'] },
  requirements: { style: true, security: true, performance: false },
};
const ASSESSMENT = {
  type: 'SKILL_ASSESSMENT',
  submission: { content: 'An answer.', evidence: ['a link'] },
  criteria: { skill: 'TypeScript', level: 3, requirements: ['explains unions'] },
};
const EXTRAS = {
  attempt: 1,
  escalates: { taskId: digestOf(1), reason: 'model_diversity' },
  deadline: 1_800_000_000,
  notAfter: 1_800_000_001,
  subject: 'did:example:alice',
  repository: 'https://example.org/repo.git',
  headSha: 'a'.repeat(40),
  baseSha: 'b'.repeat(64),
};

type Path = readonly (string | number)[];

/** A deep copy with one field set, or removed if the value is undefined. */
function withField(input: unknown, path: Path, value: unknown): unknown {
  const copy = structuredClone(input) as Record<string | number, unknown>;
  let place = copy;
  for (const step of path.slice(0, -1)) place = place[step] as Record<string | number, unknown>;
  const last = path.at(-1)!;
  if (value === undefined) delete place[last];
  else place[last] = value;
  return copy;
}

function faultsOf(input: unknown): Record<string, string> {
  try {
    parseTask(input);
  } catch (error) {
    assert.ok(error instanceof ValidationError);
    assert.equal(error.code, 'INVALID_TASK');
    const faults = error.details['faults'] as { path: string; message: string }[];
    for (const { path } of faults) assert.ok(error.message.includes(path), 'the text names the path');
    return Object.fromEntries(faults.map(({ path, message }) => [path, message]));
  }
  return {};
}

describe('a task', () => {
  it('of either type is taken as it is, with and without its optional fields', () => {
    for (const task of [REVIEW, ASSESSMENT, { ...REVIEW, ...EXTRAS }, { ...ASSESSMENT, ...EXTRAS }]) {
      assert.deepEqual(parseTask(task), task);
    }
  });

  for (const input of [
    null,
    undefined,
    1,
    'CODE_REVIEW',
    [],
    {},
    { type: 'OTHER' },
    { type: '__proto__' },
    { type: 'constructor' },
  ]) {
    it(`is not ${JSON.stringify(input)}`, () => {
      assert.deepEqual(faultsOf(input), { type: 'must be CODE_REVIEW or SKILL_ASSESSMENT' });
    });
  }

  const LONE = 'a\ud800b';
  const refused: [unknown, Path, unknown, RegExp][] = [
    [REVIEW, ['pullRequest'], undefined, /is missing: give an object/],
    [REVIEW, ['pullRequest'], 'diff', /must be an object/],
    [REVIEW, ['pullRequest', 'url'], undefined, /is missing: give a string/],
    [REVIEW, ['pullRequest', 'url'], 'x'.repeat(NAME_CHARS_MAX + 1), /at most 4096 characters/],
    [REVIEW, ['pullRequest', 'diff'], '', /must not be empty/],
    [REVIEW, ['pullRequest', 'diff'], ' \n\t', /must not be empty/],
    [REVIEW, ['pullRequest', 'diff'], 7, /must be a string/],
    [REVIEW, ['pullRequest', 'diff'], LONE, /lone surrogate/],
    [REVIEW, ['pullRequest', 'diff'], 'x'.repeat(TASK_BYTES_MAX + 1), /at most 4194304 characters/],
    [REVIEW, ['pullRequest', 'files'], 'a.ts', /must be a list of strings/],
    [REVIEW, ['pullRequest', 'files'], undefined, /is missing: give a list of strings/],
    [REVIEW, ['pullRequest', 'files', 1], 2, /must be a string/],
    [REVIEW, ['pullRequest', 'files', 0], LONE, /lone surrogate/],
    [REVIEW, ['pullRequest', 'files'], Array(FILES_MAX + 1).fill('x'), /at most 10000 items/],
    [REVIEW, ['requirements'], undefined, /is missing: give an object/],
    [REVIEW, ['requirements', 'style'], undefined, /is missing: give true or false/],
    [REVIEW, ['requirements', 'style'], 'yes', /must be true or false/],
    [REVIEW, ['requirements', 'style'], 1, /must be true or false/],
    [ASSESSMENT, ['submission', 'content'], '', /must not be empty/],
    [ASSESSMENT, ['submission', 'evidence'], undefined, /is missing: give a list of strings/],
    [ASSESSMENT, ['submission', 'evidence'], Array(257).fill('x'), /at most 256 items/],
    [ASSESSMENT, ['criteria', 'skill'], ' ', /must not be empty/],
    [ASSESSMENT, ['criteria', 'level'], -1, /must be at least 0/],
    [ASSESSMENT, ['criteria', 'level'], 101, /must be at most 100/],
    [ASSESSMENT, ['criteria', 'level'], 0.5, /must be a whole number/],
    [ASSESSMENT, ['criteria', 'level'], '3', /must be a whole number/],
    [ASSESSMENT, ['criteria', 'level'], Number.NaN, /must be a whole number/],
    [ASSESSMENT, ['criteria', 'requirements'], [], /must name at least one requirement/],
    [ASSESSMENT, ['criteria', 'requirements', 0], 'x'.repeat(65_537), /at most 65536 characters/],
    [REVIEW, ['version'], 2, /must be at most 1/],
    [REVIEW, ['version'], 0, /must be at least 1/],
    [REVIEW, ['attempt'], -1, /must be at least 0/],
    [REVIEW, ['attempt'], 1001, /must be at most 1000/],
    [REVIEW, ['attempt'], null, /must be a whole number/],
    [REVIEW, ['deadline'], SECONDS_MAX + 1, /must be at most/],
    [REVIEW, ['deadline'], 1.5, /whole seconds/],
    [REVIEW, ['deadline'], '2027-01-01', /whole seconds/],
    [REVIEW, ['notAfter'], -1, /must be at least 0/],
    [REVIEW, ['subject'], '', /must not be empty/],
    [REVIEW, ['repository'], 5, /must be a string/],
    [REVIEW, ['headSha'], 'A'.repeat(40), /commit id of 40 or 64/],
    [REVIEW, ['headSha'], 'a'.repeat(41), /commit id of 40 or 64/],
    [REVIEW, ['baseSha'], `${'a'.repeat(40)}\n`, /commit id of 40 or 64/],
    [REVIEW, ['escalates'], 'x', /must be an object/],
    [{ ...REVIEW, ...EXTRAS }, ['escalates', 'taskId'], 'x', /64 lower-case hex/],
    [{ ...REVIEW, ...EXTRAS }, ['escalates', 'reason'], '', /must not be empty/],
  ];
  for (const [base, path, value, message] of refused) {
    const shown = (JSON.stringify(value) ?? 'missing').slice(0, 30);
    it(`is refused with ${path.join('.')} ${shown}`, () => {
      const faults = faultsOf(withField(base, path, value));
      assert.deepEqual(Object.keys(faults), [path.join('.')]);
      assert.match(faults[path.join('.')]!, message);
    });
  }

  it('is refused with requirements that ask for nothing', () => {
    const nothing = withField(REVIEW, ['requirements'], { style: false, security: false, performance: false });
    assert.match(faultsOf(nothing)['requirements']!, /at least one of style, security, performance/);
  });

  for (const path of [['extra'], ['pullRequest', 'extra'], ['requirements', 'extra'], ['submission']]) {
    it(`is refused with the unknown field ${path.join('.')}`, () => {
      const faults = faultsOf(withField(REVIEW, path, 1));
      assert.match(faults[path.slice(0, -1).join('.')]!, new RegExp(`unknown fields: ${path.at(-1)}; remove them`));
    });
  }

  it('is refused with an own field named __proto__, and changes no prototype', () => {
    const input: unknown = JSON.parse(`{"__proto__":{"polluted":1},${JSON.stringify(REVIEW).slice(1)}`);
    assert.match(faultsOf(input)['']!, /unknown fields: __proto__/);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('shows all its faults at once, but not thousands', () => {
    const many = withField(REVIEW, ['pullRequest', 'files'], Array(500).fill(1));
    assert.ok(Object.keys(faultsOf(many)).length <= 20);
    const two = withField(withField(REVIEW, ['pullRequest', 'diff'], ''), ['headSha'], 'x');
    assert.deepEqual(Object.keys(faultsOf(two)), ['pullRequest.diff', 'headSha']);
  });

  it('is refused by its bytes, where its characters are within the limits', () => {
    const wide = withField(REVIEW, ['pullRequest', 'diff'], '\u20ac'.repeat(TASK_BYTES_MAX / 2));
    assert.throws(() => parseTask(wide), { code: 'TASK_TOO_LARGE', message: /split the change/ });
  });

  it('says the same with -0, version 1 and attempt 0 as without', () => {
    const plain = parseTask(ASSESSMENT);
    const level0 = parseTask(withField(ASSESSMENT, ['criteria', 'level'], 0));
    assert.deepEqual(parseTask({ ...ASSESSMENT, version: 1, attempt: 0 }), plain);
    assert.deepEqual(parseTask({ ...ASSESSMENT, attempt: -0 }), plain);
    assert.deepEqual(encodeTask(parseTask(withField(ASSESSMENT, ['criteria', 'level'], -0))), encodeTask(level0));
  });
});

// Arbitraries of valid tasks.
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((value) => value.trim() !== '');
const seconds = fc.integer({ min: 0, max: SECONDS_MAX });
const hexDigits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const extras = fc.record(
  {
    attempt: fc.integer({ min: 1, max: 1000 }),
    escalates: fc.record({ taskId: hexDigits(64), reason: text }),
    deadline: seconds,
    notAfter: seconds,
    subject: text,
    repository: text,
    headSha: hexDigits(40),
    baseSha: hexDigits(64),
  },
  { requiredKeys: [] },
);
const flags = fc
  .record({ style: fc.boolean(), security: fc.boolean(), performance: fc.boolean() })
  .filter(({ style, security, performance }) => style || security || performance);
const reviews = fc.record({
  type: fc.constant('CODE_REVIEW' as const),
  pullRequest: fc.record({ url: text, diff: text, files: fc.array(text, { maxLength: 4 }) }),
  requirements: flags,
});
const assessments = fc.record({
  type: fc.constant('SKILL_ASSESSMENT' as const),
  submission: fc.record({ content: text, evidence: fc.array(text, { maxLength: 3 }) }),
  criteria: fc.record({
    skill: text,
    level: fc.integer({ min: 0, max: 100 }),
    requirements: fc.array(text, { minLength: 1, maxLength: 3 }),
  }),
});
const anyTask = fc
  .tuple(fc.oneof(reviews, assessments), extras)
  .map(([task, more]) => structuredClone({ ...task, ...more }) as Task);

describe('the canonical bytes of a task', () => {
  it('read back as the same task', () => {
    fc.assert(
      fc.property(anyTask, (task) => {
        assert.deepEqual(parseTask(task), task);
        assert.deepEqual(decodeTask(encodeTask(task)), task);
      }),
    );
  });

  it('do not depend on the order in which fields were written', () => {
    fc.assert(
      fc.property(anyTask, (task) => {
        const reversed = JSON.parse(JSON.stringify(task), (_key, value: unknown) =>
          value !== null && typeof value === 'object' && !Array.isArray(value)
            ? Object.fromEntries(Object.entries(value).reverse())
            : value,
        ) as unknown;
        assert.deepEqual(encodeTask(parseTask(reversed)), encodeTask(task));
      }),
    );
  });

  it('are refused, or mean another task, with any byte changed', () => {
    const task = parseTask({ ...REVIEW, ...EXTRAS });
    const bytes = encodeTask(task);
    for (const mutated of mutationsOf(bytes)) {
      const read = orRefusal(() => decodeTask(mutated));
      if (read !== undefined) assert.notDeepEqual(read, task);
    }
  });

  it('are refused in any other form', () => {
    const review = [
      'CODE_REVIEW',
      [
        ['u', 'd', []],
        [true, true, true],
      ],
      [0, null, null, null, null, null, null, null],
    ] as const;
    const wrong = [
      [],
      [1],
      [2, ...review],
      [1, 'OTHER', review[1], review[2]],
      [1, ...review, null],
      [1, review[0], review[1], [...review[2], null]],
      [1, review[0], review[1], [0, [], ...review[2].slice(2)]],
      [1, review[0], review[1], [0, [digestOf(1), 'why', 1], ...review[2].slice(2)]],
      [
        1,
        review[0],
        [
          ['u', 'd', [], 1],
          [true, true, true],
        ],
        review[2],
      ],
      [
        1,
        review[0],
        [
          ['u', 'd', []],
          [true, true],
        ],
        review[2],
      ],
      [1, review[0], [['u', 'd', []], [true, true, true], 1], review[2]],
    ];
    assert.doesNotThrow(() => decodeTask(encodeCanonical([1, ...review])));
    for (const value of wrong) {
      assert.throws(() => decodeTask(encodeCanonical(value)), ValidationError, JSON.stringify(value));
    }
    assert.throws(() => decodeTask(new Uint8Array(TASK_BYTES_MAX + 1)), /over the limit/);
  });

  it('answer arbitrary bytes with a ValidationError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void orRefusal(() => decodeTask(bytes))));
  });
});

describe('a task id', () => {
  const NETWORK = digestOf(9);
  const idOf = (task: unknown, network = NETWORK, epoch = 0) => taskIdOf(network, epoch, encodeTask(parseTask(task)));

  it('is bound to the network and its epoch', () => {
    const ids = [idOf(REVIEW), idOf(REVIEW, digestOf(8)), idOf(REVIEW, NETWORK, 1)];
    assert.equal(new Set(ids).size, 3);
  });

  it('is the same with version 1 and attempt 0 as without', () => {
    assert.equal(idOf({ ...REVIEW, version: 1, attempt: 0 }), idOf(REVIEW));
    assert.notEqual(idOf({ ...REVIEW, attempt: 1 }), idOf(REVIEW));
  });

  const changes: [unknown, Path, unknown][] = [
    [REVIEW, ['pullRequest', 'url'], 'x'],
    [REVIEW, ['pullRequest', 'diff'], 'x'],
    [REVIEW, ['pullRequest', 'files'], ['b.ts', 'a.ts']],
    [REVIEW, ['requirements', 'style'], false],
    [REVIEW, ['requirements', 'security'], false],
    [REVIEW, ['requirements', 'performance'], true],
    [ASSESSMENT, ['submission', 'content'], 'x'],
    [ASSESSMENT, ['submission', 'evidence'], []],
    [ASSESSMENT, ['criteria', 'skill'], 'x'],
    [ASSESSMENT, ['criteria', 'level'], 4],
    [ASSESSMENT, ['criteria', 'requirements'], ['x']],
    ...Object.entries(EXTRAS).map(([field, value]): [unknown, Path, unknown] => [REVIEW, [field], value]),
    [{ ...REVIEW, ...EXTRAS }, ['escalates', 'reason'], 'x'],
    [{ ...REVIEW, ...EXTRAS }, ['escalates', 'taskId'], digestOf(2)],
  ];
  for (const [base, path, value] of changes) {
    it(`changes with ${path.join('.')}`, () => assert.notEqual(idOf(withField(base, path, value)), idOf(base)));
  }

  it('tells any two different tasks apart', () => {
    fc.assert(
      fc.property(anyTask, anyTask, (a, b) => {
        assert.equal(idOf(a) === idOf(b), JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
      }),
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

function orRefusal<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof ValidationError, `${error}`);
    return undefined;
  }
}
