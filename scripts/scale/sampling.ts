import type { Table } from '../bench/measures.ts';
import { tailProbability } from './hypergeometric.ts';

const POPULATIONS = [100, 1_000, 10_000];
const FAULTY_SHARES = [0.1, 0.2, 0.3];
const JUDGES = [16, 32, 64, 128];
const COMMITTEES = [32, 64, 128, 256, 512, 1_000];
/** Of a sample's weight, as for all judges today. */
const THRESHOLD = 0.7;

/** What can go wrong in a sample of judges of equal weight, as probabilities. */
export interface SampleRisk {
  /** The faulty alone reach the threshold: they decide as they like. */
  badDecides: number;
  /** The honest alone do not: though all agree, a silent faulty minority keeps the task without a verdict. */
  blocked: number;
}

/** @param threshold share of the sample that a verdict needs */
export function sampleRisk(population: number, faulty: number, judges: number, threshold = THRESHOLD): SampleRisk {
  const needed = Math.ceil(Number((judges * threshold).toFixed(6))); // 0.7 * 10 is not quite 7 in doubles
  const sample = { population, marked: faulty, drawn: judges };
  return { badDecides: tailProbability(sample, needed), blocked: tailProbability(sample, judges - needed + 1) };
}

/** The probability that a committee drawn to vote in the place of all holds a third of faulty members or more. */
export function committeeRisk(population: number, faulty: number, members: number): number {
  return tailProbability({ population, marked: faulty, drawn: members }, Math.floor((members - 1) / 3) + 1);
}

/** Tables of both, for populations, shares of faulty validators, and sizes of samples. */
export function sampling(): Record<string, Table> {
  const judges: Table = {};
  const committees: Table = {};
  for (const population of POPULATIONS) {
    for (const share of FAULTY_SHARES) {
      const faulty = Math.round(population * share);
      const name = `n = ${population}, ${100 * share}% faulty`;
      for (const size of JUDGES.filter((count) => count <= population)) {
        const { badDecides, blocked } = sampleRisk(population, faulty, size);
        judges[`${name}, k = ${size}`] = {
          'bad decides': scientific(badDecides),
          'no verdict': scientific(blocked),
          judgements: size + blocked * population,
        };
      }
      const sizes = COMMITTEES.filter((count) => count < population);
      committees[name] = Object.fromEntries(
        sizes.map((size) => [`c = ${size}`, scientific(committeeRisk(population, faulty, size))]),
      );
    }
  }
  return { 'k of n judge, 0.7 of them decide': judges, 'c of n vote: a third or more are faulty': committees };
}

/** Two digits: what counts is the exponent. */
const scientific = (probability: number): string => (probability === 0 ? '0' : probability.toExponential(1));
