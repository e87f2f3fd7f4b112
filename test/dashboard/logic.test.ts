import assert from 'node:assert/strict';
import fc from 'fast-check';
import { inertLines } from '../../src/cli/inert.ts';
import { diffView, type PlacedFinding } from '../../src/dashboard/logic/diff-view.ts';
import { ago, counted, duration, percent, shortId } from '../../src/dashboard/logic/format.ts';
import { pinNetwork, pinnedNetwork } from '../../src/dashboard/logic/pin.ts';
import { hashOf, routeOf } from '../../src/dashboard/logic/route.ts';
import { axisEnd, perMinute, quantile, verdictShares } from '../../src/dashboard/logic/series.ts';
import { StreamReader } from '../../src/dashboard/logic/sse.ts';
import { EMPTY_FORM, formFaults, taskOfForm } from '../../src/dashboard/logic/task-form.ts';
import { latencyMsOf } from '../../src/dashboard/logic/timeline.ts';
import { visible, visibleCode, visibleLines } from '../../src/dashboard/logic/visible.ts';
import { createReviewTask } from '../../src/node/review-task.ts';
import { parseTask } from '../../src/protocol/task.ts';
import type { ResultSummary, TaskExplanation } from '../../src/rpc/api.ts';
import { sample } from '../e2e/tasks.ts';

const TASK_ID = 'ab'.repeat(32);

describe('addresses of the dashboard', () => {
  it('are read as they are written', () => {
    const routes = ['overview', 'tasks', 'validators', 'playground'] as const;
    for (const page of routes) assert.deepEqual(routeOf(hashOf({ page })), { page });
    assert.deepEqual(routeOf(hashOf({ page: 'task', taskId: TASK_ID })), { page: 'task', taskId: TASK_ID });
  });

  it('lead nowhere unless they are known, whatever stands in them', () => {
    for (const hash of ['#/task/', `#/task/${TASK_ID}0`, `#/task/${TASK_ID.toUpperCase()}`, '#/admin', '#javascript:1'])
      assert.deepEqual(routeOf(hash), { page: 'unknown' }, hash);
  });
});

describe('numbers and times of the dashboard', () => {
  it('are short', () => {
    assert.deepEqual([0.5, 0.9712, 1, 1 / 3].map(percent), ['50%', '97.1%', '100%', '33.3%']);
    assert.deepEqual([0, 999, 1000, 59_400, 60_000, 7_500_000, 864e6].map(duration), [
      '0 ms',
      '999 ms',
      '1.0 s',
      '59 s',
      '1 min',
      '2 h 5 min',
      '10 days',
    ]);
    assert.equal(ago('2026-11-22T10:00:00Z', Date.parse('2026-11-22T09:59:00Z')), 'just now');
    assert.equal(ago('2026-11-22T10:00:00Z', Date.parse('2026-11-22T10:00:05Z')), '5.0 s ago');
    assert.deepEqual([counted(1, 'entry', 'entries'), counted(2, 'entry', 'entries')], ['1 entry', '2 entries']);
    assert.equal(shortId(TASK_ID), 'abababab…');
  });

  it('put every result of the window into its minute, and nothing else', () => {
    const now = Date.parse('2026-11-22T10:10:30Z');
    const at = (storedAt: string, outcome: ResultSummary['outcome'] = 'APPROVED') =>
      ({ storedAt, outcome }) as ResultSummary;
    const results = [
      at('2026-11-22T10:10:29Z', 'REJECTED'),
      at('2026-11-22T10:10:00Z'),
      at('2026-11-22T10:09:59Z'),
      at('2026-11-22T10:06:00Z'),
      at('2026-11-22T10:05:59Z'),
      at('2026-11-22T10:11:00Z'),
    ];
    const buckets = perMinute(results, now, 5);
    assert.deepEqual(
      buckets.map(({ total }) => total),
      [1, 0, 0, 1, 2],
    );
    assert.deepEqual(buckets[4]!.counts, { APPROVED: 1, REJECTED: 1, INCONCLUSIVE: 0, EXPIRED: 0 });
    assert.deepEqual(verdictShares(results.slice(0, 4)), [
      { outcome: 'APPROVED', count: 3, share: 0.75 },
      { outcome: 'REJECTED', count: 1, share: 0.25 },
    ]);
  });

  it('take quantiles from the values themselves, and end axes above them', () => {
    assert.equal(quantile([], 0.5), null);
    fc.assert(
      fc.property(fc.array(fc.nat(100_000), { minLength: 1 }), fc.constantFrom(0.5, 0.9, 0.99, 1), (values, q) => {
        const found = quantile(values, q)!;
        assert.ok(values.includes(found));
        assert.ok(values.filter((value) => value <= found).length >= q * values.length);
        assert.ok(values.filter((value) => value < found).length < q * values.length);
        const end = axisEnd(Math.max(...values));
        assert.ok(end >= Math.max(...values) && /^[125]0*$/.test(String(end)));
      }),
    );
  });

  it('tell the time to a decision only where both ends were seen', () => {
    const entry = (event: string, at: string) => ({ event, at, validatorIndex: null, round: null });
    const story = (...timeline: object[]) => ({ timeline }) as unknown as TaskExplanation;
    const seen = entry('seen', '2026-11-22T10:00:00.000Z');
    assert.equal(latencyMsOf(story(seen, entry('decided', '2026-11-22T10:00:01.250Z'))), 1250);
    assert.equal(latencyMsOf(story(seen)), null);
    assert.equal(latencyMsOf(null), null);
  });
});

describe('foreign text on the dashboard', () => {
  it('shows what hides in it', () => {
    assert.equal(visible('a\u202eb\u0007\u200b\nc\td'), 'a\\u{202e}b\\x07\\u{200b}\\nc d');
    assert.equal(visibleCode('\tif (a\u2066)'), '\tif (a\\u{2066})');
    assert.equal(visible('<img src=x onerror=alert(1)>'), '<img src=x onerror=alert(1)>');
  });

  it('shows it as the command line does', () => {
    const units = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('\u0301', 'a', '\ufe0f') }),
    );
    const harmless = units.filter((text) => !/##|^\s*::/m.test(text));
    fc.assert(
      fc.property(harmless, (text) => assert.deepEqual(visibleLines(text.replaceAll('\t', ' ')), inertLines(text))),
    );
  });
});

describe('a diff on the dashboard', () => {
  const finding = (file: string, line: number): PlacedFinding => {
    return { file, line, severity: 'error', category: 'security', message: 'm', quote: 'q' };
  };

  it('has each finding at its line once, and tells of those that have none', async () => {
    const diff = await sample('sql-injection.diff');
    const placed = finding('src/routes/orders.js', 21);
    const beside = finding('src/routes/orders.js', 400);
    const { files, elsewhere, leftOut } = diffView(diff, [placed, beside]);
    const found = files.flatMap(({ hunks }) => hunks.flat()).filter(({ findings }) => findings.length > 0);
    assert.deepEqual(
      found.map(({ kind, line, findings }) => ({ kind, line, findings })),
      [{ kind: 'added', line: 21, findings: [placed] }],
    );
    assert.match(found[0]!.text, /SELECT id, total, status/);
    assert.deepEqual([elsewhere, leftOut], [[beside], 0]);
    assert.deepEqual([files[0]!.added, files[0]!.removed], [12, 0]);
  });

  it('keeps a finding whose line is beyond what is drawn, and counts what is left out', () => {
    const lines = Array.from({ length: 3100 }, (_, at) => `+line ${at}`);
    const diff = ['--- /dev/null', '+++ b/a.txt', '@@ -0,0 +1,3100 @@', ...lines].join('\n');
    const { files, elsewhere, leftOut } = diffView(diff, [finding('a.txt', 3050)]);
    assert.deepEqual([files[0]!.hunks[0]!.length, elsewhere.length, leftOut], [3000, 1, 100]);
  });
});

describe('the form of a task', () => {
  it('makes the task that the command line makes', async () => {
    const diff = await sample('tidy-fix.diff');
    const form = { ...EMPTY_FORM, diff, style: false };
    assert.deepEqual(formFaults(form), []);
    const requirements = { style: false, security: true, performance: true };
    assert.deepEqual(parseTask(taskOfForm(form)), createReviewTask({ diff, requirements }));
  });

  it('makes an assessment that the node takes', () => {
    const form = {
      ...EMPTY_FORM,
      type: 'SKILL_ASSESSMENT' as const,
      content: 'I did it.',
      skill: ' Rust ',
      level: '3',
      requirements: 'borrows\n\n lifetimes ',
    };
    assert.deepEqual(formFaults(form), []);
    const { criteria, submission } = parseTask(taskOfForm(form)) as Extract<
      ReturnType<typeof parseTask>,
      { type: 'SKILL_ASSESSMENT' }
    >;
    assert.deepEqual(criteria, { skill: 'Rust', level: 3, requirements: ['borrows', 'lifetimes'] });
    assert.deepEqual(submission, { content: 'I did it.', evidence: [] });
  });

  it('names the field of every fault', () => {
    const fields = (change: object) => formFaults({ ...EMPTY_FORM, ...change }).map(({ field }) => field);
    assert.deepEqual(fields({}), ['diff']);
    assert.deepEqual(fields({ diff: 'hello' }), ['diff']);
    const diff = '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n';
    assert.deepEqual(fields({ diff, style: false, security: false, performance: false }), ['security']);
    const assessment = { type: 'SKILL_ASSESSMENT', level: '101' };
    assert.deepEqual(fields(assessment), ['content', 'skill', 'requirements', 'level']);
  });
});

describe('the stream of events', () => {
  const STREAM = ': hello\n\nid: 7\nevent: task.seen\ndata: {"a":1}\ndata: {"b":2}\n\r\ndata: x\r\n\r\nevent: none\n\n';
  const EXPECTED = [
    { id: '7', type: 'task.seen', data: '{"a":1}\n{"b":2}' },
    { id: '7', type: 'message', data: 'x' },
  ];

  it('is read the same in whatever pieces it comes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 6 }), (cuts) => {
        const reader = new StreamReader();
        const edges = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
        const events = edges.slice(1).flatMap((end, at) => reader.read(STREAM.slice(edges[at], end)));
        assert.deepEqual(events, EXPECTED);
      }),
    );
  });

  it('is given up if an event never ends', () => {
    assert.throws(() => new StreamReader().read(`data: ${'x'.repeat(2_000_000)}`), RangeError);
  });
});

describe('the pinned network', () => {
  it('is remembered only if it is a network id', () => {
    const stored = new Map<string, string>();
    const memory = {
      getItem: (name: string) => stored.get(name) ?? null,
      setItem: (name: string, value: string) => stored.set(name, value),
    };
    assert.equal(pinnedNetwork(memory), null);
    assert.throws(() => pinNetwork(memory, 'beef'), TypeError);
    pinNetwork(memory, TASK_ID);
    assert.equal(pinnedNetwork(memory), TASK_ID);
    for (const name of stored.keys()) stored.set(name, 'damaged');
    assert.equal(pinnedNetwork(memory), null);
  });
});
