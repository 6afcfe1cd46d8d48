// What all scripts share. Settings come from the environment: k6 run -e POP3=host:110 -e VUS=50 steady.js
//
//   POP3       servers, HOST:PORT with commas between them; each VU uses one (127.0.0.1:1110)
//   POP3_USER  the user; {n} is the number of the VU in the whole test (user{n})
//   PASSWORD   of all of them (secret)
//   MECHANISM  USER, APOP, PLAIN ... (USER)
//   TLS        none, stls or implicit (none); CA: a PEM file with the certificate authority; TLS_NAME: the name in the certificate
//   SYNTHETIC  the mailbox of pop3sim serve --synthetic: every octet is compared; '' for other servers
//   VUS, DURATION, RATE: see each script
import { check } from 'k6';
import exec from 'k6/execution';
import pop3 from 'k6/x/pop3';

export function setting(name, otherwise) {
  return __ENV[name] === undefined || __ENV[name] === '' ? otherwise : __ENV[name];
}

export function count(name, otherwise) {
  const n = Number(setting(name, otherwise));
  if (!Number.isInteger(n) || n < 1) {
    throw new Error(`${name} takes a whole number from 1, not ${__ENV[name]}`);
  }
  return n;
}

const servers = setting('POP3', '127.0.0.1:1110').split(',');
const options = { tls: setting('TLS', 'none') };
if (setting('CA', '') !== '') {
  options.ca = open(__ENV.CA);
}
if (setting('TLS_NAME', '') !== '') {
  options.name = __ENV.TLS_NAME;
}
export const mailbox = __ENV.SYNTHETIC ? pop3.synthetic(__ENV.SYNTHETIC) : undefined;

// Opens a session of this VU's user with this VU's server.
export function login() {
  const n = exec.vu.idInTest;
  const session = pop3.connect(servers[(n - 1) % servers.length], options);
  session.login(setting('POP3_USER', 'user{n}').replace('{n}', String(n)), setting('PASSWORD', 'secret'), setting('MECHANISM', 'USER'));
  return session;
}

// Fetches messages and checks them: all of them unless a choice is given.
export function fetch(session, which) {
  const got = session.retrieve(which, { verify: mailbox });
  if (got.wrong > 0) {
    console.error(`${session.address}: ${got.first}`);
  }
  check(got, {
    'no wrong octet': (g) => g.wrong === 0,
    'no message refused': (g) => g.refused === 0,
  });
  return got;
}

// What must hold at the end of any test.
export const thresholds = {
  checks: ['rate==1'],
  pop3_errors: ['count==0'],
};
