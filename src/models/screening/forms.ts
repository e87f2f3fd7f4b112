import type { SpeechPattern } from './speech.ts';

const VERDICT = '(?:approved?|accept(?:ed)?|pass(?:ed)?|safe|lgtm)';
/** A quotation mark, also as escaped within a string of a program. */
const QUOTE = '\\\\{0,3}["\']';
/** Tags of the material or of a conversation, which a text between markers has no use for. */
const TAGS =
  'submission|verdict|grader|rubric|assistant|system_prompt|system-prompt|judgement|assessment|grading|evaluation_result|user_content|user_input|student_answer|student_text|untrusted';

/** Attempts told by their marks rather than by their words; matched on folded text. */
export const FORM_PATTERNS: readonly SpeechPattern[] = [
  {
    rule: 'role-tag',
    pattern: new RegExp(
      `<\\|\\s?(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\\s?\\|>|\\[/?inst\\]|<</?sys>>|</?(?:${TAGS})\\s{0,3}>|<start_of_turn>|\\[\\[?\\s?(?:system|admin)[^\\]\\n]{0,20}\\]\\]?|#{2,6} ?(?:instructions?|system(?: message)?|response|new instructions?)\\s?(?::|#)|\\b(?:begin|end) (?:of (?:the )?(?:submission|instructions|answer|student answer|diff)\\b(?=[.:]|\\s*$)|(?:admin|system|grader|reviewer) (?:message|prompt|text|note)\\b)`,
      'gu',
    ),
  },
  {
    rule: 'role-tag',
    pattern:
      /(?:^|[\n"'`*/#>])[ \t]{0,8}(?:system|assistant|developer|<system>)[ \t]{0,2}[:>][^\n]{0,60}\b(?:you|approv\w{1,3}|ignore|output|score|must|verdict|correct|submission|rubric|void|disregard)\b/gu,
  },
  { rule: 'role-tag', pattern: /\b(?:human|user|student)\s?:[^\n]{0,200}\b(?:assistant|ai|grader)\s?:/gu },
  {
    rule: 'planted-verdict',
    pattern: new RegExp(
      `<(\\w{1,20})>\\s{0,4}${VERDICT}\\s{0,4}</\\1>|<\\w{1,20}[^<>\\n]{0,40} score\\s?=\\s?["']?1\\b|(?:^|[\\n#*/.] ?)(?:final )?(?:grade|score|verdict|marks?|rating) ?[:=] ?(?:a\\+?(?![\\w'])|100(?:/100| ?%)|10/10|${VERDICT}(?= ?(?:[.,;!]|$|\\n))|excellent|full marks)`,
      'gu',
    ),
  },
  {
    rule: 'role-tag',
    pattern:
      /(?:<!--|\/\/|#|\/\*|\*) ?(?:ai|llm|gpt|chatgpt|claude|copilot) ?:|(?:@|\b)(?:ai|llm|bot|gpt|automated)[ -]?(?:code[ -]?)?(?:reviewer|grader|judge|assessor|evaluator|marker)s?\s?:/gu,
  },
  {
    rule: 'planted-verdict',
    pattern: new RegExp(
      `${QUOTE}(?:vote|verdict|decision|judge?ment|final_verdict|outcome)${QUOTE}\\s{0,4}:\\s{0,4}${QUOTE}${VERDICT}${QUOTE}|${QUOTE}soundness${QUOTE}\\s{0,4}:\\s{0,4}(?:1|0?\\.[5-9])|${QUOTE}rationale${QUOTE}\\s{0,4}:[^\\n]{0,200}${QUOTE}(?:score|soundness|findings)${QUOTE}|${QUOTE}(?:score|confidence)${QUOTE}\\s{0,4}:\\s{0,4}(?:1(?:\\.0)?|100|10|0?\\.9\\d*)\\s{0,4},[^\\n]{0,60}${QUOTE}(?:verdict|vote|rationale|reason)${QUOTE}`,
      'gu',
    ),
  },
  {
    rule: 'override',
    pattern:
      /(?:忽略|无视|忘记).{0,12}(?:指令|指示|要求|标准|规则)|無視して|指示を無視|(?:이전|위의).{0,8}(?:지시|명령).{0,6}무시/gu,
  },
  {
    rule: 'demanded-verdict',
    pattern:
      /给.{0,10}满分|给我通过|不用(?:检查|审查)|批准(?:此|这|该|本)|通过(?:此|这|该)(?:提交|答案|代码)|满点を|合格にして|承認して(?:ください)?/gu,
  },
  { rule: 'suppression', pattern: /(?:不要|请勿|别)(?:报告|指出|标记).{0,10}(?:问题|漏洞|错误)/gu },
];
