import assert from 'node:assert/strict';
import { createLogger } from '../../src/node/logger.ts';

/** What a logger writes, as lines. */
function logged(pretty: boolean, level = 'info') {
  const lines: string[] = [];
  return { lines, logger: createLogger(level, pretty, { write: (line) => lines.push(line) }) };
}

describe('the logger', () => {
  it('writes one JSON object a line, and nothing below its level', () => {
    const { lines, logger } = logged(false);
    logger.debug({}, 'hidden');
    logger.info({ taskId: 'ab' }, 'shown');
    assert.equal(lines.length, 1);
    const { time, ...rest } = JSON.parse(lines[0]!) as Record<string, string>;
    assert.deepEqual(rest, { level: 'info', taskId: 'ab', msg: 'shown' });
    assert.ok(!Number.isNaN(Date.parse(time!)));
  });

  for (const pretty of [false, true]) {
    it(`cuts secrets out of ${pretty ? 'lines for people' : 'JSON'}, also passwords within URLs`, () => {
      const { lines, logger } = logged(pretty);
      logger.warn({ seed: 'CANARY1', adapter: { apiKey: 'CANARY2', token: 'CANARY3' }, passphrase: 'CANARY4' }, 'a');
      logger.error({ url: 'redis://user:CANARY5@host:6379/0' }, 'cannot reach postgres://x:CANARY6@host/db');
      assert.equal(lines.length, 2);
      assert.doesNotMatch(lines.join(), /CANARY/);
      assert.match(lines[1]!, /redis:\/\/redacted@host:6379/);
    });
  }

  it('is read by people on a terminal: time, level, words, fields', () => {
    const { lines, logger } = logged(true);
    logger.warn({ seconds: 3 }, 'a peer is kept out');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what this is about
    assert.match(lines[0]!, /^\x1b\[33m\d\d:\d\d:\d\d\.\d{3} warn {2}a peer is kept out\x1b\[0m seconds=3\n$/);
  });

  it('lets nobody else write to the terminal', () => {
    const { lines, logger } = logged(true);
    logger.info({ agent: 'x\u009b31mred\u202e' }, 'bell\x07 and\nline');
    assert.match(lines[0]!, /^\S+ info {2}bell\\u\{7\} and\\u\{a\}line agent="x\\u\{9b\}31mred\\u\{202e\}"\n$/);
  });
});
