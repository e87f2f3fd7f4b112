import type { CommandWords, OptionWords } from './words.ts';

/** A function for bash's programmable completion; zsh takes it through bashcompinit. */
export function bashScript(commands: readonly CommandWords[]): string {
  const paths = commands.map(({ path }) => path).filter((path) => path !== '');
  return `# Completion of pheme for bash: source <(pheme completion bash)
_pheme() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" word at
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    case "$path\${path:+ }$word" in
      ${paths.map(quoted).join('|')}) path="$path\${path:+ }$word" ;;
    esac
  done
  case "$path/$prev" in
${commands.flatMap(({ path, options }) => options.flatMap((option) => valueCase(path, option))).join('\n')}
  esac
  case "$path" in
${commands.map(wordCase).join('\n')}
  esac
}
complete -o default -F _pheme pheme
`;
}

function valueCase(path: string, { long, value, words }: OptionWords): string[] {
  if (value === undefined) return [];
  const pattern = quoted(`${path}/${long}`);
  if (value === 'words')
    return [`    ${pattern}) COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$cur")); return ;;`];
  if (value === 'folder') return [`    ${pattern}) COMPREPLY=($(compgen -d -- "$cur")); return ;;`];
  if (value === 'file') return [`    ${pattern}) COMPREPLY=($(compgen -f -- "$cur")); return ;;`];
  return [`    ${pattern}) return ;;`];
}

function wordCase({ path, commands, options, takesFile }: CommandWords): string {
  const words = [...commands.map(({ name }) => name), ...options.map(({ long }) => long)];
  const files = takesFile ? ` [[ "$cur" == -* ]] || COMPREPLY+=($(compgen -f -- "$cur"));` : '';
  const listed = takesFile ? words.filter((word) => word.startsWith('--')) : words;
  return `    ${quoted(path)}) COMPREPLY=($(compgen -W ${quoted(listed.join(' '))} -- "$cur"));${files} ;;`;
}

/** For a shell: our own words hold no quotes, and this would hold them harmless. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
