// Drives the console in a real Chromium: node browser.mjs CONFIG, a file of JSON that the Rust test beside this
// writes. What is wrong goes to stderr, a line each, and the exit code is 1 then; pictures go to `out`.
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';

const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const require = createRequire(`${config.modules}/package.json`);
const puppeteer = require('puppeteer-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const wrong = [];
let checks = 0;
function check(is, what) {
  checks += 1;
  if (!is) wrong.push(what);
}
function equal(found, expected, what) {
  check(JSON.stringify(found) === JSON.stringify(expected),
    `${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
}

// Also where something else ends it.
process.on('exit', () => wrong.forEach((one) => console.error(one)));

const browser = await puppeteer.launch({
  executablePath: config.chromium,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--font-render-hinting=none',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'],
  userDataDir: `${config.out}/profile`,
});

// A page that tells what it must not do.
async function open(context = browser) {
  const page = await context.newPage();
  await page.evaluateOnNewDocument(() => {
    window.refused = [];
    document.addEventListener('securitypolicyviolation', (event) =>
      window.refused.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  page.on('dialog', async (dialog) => {
    wrong.push(`${page.url()}: a dialog says ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on('pageerror', (error) => wrong.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    // The status of a page that tells what is wrong.
    const isStatus = message.text().startsWith('Failed to load resource: the server responded with a status of 4')
      || message.text().startsWith('Failed to load resource: the server responded with a status of 501');
    if (message.type() === 'error' && !isStatus) wrong.push(`${page.url()}: the console says ${message.text()}`);
  });
  page.on('request', (request) => {
    const { origin } = new URL(request.url());
    const known = [config.plain, config.bare, config.locked, config.other];
    if (origin !== 'null' && !known.includes(origin)) wrong.push(`${page.url()}: asks ${request.url()}`);
  });
  return page;
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

// What holds of every page, however it is shown.
async function judge(page, name, status) {
  const refused = await page.evaluate(() => window.refused);
  equal(refused, [], `${name}: the policy refuses`);
  await page.evaluate(axe);
  const found = await page.evaluate((values) => axe.run(document, { runOnly: { type: 'tag', values } }), RULES);
  for (const { id, help, nodes } of found.violations) {
    wrong.push(`${name}: ${id}: ${help}: ${nodes.map((node) => node.html).slice(0, 3).join(' ')}`);
  }
  check(found.passes.length > 10, `${name}: axe judged only ${found.passes.length} rules`);
  const seen = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const out = [...document.body.querySelectorAll('*')].filter((element) => {
      const { right, left, width: wide } = element.getBoundingClientRect();
      const isHidden = element.closest('.skip, thead, script') || wide === 0;
      return !isHidden && (right > width + 1 || left < -1);
    });
    const cut = [...document.querySelectorAll('td, th, dd, dt, h1, label, .barcode, a, button')].filter((element) => {
      const style = getComputedStyle(element);
      return style.overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1;
    });
    return {
      scroll: document.documentElement.scrollWidth - width,
      out: out.slice(0, 3).map((element) => element.outerHTML.slice(0, 120)),
      cut: cut.slice(0, 3).map((element) => element.outerHTML.slice(0, 120)),
      scripts: document.scripts.length,
      lang: document.documentElement.lang,
      title: document.title,
      headings: document.querySelectorAll('h1').length,
    };
  });
  check(seen.scroll <= 0, `${name}: it scrolls sideways by ${seen.scroll} px`);
  equal(seen.out, [], `${name}: beyond its side`);
  equal(seen.cut, [], `${name}: cut off`);
  equal([seen.scripts, seen.lang, seen.headings], [0, 'en', 1], `${name}: scripts, language, first headings`);
  check(seen.title.endsWith(' · tracking'), `${name}: its title is ${seen.title}`);
  check(status === undefined || [200, 400, 401, 404, 501].includes(status), `${name}: its status is ${status}`);
}

const SHAPES = [
  ['wide', 1280, 900, 1, 'light'],
  ['wide-dark', 1280, 900, 1, 'dark'],
  ['narrow', 360, 740, 1, 'light'],
  ['narrow-dark', 360, 740, 1, 'dark'],
  // 1280 pixels at 200 % are 640.
  ['zoomed', 640, 450, 2, 'light'],
];

// What differs from another page in its text alone.
const TWO_SHAPES = [SHAPES[0], SHAPES[3]];

async function everyShape(page, url, name, shapes = SHAPES) {
  for (const [shape, width, height, deviceScaleFactor, scheme] of shapes) {
    await page.setViewport({ width, height, deviceScaleFactor });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    const answer = await page.goto(url);
    await judge(page, `${name}, ${shape}`, answer.status());
    await page.screenshot({ path: `${config.out}/${name}-${shape}.png` });
  }
  await page.setViewport({ width: 1280, height: 900, deviceScaleFactor: 1 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
}

const texts = (page, selector) => page.$$eval(selector, (all) => all.map((one) => one.textContent.trim()));
const go = (page, act) => Promise.all([page.waitForNavigation(), act()]);

const page = await open();
const { plain, bare, locked } = config;

// The list, and its ways on and back.
await everyShape(page, `${plain}/console`, 'list');
equal((await page.$$('tbody tr')).length, 100, 'rows of a page');
const first = await texts(page, 'tbody th');
await go(page, () => page.click('a[rel=next]'));
const second = await texts(page, 'tbody th');
check(!second.some((number) => first.includes(number)), 'the second page repeats the first');
await go(page, () => page.click('a[rel=next]'));
await go(page, () => page.click('a[rel=prev]'));
equal(await texts(page, 'tbody th'), second, 'back from the third page');
await go(page, () => page.click('a[rel=prev]'));
equal(await texts(page, 'tbody th'), first, 'back to the first page');
for (const [name, query, count] of [
  ['search', 'reference=odd-script', 1],
  ['long', 'reference=odd-long', 1],
  ['rtl', 'reference=odd-rtl', 1],
  ['empty', 'reference=nothing-has-it', 0],
]) {
  await everyShape(page, `${plain}/console?${query}`, name, TWO_SHAPES);
  equal((await page.$$('tbody tr')).length, count, `${name}: rows`);
}
await page.goto(`${plain}/console?reference=odd-script`);
check((await texts(page, 'tbody td bdi')).includes('<script>alert(1)</script>'), 'a name is shown as it is');
await page.goto(`${plain}/console?reference=odd-long`);
check((await texts(page, 'tbody td bdi')).includes('W'.repeat(255)), 'a long name is shown in whole');
await everyShape(page, `${plain}/console?from=yesterday&origin_country_id=XX&number=-`, 'wrong-search', TWO_SHAPES);
equal((await page.$$('[aria-invalid=true]')).length, 3, 'wrong fields of a search');

// By keyboard alone: skip, search, open a number.
await page.goto(`${plain}/console`);
await page.keyboard.press('Tab');
equal(await page.evaluate(() => document.activeElement.className), 'skip', 'the first stop');
await page.keyboard.press('Enter');
equal(await page.evaluate(() => document.activeElement.id), 'main', 'where the skip link leads');
await page.keyboard.press('Tab');
equal(await page.evaluate(() => document.activeElement.tagName), 'SUMMARY', 'what follows it');
const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
equal(outline, 'solid', 'the focus is seen');
await page.keyboard.press('Enter');
await page.keyboard.press('Tab');
await page.keyboard.type('  ' + config.number.toLowerCase().replace(/(....)/g, '$1 '));
await go(page, () => page.keyboard.press('Enter'));
equal(page.url(), `${plain}/console/numbers/${config.number}`, 'the number that was typed');

// One number, its barcode, its label.
await everyShape(page, `${plain}/console/numbers/${config.number}`, 'number');
await everyShape(page, `${plain}/console/numbers/ABC`, 'refused', TWO_SHAPES);
for (const [name, scheme] of [['barcode', 'light'], ['barcode-dark', 'dark']]) {
  await page.setViewport({ width: 800, height: 900, deviceScaleFactor: 2 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(`${plain}/console/numbers/${config.number}`);
  const barcode = await page.$('.barcode svg');
  await barcode.screenshot({ path: `${config.out}/${name}.png` });
  const width = await barcode.evaluate((svg) => svg.getBoundingClientRect().width);
  const modules = await barcode.evaluate((svg) => svg.viewBox.baseVal.width);
  check(Math.abs((width / modules) - (0.375 * 96 / 25.4)) < 0.01, `a module is ${width / modules} px wide`);
}
await page.setViewport({ width: 1280, height: 900, deviceScaleFactor: 1 });
await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
for (const [kind, number] of Object.entries({ label: config.number, 'label-long': config.long })) {
  for (const paper of ['4x6', 'a6']) {
    await everyShape(page, `${plain}/console/labels/${number}?paper=${paper}`, `${kind}-${paper}`, TWO_SHAPES);
    await page.setViewport({ width: 800, height: 900, deviceScaleFactor: 2 });
    await (await page.$('main')).screenshot({ path: `${config.out}/${kind}-${paper}.png` });
    await page.pdf({ path: `${config.out}/${kind}-${paper}.pdf`, preferCSSPageSize: true, printBackground: true });
  }
}

// Issue one: wrong, right, again.
await everyShape(page, `${plain}/console/issue`, 'issue');
await page.type('#weight', 'heavy');
await page.type('#customer_slug', 'No Slug');
await page.type('#customer_name', '<b>Ærø & Søn</b>');
await go(page, () => page.keyboard.press('Enter'));
await judge(page, 'issue-wrong');
await page.screenshot({ path: `${config.out}/issue-wrong.png` });
equal(await page.$$eval('[aria-invalid=true]', (all) => all.map((one) => one.id)), ['weight', 'customer_slug'], 'wrong fields');
equal(await page.$eval('#customer_name', (input) => input.value), '<b>Ærø & Søn</b>', 'what was filled in stays');
for (const [name, value] of [['weight', '1.250'], ['customer_slug', 'aero']]) {
  await page.$eval(`#${name}`, (input) => { input.value = ''; });
  await page.type(`#${name}`, value);
}
await go(page, () => page.keyboard.press('Enter'));
await judge(page, 'issued');
await page.screenshot({ path: `${config.out}/issued.png` });
const issued = (await texts(page, 'h1'))[0];
check(/^Issued [A-Z0-9]{16}$/.test(issued), `what was issued: ${issued}`);
await page.reload();
equal((await texts(page, 'h1'))[0], issued, 'what a reload issues');
check((await texts(page, '.note'))[0].includes('no other was issued'), 'a reload says so');
// An Idempotency-Key belongs to a form, not to the server.
await page.goto(`${plain}/console/issue`);
const keyed = await page.$eval('[name=key]', (input) => input.value);
await page.reload();
check(keyed !== await page.$eval('[name=key]', (input) => input.value), 'each form has a key of its own');

// A page of another origin sends the form.
const other = createServer((request, response) => {
  response.setHeader('content-type', 'text/html');
  response.end(`<form method=post action="${plain}/console/issue"><input name=key value=evil><button>x</button></form>`);
});
await new Promise((done) => other.listen(Number(new URL(config.other).port), '127.0.0.1', done));
await page.goto(config.other);
const [answer] = await go(page, () => page.click('button'));
equal(answer.status(), 403, 'a form of another origin');
other.close();

// How it is, and what there is without a ledger. A plot has two points, and there is one every 15 s.
const plots = async () => {
  await page.goto(`${plain}/console/status`);
  return (await page.$$('.plot')).length;
};
for (let looks = 0; looks < 180 && (await plots()) < 2; looks += 1) {
  await new Promise((done) => setTimeout(done, 250));
}
await everyShape(page, `${plain}/console/status`, 'status');
check((await page.$$('.plot')).length === 2, 'both plots are there');
await everyShape(page, `${bare}/console`, 'no-ledger', TWO_SHAPES);
check((await texts(page, 'main'))[0].includes('--ledger'), 'how to get a ledger');
await page.goto(`${bare}/console/issue`);
equal((await page.$$('#reference')).length, 0, 'a reference takes a ledger');
await go(page, () => page.click('main button'));
const unrecorded = (await texts(page, 'h1'))[0];
check(/^Issued /.test(unrecorded), `without a ledger: ${unrecorded}`);
await page.reload();
equal((await texts(page, 'h1'))[0], unrecorded, 'what a reload issues without a ledger');

// Tokens.
const shy = await open(await browser.createBrowserContext());
await shy.goto(`${locked}/console?reference=odd-script`);
check(shy.url().startsWith(`${locked}/console/login?to=`), `who has no token is led to ${shy.url()}`);
await everyShape(shy, `${locked}/console/login?to=%2Fconsole%3Freference%3Dodd-script`, 'login');
await shy.type('#token', 'trk_wrong');
await go(shy, () => shy.keyboard.press('Enter'));
await judge(shy, 'login-wrong');
await shy.screenshot({ path: `${config.out}/login-wrong.png` });
check(!shy.url().includes('trk_'), 'no token in a URL');
await shy.type('#token', config.token);
await go(shy, () => shy.keyboard.press('Enter'));
equal(shy.url(), `${locked}/console?reference=odd-script`, 'back where they came from');
await judge(shy, 'logged-in');
await shy.setViewport({ width: 360, height: 740 });
await shy.reload();
await judge(shy, 'logged-in, narrow');
await shy.screenshot({ path: `${config.out}/logged-in-narrow.png` });
const session = await shy.createCDPSession();
const { cookies } = await session.send('Network.getCookies', { urls: [`${locked}/console`] });
equal(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]),
  [['tracking-console', true, 'Strict']], 'the cookie');
equal(await shy.evaluate(() => document.cookie), '', 'what a script would see of it');
await shy.goto(`${locked}/console/issue`);
await go(shy, () => shy.click('main button'));
check(/^Issued /.test((await texts(shy, 'h1'))[0]), 'who has a session issues');
await go(shy, () => shy.click('.leave button'));
await shy.goto(`${locked}/console`);
check(shy.url().startsWith(`${locked}/console/login`), 'who has left is out');

await browser.close();
console.log(`${checks} checks, ${wrong.length} wrong`);
process.exit(wrong.length === 0 ? 0 : 1);
