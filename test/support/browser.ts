/** A real Chromium for tests of pages; tests that need one are skipped, with the reason, where there is none. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const CANDIDATES = [process.env.SYNTHETIC_ATTENTION_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'];
const executablePath = CANDIDATES.find((path) => path !== undefined && existsSync(path));

/** Why there is no browser, undefined where there is one. */
export const noBrowser =
  executablePath === undefined ? 'no Chromium in /usr/bin or SYNTHETIC_ATTENTION_CHROMIUM' : undefined;

/** Without its services in the background, which look for the network. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: executablePath!, args: QUIET });
}

export interface Watched {
  page: Page;
  /** Errors and warnings of the console, uncaught errors, dialogs. */
  complaints: string[];
  /** Everything that was asked for besides the page itself. */
  requests: string[];
}

export async function openWatched(
  browser: Browser,
  url: string,
  options: { width?: number; height?: number; colorScheme?: 'light' | 'dark' } = {},
): Promise<Watched> {
  const { width = 1300, height = 900, colorScheme = 'light' } = options;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  page.on('request', (request) => {
    if (request.url() !== url.replace(/#.*/, '')) requests.push(request.url());
  });
  await page.goto(url);
  return { page, complaints, requests };
}
