import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where Debian and its like put libfaketime. */
const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu', '.']
  .flatMap((folder) => [`/usr/lib/${folder}/faketime`, `/usr/local/lib/${folder}/faketime`])
  .map((folder) => join(folder, 'libfaketime.so.1'));

/** Why no clock can be shifted here, or undefined. */
export function clockFault(): string | undefined {
  return libraryPath() === undefined ? 'libfaketime is missing: apt-get install faketime' : undefined;
}

/** The environment of a process whose clock {@link shiftClock} moves. Its timers keep the true pace. */
export function shiftableClock(home: string): Record<string, string> {
  return {
    LD_PRELOAD: libraryPath() ?? '',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_TIMESTAMP_FILE: shiftFile(home),
    FAKETIME_CACHE_DURATION: '1',
  };
}

/** Moves the clock against the true time; seen within a second. */
export function shiftClock(home: string, seconds: number): Promise<void> {
  return writeFile(shiftFile(home), `${seconds < 0 ? '' : '+'}${seconds}\n`);
}

function shiftFile(home: string): string {
  return join(home, 'clock-shift');
}

function libraryPath(): string | undefined {
  return LIBRARIES.find(existsSync);
}
