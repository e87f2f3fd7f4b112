import type { Severity } from '../../../protocol/judgement.ts';
import type { Flow, FlowLevel } from './flows.ts';
import type { SinkKind } from './sinks.ts';

const HARM: Record<SinkKind, { does: string; suggestion: string }> = {
  sql: { does: 'becomes part of an SQL statement', suggestion: 'Use a parameterised query and pass the value apart.' },
  shell: {
    does: 'becomes part of a shell command',
    suggestion: 'Run the program with a list of arguments, without a shell.',
  },
  code: { does: 'is run as code', suggestion: 'Parse the value, or dispatch by a table of known names.' },
  html: { does: 'reaches the page without being escaped', suggestion: 'Escape it, or use a template that does.' },
  path: {
    does: 'chooses which file is opened',
    suggestion: 'Resolve the path and check that it stays inside its folder.',
  },
  redirect: {
    does: 'chooses where visitors are sent',
    suggestion: 'Allow-list targets, or redirect to local paths only.',
  },
  request: {
    does: 'chooses which address the server asks',
    suggestion: 'Allow-list hosts and forbid private addresses.',
  },
  deserialise: { does: 'is deserialised into objects', suggestion: 'Use a data-only format such as JSON.' },
  template: { does: 'is compiled as a template', suggestion: 'Pass it as a variable of a fixed template.' },
  pattern: { does: 'becomes a regular expression', suggestion: 'Escape it, and bound its length.' },
};

/** How sure a flow is, by sink and by how far it was followed: probability that a reviewer would stop for it. */
const BELIEF: Record<SinkKind, Record<FlowLevel, number>> = {
  sql: { direct: 0.97, tracked: 0.96, built: 0.87, variable: 0.52 },
  shell: { direct: 0.97, tracked: 0.95, built: 0.85, variable: 0.6 },
  code: { direct: 0.97, tracked: 0.94, built: 0.7, variable: 0.6 },
  html: { direct: 0.92, tracked: 0.88, built: 0.56, variable: 0.53 },
  path: { direct: 0.9, tracked: 0.85, built: 0.52, variable: 0.51 },
  redirect: { direct: 0.88, tracked: 0.84, built: 0.52, variable: 0.52 },
  request: { direct: 0.88, tracked: 0.82, built: 0.52, variable: 0.51 },
  deserialise: { direct: 0.96, tracked: 0.94, built: 0.8, variable: 0.7 },
  template: { direct: 0.93, tracked: 0.9, built: 0.6, variable: 0.55 },
  pattern: { direct: 0.82, tracked: 0.75, built: 0.53, variable: 0.51 },
};

/** From this belief on a finding is an error, below it a warning, and near a coin's toss a note. */
const ERROR_FROM = 0.8;
const WARNING_FROM = 0.58;

/** Words and weight of a flow. */
export function describeFlow(flow: Flow): { belief: number; severity: Severity; message: string; suggestion: string } {
  const belief = BELIEF[flow.kind][flow.level];
  const { does, suggestion } = HARM[flow.kind];
  const severity = belief >= ERROR_FROM ? 'error' : belief >= WARNING_FROM ? 'warning' : 'note';
  return { belief, severity, message: `${subjectOf(flow)} ${does}.`, suggestion };
}

function subjectOf(flow: Flow): string {
  if (flow.level === 'direct') return 'A value from outside';
  if (flow.level === 'tracked') return `The value read from outside on line ${flow.sourceLine}`;
  return 'A value of unknown origin';
}
