import t from 'tap';
import { Authenticator } from '../../lib/webhook/authenticate.js';

t.test('without a secret everything is accepted', t => {
  const { accepts } = bound(undefined);
  for (const header of [undefined, '', 'anything']) t.equal(accepts(header), true);
  t.end();
});

t.test('only the secret itself is accepted', t => {
  const { accepts } = bound(['secret-Token_1']);
  t.equal(accepts('secret-Token_1'), true);
  for (const header of [
    undefined,
    '',
    'secret-Token_',
    'secret-Token_12',
    'ecret-Token_1',
    'SECRET-TOKEN_1',
    ' secret-Token_1',
    'secret-Token_1 ',
    'secret-Token_1, secret-Token_1',
    ['secret-Token_1'],
    'x'.repeat(14),
    'é'.repeat(14),
  ]) {
    t.equal(accepts(header), false, JSON.stringify(header));
  }
  t.equal(accepts('secret-Token_1'), true, 'what came before has left nothing behind');
  t.end();
});

t.test('of several secrets each is accepted, and nothing between them', t => {
  const { accepts } = bound(['old', 'newer', 'n']);
  for (const secret of ['old', 'newer', 'n']) t.equal(accepts(secret), true, secret);
  for (const other of ['new', 'older', 'oldnewer', 'old,newer', 'ne', 'o'])
    t.equal(accepts(other), false, other);
  t.end();
});

t.test('the longest secret is compared to its last character', t => {
  const longest = `${'s'.repeat(255)}a`;
  const { accepts } = bound([longest]);
  t.equal(accepts(longest), true);
  t.equal(accepts(`${'s'.repeat(255)}b`), false);
  t.equal(accepts('s'.repeat(255)), false);
  t.equal(accepts(`${longest}a`), false);
  t.equal(accepts(longest + longest), false);
  t.end();
});

function bound(secrets: readonly string[] | undefined) {
  const authenticator = new Authenticator(secrets);
  return { accepts: authenticator.accepts.bind(authenticator) };
}
