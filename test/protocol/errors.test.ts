import assert from 'node:assert/strict';
import { invalidInput, ProtocolError, ValidationError } from '../../src/protocol/errors.ts';

describe('errors', () => {
  it('carry a code, details and a cause', () => {
    const cause = new Error('why');
    const error = new ValidationError('no', 'UNAVAILABLE', { peers: 1 }, cause);
    assert.deepEqual(
      [error.name, error.code, error.details, error.cause],
      ['ValidationError', 'UNAVAILABLE', { peers: 1 }, cause],
    );
    assert.equal(new ValidationError('no').code, 'VALIDATION_FAILED');
    assert.equal('cause' in new ValidationError('no'), false);
  });

  it('of form are a kind of their own, and ValidationErrors too', () => {
    const error = new ProtocolError('bytes');
    assert.ok(error instanceof ValidationError);
    assert.deepEqual([error.name, error.code], ['ProtocolError', 'MALFORMED']);
  });

  it('of input name every fault with its path', () => {
    const faults = [
      { path: 'a.b', message: 'is missing' },
      { path: '', message: 'is too large' },
    ];
    const error = invalidInput('not a task', faults);
    assert.equal(error.message, 'not a task: a.b: is missing; is too large');
    assert.deepEqual([error.code, error.details], ['INVALID_TASK', { faults }]);
  });
});
