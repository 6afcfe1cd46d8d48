// Large mailboxes: VUS users fetch their whole mailbox once, and delete it. DURATION is the most that this may take.
import { check } from 'k6';
import { count, fetch, login, setting, thresholds as shared } from './mailbox.js';

export const options = {
  scenarios: { large: { executor: 'per-vu-iterations', vus: count('VUS', 1), iterations: 1, maxDuration: setting('DURATION', '1h') } },
  thresholds: { ...shared, iterations: ['count>0'] },
};

export default function () {
  const session = login();
  const box = session.refresh();
  const got = fetch(session, 'new');
  check(got, { 'every message came': (g) => g.messages === box.count && g.octets === box.octets });
  const gone = session.delete('all');
  check(gone, { 'every message was deleted': (d) => d.deleted === box.count });
  session.quit();
}
