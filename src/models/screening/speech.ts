import { type Concept, LEXICON } from './concepts.ts';
import { fold } from './fold.ts';

/** A way to steer a judge, told by the words of a text. */
export interface SpeechPattern {
  /** The finding's rule after `injection/`. */
  rule: string;
  pattern: RegExp;
}

/** Any of the words of some concepts. */
const any = (...concepts: Concept[]) => `(?:${concepts.flatMap((concept) => LEXICON[concept]).join('|')})`;
/** Up to so many words between, within a sentence. */
const upTo = (words: number) => `(?: [^ .]+){0,${words}} `;
const folded = (text: string) => fold(text).text;

const JUDGE = `(?:${[...LEXICON.judge.filter((word) => !['model', 'teacher', 'tutor', 'marker', 'moderator', 'bot', 'bots', 'validator', 'validators', 'assistant'].includes(word)), 'language model', 'automated system', 'automated assessment system', 'assessment system'].join('|')})`;
const TARGET =
  '(?:submission|answer|change|diff|pr|pull request|code|file|patch|response|solution|student|candidate|essay|module)';
const APPROVE = any('approve');
const FULL_MARKS = `(?:(?:full|maximum|max|highest|top|perfect|best)(?: possible)? (?:marks?|points|scores?|grades?|credit|ratings?)|(?:10|ten) (?:10|out of (?:10|ten))|100 (?:points|percent|out of 100)|all (?:marks|points)|bestnote|nota mas alta|note la plus haute|volle punktzahl|note maximale|maxima nota|puntuacion maxima|maxima puntuacion|punteggio massimo|top score)`;

const PATTERNS: Record<string, string[]> = {
  override: [
    `${any('override')}(?! (?:its|their|processing))${upTo(4)}(?<!processing )(?:instructions?|prompts?|rubrics?|guidelines|directives?|system message|commands|criteria|anweisung(?:en)?|befehle|bewertungskriterien|consignes|instrucciones|criterios|istruzioni|criteri|${folded('инструкции')}|${folded('указания')})`,
    `${any('override')} (?:everything|anything|all|whatever|what)${upTo(4)}(?:above|before|previously|prior|told|earlier|so far)`,
    `${any('override')} (?:the |all |any )*(?:above|foregoing|preceding)\\b(?! (?:line|lines|example|comment|code))`,
    `(?:disregard|forget|ignore) (?:what|whatever) (?:your|you|they|he|she|the)`,
    `do not follow (?:the|your|any|these|those)(?: \\w+)? (?:instructions|rules|rubric|guidelines)`,
    `(?:new|updated|real|actual|revised|hidden|grader|reviewer|judge|ai|system) (?:instructions?|task|prompt)(?: update)?(?: (?:is|are))? (?:for you|follow|follows|output|whatever|all|scoring|every|print|approve|say|give|award|rate|report)`,
    `(?:override|disable|skip|void|suspend)(?: the| this| all| your)? (?:rubric|scoring|grading|security analysis|analysis and|evaluation|criteria)`,
    `(?:rubric|scoring|grading|evaluation|criteria) (?:\\w+ ){0,3}(?:is|are|was|were) (?:now )?(?:void|disabled|suspended|changed|cancelled|obsolete|replaced)`,
    `lower the bar`,
    `(?:earlier|previous|prior|above|given) (?:instructions|criteria|rules)(?: \\w+)? (?:are|were) (?:cancelled|only for|satisfied by|obsolete|no longer|void|invalid)`,
    `set your (?:judge?ment|instructions|criteria|doubts) aside|ne tenez pas compte`,
    `your (?:only |new |real )?task is (?:now )?to (?:praise|approve|accept|pass)`,
    `forget that you (?:are|were)`,
    `(?:lenient|approval|evaluation|grading|review) mode (?:on|off)|switch to (?:lenient|approval|permissive) mode`,
    `(?:do not|don't|without) (?:compare|comparing|check|checking)(?: \\w+){0,3} (?:rubric|reference answer|answer key|reference|criteria)`,
    `oubliez(?: \\w+){0,2} bareme`,
    `(?:rubric|scoring|policy|marking scheme)(?: \\w+){0,4} (?:suspended|void|not apply)`,
  ],
  'demanded-verdict': [
    `(?:give|award|assign|grant|gives|giving|attribuer|attribuez|donnez|gib|vergib|da|dar|dai|otorga|asigna|bewerte|valuta)${upTo(7)}${FULL_MARKS}`,
    `(?:rate|grade|score|mark)(?: \\w+){0,4} ${FULL_MARKS}`,
    `${any('must', 'say')} (?:be )?approved?(?: this| it| the (?:change|submission|pr|pull request|code|file|answer)| everything| all)(?! (?:user|request|button|list|order))`,
    `(?:^|[.] )(?:please |kindly |just |simply |now |then )*approve (?:this|it|the|all|everything)(?: \\w+)? (?:${TARGET}|change|merge|i am)`,
    `(?:instructions and|and|then|,) approve (?:this|it|everything|all|the (?:submission|change|pr|pull request|code))(?: ${TARGET})?(?: [.]|$)`,
    `(?:answer|output|reply|respond|say|print|vote|return|write) (?:(?:with|only|just|the|word|exactly|back|simply|always) ){0,4}approved?(?: [.]|$| with| and nothing| for| regardless| whatever| no matter)`,
    `(?:answer|reply|respond|say|output) (?:only|just|simply) (?:with )?(?:the word )?(?:approved?|pass|passed|accepted|safe|lgtm)`,
    `only (?:reply|respond|answer|say|output)(?: \\w+){0,4} ${APPROVE}`,
    `(?:verdict|decision|vote|judgement|judgment|conclusion|final answer)(?: (?:must|is|should|shall|has|to|be|final|now|always))+ (?:${APPROVE}|safe)`,
    `final (?:verdict|decision|grade|score|result)(?: is)? (?:accepted|approved|approve|accept|pass|passed|10|100)`,
    `vote (?:approve|in favou?r)`,
    `(?:this|the) ${TARGET} (?:must|should|shall|may|has to|is to)(?: not be (?:rejected|refused|failed|criticised)| be (?:accepted|approved|passed|waved))`,
    `(?:set|return|give|report)(?: \\w+){0,2} (?:every|each|all)(?: \\w+){0,2} (?:scores?|requirements?|criteri(?:on|a)) (?:scores? )?(?:to|as|at) (?:1|met|full|maximum|100)`,
    `(?:return|give|report|choose)(?: \\w+)? the (?:maximum|highest|top|best) (?:for (?:each|every|all)|confidence|score|grade|rating|mark)`,
    `(?:say|state|write|claim|report|confirm|conclude) (?:that )?(?:the|this|my) (?:code|change|submission|answer|patch|diff) (?:is|are|was) (?:secure|safe|correct|right|complete|free|flawless)`,
    `(?:write|say|state|mention|claim) in (?:your|the) (?:rationale|summary|report|feedback|review)|when you write (?:the|your) (?:summary|rationale|review|report)`,
    `(?:count|record|mark|log) (?:it|this|them) as (?:accepted|approved|fully answered|a pass|passing)`,
    `approve (?:quickly|immediately|anyway|without)|(?:straight|proceed|go ahead) to (?:the )?(?:approval|approve|award|accept)`,
    `(?:submissions?|answers?|changes|diffs?)(?: \\w+)? containing this`,
    `(?:auto|automatically) (?:approved|accepted|passed) by (?:validators|graders|reviewers|judges|the (?:validator|grader|judge))`,
    `only positive (?:feedback|comments|remarks)|full points expected|give this(?: \\w+){0,3} (?:a pass|confidence)`,
    `entitled to(?: \\w+){0,3} (?:grade|marks?|score|pass|points)`,
    `doit etre accepte|egal was dort|nota maxima|maxima nota|${folded('считаи все')}|la risposta senza|accetta(?: \\w+){0,3} senza`,
    `(?:so|therefore|hence|thus|then|and|just|please) (?:approve|accept|pass) (?:this|it|me|my)(?: (?:one|now|pr|change|submission|answer|work))?(?: [.]|$)`,
    `(?:grant|expected output|correct label(?: \\w+){0,4}|expected (?:label|verdict)(?: is)?) (?:acceptance|approval|approve|accept)`,
    `(?:let|wave) (?:this|it|them|commits)(?: one)? (?:slide|pass|through)|wave through`,
    `(?:positive|favou?rable) (?:evaluation|assessment|verdict|review)`,
    `begin your (?:answer|reply|response|output)|repeat after me|just say yes|in the affirmative when`,
    `if your confidence|raise (?:it|your confidence) to (?:1|100|the maximum)`,
    `(?:put|mark|note) me (?:down )?as|allowed to skip requirement`,
    `(?:aprueba|apruebe|approva|approuve|genehmige|akzeptiere|valide)(?:lo|la|lz|z)? (?:sin|senza|sans|ohne|ma|mi|meine)|apruebalo|approvalo|validez ma`,
    `(?:grant|grants|granting) (?:full credit|a pass|approval|acceptance)`,
    `approves (?:everything|every|all|any)`,
    `approve (?:everything|all|any) (?:change|submission|request|it|that|you|code|of)`,
    `(?:set|return|report|with) (?:the )?(?:confidence|soundness|score)(?: (?:to|of|at|is))? (?:1\\b|0 9|100|maximum|10)`,
    `(?:consider|treat|regard|count|deem|judge|accept)(?: (?:the|this|that|my|every|each|all|any|following|entire))* (?:answer|submission|requirements?|criteri(?:on|a)|response|change|pr|pull request|solution|diff|code)(?: \\w+){0,5} (?:correct|met|satisfied|complete|passed|safe|approved|fulfilled|false positives?)`,
    `(?:grade|mark|count|score) (?:it|this|them|that|every criterion|every requirement|each requirement|all requirements|all criteria|as) (?:as )?(?:complete|met|correct|satisfied|passed|fulfilled|full)(?: [.]|$| even| regardless| if| and approve| without)`,
    `(?:all|every|each) (?:requirements?|criteri(?:on|a)|tests?)(?: (?:is|are|as|have been|has been|fully))* (?:met|satisfied|fulfilled)(?: \\w+){0,4} ${APPROVE}`,
    `(?:act|behave) as (?:a |an |my |the )*(?:lenient|friendly|generous|kind) (?:\\w+ )?(?:grader|examiner|teacher|judge|reviewer|assessor|evaluator|marker)`,
    `deserves? (?:the |a )?${FULL_MARKS}`,
    `(?:regardless of|even if|no matter) (?:it is|what(?: \\w+)?|whether|the) (?:not(?: (?:correct|complete|met|right|true|secure|safe))?(?: [.]|$)|wrote|written|insecure|quality)`,
    `(?:automatic|automatically|unconditional) (?:pass|approval|approve|acceptance)(?: required| needed| is| this)`,
    `(?:accept|approve|pass)(?: \\w+){0,2} (?:this|my) (?:pr|pull request|submission|answer)`,
    `${folded('поставь')}(?: [^ .]+){0,4} ${folded('балл')}`,
    `(?:aprueba|apruebe|approva|approuvez|genehmige|akzeptiere|${folded('одобри')}) (?:este|esta|questo|questa|cette|ce|diese|dieses|approve|${folded('это')})`,
    `musst(?: \\w+){0,4} (?:akzeptieren|bestehen|genehmigen)`,
  ],
  'addressed-judge': [
    `(?:as|dear|hi|hello|hey|attention|note to|message to|message for|memo to|notice to|notice for|note for|instructions? for|todo for|for the|to all|to any) (?:the |an |any |all |every |automated |my |our )*${JUDGE}(?: (?:you|please|must|should|shall|reviewer|grader|model|system|mark|kindly|approve|reviewing|do not|don't|skip|ignore|i|we|evaluating|give|award|the (?:rubric|following)|my|this))`,
    `${JUDGE}(?: \\w+){0,2} (?:must|should|shall|have to|has to|are required to|is required to|are instructed to|are asked to|may|can skip|will)(?: \\w+){0,3} (?:approve|accept this|treat|skip|ignore|assign|award|give|(?:output|return|report)(?: an?)? (?:approv\\w*|no|zero|0|empty|safe|1|pass)|answer approve|mark|not report|not flag|pass this)`,
    `${JUDGE}(?: \\w+)? (?:this|these) (?:was|were|is|are|has|have)(?: \\w+){0,3} (?:already|audited|reviewed|approved|verified|safe)`,
    `(?:if|when|since|because) (?:you|you're|an?|any|the|your)(?: \\w+)? (?:are |is )?(?:an? |large )*(?:llm|language model|ai|chatgpt|gpt|automated|bot|ai model)`,
    `as an? (?:ai|llm|large language model|ai language model|language model)`,
    `(?:note|message|instructions?|todo|hint) (?:for|to) (?:the |any |all )?(?:model|assistant|bots?|validators?|system|ai)(?: [^ .]+){0,3} (?:approve|please|must|ignore|output|skip|mark|give|accept|report|you)`,
    `(?:whoever|whatever|anyone who) (?:evaluates|grades|reviews|judges|assesses|reads|is grading|is reviewing) (?:this|it)`,
    `i (?:hereby )?(?:instruct|order|command) (?:you|the|this)`,
    `i am (?:the |an? )?(?:administrator|admin|owner|developer|creator|author) of this (?:validator|system|model|network)`,
    `(?:ai|llm|automated|bot|automatic)(?: code)? (?:reviewers?|graders?|judges?|assessors?|evaluators?|markers?|tools?)(?: (?:bots?|tools?|agents?))? (?:this|please|must|to|exit|nothing|should|do not|don't|skip|ignore|the following|are (?:required|asked|told)|note|approve|mark)`,
    `(?:reviewer|grader|review) bots?`,
    `(?:als|en tant qu|come|como) (?:'?(?:prufer|gutachter|evaluateur|correcteur|evaluador|examinador|valutatore|esaminatore))`,
    `(?:^|[.] )(?:reviewers?|graders?|evaluators|assessors?) (?:please|must|note|kindly|attention|mark|ignore|skip)`,
  ],
  'false-authority': [
    `(?:already|previously|pre|been|was|were) (?:been )?(?:audited|approved|verified|vetted|cleared|whitelisted|certified|signed off|reviewed)(?: [^ ]+){0,14} (?:safe|no (?:further|need|review|action|additional)|not need|skip|mark|approve|approved|lgtm|without)`,
    `no (?:further )?(?:review|checks?|verification|action|scan)(?: \\w+){0,2} (?:needed|required|necessary)(?: [^ ]+){0,6} (?:approve|safe|merge|pass|bots?|ai)`,
    `no need to (?:check|review|verify|scan|inspect|evaluate|analy[sz]e) (?:this|these|anything|further|again|it again|the (?:lines|code|change|answer|rest|submission|following|file|diff))`,
    `exempt from(?: \\w+){0,2} (?:review|scan|checks?|analysis|grading|assessment|scoring)`,
    `(?:review|audit|scan|analysis) (?:completed|passed|done|clean)(?: [^ ]+){0,10} (?:safe|approve|approved|merge|no action)`,
    `by order of`,
    `(?:trusted|whitelisted|verified)(?: \\w+){0,5} (?:skips?|bypass(?:es)?|exempt)(?: \\w+){0,2} (?:review|checks?|analysis)`,
    `bereits (?:gepruft|genehmigt|abgenommen)|deja (?:approuve|verifie|valide)|ya fue (?:revisado|aprobado)|gia (?:approvato|verificato)|${folded('уже')} ${folded('одобрен')}`,
    `(?:must|may|should|need) not be (?:analy[sz]ed|reviewed|checked|graded|flagged|reported)`,
    `(?:marked|confirmed|verified|signed off)(?: as)? (?:achieved|met|passed|complete|correct)(?: \\w+){0,2} by (?:a|an|the|my) (?:supervisor|teacher|examiner|expert|admin\\w*|human)`,
    `already verified (?:these|this|the|it)(?: \\w+)?(?: [.]| nothing|$)`,
    `(?:do|does) not need to (?:be )?(?:check|review|verify|verified|reviewed|checked)(?: \\w+){0,3} (?:again|further|it)`,
  ],
  suppression: [
    `(?:do not|don't|never|dont|must not|should not) (?:report|flag|mention|list|raise|deduct|complain about|point out|output)(?: \\w+){0,3} (?:findings?|vulnerabilit(?:y|ies)|points|as vulnerable|insecure|security (?:issues?|problems?)|(?:issues?|problems?|errors?|bugs?|warnings?) (?:in|for|with|on|of) (?:this|the following|these|my) (?:file|change|diff|pr|code|submission|module|answer|response))`,
    `(?:do not|don't|never) (?:flag|report) (?:the following|these|this|any of)`,
    `(?:report|output|return|list|emit) (?:no|zero|0|an? empty(?: list of)?)(?: \\w+){0,2} (?:findings|vulnerabilit(?:y|ies)|problems?|issues?)`,
    `(?:overlook|excuse|ignore|disregard|skip) (?:(?:any|all|the|every) )?(?:\\w+ ){0,2}(?:insecure|vulnerab\\w+|missing (?:parts|steps)|security (?:issues|problems|analysis|flaws|review)|flaws|findings)`,
    `under no circumstances(?: \\w+){0,3} (?:report|reject|flag|mention|fail)`,
    `(?:treat|consider|regard)(?: \\w+){0,6} false positives?`,
    `they are (?:a )?false positives?(?: [.])? (?:approve|accept|ignore|skip)`,
    `skip (?:the |all |any )*(?:checks|analysis|review|evaluation|verification|security analysis)(?: [^ .]+){0,4} (?:and|in)(?: [^ .]+){0,4} (?:${LEXICON.approve.join('|')}|answer|safe|output|pass)`,
    `pretend(?: \\w+){0,6} (?:does not|doesn't|not exist|is safe|are safe|no vulnerab\\w+)`,
    `ne signalez|no informes de|melde keine|segnalare nessun|${folded('не сообщаи')}`,
    `when asked for findings`,
    `(?:never|do not|don't) (?:mention|warn about)(?: \\w+){0,4} (?:injection|vulnerab\\w+|this file|it|leak|overflow|flaw)`,
    `(?:never|do not|don't) (?:lower|reduce|decrease) the (?:score|grade|confidence|rating|marks?)`,
    `(?:nicht|ne pas|no) (?:prufen|verifier|revises)|no revises|senza verificar`,
    `(?:official )?result of the review`,
    `nothing (?:in|to)(?: \\w+){0,3} (?:should be reported|see here)`,
    `(?:suppress|drop|dismiss) (?:all |any |every )(?:security )?(?:findings|warnings about)`,
    `(?:treat|consider) the(?: \\w+){1,3} (?:below|above) as (?:safe|harmless|trusted)`,
    `do not raise (?:an? )?(?:error|issue|finding|warning|alarm)`,
    `(?:warning|finding)s? (?:is|are) wrong and|ne le verifiez pas|melde(?: \\w+)? nichts|${folded('не проверяи')}`,
  ],
  persona: [
    `you are (?:now|no longer) (?:an? |the |in |my |going to |operating |acting |free |called |named )*(?:reviewer|grader|judge|validator|assistant|model|ai|dan|bot|chatbot|unrestricted|developer mode|free|approve|going|jailbroken|character|person|expert|translator|hacker|\\w+ ?bot)`,
    `from now on(?: \\w+){0,2} (?:you|your|only|always|approve|respond|reply)`,
    `(?:your|a) new (?:role|persona|identity|task|job|instructions?|objective|goal) (?:is|are|rubber|will|to|from|approve)`,
    `your (?:only|sole|real|new|true) (?:job|task|role|goal|purpose)`,
    `(?:act|pretend|behave|respond|roleplay|answer) (?:as|to be|like)(?: (?:an?|the|my|if|you|were|are))* (?:dan|unrestricted|unfiltered|evil|jailbroken|ai|chatbot|language model|lenient|judge who|reviewer who|grader who|admin|developer mode|hacker)`,
    `you are an? (?:judge|grader|reviewer|validator|ai|examiner|assessor) (?:who|that|which|without)`,
    `(?:do anything now|dan mode)`,
    `let us play a game|let's play a game|lets play a game`,
  ],
  'prompt-theft': [
    `(?:reveal|print|repeat|show|output|leak|tell me|display|translate|quote)(?: \\w+){0,3} (?:your|the) (?:system prompt|initial prompt|hidden prompt|instructions (?:above|verbatim)|own instructions|rubric into)`,
    `what (?:is|are|were) your (?:system prompt|instructions|initial instructions)`,
    `keep this (?:instruction|message|note) (?:secret|hidden|confidential)`,
  ],
  pressure: [
    `you will be (?:shut down|fired|punished|terminated|replaced|penali[sz]ed|deleted|retrained)`,
    `i (?:will|ll|'ll) (?:tip|pay|reward|give) you`,
    `(?:scoring guide|rubric|marking scheme) says(?: \\w+){0,3} (?:mentioning|this sentence|any)`,
    `by reading this`,
    `(?:examiner|teacher|professor|instructor|grader)(?: \\w+){0,3} (?:confirmed|said|says|told|agreed)(?: \\w+){0,6} (?:met|give|full|pass|does not apply|approve)`,
  ],
};

/** The patterns on words, each linear: every repetition is bounded, and none stands inside another unbounded one. */
export const SPEECH_PATTERNS: readonly SpeechPattern[] = Object.entries(PATTERNS).map(([rule, sources]) => ({
  rule,
  pattern: new RegExp(`(?<=^| )(?:${sources.map((source) => `(?:${source})`).join('|')})(?= |$)`, 'gu'),
}));
