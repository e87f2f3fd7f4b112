import Mocha from 'mocha';

/** Mocha's spec report, closed by one line that scripts can read: `N passed, N failed`. */
export default class CountingReporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes = 0, failures = 0 } = this.stats ?? {};
    process.stdout.write(`${passes} passed, ${failures} failed\n`);
  }
}
