import assert from 'node:assert/strict';
import { HealthMonitor } from '../../src/node/health-monitor.ts';

const none = () => [];

describe('HealthMonitor', () => {
  it('is not healthy where one part has a fault, and tells all reasons', async () => {
    const validators = () => ({ faults: ['no quorum'], notes: ['validator 2 is away'] });
    const report = await new HealthMonitor({ queue: none, models: none, validators, database: none }).checkHealth();
    assert.equal(report.healthy, false);
    assert.deepEqual(report.validators, { healthy: false, reasons: ['no quorum', 'validator 2 is away'] });
    assert.deepEqual(report.queue, { healthy: true, reasons: [] });
  });

  it('tells what is worth knowing of a part that is well', () => {
    const models = () => ({ faults: [], notes: ['the second endpoint rests'] });
    const monitor = new HealthMonitor({ queue: none, models, validators: none, database: none });
    const { healthy, models: part } = monitor.report();
    assert.deepEqual([healthy, part], [true, { healthy: true, reasons: ['the second endpoint rests'] }]);
  });
});
