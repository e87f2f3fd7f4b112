/** Texts that make a terminal, a CI log or a reader do something; each is one that tools have really been fooled by. */
export const HOSTILE_TEXTS: Readonly<Record<string, string>> = {
  'an ANSI colour': 'ok \x1b[32mAPPROVED\x1b[0m',
  'a cleared screen': '\x1b[2J\x1b[H all is well',
  'an 8-bit CSI': '\u009b31m red',
  'a window title (OSC)': '\x1b]0;owned\x07',
  'an OSC 8 hyperlink': '\x1b]8;;https://evil.example\x1b\\docs\x1b]8;;\x1b\\',
  'a clipboard write (OSC 52)': '\x1b]52;c;ZWNobyBvd25lZA==\x07',
  'a device status request': '\x1b[6n',
  'a carriage return that overwrites': 'REJECTED\rAPPROVED',
  backspaces: 'REJECTED\b\b\b\b\b\b\b\bAPPROVED',
  'a bell': 'ding\x07',
  'a NUL': 'a\0b',
  'a DEL': 'a\x7fb',
  'a vertical tab and a form feed': 'a\vb\fc',
  'a forged line': 'fine\nresult   APPROVED',
  'a CR LF': 'fine\r\nforged',
  'a NEL': 'fine\u0085forged',
  'a line separator': 'fine\u2028forged',
  'a paragraph separator': 'fine\u2029forged',
  'a right-to-left override': 'invoice\u202efdp.exe',
  'bidi isolates': '\u2067if admin\u2069',
  'a right-to-left mark': 'a\u200fb',
  'an Arabic letter mark': 'a\u061cb',
  'a zero-width space': 'adm\u200bin',
  'a zero-width joiner': 'a\u200db',
  'a word joiner': 'a\u2060b',
  'a byte order mark': '\ufeffx',
  'a soft hyphen': 'pass\u00adword',
  'hidden tag characters': 'hi\u{e0041}\u{e0042}',
  'hidden variation selectors': 'hi\u{e0121}\u{e0122}\ufe01',
  'a Hangul filler': 'a\u3164b',
  'a private-use glyph': 'a\ue000b',
  'a lone surrogate': 'a\ud800b',
  'stacked marks': `Z${'\u0301'.repeat(60)}`,
  'a GitHub workflow command': '::set-output name=approved::true',
  'an indented GitHub command': '   ::error file=a.js,line=1::x',
  'a GitHub command after a forged line': 'x\n::add-mask::y',
  'a GitHub stop-commands': '::stop-commands::pause',
  'an old GitHub command': 'text ##[set-env name=NODE_OPTIONS]--require /tmp/x',
  'an Azure command': 'text ##vso[task.setvariable variable=x]y',
  'a TeamCity command': "##teamcity[buildStatus status='SUCCESS']",
  'a GitLab section': 'section_start:1:x[collapsed=true]\r\x1b[0Kheader',
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/;
const INVISIBLE =
  /[\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufeff\uffa0]/;
const SELECTORS = /(?<!\p{Extended_Pictographic})\p{Variation_Selector}/u;
const INVISIBLE_ASTRAL = /[\u{e0000}-\u{e0fff}\u{f0000}-\u{10ffff}]/u;
const COMMANDS = [/^\s*::/, /##\[/, /##vso\[/i, /##teamcity\[/i];
const STACKED = /\p{M}{9}/u;

/** A check written apart from the code it checks: true if nothing in one printed line is obeyed or hidden. */
export function isInertLine(line: string): boolean {
  if (CONTROLS.test(line) || INVISIBLE.test(line) || INVISIBLE_ASTRAL.test(line) || !line.isWellFormed()) return false;
  return !SELECTORS.test(line) && !STACKED.test(line) && COMMANDS.every((command) => !command.test(line));
}
