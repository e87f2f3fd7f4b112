import assert from 'node:assert/strict';
import fc from 'fast-check';
import { openParcel, packParcel } from '../../src/network/parcel.ts';

describe('a parcel of gossip', () => {
  it('is opened as it was packed', () => {
    const deliverers = fc.option(fc.integer({ min: 0, max: 254 }));
    fc.assert(
      fc.property(fc.uint8Array(), deliverers, (frame, deliveredBy) => {
        const opened = openParcel(packParcel({ frame, deliveredBy }));
        assert.deepEqual([...opened.frame], [...frame]);
        assert.equal(opened.deliveredBy, deliveredBy);
      }),
    );
  });

  it('is to be passed on, and holds no frame, where it is empty', () => {
    assert.deepEqual(openParcel(new Uint8Array()), { frame: new Uint8Array(), deliveredBy: null });
  });
});
