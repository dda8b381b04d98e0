// Fetches new files from the bank into a folder. For cron, every quarter of an hour:
//
//   */15 * * * *  set -a; . /etc/bankchannel.env; set +a; node cron.mjs /var/lib/statements
//
// The account comes from the environment: ISECURE_API_KEY, ISECURE_EMAIL, ISECURE_PASSWORD, ISECURE_BANK.
// It prints a line for each file. Exit status: 0 all well, 75 try again later (EX_TEMPFAIL), 1 needs attention.

import { BankchannelError, WsChannel } from 'bankchannel';

const [directory = 'statements'] = process.argv.slice(2);
const client = WsChannel.fromEnv({ mode: 'data' });
try {
  await client.logIn({}, { timeout: 60 });
  const { files, failed, notTried } = await client.downloadNewFiles({ directory }, { timeout: 600 });
  for (const file of files) console.log(`${file.status} ${file.fileType} ${file.name}`);
  if (failed + notTried > 0) process.exitCode = 75;
} catch (error) {
  if (!(error instanceof BankchannelError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = error.retryable ? 75 : 1;
} finally {
  await client.close();
}
