// A spike: a tenth of VUS users, then all of them within two seconds, then a tenth again. DURATION is that of each level.
import { count, fetch, login, setting, thresholds as shared } from './mailbox.js';

const most = count('VUS', 50);
const few = Math.max(1, Math.floor(most / 10));
const level = setting('DURATION', '10s');

export const options = {
  scenarios: {
    spike: {
      executor: 'ramping-vus',
      startVUs: few,
      stages: [
        { target: few, duration: level },
        { target: most, duration: '2s' },
        { target: most, duration: level },
        { target: few, duration: '2s' },
        { target: few, duration: level },
      ],
      gracefulRampDown: '30s',
    },
  },
  thresholds: { ...shared, 'pop3_command_duration{verb:PASS}': ['p(99)<2000'] },
};

export default function () {
  const session = login();
  session.list();
  fetch(session, { from: 1, to: 10 });
  session.quit();
}
