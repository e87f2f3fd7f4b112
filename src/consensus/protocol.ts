import type { Committee } from '../protocol/committee.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';
import type { ValidationResult } from '../protocol/validation-result.ts';
import type { Aggregate } from '../protocol/value.ts';
import { aggregate } from './aggregate.ts';
import { recover } from './recovery.ts';
import type { Effect, Input, Instance, JournalRecord } from './state.ts';
import { step } from './step.ts';

/** A result with the committee position of the validator that signed it. */
export interface IndexedResult {
  index: number;
  result: ValidationResult;
}

/**
 * The rules of one network: what a set of results means, and how its validators come to agree on one set.
 * The engine runs every task through this class.
 */
export class ConsensusProtocol {
  readonly committee: Committee;
  /** Own position in the committee; null follows and never signs. */
  readonly self: number | null;

  constructor(committee: Committee, self: number | null = null) {
    this.committee = committee;
    this.self = self;
  }

  /**
   * R9: what the network would say of these results; one a validator, in any order.
   * @throws ValidationError INVALID_RESULTS for a validator that is unknown or named twice
   */
  reachConsensus(results: readonly IndexedResult[]): Aggregate {
    const indexes = results.map(({ index }) => index);
    const faulty = indexes.find(
      (index, at) => this.committee.validators[index] === undefined || indexes.indexOf(index) !== at,
    );
    if (faulty !== undefined) {
      throw new ValidationError(`results: validator ${faulty} is unknown or stands twice`, 'INVALID_RESULTS', {
        path: 'results',
      });
    }
    const reveals = results.map(({ index, result }) => ({ index, result, salt: '' }));
    return aggregate(
      this.committee,
      reveals.sort((a, b) => a.index - b.index),
    );
  }

  /** A new instance, or what is left of one after a restart. */
  instance(taskId: Digest, records: readonly JournalRecord[] = []): Instance {
    return recover(this.committee, taskId, this.self, records);
  }

  step(instance: Instance, input: Input): Effect[] {
    return step(instance, input);
  }
}
