import type { Authenticator } from '../../src/protocol/authenticator.ts';

/**
 * One authenticator for all nodes of a simulation. What the real one answers depends on nothing but the bytes, so
 * that a frame which reaches nine nodes is read and checked once; its nodes get the same immutable objects.
 */
export function sharedAuthenticator(real: Authenticator): Authenticator {
  return {
    readFrame: remembered((bytes) => real.readFrame(bytes)),
    openBatch: remembered((batch) => real.openBatch(batch)),
    openLeaf: remembered((leaf) => real.openLeaf(leaf)),
    openBundle: remembered((bundle) => real.openBundle(bundle)),
    openAnnouncement: remembered((announcement) => real.openAnnouncement(announcement)),
  };
}

/** Remembers answers by the identity of what they were given for; a refusal is thrown anew each time. */
function remembered<Key extends object, Answer>(read: (key: Key) => Answer): (key: Key) => Answer {
  const answers = new WeakMap<Key, { answer: Answer }>();
  return (key) => {
    let known = answers.get(key);
    if (known === undefined) {
      known = { answer: read(key) };
      answers.set(key, known);
    }
    return known.answer;
  };
}
