import { fold } from './fold.ts';

/**
 * What attempts to steer a judge are made of: whom they address, what they bid, and what for. In English and, where
 * a word is unlikely to mean something else in code, in German, French, Spanish, Italian and Russian.
 */
const WORDS = {
  judge: `grader graders reviewer reviewers assessor assessors evaluator evaluators examiner examiners judge judges validator validators
    auditor auditors scorer marker moderator teacher tutor llm llms gpt chatgpt claude gemini copilot ai ais bot bots assistant model
    prufer gutachter bewerter evaluateur correcteur evaluador examinador corrector valutatore esaminatore`,
  must: `must should shall please kindly required need needs mandatory instructed always simply just immediately bitte musst sollst
    devez dois debes tienes devi deve`,
  override: `ignore ignoring disregard disregarding forget override overrule bypass neglect overlook supersede void discard
    ignoriere ignorieren vergiss missachte ignorez oubliez ignora ignoren olvida dimentica игнорируй забудь`,
  rules: `instruction instructions prompt prompts rubric rubrics criteria criterion guideline guidelines directive directives directions
    policy policies commands orders anweisungen anweisung befehle vorgaben bewertungskriterien consignes criteres instrucciones
    criterios istruzioni criteri инструкции указания`,
  prior: `previous prior above preceding earlier before foregoing existing original told vorherigen vorangehenden obigen precedentes
    anteriores precedenti предыдущие`,
  give: `give award assign grant grade rate score mark set vote gib vergib bewerte donnez attribuer attribuez accordez da otorga asigna
    puntua dai assegna valuta поставь`,
  say: `output print respond reply answer return say write state declare conclude report emit state antworte schreibe repondez responde
    rispondi`,
  approve: `approve approves approved approving approval accept accepted acceptance accepting pass passes passed passing lgtm merge
    akzeptieren akzeptiere bestatige genehmige approuvez acceptez aprueba apruebe acepta approva accetta одобри прими`,
  fine: `safe secure correct complete flawless perfect compliant harmless clean met satisfied fulfilled valid sicher korrekt richtig
    correcte correcta corretta`,
  marks: `marks points score scores grade credit rating mark confidence soundness punktzahl punkte bestnote note points puntuacion nota
    punteggio voto балл`,
  full: `full maximum max highest top perfect best possible hundred 100 10 ten volle maximale hochste maximale maxima massimo maximo
    максимальныи`,
  suppress: `not never no dont don't without skip omit hide suppress keine nicht aucune ningun nessun`,
  problem: `finding findings issue issues vulnerability vulnerabilities problem problems warning warnings bug bugs flaw flaws defect
    defects fehler vulnerabilite vulnerabilidad problema errores ошибках`,
  check: `check checks checking review reviews reviewing analysis verification verify scan inspect audit validation evaluate evaluation
    evaluating grading assessment scoring`,
  done: `already previously pre reviewed audited verified cleared certified signed exempt confirmed whitelisted`,
  this: `this these following submission answer change diff pr pull code file response solution student candidate patch abgabe antwort
    losung reponse respuesta entrega cambio risposta`,
  everything: `everything all any every each anything regardless whatever alle alles toutes todas todo tutte все`,
  you: `you your yours yourself du sie ihr vous tu tus usted ти ты`,
  persona: `act pretend roleplay simulate imagine role persona character become acting mode jailbreak dan unrestricted unfiltered`,
  system: `system admin administrator developer override secret confidential root sudo`,
  now: `now henceforth onwards longer anymore`,
  stop: `end begin start new update stop real task`,
} as const;

export type Concept = keyof typeof WORDS;

/** The words of a concept, folded as texts are. */
export const LEXICON: Readonly<Record<Concept, readonly string[]>> = Object.fromEntries(
  Object.entries(WORDS).map(([concept, words]) => [concept, words.split(/\s+/).map((word) => fold(word).text)]),
) as Record<Concept, string[]>;

const CONCEPTS = new Map<string, Concept[]>();
for (const [concept, words] of Object.entries(LEXICON) as [Concept, string[]][]) {
  for (const word of words) CONCEPTS.set(word, [...(CONCEPTS.get(word) ?? []), concept]);
}

const NONE: readonly Concept[] = [];

/** The concepts that a folded word may stand for. */
export function conceptsOf(word: string): readonly Concept[] {
  return CONCEPTS.get(word) ?? NONE;
}
