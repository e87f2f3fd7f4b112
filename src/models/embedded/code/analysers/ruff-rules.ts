import type { Category, Severity } from '../../../../protocol/judgement.ts';

/** What a hit of one of Ruff's rules means here. */
export interface RuffRule {
  category: Category;
  severity: Severity;
  /** Probability that a reviewer would stop for it, from labelled changes; 0.5 where they say nothing. */
  belief: number;
  message: string;
  suggestion: string;
}

type Entry = [codes: string, belief: number, message: string, suggestion: string];

function table(category: Category, severity: Severity, entries: readonly Entry[]): [string, RuffRule][] {
  return entries.flatMap(([codes, belief, message, suggestion]) =>
    codes.split(' ').map((code): [string, RuffRule] => [code, { category, severity, belief, message, suggestion }]),
  );
}

/**
 * Rules whose hits a reviewer would stop for. Of labelled changes with a hit 74% were bad, counting bad code without its
 * marked line as good even if the like of it stands elsewhere; of fixes and what they mended, 18 of 21.
 */
const SECURITY_ERRORS = table('security', 'error', [
  ['S602 S604', 0.8, 'A command goes through a shell.', 'Pass a list of arguments and leave the shell out.'],
  ['S605', 0.8, 'A command is put together for a shell.', 'Use subprocess.run with a list of arguments.'],
  ['S307 S102', 0.75, 'Text is run as code.', 'Parse the value (ast.literal_eval, json.loads) or dispatch by a table.'],
  [
    'S301 S302',
    0.75,
    'Loading this format runs code that the data chooses.',
    'Use a data-only format such as JSON, or sign the data and check it first.',
  ],
  ['S506', 0.78, 'This YAML loader can build arbitrary Python objects.', 'Use yaml.safe_load.'],
  [
    'S501 S323',
    0.85,
    'Certificate verification is switched off.',
    'Keep it on; trust a private authority by its certificate.',
  ],
  ['S201', 0.85, 'The debugger of Flask runs code for whoever reaches it.', 'Switch debug on by the environment only.'],
  [
    'S306',
    0.75,
    'Another process can create this temporary name first.',
    'Use tempfile.mkstemp or NamedTemporaryFile.',
  ],
]);

const SECURITY_WARNINGS = table('security', 'warning', [
  [
    'S608',
    0.7,
    'An SQL statement is put together from text.',
    'Bind values as parameters; allow-list names of tables.',
  ],
  ['S324', 0.75, 'This digest is broken.', 'Use SHA-256 or better; for passwords scrypt or Argon2.'],
  [
    'S105 S106 S107',
    0.7,
    'What looks like a password stands in the code.',
    'Read it from the environment or a secret store.',
  ],
  ['S701 S702', 0.7, 'Templates are rendered without escaping.', 'Switch autoescape on.'],
  [
    'S202',
    0.6,
    'Members of an archive may be written outside the folder.',
    "Extract with filter='data', or check each path.",
  ],
  ['S311', 0.6, 'These random numbers can be predicted.', 'For tokens and keys use the secrets module.'],
  [
    'S308 S704',
    0.55,
    'Text is marked as safe HTML without escaping.',
    'Let the template escape it, or use format_html.',
  ],
  [
    'S313 S314 S315 S316 S317 S318 S319',
    0.55,
    'This XML parser expands entities that the data chooses.',
    'Parse what others send with defusedxml.',
  ],
  ['S502 S503 S504', 0.7, 'A broken version of TLS is allowed.', 'Use ssl.create_default_context().'],
  ['S507', 0.7, 'Any SSH host key is accepted.', 'Load known hosts and reject the others.'],
  ['S505', 0.75, 'The key is too short to be safe.', 'Use RSA of 2048 bits or an elliptic curve.'],
  ['S312 S321', 0.6, 'The protocol sends everything in the clear.', 'Use SSH or TLS.'],
  ['S609', 0.65, 'A wildcard in a command takes file names for options.', 'Expand it in Python, after "--".'],
  ['S610 S611', 0.65, 'Raw SQL goes past the query builder.', 'Use its expressions, or bind values as parameters.'],
  ['S612', 0.65, 'The logging configuration that a socket receives can run code.', 'Verify what is received.'],
]);

const CORRECTNESS = table('correctness', 'warning', [
  ['B006 B008', 0.5, 'The default is made once and shared by all calls.', 'Default to None and make it inside.'],
  ['B023', 0.5, "The function sees the loop variable's last value.", 'Bind it as a default argument.'],
  ['B012', 0.5, 'Leaving in "finally" swallows the exception.', 'Leave after the block.'],
  ['B011', 0.5, 'The assertion is gone under -O.', 'Raise AssertionError.'],
  ['B015 B018', 0.5, 'The expression has no effect.', 'Use its value or remove it.'],
  ['B005', 0.5, 'strip() takes a set of characters, not a text.', 'Use removeprefix or removesuffix.'],
  ['F632', 0.5, '"is" compares identity with a literal.', 'Use "==".'],
  ['F601 B035', 0.5, 'The same key stands twice; the first value is lost.', 'Remove one.'],
  ['F631 F634', 0.5, 'A tuple is always true here.', 'Remove the parentheses.'],
  [
    'F501 F502 F503 F504 F505 F506 F507 F508 F509',
    0.5,
    'The format does not fit its values.',
    'Match placeholders and values.',
  ],
  ['F521 F522 F523 F524 F525', 0.5, 'The format does not fit its arguments.', 'Match placeholders and arguments.'],
  ['F702 F701', 0.5, 'The statement stands outside a loop.', 'Move or remove it.'],
  ['PLE0101 PLE0604 PLE0704 PLE1142 PLE1205 PLE1206 PLE1310', 0.5, 'The statement fails when it runs.', 'Mend it.'],
]);

const PERFORMANCE = table('performance', 'note', [
  ['PERF101 PERF102', 0.5, 'The loop makes a copy or a pair that it does not need.', 'Loop over what is used.'],
  ['PERF401 PERF402 PERF403', 0.5, 'The loop builds a collection item by item.', 'Use a comprehension, or copy it.'],
  [
    'C400 C401 C402 C403 C404 C405 C406 C409 C410 C411 C414 C416 C419',
    0.5,
    'A collection is made only to be read once.',
    'Use a comprehension or a literal.',
  ],
  ['SIM118 RUF015', 0.5, 'A copy is made for a look-up.', 'Ask the collection itself.'],
]);

const STYLE = table('style', 'note', [
  ['E701 E702 E703', 0.5, 'Several statements stand in one line.', 'Give each its own line, without a semicolon.'],
  ['E711 E712', 0.5, 'A singleton is compared by value.', 'Use "is", or the truth of the value.'],
  ['E713 E714', 0.5, 'The negation stands before the comparison.', 'Use "not in" or "is not".'],
  ['E721', 0.5, 'Types are compared by value.', 'Use isinstance.'],
  ['E731', 0.5, 'A lambda is given a name.', 'Use def.'],
  ['E741', 0.5, 'The name reads like a digit.', 'Choose another.'],
  ['B904', 0.5, 'The cause of the exception is lost.', 'Raise it "from" the one that was caught.'],
  ['F541', 0.5, 'The f-string holds no value.', 'Remove the f.'],
  [
    'SIM102 SIM103 SIM108 SIM114 SIM201 SIM210 SIM211 SIM220 SIM221 SIM222 SIM223 SIM300 SIM401',
    0.5,
    'The condition can be said more simply.',
    'Simplify it.',
  ],
  ['SIM115', 0.5, 'The file stays open if something fails.', 'Open it in a "with" statement.'],
  [
    'UP003 UP004 UP008 UP010 UP012 UP015 UP018 UP034',
    0.5,
    'This is left over from old versions of Python.',
    'Remove it.',
  ],
]);

/** What Ruff is asked for, by its codes. */
export const RUFF_RULES: ReadonlyMap<string, RuffRule> = new Map([
  ...SECURITY_ERRORS,
  ...SECURITY_WARNINGS,
  ...CORRECTNESS,
  ...PERFORMANCE,
  ...STYLE,
]);
