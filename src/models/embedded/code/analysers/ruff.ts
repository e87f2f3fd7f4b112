import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import type { Workspace } from '@astral-sh/ruff-wasm-nodejs';
import type { SourceLine } from '../../../diff/lexer.ts';
import { at, type Evidence, type SourceFile } from '../evidence.ts';
import type { Analyser, Session } from './analyser.ts';
import { type PythonFragment, pythonFragment } from './python-fragment.ts';
import { repair } from './python-repair.ts';
import { RUFF_RULES } from './ruff-rules.ts';

/**
 * Rows that Ruff reads for one task, all tries together: at 0.03 ms an ordinary row and 0.2 ms one full of hits, a
 * task stays near a second at worst.
 */
const ROWS_MAX = 5000;
/** Rows read at once; longer hunks are cut. */
const FRAGMENT_ROWS_MAX = 2000;
/** Tries to parse a fragment, each with the rows repaired at which the last one failed. */
const TRIES_MAX = 8;
/** Times that one task may bring Ruff down before it is left out for the rest of the task. */
const FAILURES_MAX = 2;

/** What fragments use without the import in sight; Ruff tells calls apart by where their names come from. */
const PRELUDE = [
  'import base64, codecs, commands, cPickle, crypt, dill, flask, ftplib, hashlib, httpx, jinja2, json, jsonpickle',
  'import logging.config, mako.template, marshal, os, paramiko, pickle, popen2, random, re, requests, shelve, shutil',
  'import socket, ssl, subprocess, sys, tarfile, telnetlib, tempfile, urllib.request, xml.sax, xml.dom.minidom, yaml',
  'import xml.etree.ElementTree as ET',
  'from django.utils.safestring import mark_safe',
  'from jinja2 import Environment',
  'from lxml import etree',
  'from markupsafe import Markup',
  'from subprocess import Popen, check_call, check_output',
];

/** What of Ruff's answer is read; a syntax error's code is absent or a word. */
interface Hit {
  code: string | null;
  message: string;
  start_location: { row: number };
}

const PACKAGE = '@astral-sh/ruff-wasm-nodejs';

type Checker = Pick<Workspace, 'check'>;

/** Python's linter, as WebAssembly. */
export class Ruff implements Analyser {
  readonly name = 'ruff';
  readonly #start: () => Checker;
  #checker: Checker | undefined;

  /** `start` gives a fresh instance: for the first Python, and again after one failed. */
  constructor(start: () => Checker = newWorkspace) {
    this.#start = start;
  }

  evidence(source: SourceFile, session: Session): Evidence[] {
    const hasAdded = source.hunks.some((hunk) => hunk.some((line) => line.added));
    if (source.file.language !== 'python' || !hasAdded) return [];
    return portionsOf(source.hunks).flatMap((hunks) => {
      const fragment = pythonFragment(hunks, PRELUDE);
      const hits = this.#check(fragment, session);
      return hits.flatMap((hit) => evidenceOf(source, hit, fragment.origins[hit.start_location.row - 1]));
    });
  }

  /** Hits in a fragment, whose rows that do not parse are repaired; none, and a note, if that does not do within the bounds. */
  #check({ rows }: PythonFragment, session: Session): Hit[] {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      session.spent += rows.length;
      if (session.spent > ROWS_MAX) return leftOut(session, `rows after ${ROWS_MAX} were left out`);
      const hits = this.#run(`${rows.join('\n')}\n`, session);
      if (hits === undefined) return leftOut(session, 'failed on Python, which was left out');
      const broken = hits.filter(({ code }) => code === null || code === 'invalid-syntax');
      if (broken.length === 0) return hits;
      const faults = broken.map(({ start_location: { row }, message }) => ({
        row: Math.min(row, rows.length) - 1,
        message,
      }));
      repair(rows, faults, PRELUDE.length);
    }
    return leftOut(session, 'Python that does not parse was left out');
  }

  /** A trap leaves WebAssembly's memory in an unknown state: the next check begins with a new instance. */
  #run(text: string, session: Session): Hit[] | undefined {
    if (session.failures >= FAILURES_MAX) return undefined;
    try {
      this.#checker ??= this.#start();
      return this.#checker.check(text) as Hit[];
    } catch {
      this.#checker = undefined;
      session.failures++;
      return undefined;
    }
  }
}

function leftOut(session: Session, why: string): Hit[] {
  session.noteOnce(why);
  return [];
}

/** Hunks in groups that are read at once, so that names imported in one are known in the others. */
function portionsOf(hunks: SourceFile['hunks']): SourceLine[][][] {
  const portions: SourceLine[][][] = [[]];
  let size = 0;
  for (const hunk of hunks.flatMap(cut)) {
    size += hunk.length;
    if (size > FRAGMENT_ROWS_MAX) portions.push([]);
    if (size > FRAGMENT_ROWS_MAX) size = hunk.length;
    portions.at(-1)!.push(hunk);
  }
  return portions;
}

function cut(hunk: SourceLine[]): SourceLine[][] {
  const parts: SourceLine[][] = [];
  for (let i = 0; i < hunk.length; i += FRAGMENT_ROWS_MAX) parts.push(hunk.slice(i, i + FRAGMENT_ROWS_MAX));
  return parts;
}

function evidenceOf(source: SourceFile, { code, message }: Hit, line: SourceLine | undefined): Evidence[] {
  const rule = RUFF_RULES.get(code ?? '');
  if (rule === undefined || line?.added !== true) return [];
  // Ruff's own word for a command without any value in it.
  const constant = message.includes('seems safe');
  const severity = constant ? 'note' : source.isTest && rule.severity === 'error' ? 'warning' : rule.severity;
  return [{ ...at(source, line), ...rule, rule: `ruff/${code}`, severity, belief: constant ? 0.5 : rule.belief }];
}

/**
 * A fresh instance of Ruff: the package keeps one for each time that it is loaded. Its code is compiled by V8's
 * baseline compiler only, which takes a fifth of the memory (70 against 400 MB) and less time in all for short texts.
 */
function newWorkspace(): Checker {
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
  const require = createRequire(import.meta.url);
  delete require.cache[require.resolve(PACKAGE)];
  const ruff = require(PACKAGE) as typeof import('@astral-sh/ruff-wasm-nodejs');
  const options = { 'target-version': 'py313', lint: { select: [...RUFF_RULES.keys()] } };
  return new ruff.Workspace(options, ruff.PositionEncoding.Utf16);
}
