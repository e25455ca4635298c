// Serves Flink's dashboard in front of a REST API, and looks at its pages as a browser shows them.
//
//   dashboard.mjs serve WEB-FOLDER REST-ADDRESS
//   dashboard.mjs check WEB-FOLDER REST-ADDRESS PLAYWRIGHT-FOLDER PLAN [SCREENSHOTS]
//
// PLAN is a JSON file: [{ name, path, texts: [...], clicks: [...], upload, after: [...] }]. Prints a JSON object a page: { name, problems: [...] }.

import { createReadStream, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join, normalize } from 'node:path';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon', '.ttf': 'font/ttf', '.woff2': 'font/woff2', '.json': 'application/json' };
/** How long a page may take to show what it should, ms. */
const PATIENCE = 15_000;

/** Files of the folder as they are, everything else from the REST API. */
function serve(folder, rest) {
  const [host, port] = rest.split(':');
  return createServer((asked, answer) => {
    const path = decodeURIComponent(new URL(asked.url, 'http://x').pathname);
    const file = join(folder, normalize(path === '/' ? '/index.html' : path));
    if (asked.method === 'GET' && file.startsWith(folder) && existsSync(file) && statSync(file).isFile()) {
      answer.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
      createReadStream(file).pipe(answer);
      return;
    }
    const forwarded = request({ host, port, path: asked.url, method: asked.method, headers: asked.headers }, got => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    forwarded.on('error', error => {
      answer.writeHead(502);
      answer.end(String(error));
    });
    asked.pipe(forwarded);
  });
}

async function listening(server) {
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${server.address().port}`;
}

/** What is wrong with a page, in words. */
async function look(context, address, page, screenshots) {
  const problems = [];
  const tab = await context.newPage();
  tab.on('console', message => {
    if (['error', 'warning'].includes(message.type())) problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  tab.on('pageerror', error => problems.push(`exception: ${error}`));
  // A page that is left takes its requests with it.
  tab.on('requestfailed', failed => {
    if (failed.failure()?.errorText !== 'net::ERR_ABORTED') problems.push(`failed: ${failed.method()} ${failed.url()}: ${failed.failure()?.errorText}`);
  });
  tab.on('response', response => {
    if (response.status() >= 400) problems.push(`status ${response.status()}: ${response.request().method()} ${response.url()}`);
  });
  try {
    await tab.goto(`${address}/#${page.path}`, { timeout: PATIENCE });
    for (const text of page.clicks ?? []) await tab.locator(text).first().click({ timeout: PATIENCE });
    if (page.upload) await tab.locator('input[type=file]').setInputFiles(page.upload, { timeout: PATIENCE });
    for (const text of page.after ?? []) await tab.locator(text).first().click({ timeout: PATIENCE });
    for (const text of page.texts ?? []) {
      await tab.getByText(text).filter({ visible: true }).first().waitFor({ timeout: PATIENCE }).catch(() => problems.push(`'${text}' is not shown`));
    }
    await tab.waitForLoadState('networkidle', { timeout: PATIENCE });
  } catch (error) {
    problems.push(`not usable: ${String(error).split('\n')[0]}`);
  }
  if (screenshots) await tab.screenshot({ path: join(screenshots, `${page.name}.png`), fullPage: true });
  await tab.close();
  return { name: page.name, problems: [...new Set(problems)] };
}

async function check(folder, rest, playwright, plan, screenshots) {
  const { chromium } = createRequire(join(playwright, 'x'))('playwright-core');
  const server = serve(folder, rest);
  const address = await listening(server);
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
  if (!executablePath) throw new Error('there is no Chromium; on Debian: apt-get install chromium');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
  if (screenshots) mkdirSync(screenshots, { recursive: true });
  for (const page of JSON.parse(readFileSync(plan, 'utf8'))) {
    console.log(JSON.stringify(await look(context, address, page, screenshots)));
  }
  await browser.close();
  server.close();
  server.closeAllConnections();
}

const [command, folder, rest, ...more] = process.argv.slice(2);
if (command === 'serve') console.log(await listening(serve(folder, rest)));
else if (command === 'check') await check(folder, rest, ...more);
else throw new Error('serve or check?');
