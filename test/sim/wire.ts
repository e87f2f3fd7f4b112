import { type Bundle, bundleFromCbor, bundleToCbor, type WireBundle } from '../../src/protocol/bundle.ts';
import { type CborValue, decodeCanonical, encodeCanonical } from '../../src/protocol/cbor.ts';
import type { FetchAnswer, FetchResponse } from '../../src/protocol/fetch.ts';
import { provenLeafFromCbor, provenLeafToCbor, type WireProvenLeaf } from '../../src/protocol/frame.ts';
import type { SignedLeaf } from '../../src/protocol/signed-leaf.ts';

/**
 * What becomes of an answer on its way. Each leaf and each bundle is written and read once, however many ask for it:
 * what is read depends on nothing else. Plain ids, cursors and bodies arrive as they were sent.
 */
export class Wire {
  readonly #leaves = new WeakMap<SignedLeaf, WireProvenLeaf>();
  readonly #bundles = new WeakMap<Bundle, WireBundle>();

  carried(answer: FetchAnswer): FetchResponse {
    switch (answer.kind) {
      case 'leaves':
        return {
          kind: 'leaves',
          leaves: answer.leaves.map((leaf) => this.#leaf(leaf)),
          bundles: answer.bundles.map((bundle) => this.#bundle(bundle)),
        };
      case 'result':
        return { kind: 'result', cert: answer.cert === null ? null : this.#bundle(answer.cert) };
      default:
        return answer;
    }
  }

  #leaf(leaf: SignedLeaf): WireProvenLeaf {
    return remembered(this.#leaves, leaf, () => provenLeafFromCbor(carriedValue(provenLeafToCbor(leaf))));
  }

  #bundle(bundle: Bundle): WireBundle {
    return remembered(this.#bundles, bundle, () => bundleFromCbor(carriedValue(bundleToCbor(bundle))));
  }
}

function carriedValue(value: CborValue): CborValue {
  return decodeCanonical(encodeCanonical(value));
}

function remembered<Key extends object, Value>(values: WeakMap<Key, Value>, key: Key, make: () => Value): Value {
  let value = values.get(key);
  if (value === undefined) {
    value = make();
    values.set(key, value);
  }
  return value;
}
