import type { Evidence, SourceFile } from '../evidence.ts';

/** What one analyser has used up on one task, so that its bounds hold over all files together. */
export interface Session {
  /** In the analyser's own unit: rows, pairs of repetitions, characters. */
  spent: number;
  failures: number;
  /** Tells what was left out and why; a text that was told before is not repeated. */
  noteOnce(text: string): void;
}

/** Looks at added lines; says nothing rather than throw, and notes what it left out. */
export interface Analyser {
  readonly name: string;
  evidence(source: SourceFile, session: Session): Evidence[];
}
