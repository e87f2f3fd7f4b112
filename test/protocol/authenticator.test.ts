import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createAuthenticator } from '../../src/protocol/authenticator.ts';
import type { WireBundle } from '../../src/protocol/bundle.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import { announcementBytes } from '../../src/protocol/frame.ts';
import type { Leaf } from '../../src/protocol/leaf.ts';
import { commitmentSetDigest, encodeCore } from '../../src/protocol/value.ts';
import { anyLeaf, committeeOf, digestOf, resultOf } from './samples.ts';
import {
  batchOf,
  bundleOf,
  coreOf,
  provenLeafOf,
  SIGNERS,
  type VoteSample,
  valueIdOfValue,
  valueWith,
} from './signing.ts';

const committee = committeeOf();
const other = committeeOf({ name: 'another network' });
const authenticator = createAuthenticator(committee);
const taskId = digestOf(1);
const core = coreOf(committee, taskId);
const coreBytes = encodeCore(core);
const valueId = valueIdOfValue({ core, closes: [] });

const commit: Leaf = { type: 'COMMIT', taskId, commitment: digestOf(2) };
const prevote: Leaf = { type: 'PREVOTE', taskId, round: 1, valueId, validRound: -1 };
const precommit: Leaf = { type: 'PRECOMMIT', taskId, round: 1, valueId };
const nil: Leaf = { type: 'PRECOMMIT', taskId, round: 1, valueId: null };
const by = (leaf: Leaf, ...signers: number[]): VoteSample[] => signers.map((signer) => ({ signer, leaf }));

describe('R32: what an authenticator opens', () => {
  it('is a batch, with every readable leaf under its signer', () => {
    const { wire } = batchOf(committee, 3, [{ leaf: commit }, { leaf: prevote }]);
    const { leaves, skipped } = authenticator.openBatch(wire);
    assert.equal(skipped, 0);
    assert.deepEqual(
      leaves.map(({ leaf, signer }) => [leaf.type, signer]),
      [
        ['COMMIT', 3],
        ['PREVOTE', 3],
      ],
    );
    const [, second] = leaves;
    assert.equal(authenticator.openLeaf({ ...wire.leaves[1]!, proof: second!.proof() }).digest, second!.digest);
  });

  it('is any leaf, with its proof', () => {
    fc.assert(
      fc.property(anyLeaf, fc.nat(3), (leaf, signer) => {
        fc.pre(leaf.type !== 'CLOSE' && leaf.type !== 'PROPOSAL');
        const opened = authenticator.openLeaf(provenLeafOf(committee, signer, leaf));
        assert.deepEqual(opened.leaf, leaf);
        assert.equal(opened.signer, signer);
      }),
      { numRuns: 30 },
    );
  });

  it('skips an unreadable leaf, not its batch', () => {
    const { wire } = batchOf(committee, 0, [
      {
        leaf: { type: 'CLOSE', taskId, set: commitmentSetDigest([]) },
        attachment: [{ index: 1, commitment: digestOf(1) }],
      },
      { leaf: commit },
    ]);
    const { leaves, skipped } = authenticator.openBatch(wire);
    assert.equal(skipped, 1);
    assert.equal(leaves[0]!.leaf.type, 'COMMIT');
  });
});

describe('R32: what an authenticator refuses of a batch or a leaf', () => {
  const proven = provenLeafOf(committee, 2, prevote);
  const { wire } = batchOf(committee, 2, [{ leaf: commit }, { leaf: prevote }]);
  const wrong: [string, () => unknown][] = [
    ['a batch under another signer', () => authenticator.openBatch({ ...wire, validatorIndex: 1 })],
    ['a batch of a stranger', () => authenticator.openBatch({ ...wire, validatorIndex: 4 })],
    ['a batch of another network', () => createAuthenticator(other).openBatch(wire)],
    ['a batch with a swapped leaf', () => authenticator.openBatch({ ...wire, leaves: [...wire.leaves].reverse() })],
    ['an empty batch', () => authenticator.openBatch({ ...wire, leaves: [] })],
    [
      'a leaf under another signer',
      () => authenticator.openLeaf({ ...proven, proof: { ...proven.proof, validatorIndex: 1 } }),
    ],
    [
      'a leaf of a stranger',
      () => authenticator.openLeaf({ ...proven, proof: { ...proven.proof, validatorIndex: 9 } }),
    ],
    ['a leaf of another network', () => createAuthenticator(other).openLeaf(proven)],
    ['a leaf with an attachment that it does not bind', () => authenticator.openLeaf({ ...proven, attachment: [] })],
    ['bytes that are no leaf', () => authenticator.openLeaf({ ...proven, leafBytes: Uint8Array.of(1) })],
  ];
  for (const [what, open] of wrong) it(what, () => assert.throws(open, ProtocolError));

  it('a PROPOSAL with another value, a CLOSE with another list, anything with an attachment too many', () => {
    const value = valueWith(committee, taskId);
    const proposal: Leaf = { type: 'PROPOSAL', taskId, round: 0, validRound: -1, valueId: digestOf(5) };
    const close: Leaf = { type: 'CLOSE', taskId, set: digestOf(5) };
    assert.throws(() => authenticator.openLeaf(provenLeafOf(committee, 0, proposal, value)), /another value/);
    assert.throws(() => authenticator.openLeaf(provenLeafOf(committee, 0, close, [])), /another list/);
    assert.throws(
      () => authenticator.openLeaf({ ...provenLeafOf(committee, 0, commit), attachment: true }),
      /no attachment/,
    );
    const right = { ...proposal, valueId: valueIdOfValue(value) };
    assert.deepEqual(authenticator.openLeaf(provenLeafOf(committee, 0, right, value)).attachment, value);
  });

  it('an announcement with anything swapped', () => {
    const signed = { taskId, size: 5, origin: 1 };
    const signature = SIGNERS[1]!.sign(announcementBytes(committee.networkId, signed));
    const announcement = { ...signed, signature, body: null };
    assert.equal(authenticator.openAnnouncement(announcement), announcement);
    for (const change of [{ taskId: digestOf(9) }, { size: 6 }, { origin: 2 }, { origin: 7 }]) {
      assert.throws(() => authenticator.openAnnouncement({ ...announcement, ...change }), ProtocolError);
    }
    assert.throws(() => createAuthenticator(other).openAnnouncement(announcement), ProtocolError);
  });
});

describe('R32: a bundle', () => {
  const sound: [string, WireBundle][] = [
    ['a POLKA of a quorum', bundleOf(committee, 'POLKA', taskId, by(prevote, 0, 1, 3))],
    ['a CERT of a quorum with its core', bundleOf(committee, 'CERT', taskId, by(precommit, 0, 1, 2, 3), coreBytes)],
    [
      'a ROUNDCERT of PRECOMMITs of a quorum',
      bundleOf(committee, 'ROUNDCERT', taskId, [...by(nil, 0, 1), ...by(precommit, 2)]),
    ],
    ['a ROUNDCERT of any votes of F+1', bundleOf(committee, 'ROUNDCERT', taskId, [...by(nil, 0), ...by(prevote, 3)])],
  ];
  for (const [what, bundle] of sound) {
    it(`is ${what}`, () => assert.equal(authenticator.openBundle(bundle).kind, bundle.kind));
  }

  const otherTask: Leaf = { ...prevote, taskId: digestOf(9) };
  const anotherRound: Leaf = { ...prevote, round: 2 };
  const anotherValid: Leaf = { ...prevote, validRound: 0 };
  const nilPrevote: Leaf = { type: 'PREVOTE', taskId, round: 1, valueId: null, validRound: -1 };
  const refused: [string, WireBundle, RegExp][] = [
    ['a POLKA of too little weight', bundleOf(committee, 'POLKA', taskId, by(prevote, 0, 1)), /has weight 2/],
    [
      'a POLKA that counts a voter twice',
      bundleOf(committee, 'POLKA', taskId, by(prevote, 0, 1, 1)),
      /counts a voter twice/,
    ],
    ['a POLKA for nil', bundleOf(committee, 'POLKA', taskId, by(nilPrevote, 0, 1, 2)), /expected PREVOTEs/],
    ['a POLKA of PRECOMMITs', bundleOf(committee, 'POLKA', taskId, by(precommit, 0, 1, 2)), /expected PREVOTEs/],
    ['a POLKA of COMMITs', bundleOf(committee, 'POLKA', taskId, by(commit, 0, 1, 2)), /expected PREVOTEs/],
    [
      'a POLKA of two rounds',
      bundleOf(committee, 'POLKA', taskId, [...by(prevote, 0, 1), ...by(anotherRound, 2)]),
      /differ/,
    ],
    [
      'a POLKA of two valid rounds',
      bundleOf(committee, 'POLKA', taskId, [...by(prevote, 0, 1), ...by(anotherValid, 2)]),
      /differ/,
    ],
    ['a POLKA under another task', bundleOf(committee, 'POLKA', digestOf(9), by(prevote, 0, 1, 2)), /another task/],
    [
      'a POLKA with a vote of another task',
      bundleOf(committee, 'POLKA', taskId, [...by(prevote, 0, 1), ...by(otherTask, 2)]),
      /another task/,
    ],
    ['a POLKA of another network', bundleOf(other, 'POLKA', taskId, by(prevote, 0, 1, 2)), /did not sign/],
    ['an empty POLKA', bundleOf(committee, 'POLKA', taskId, []), /has weight 0/],
    ['a CERT without its core', bundleOf(committee, 'CERT', taskId, by(precommit, 0, 1, 2)), /without the core/],
    [
      'a CERT with another core',
      bundleOf(committee, 'CERT', taskId, by(precommit, 0, 1, 2), encodeCore({ ...core, unrevealed: [1] })),
      /without the core/,
    ],
    ['a CERT of PREVOTEs', bundleOf(committee, 'CERT', taskId, by(prevote, 0, 1, 2), coreBytes), /expected PRECOMMITs/],
    ['a CERT for nil', bundleOf(committee, 'CERT', taskId, by(nil, 0, 1, 2), coreBytes), /expected PRECOMMITs/],
    [
      'a CERT of too little weight',
      bundleOf(committee, 'CERT', taskId, by(precommit, 0, 1), coreBytes),
      /has weight 2/,
    ],
    ['a ROUNDCERT of F', bundleOf(committee, 'ROUNDCERT', taskId, by(nil, 0)), /too little weight/],
    ['an empty ROUNDCERT', bundleOf(committee, 'ROUNDCERT', taskId, []), /too little weight/],
    [
      'a ROUNDCERT of two rounds',
      bundleOf(committee, 'ROUNDCERT', taskId, [...by(nil, 0), ...by(anotherRound, 1)]),
      /of one round/,
    ],
    [
      'a ROUNDCERT with a COMMIT',
      bundleOf(committee, 'ROUNDCERT', taskId, [...by(nil, 0), ...by(commit, 1)]),
      /votes only/,
    ],
    [
      'a ROUNDCERT with one voter twice',
      bundleOf(committee, 'ROUNDCERT', taskId, [...by(nil, 0), ...by(prevote, 0)]),
      /counts a voter twice/,
    ],
  ];
  for (const [what, bundle, message] of refused) {
    it(`is not ${what}`, () => {
      assert.throws(
        () => authenticator.openBundle(bundle),
        (error: Error) => error instanceof ProtocolError && message.test(error.message),
      );
    });
  }

  it('is checked vote by vote: one wrong signature refuses all of it', () => {
    const bundle = bundleOf(committee, 'POLKA', taskId, by(prevote, 0, 1, 2));
    const [group] = bundle.groups;
    const forged = { ...group!.proofs[0]!, validatorIndex: 3 };
    const groups = [{ ...group!, proofs: [...group!.proofs.slice(1), forged] }];
    assert.throws(() => authenticator.openBundle({ ...bundle, groups }), /did not sign/);
  });

  it('counts weights, not heads', () => {
    const heavy = committeeOf({ weights: [4, 1, 1, 1] }); // Q 5, F 2
    const open = (...signers: number[]) =>
      createAuthenticator(heavy).openBundle(bundleOf(heavy, 'POLKA', taskId, by(prevote, ...signers)));
    assert.throws(() => open(1, 2, 3), /has weight 3/);
    assert.equal(open(0, 1).votes.length, 2);
  });
});

describe('threat 17: a signed leaf replayed', () => {
  const opening = { result: resultOf(), salt: digestOf(3) };
  const leaves: Leaf[] = [commit, prevote, precommit, nil, { type: 'REVEAL', taskId, opening }];
  const signed = leaves.map((leaf) => ({ leaf, proven: provenLeafOf(committee, 1, leaf) }));

  it('is accepted as what it is', () => {
    for (const { leaf, proven } of signed) assert.deepEqual(authenticator.openLeaf(proven).leaf.type, leaf.type);
  });

  it('is refused in another network, for another task, as another type, in another round, for another value', () => {
    const swapped: Leaf[] = [
      ...leaves.map((leaf) => ({ ...leaf, taskId: digestOf(7) })),
      { ...prevote, round: 2 } as Leaf,
      { ...prevote, validRound: 0 } as Leaf,
      { ...prevote, valueId: null } as Leaf,
      { type: 'PRECOMMIT', taskId, round: 1, valueId: digestOf(8) },
      { type: 'PREVOTE', taskId, round: 1, valueId, validRound: -1 },
      { type: 'CLOSE', taskId, set: digestOf(2) },
    ];
    let refused = 0;
    for (const { leaf, proven } of signed) {
      assert.throws(() => createAuthenticator(other).openLeaf(proven), ProtocolError);
      for (const target of swapped) {
        const replayed = { ...provenLeafOf(committee, 1, target), proof: proven.proof };
        if (JSON.stringify(target) === JSON.stringify(leaf)) continue;
        assert.throws(() => authenticator.openLeaf(replayed), ProtocolError, `${leaf.type} as ${target.type}`);
        refused += 1;
      }
    }
    assert.ok(refused > 50);
  });

  it('is refused whatever single field is swapped: no proof holds for two leaves', () => {
    fc.assert(
      fc.property(anyLeaf, anyLeaf, (a, b) => {
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        const proof = provenLeafOf(committee, 1, { ...commit, ...a } as Leaf).proof;
        const replayed = { ...provenLeafOf(committee, 1, { ...commit, ...b } as Leaf), proof };
        assert.throws(() => authenticator.openLeaf(replayed), ProtocolError);
      }),
      { numRuns: 40 },
    );
  });
});
