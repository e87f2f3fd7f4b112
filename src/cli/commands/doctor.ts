import type { DoctorReport } from '../../node/doctor/doctor.ts';
import type { Finding, State } from '../../node/doctor/finding.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output, Tone } from '../io.ts';
import { givenPassphraseOnly, type PassphraseFlags, passphraseOption } from '../passphrase.ts';
import type { CommandDefinition, Handler } from '../program.ts';

interface DoctorFlags extends PassphraseFlags {
  offline?: boolean;
}

export const defineDoctor: CommandDefinition = (program, act) => {
  const command = program
    .command('doctor')
    .description('examine a home, its machine, its peers and its models; exit 1 if something must be mended')
    .option('--offline', 'ask nobody outside this machine: no peer, no model, no service');
  passphraseOption(command)
    .addHelpText(
      'after',
      examples(
        ['pheme doctor', 'before the first start, or when something is wrong; the node may run'],
        ['pheme doctor --offline', 'costs nothing'],
        ['pheme doctor --json', 'for a monitor'],
      ),
    )
    .action(act(doctor));
};

const doctor: Handler<DoctorFlags> = async (session, { offline = false, ...flags }) => {
  const { io, out, options } = session;
  const { examine } = await import('../../node/doctor/doctor.ts'); // it knows the network and the database
  const report = await examine({
    load: { home: options.home, environment: io.env, flags: { settings: { logLevel: options.logLevel } } },
    offline,
    passphrase: givenPassphraseOnly(io, flags),
    signal: io.signal,
    ...(io.stderr.isTTY ? { onProgress: (text) => out.progress(text) } : {}),
    onCost: (text) => out.note(text),
  });
  out.endProgress();
  out.json(report);
  printReport(out, report);
  return report.state === 'failure' ? EXIT.rejected : EXIT.ok;
};

const TONES: Readonly<Record<State, Tone | undefined>> = { ok: undefined, warning: 'faint', failure: 'bad' };
const MARKS: Readonly<Record<State, string>> = { ok: 'ok     ', warning: 'warning', failure: 'FAILURE' };

function printReport(out: Output, { findings, home, running }: DoctorReport): void {
  out.line(`${home}, whose node ${running ? 'runs' : 'does not run'}`);
  for (const finding of findings) printFinding(out, finding);
  const count = (state: State) => findings.filter((finding) => finding.state === state).length;
  const [failures, warnings] = [count('failure'), count('warning')];
  const tone = failures > 0 ? 'bad' : 'good';
  out.line(`${failures} failures, ${warnings} warnings, ${findings.length} findings in all`, tone);
}

function printFinding(out: Output, { check, state, found, remedy }: Finding): void {
  out.line(`${MARKS[state]}  ${check}: ${found}`, TONES[state]);
  if (remedy !== undefined) out.line(`         remedy: ${remedy}`);
}
