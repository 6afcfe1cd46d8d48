// A soak: RATE sessions a second for DURATION, far below what the server can do. What matters is that nothing grows: memory,
// open files, the time of a command.
import { count, fetch, login, setting, thresholds as shared } from './mailbox.js';

const vus = count('VUS', 20);

export const options = {
  scenarios: {
    soak: {
      executor: 'constant-arrival-rate',
      rate: count('RATE', 20),
      timeUnit: '1s',
      duration: setting('DURATION', '10m'),
      preAllocatedVUs: vus,
      maxVUs: vus,
    },
  },
  thresholds: { ...shared, dropped_iterations: ['count==0'], 'pop3_command_duration{verb:RETR}': ['p(99)<500'] },
};

export default function () {
  const session = login();
  session.list();
  fetch(session, { from: 1, to: 10 });
  session.quit();
}
