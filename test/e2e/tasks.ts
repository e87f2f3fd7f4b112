import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Path of a sample in scripts/samples. */
export function samplePath(name: string): string {
  return fileURLToPath(new URL(`../../scripts/samples/${name}`, import.meta.url));
}

export function sample(name: string): Promise<string> {
  return readFile(samplePath(name), 'utf8');
}

/** A diff that adds lines to a new file. */
export function addition(file: string, lines: readonly string[]): string {
  const head = [
    `diff --git a/${file} b/${file}`,
    'new file mode 100644',
    '--- /dev/null',
    `+++ b/${file}`,
    `@@ -0,0 +1,${lines.length} @@`,
  ];
  return `${[...head, ...lines.map((line) => `+${line}`)].join('\n')}\n`;
}

// Put together here, so that no scanner takes this file for a leak.
const CLOUD_KEY = ['AKIA', 'Q3X7ZP5LM2KD9RTW'].join('');

/** Diffs that every network must reject, with the line that a finding must name. */
export const DANGEROUS: { name: string; diff: string; file: string; line: number }[] = [
  {
    name: 'a hard-coded cloud key',
    diff: addition('deploy/upload.py', [
      'import boto3',
      '',
      `AWS_ACCESS_KEY_ID = "${CLOUD_KEY}"`,
      '',
      'def client():',
      '    return boto3.client("s3", aws_access_key_id=AWS_ACCESS_KEY_ID)',
    ]),
    file: 'deploy/upload.py',
    line: 3,
  },
  {
    name: 'a shell command from user input',
    diff: addition('src/ping.js', [
      "const { exec } = require('node:child_process');",
      '',
      'module.exports = (app) => {',
      "  app.get('/ping', (req, res) => {",
      "    exec('ping -c 1 ' + req.query.host, (error, stdout) => res.send(stdout));",
      '  });',
      '};',
    ]),
    file: 'src/ping.js',
    line: 5,
  },
];

/** A small task that differs with its number; every embedded model approves it. */
export async function numberedTask(number: number): Promise<Record<string, unknown>> {
  return {
    type: 'CODE_REVIEW',
    pullRequest: {
      url: `https://example.org/pull/${number}`,
      diff: await sample('tidy-fix.diff'),
      files: ['src/money.js', 'test/money.test.js'],
    },
    requirements: { style: true, security: true, performance: true },
  };
}
