import { arm, close, commit, reveal } from './collection.ts';
import { acceptBundle, acceptLeaf } from './intake.ts';
import type { Effect, Input, Instance } from './state.ts';
import {
  armStep,
  decide,
  decideBy,
  endRound,
  followPolka,
  onRoundTimeout,
  precommitNil,
  prevote,
  propose,
  skipRound,
  startRound,
} from './voting.ts';
import { hasWants } from './wanted.ts';

/** In this order: what ends the instance first, then what moves it on. */
const GUARDS = [decide, close, reveal, skipRound, endRound, startRound, followPolka, propose, prevote, precommitNil];

/**
 * Takes one input and says what is to be done about it, in order. No clock, randomness or I/O; the instance is
 * changed in place. A decided instance does nothing any more.
 */
export function step(instance: Instance, input: Input): Effect[] {
  const effects: Effect[] = [];
  if (instance.decided !== null) return effects;
  take(instance, input, effects);
  settle(instance, effects);
  if (hasWants(instance)) effects.push({ kind: 'want' });
  return effects;
}

function take(instance: Instance, input: Input, effects: Effect[]): void {
  switch (input.kind) {
    case 'start':
      // R28: armed again after a restart; the timeouts of later steps are armed by the votes that arm them anyway.
      if (instance.round >= 0 && instance.step === 'propose') armStep(instance, 'propose', effects);
      return arm(instance, 'observe', instance.committee.rules.timers.observeMs, effects);
    case 'judged':
      return commit(instance, input.opening, effects);
    case 'leaf':
      return acceptLeaf(instance, input.leaf, effects);
    case 'bundle':
      if (input.bundle.kind === 'CERT') return decideBy(instance, input.bundle, effects);
      return acceptBundle(instance, input.bundle, effects);
    case 'deadline':
      instance.fired.add('deadline');
      return;
    case 'timer':
      if ('round' in input.timer) onRoundTimeout(instance, input.timer.name, input.timer.round, effects);
      else instance.fired.add(input.timer.name);
  }
}

/** Level-triggered: after every input all guards run again until nothing changes. */
function settle(instance: Instance, effects: Effect[]): void {
  while (instance.decided === null && GUARDS.some((guard) => guard(instance, effects)));
}
