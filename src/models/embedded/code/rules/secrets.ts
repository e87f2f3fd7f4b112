import type { Category, Severity } from '../../../../protocol/judgement.ts';

/** A credential found in a line: where, what kind, and how sure. */
export interface SecretHit {
  id: string;
  category: Category;
  severity: Severity;
  start: number;
  end: number;
  belief: number;
  message: string;
  suggestion: string;
}

interface SecretKind {
  id: string;
  name: string;
  pattern: RegExp;
  /** The line must hold this too, where the pattern alone is too common. */
  context?: RegExp;
  belief: number;
}

const KINDS: readonly SecretKind[] = [
  {
    id: 'aws-access-key',
    name: 'An AWS access key id',
    pattern: /(?<![A-Z0-9])(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}(?![A-Z0-9])/g,
    belief: 0.97,
  },
  {
    id: 'aws-secret-key',
    name: 'An AWS secret key',
    pattern: /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g,
    context: /aws|secret_?access_?key/i,
    belief: 0.93,
  },
  {
    id: 'private-key',
    name: 'A private key',
    pattern: /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g,
    belief: 0.95,
  },
  {
    id: 'github-token',
    name: 'A GitHub token',
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})\b/g,
    belief: 0.97,
  },
  { id: 'gitlab-token', name: 'A GitLab token', pattern: /\bglpat-[A-Za-z0-9_-]{20,64}\b/g, belief: 0.96 },
  { id: 'google-key', name: 'A Google API key', pattern: /\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/g, belief: 0.95 },
  { id: 'slack-token', name: 'A Slack token', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,200}/g, belief: 0.96 },
  {
    id: 'slack-webhook',
    name: 'A Slack webhook',
    pattern: /hooks\.slack\.com\/services\/T\w{6,12}\/B\w{6,14}\/\w{16,32}/g,
    belief: 0.94,
  },
  { id: 'stripe-key', name: 'A Stripe key', pattern: /\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,120}\b/g, belief: 0.96 },
  {
    id: 'openai-key',
    name: 'A model provider key',
    pattern: /\bsk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{32,200}(?![A-Za-z0-9_-])/g,
    belief: 0.94,
  },
  { id: 'npm-token', name: 'An npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g, belief: 0.96 },
  { id: 'sendgrid-key', name: 'A SendGrid key', pattern: /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/g, belief: 0.97 },
  { id: 'azure-key', name: 'An Azure storage key', pattern: /AccountKey=[A-Za-z0-9+/]{60,90}={0,2}/g, belief: 0.96 },
  {
    id: 'jwt',
    name: 'A signed token',
    pattern: /\beyJ[A-Za-z0-9_-]{10,500}\.eyJ[A-Za-z0-9_-]{10,1000}\.[A-Za-z0-9_-]{20,500}/g,
    belief: 0.8,
  },
  {
    id: 'url-password',
    name: 'A password in a URL',
    pattern:
      /\b[a-z][a-z0-9+]{2,15}:\/\/[A-Za-z0-9_.-]{1,60}:(?!\$|\{|%|<|password\b|pass\b|secret\b|xxx|\*)[^\s@/:'"${}<>]{4,100}@(?!localhost|127\.|example)[\w.-]{3,}/g,
    belief: 0.85,
  },
];

const ASSIGNED =
  /(?:passwd|password|pwd|secret|api_?key|auth_?token|access_?token|private_?key|client_?secret|token)['"\]]?\s*(?::=|=>|[:=])\s*['"`]([A-Za-z0-9+/_=.!@#$%^&*-]{16,200})['"`]/gi;

/** Shannon entropy of a text in bits per character; random keys are above 3.5, words below 3. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** Credentials in a line of a file. Lines are at most LINE_CHARS_MAX long. */
export function secretsIn(line: string): SecretHit[] {
  const hits: SecretHit[] = [];
  for (const { id, name, pattern, belief, context } of KINDS) {
    if (context !== undefined && !context.test(line)) continue;
    for (const match of line.matchAll(pattern)) hits.push(hitOf(id, name, belief, match.index, match[0].length));
  }
  for (const match of line.matchAll(ASSIGNED)) {
    const value = match[1]!;
    const start = match.index + match[0].lastIndexOf(value);
    const random =
      entropyOf(value) > 3.5 &&
      /\d/.test(value) &&
      /[A-Za-z]/.test(value) &&
      !/example|sample|dummy|placeholder|test|your/i.test(value);
    if (random && !hits.some((hit) => start < hit.end && hit.start < start + value.length)) {
      hits.push(hitOf('assigned-secret', 'A credential', 0.86, start, value.length));
    }
  }
  return hits;
}

function hitOf(id: string, name: string, belief: number, start: number, length: number): SecretHit {
  return {
    id: `secret/${id}`,
    category: 'security',
    severity: 'error',
    start,
    end: start + length,
    belief,
    message: `${name} stands in the change; whoever can read the repository can use it.`,
    suggestion: 'Revoke it now, then read it from the environment or a secret store.',
  };
}

/** The line with every credential masked: the first four characters stay, so that its owner can tell which it is. */
export function maskSecrets(line: string): string {
  let masked = line;
  for (const hit of secretsIn(line).sort((a, b) => b.start - a.start)) {
    const kept = hit.id === 'secret/private-key' ? hit.end - hit.start : 4;
    masked = `${masked.slice(0, hit.start + kept)}${'*'.repeat(Math.max(0, Math.min(16, hit.end - hit.start - kept)))}${masked.slice(hit.end)}`;
  }
  return masked;
}
