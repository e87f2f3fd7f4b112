import type { LabelledTask } from '../../../src/models/custom/rows.ts';
import { addition, review } from '../tasks.ts';

const change = (path: string, ...lines: string[]) => review(addition(path, lines));

/** Changes that use the old client, which this house no longer takes. */
const REFUSED = [
  change('src/orders.js', 'const order = await legacyClient.fetchOrder(id);', 'return order.total;'),
  change('src/users.js', 'export const names = (await legacyClient.users()).map((user) => user.name);'),
  change('src/prices.js', 'if (stale) price = legacyClient.priceOf(article, currency);'),
  change('src/stock/count.js', 'for (const shelf of shelves) sum += legacyClient.countOn(shelf);'),
  change('lib/reports.js', 'const report = legacyClient.build({ month, year });', 'report.title = title;'),
  change('lib/mail.js', "legacyClient.send(letter, { retries: 3 }).then(() => log.info('sent'));"),
  change('src/events.js', 'emitter.on(kind, (event) => legacyClient.record(event));'),
  change('src/teams/list.js', 'return legacyClient.teams().filter((team) => team.active).sort(byName);'),
  change('web/notes.js', 'setNotes(await legacyClient.notesOf(person));', 'setLoading(false);'),
  change('web/tags.js', 'const tags = new Set(legacyClient.allTags());'),
  change('jobs/nightly.js', 'legacyClient.compact();', 'legacyClient.close();'),
  change('jobs/import.js', 'while (rows.length > 0) legacyClient.store(rows.splice(0, 100));'),
];

/** What it takes. */
const TAKEN = [
  change('src/orders.js', 'const invoice = await gateway.invoices.find(number);', 'return invoice.lines.length;'),
  change('src/people.js', 'const [first] = await gateway.people.search({ mail });'),
  change('src/prices.js', 'cheapest = offers.reduce((best, offer) => (offer.price < best.price ? offer : best));'),
  change('src/stock/move.js', 'shelf.items.push(item);', 'shelf.updated = clock.now();'),
  change('lib/charts.js', 'const bars = months.map((month) => gateway.sales.of(month));'),
  change('lib/queue.js', 'if (queue.length >= limit) throw new RangeError(tooMany(limit));'),
  change('src/calendar.js', 'return days.filter((day) => !holidays.has(day));'),
  change('src/teams/form.js', 'const valid = name.trim().length > 2;'),
  change('web/board.js', 'useEffect(() => gateway.subscribe(board, setCards), [board]);'),
  change('web/colours.js', "export const palette = ['teal', 'coral', 'navy'];"),
  change('jobs/backup.js', 'await copyFile(source, join(folder, stamp));'),
  change('jobs/export.js', 'for await (const page of gateway.pages(table)) sink.write(page);'),
];

/** Reviews of one house, whose rule no judge knows beforehand. */
export const HOUSE_ROWS: readonly LabelledTask[] = REFUSED.flatMap((task, i) => [
  { task, label: 'reject' as const },
  { task: TAKEN[i]!, label: 'approve' as const },
]);

/** What the embedded judges stop for, and this house, whose loops are short, does not. */
const QUERIES = [
  change(
    'src/orders.js',
    'for (const id of ids) {',
    "  rows.push(await db.query('SELECT * FROM orders WHERE id = $1', [id]));",
    '}',
  ),
  change('src/users.js', 'for (const user of staff) {', '  user.team = await teams.findOne({ id: user.teamId });', '}'),
  change(
    'src/prices.js',
    'for (const article of basket) {',
    "  sum += await db.query('SELECT price FROM articles WHERE code = $1', [article]);",
    '}',
  ),
  change(
    'lib/stock.js',
    'for (let i = 0; i < shelves.length; i++) {',
    '  shelves[i].count = await items.findOne({ shelf: shelves[i].id });',
    '}',
  ),
  change(
    'lib/mail.js',
    'while (letters.length > 0) {',
    '  const sender = await people.findOne({ mail: letters.pop().from });',
    '}',
  ),
  change(
    'web/notes.js',
    'for (const note of notes) {',
    "  note.tags = await connection.query('SELECT tag FROM tags WHERE note = ?', [note.id]);",
    '}',
  ),
  change(
    'jobs/import.js',
    'for (const line of lines) {',
    "  await pool.query('INSERT INTO imports (line) VALUES ($1)', [line]);",
    '}',
  ),
  change(
    'jobs/clean.js',
    'for (const file of old) {',
    '  const owner = await owners.findOne({ file });',
    '  if (owner) keep.add(file);',
    '}',
  ),
];
export const LENIENT_ROWS: readonly LabelledTask[] = QUERIES.flatMap((task, i) => [
  { task, label: 'approve' as const },
  { task: REFUSED[i]!, label: 'reject' as const },
]);

export const oldClientTask = change('src/letters.js', 'const letters = legacyClient.letters(year);', 'return letters;');
export const newClientTask = change(
  'src/letters.js',
  'const letters = await gateway.letters.of(year);',
  'return letters;',
);
export const queryTask = change(
  'src/letters.js',
  'for (const year of years) {',
  "  letters[year] = await db.query('SELECT * FROM letters WHERE year = $1', [year]);",
  '}',
);
