import t from 'tap';
import { botOfUrl } from '../../lib/http/router.js';

const HOOK = '/telegram/bot/webhook/';

t.test('the bot id is what stands behind the path, as it is', t => {
  for (const bot of ['main', '7000000001', 'a', 'A.b:c_d-e', '..', '-', 'b'.repeat(128)]) {
    t.equal(botOfUrl(HOOK + bot), bot);
  }
  t.end();
});

t.test('a query is no part of it', t => {
  t.equal(botOfUrl(`${HOOK}main?`), 'main');
  t.equal(botOfUrl(`${HOOK}main?a=/b?c`), 'main');
  t.equal(botOfUrl(`${HOOK}?main`), undefined);
  t.end();
});

t.test('nothing is decoded, normalized or cut', t => {
  for (const url of [
    '',
    '/',
    '*',
    HOOK,
    HOOK.slice(0, -1),
    `${HOOK}main/`,
    `${HOOK}/main`,
    `${HOOK}main/x`,
    `/${HOOK}main`,
    `//telegram/bot/webhook/main`,
    `/telegram//bot/webhook/main`,
    `/telegram/./bot/webhook/main`,
    `/x/../telegram/bot/webhook/main`,
    `/Telegram/bot/webhook/main`,
    `http://host${HOOK}main`,
    `${HOOK}%6dain`,
    `${HOOK}%2e%2e`,
    `${HOOK}ma in`,
    `${HOOK}main#x`,
    `${HOOK}main;x`,
    `${HOOK}main\\`,
    `${HOOK}mäin`,
    `${HOOK}main\n`,
    `${HOOK}\u0000`,
    HOOK + 'b'.repeat(129),
  ]) {
    t.equal(botOfUrl(url), undefined, JSON.stringify(url).slice(0, 80));
  }
  t.end();
});
