// A steady load: VUS users log in, refresh, fetch what is new, and log out, again and again, for DURATION.
import { count, fetch, login, setting, thresholds as shared } from './mailbox.js';

export const options = {
  scenarios: { steady: { executor: 'constant-vus', vus: count('VUS', 10), duration: setting('DURATION', '30s') } },
  thresholds: { ...shared, 'pop3_command_duration{verb:PASS}': ['p(99)<1000'], 'pop3_command_duration{verb:RETR}': ['p(99)<1000'] },
};

export default function () {
  const session = login();
  session.refresh();
  fetch(session);
  session.quit();
}
