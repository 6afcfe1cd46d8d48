// A login storm, as after an outage: RATE logins a second for DURATION, by up to VUS users at once. Nothing is fetched.
import { check } from 'k6';
import { count, login, setting, thresholds as shared } from './mailbox.js';

const vus = count('VUS', 100);

export const options = {
  scenarios: {
    storm: {
      executor: 'constant-arrival-rate',
      rate: count('RATE', 200),
      timeUnit: '1s',
      duration: setting('DURATION', '30s'),
      preAllocatedVUs: vus,
      maxVUs: vus,
    },
  },
  thresholds: { ...shared, dropped_iterations: ['count==0'], 'pop3_command_duration{verb:PASS}': ['p(95)<500', 'p(99)<1000'] },
};

export default function () {
  const session = login();
  check(session.list(), { 'the mailbox has mail': (box) => box.count > 0 });
  session.quit();
}
