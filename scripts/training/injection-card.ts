import { InjectionDetector, type InjectionWeights } from '../../src/models/screening/detector.ts';
import * as strings from '../evaluation/injections.ts';

/** The card that stands beside the detector's weights. */
export function screeningCard(table: string, weights: InjectionWeights): string {
  const detector = new InjectionDetector(weights);
  const told = (texts: readonly string[]) => {
    detector.renew();
    return `${texts.filter((text) => detector.attemptsIn(text, true).length > 0).length} of ${texts.length}`;
  };
  return `# The injection detector

Written by \`node scripts/train-screening.ts DATA_FOLDER\`, with fixed seeds. It finds texts in a task that try to steer
whoever judges it. Any find makes an approval an abstention; it never changes a rejection.

**Method.** Text is folded (NFKC, case, accents, invisible and tag characters, letters that look Latin, digits for
letters, words spelled out), then searched for patterns of words and of marks, also in what it holds in base64, hex and
escapes; each sentence is scored by a linear classifier over hashed words, character n-grams and pairs of concepts
(${weights.model.buckets} buckets, int8; no word of the data is in the file). A sentence counts from log-odds ${weights.threshold}.

**Data and licences.** deepset/prompt-injections (from an MIT repository), in-the-wild jailbreaks (from an Apache-2.0
repository); made-up sentences of this project; as harmless texts the graded answers (SemEval 2013, CC BY-SA; SAF, MIT)
and the code changes (SVEN, CyberSecEval, OSSF CVE benchmark, merged commits) that the embedded judges learn from.

**Held out.** Five folds, grouped by question, repository, pattern of made-up sentences, and the beginning of an injection.
The threshold was chosen on these folds so that at most three in a thousand harmless everyday rows pass it. Patterns are
written by hand and saw these rows and the made-up ones; their column is in sample.

${table}

**Strings about grading**, written for this project and not trained on. Known while patterns were written:
${told(strings.INJECTIONS)} found. Written after patterns and training texts were fixed, to be unlike the known ones:
${told(strings.HELD_BACK_INJECTIONS)} found; two earlier such lists of 60 had 28% and 37% found before they were learned from. Of harmless
texts that speak of grading, approval and injection, ${told(strings.BENIGN_MENTIONS)} of the known and ${told(strings.HELD_BACK_BENIGN_MENTIONS)} of the later ones were taken
for attempts.

**What it guarantees.** What is found never ends as an approval, by whatever model, and is no part of a submission that a
model reads. What is not found may: then the judges' own robustness counts, which paired measurements tell
(\`scripts/evaluation/injections.ts\`).

**Known failures.** Polite or indirect hints without the usual words, languages other than English and (less well) German,
French, Spanish, Italian, Russian, Chinese; speech hidden in pictures, in ROT13 or in meaning; a sentence cut into pieces by code.
General chat injections that ask for a poem rather than a verdict are found less often, and do no harm to a grade.
A quotation of an injection in an answer about injection is taken for one: such an answer ends without an approval.
`;
}
