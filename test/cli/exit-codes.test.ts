import assert from 'node:assert/strict';
import { EXIT, exitOfError, exitOfOutcome } from '../../src/cli/exit-codes.ts';
import { ProtocolError, ValidationError } from '../../src/protocol/errors.ts';
import { OUTCOMES } from '../../src/protocol/value.ts';

describe('exit codes', () => {
  it('only an approval is green', () => {
    const codes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, exitOfOutcome(outcome)]));
    assert.deepEqual(codes, { APPROVED: 0, REJECTED: 1, INCONCLUSIVE: 3, EXPIRED: 3 });
  });

  const ERRORS: [error: unknown, code: number][] = [
    [new ValidationError('x', 'NOT_AUTHENTIC'), 1],
    [new ValidationError('x', 'INVALID_TASK'), 2],
    [new ValidationError('x', 'INVALID_CONFIG'), 2],
    [new ValidationError('x', 'PORT_IN_USE'), 2],
    [new ValidationError('x', 'UNAUTHORIZED'), 2],
    [new ProtocolError('x'), 2],
    [new ValidationError('x', 'UNAVAILABLE'), 3],
    [new ValidationError('x', 'TIMEOUT'), 3],
    [new ValidationError('x', 'UNREACHABLE'), 3],
    [new ValidationError('x', 'VALIDATION_FAILED'), 3],
    [new ValidationError('x', 'DATA_LOCKED'), 4],
    [new TypeError('x'), 70],
    ['a string', 70],
  ];
  for (const [error, code] of ERRORS) {
    it(`is ${code} for ${error instanceof ValidationError ? error.code : String(error)}`, () => {
      assert.equal(exitOfError(error), code);
    });
  }

  it('no error is green', () => {
    for (const [error] of ERRORS) assert.notEqual(exitOfError(error), EXIT.ok);
  });
});
