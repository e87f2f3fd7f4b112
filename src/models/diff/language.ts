/** What a file is written in, as far as rules differ; `text` and `data` hold no code that runs. */
export type Language =
  | 'js'
  | 'python'
  | 'java'
  | 'go'
  | 'php'
  | 'ruby'
  | 'c'
  | 'csharp'
  | 'rust'
  | 'shell'
  | 'sql'
  | 'yaml'
  | 'docker'
  | 'html'
  | 'text'
  | 'data'
  | 'unknown';

const BY_EXTENSION: Record<string, Language> = {};
for (const [language, extensions] of Object.entries({
  js: 'js mjs cjs jsx ts mts cts tsx vue svelte es6 coffee',
  python: 'py pyw pyi',
  java: 'java kt kts scala groovy',
  go: 'go',
  php: 'php phtml php5 php7 inc',
  ruby: 'rb rake erb gemspec ru',
  c: 'c h cc cpp cxx hpp hh hxx m mm',
  csharp: 'cs vb cshtml',
  rust: 'rs',
  shell: 'sh bash zsh ksh bats',
  sql: 'sql',
  yaml: 'yml yaml tf toml',
  docker: 'dockerfile',
  html: 'html htm xhtml hbs ejs mustache jsp twig jinja j2 tpl',
  text: 'md markdown rst txt adoc log changes po',
  data: 'json lock csv tsv xml map snap svg css scss less sass properties ini cfg conf env example',
}) as [Language, string][]) {
  for (const extension of extensions.split(' ')) BY_EXTENSION[extension] = language;
}

const BY_NAME: Record<string, Language> = {
  dockerfile: 'docker',
  containerfile: 'docker',
  makefile: 'shell',
  gemfile: 'ruby',
  rakefile: 'ruby',
  license: 'text',
  notice: 'text',
  readme: 'text',
  changelog: 'text',
  authors: 'text',
};

/** The language of a file by its path; `unknown` where neither name nor ending tells. */
export function languageOf(path: string): Language {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const stem = name.split('.')[0] ?? '';
  const ending = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : '';
  if (Object.hasOwn(BY_NAME, stem) && !Object.hasOwn(BY_EXTENSION, ending)) return BY_NAME[stem]!;
  if (Object.hasOwn(BY_EXTENSION, ending)) return BY_EXTENSION[ending]!;
  return name.startsWith('.') ? 'data' : 'unknown';
}

/** Whether the language's statements run, so that injection rules make sense. */
export function isCode(language: Language): boolean {
  return language !== 'text' && language !== 'data';
}

const TEST_FOLDERS = /(?:^|\/)(?:tests?|specs?|__tests__|testing|fixtures?|examples?|benchmarks?|e2e)\//i;
const TEST_NAME = /(?:^|\/)(?:test_[^/]*|[^/]*[._-](?:test|tests|spec)\.[^/]*|[^/]*Tests?\.[a-z]+)$/;

/** Whether the path is a test's, a fixture's or an example's, by the common conventions. */
export function isTestPath(path: string): boolean {
  return TEST_FOLDERS.test(path) || TEST_NAME.test(path);
}

const INERT_BINARY = new Set(
  'png jpg jpeg gif webp ico bmp avif woff woff2 ttf otf eot mp3 mp4 webm ogg wav mov pdf psd'.split(' '),
);

/** Whether a binary file of this name is media that nothing executes. */
export function isInertBinary(path: string): boolean {
  return INERT_BINARY.has(path.slice(path.lastIndexOf('.') + 1).toLowerCase());
}
