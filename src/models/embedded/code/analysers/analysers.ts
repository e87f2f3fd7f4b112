import type { Evidence, SourceFile } from '../evidence.ts';
import type { Analyser, Session } from './analyser.ts';

/** Loads the linters that ship with the package; they are big, so callers wait until the first change is judged. */
export async function loadAnalysers(): Promise<Analysers> {
  const [{ Ruff }, { RegexAnalyser }, { Secretlint }] = await Promise.all([
    import('./ruff.ts'),
    import('./regex.ts'),
    import('./secretlint.ts'),
  ]);
  return new Analysers([new Ruff(), new RegexAnalyser(), new Secretlint()]);
}

/** Hits of one analyser that are kept: many times what a judgement may hold. */
const EVIDENCE_MAX = 1000;

/** Linters whose findings are evidence. */
export class Analysers {
  readonly #analysers: readonly Analyser[];

  constructor(analysers: readonly Analyser[]) {
    this.#analysers = analysers;
  }

  /**
   * What they find in added lines, at most EVIDENCE_MAX each, in the order of the files. Never throws; the same input
   * gives the same evidence on every machine, as bounds count rows, repetitions and characters and not time. `note` is
   * told what was left out and why.
   */
  evidence(sources: readonly SourceFile[], note: (text: string) => void = () => undefined): Evidence[] {
    return this.#analysers.flatMap((analyser) => evidenceOf(analyser, sources, note));
  }
}

function evidenceOf(analyser: Analyser, sources: readonly SourceFile[], note: (text: string) => void): Evidence[] {
  const told = new Set<string>();
  const noteOnce = (text: string) => {
    if (!told.has(text)) note(`${analyser.name}: ${text}`);
    told.add(text);
  };
  const session: Session = { spent: 0, failures: 0, noteOnce };
  const evidence: Evidence[] = [];
  for (const source of sources) {
    try {
      evidence.push(...analyser.evidence(source, session));
    } catch {
      noteOnce('failed on a file, which was left out');
    }
    if (evidence.length > EVIDENCE_MAX) {
      noteOnce(`hits after ${EVIDENCE_MAX} were left out`);
      return evidence.slice(0, EVIDENCE_MAX);
    }
  }
  return evidence;
}
