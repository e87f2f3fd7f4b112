import assert from 'node:assert/strict';
import fc from 'fast-check';
import { recommendTasks } from '../../../src/node/recommend/rank.ts';
import { relatedness, type SkillRecord } from '../../../src/node/recommend/skills.ts';
import type { OpenSkillTask } from '../../../src/protocol/recommendation.ts';

const NOW = 1_800_000_000;
const DAY = 86_400;

function record(skill: string, level: number, approved: boolean, more: Partial<SkillRecord> = {}): SkillRecord {
  const taskId = `${skill}-${level}-${approved}`;
  return { taskId, skill, level, requirements: [], approved, confidence: 0.9, decidedAtSeconds: NOW - DAY, ...more };
}

function ladder(skill: string, ...levels: number[]): OpenSkillTask[] {
  return levels.map((level) => ({ id: `${skill}-${level}`, skill, level, requirements: [] }));
}

const order = (records: SkillRecord[], tasks: OpenSkillTask[]) =>
  recommendTasks(records, tasks, NOW).map(({ id }) => id);

describe('recommendTasks', () => {
  it('puts the step above what was shown first, then what is within reach', () => {
    const records = [record('SQL', 1, true), record('SQL', 2, true), record('SQL', 3, true), record('SQL', 5, false)];
    const [first, ...rest] = order(records, ladder('SQL', 1, 2, 3, 4, 5));
    assert.ok(first === 'SQL-4' || first === 'SQL-3', first);
    assert.ok(rest.indexOf('SQL-1') > rest.indexOf('SQL-4'));
  });

  it('starts at entry levels where nothing is known, and says so', () => {
    const [first, ...rest] = recommendTasks([], ladder('Rust', 1, 2, 3, 4), NOW);
    assert.equal(first?.id, 'Rust-1');
    assert.equal(first?.confidence, 0);
    assert.match(first?.reasons[0] ?? '', /no signed result/);
    assert.equal(rest.at(-1)?.id, 'Rust-4');
  });

  it('counts results of related skills, less than those of the same', () => {
    const tasks = [...ladder('PostgreSQL queries', 3), ...ladder('Woodwork', 3)];
    const [first, second] = recommendTasks([record('SQL queries', 3, true)], tasks, NOW);
    assert.equal(first?.id, 'PostgreSQL queries-3');
    assert.match(first?.reasons.join() ?? '', /related: SQL queries/);
    assert.equal(second?.evidence.length, 0);
    const same = recommendTasks([record('PostgreSQL queries', 3, true)], tasks, NOW);
    const known = same.find(({ id }) => id === first?.id)?.confidence ?? 0;
    assert.ok(known > (first?.confidence ?? 1), `${known} > ${first?.confidence}`);
  });

  it('takes a verdict for as much as its confidence, and less as it ages', () => {
    const fitAfter = (given: SkillRecord) => recommendTasks([given], ladder('Go', 3), NOW)[0]!.fit;
    const sure = fitAfter(record('Go', 3, true, { confidence: 0.99 }));
    assert.ok(sure > fitAfter(record('Go', 3, true, { confidence: 0.8 })));
    assert.ok(sure > fitAfter(record('Go', 3, true, { confidence: 0.99, decidedAtSeconds: NOW - 900 * DAY })));
    assert.equal(
      fitAfter(record('Go', 3, true, { confidence: 0.5 })),
      recommendTasks([], ladder('Go', 3), NOW)[0]!.fit,
    );
  });

  it('is the same whatever the order of results and tasks, and stays within its bounds', () => {
    const skills = fc.constantFrom('SQL', 'SQL tuning', 'Rust', 'Technical writing');
    const records = fc.array(
      fc.record({
        taskId: fc.uuid(),
        skill: skills,
        level: fc.integer({ min: 0, max: 100 }),
        requirements: fc.array(fc.constantFrom('explain an index', 'ownership', 'write clearly'), { maxLength: 2 }),
        approved: fc.boolean(),
        confidence: fc.double({ min: 0.5, max: 1, noNaN: true }),
        decidedAtSeconds: fc.integer({ min: 0, max: NOW }),
      }),
      { maxLength: 8 },
    );
    const tasks = fc.uniqueArray(
      fc.record({
        id: fc.uuid(),
        skill: skills,
        level: fc.integer({ min: 0, max: 100 }),
        requirements: fc.constant<string[]>([]),
      }),
      { selector: ({ id }) => id, minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(records, tasks, (given, open) => {
        const ranked = recommendTasks(given, open, NOW);
        assert.deepEqual(recommendTasks([...given].reverse(), [...open].reverse(), NOW), ranked);
        for (const { rank, fit, growth, confidence } of ranked) {
          for (const share of [rank, fit, growth, confidence]) assert.ok(share >= 0 && share <= 1, String(share));
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('relatedness', () => {
  it('is 1 for the same name, 0 for nothing in common, symmetric', () => {
    const skill = (name: string, ...requirements: string[]) => ({ skill: name, requirements });
    assert.equal(relatedness(skill('Unit Testing'), skill('unit  testing')), 1);
    assert.equal(relatedness(skill('Pottery'), skill('C++')), 0);
    const [a, b] = [skill('SQL tuning', 'reads a query plan'), skill('SQL', 'reads a plan')];
    assert.equal(relatedness(a, b), relatedness(b, a));
    assert.ok(relatedness(a, b) > 0.4);
  });
});
