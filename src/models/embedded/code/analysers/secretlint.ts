import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import { FINDING_CHARS_MAX } from '../../../../protocol/limits.ts';
import type { SourceLine } from '../../../diff/lexer.ts';
import { at, type Evidence, type SourceFile } from '../evidence.ts';
import { maskSecrets, secretsIn } from '../rules/secrets.ts';
import type { Analyser, Session } from './analyser.ts';

/** Text read in one task: more than a task of ordinary size holds. */
const CHARS_MAX = 4 * 1024 * 1024;
/** Text read at once: a rule that looks from each beginning to the end takes time that grows with the square of it. */
const PORTION_CHARS_MAX = 4096;
/** Characters of a credential that stay legible, so that its owner can tell which it is. */
const LEGIBLE_CHARS = 4;
const MASK_CHARS_MAX = 16;
/** Formats that issuers fixed: a hit is hardly ever something else, but it may be a sample. */
const BELIEF = 0.93;
const BELIEF_IN_TESTS = 0.68;

/**
 * Left out: comments that switch rules off are written by the author of the change; private keys go over many lines and
 * have a rule of their own; the rule for Google's key files opens the file of that name on the judge's own disk.
 */
const LEFT_OUT = /-rule-(?:filter-comments|privatekey|gcp)$/;

interface Hit {
  issuer: string;
  start: number;
  end: number;
}

/** The part of Secretlint's rule interface that its rules use; all of them report before `file` returns. */
interface Rule {
  meta: { id: string };
  create(context: RuleContext, options: object): { file?(source: RuleSource): unknown };
}
interface RuleContext {
  sharedOptions: object;
  createTranslator(messages: object): (messageId: string) => { messageId: string; message: string };
  report(descriptor: { range: readonly [number, number] }): void;
  ignore(): void;
}
interface RuleSource {
  content: string;
  filePath: undefined;
  ext: string;
  contentType: 'text';
}

/** Credentials by the formats of those who issue them, as far as the rules of the house do not know them. */
export class Secretlint implements Analyser {
  readonly name = 'secretlint';
  #hits: Hit[] = [];
  readonly #handlers = (rules as unknown as readonly Rule[])
    .filter(({ meta }) => !LEFT_OUT.test(meta.id))
    .map((rule) => rule.create(this.#contextOf(rule), {}));

  evidence(source: SourceFile, session: Session): Evidence[] {
    return portionsOf(source).flatMap((lines) => {
      const content = lines.map(({ raw }) => raw).join('\n');
      session.spent += content.length;
      if (session.spent <= CHARS_MAX) return this.#hitsIn(content).flatMap((hit) => evidenceOf(source, lines, hit));
      session.noteOnce(`text after ${CHARS_MAX} characters was left out`);
      return [];
    });
  }

  #hitsIn(content: string): Hit[] {
    this.#hits = [];
    // No path: rules read other things than the content by it.
    for (const { file } of this.#handlers) file?.({ content, filePath: undefined, ext: '', contentType: 'text' });
    return this.#hits;
  }

  #contextOf({ meta }: Rule): RuleContext {
    const issuer = meta.id.slice(meta.id.indexOf('-rule-') + '-rule-'.length);
    return {
      sharedOptions: {},
      createTranslator: () => (messageId) => ({ messageId, message: '' }), // messages hold the credential: not wanted
      report: ({ range: [start, end] }) => this.#hits.push({ issuer, start, end }),
      ignore: () => undefined,
    };
  }
}

/** Added lines in portions of bounded length. */
function portionsOf({ hunks }: SourceFile): SourceLine[][] {
  const portions: SourceLine[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const line of hunks.flat()) {
    if (!line.added) continue;
    if (size + line.raw.length > PORTION_CHARS_MAX) {
      portions.push([]);
      size = 0;
    }
    portions.at(-1)!.push(line);
    size += line.raw.length + 1;
  }
  return portions;
}

function evidenceOf(source: SourceFile, lines: readonly SourceLine[], { issuer, start, end }: Hit): Evidence[] {
  let offset = 0;
  for (const line of lines) {
    const [from, to] = [start - offset, Math.min(end - offset, line.raw.length)];
    offset += line.raw.length + 1;
    if (start >= offset) continue;
    if (secretsIn(line.raw).some((known) => known.start < to && from < known.end)) return [];
    const quote = maskSecrets(masked(line.raw, from, to))
      .trim()
      .slice(0, FINDING_CHARS_MAX);
    return [
      {
        ...at(source, line),
        quote,
        rule: `secret/${issuer}`,
        category: 'security',
        severity: source.isTest ? 'warning' : 'error',
        belief: source.isTest ? BELIEF_IN_TESTS : BELIEF,
        message: `A credential (${issuer}) stands in the change; whoever can read the repository can use it.`,
        suggestion: 'Revoke it now, then read it from the environment or a secret store.',
      },
    ];
  }
  return [];
}

function masked(text: string, from: number, to: number): string {
  const hidden = Math.max(0, to - from - LEGIBLE_CHARS);
  return text.slice(0, from + LEGIBLE_CHARS) + '*'.repeat(Math.min(hidden, MASK_CHARS_MAX)) + text.slice(to);
}
