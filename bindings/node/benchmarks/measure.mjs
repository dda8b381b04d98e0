// Shared code of the benchmarks.

/** The median. */
export function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Microseconds per call of each of several functions: medians over alternating rounds. */
export function alternating(works, { calls = 20_000, rounds = 15 } = {}) {
  const times = works.map(() => []);
  for (let round = 0; round < rounds + 2; round += 1) {
    works.forEach((work, index) => {
      const begun = process.hrtime.bigint();
      for (let call = 0; call < calls; call += 1) work();
      const took = Number(process.hrtime.bigint() - begun) / 1000 / calls;
      // The first rounds warm up.
      if (round >= 2) times[index].push(took);
    });
  }
  return times.map(median);
}

/** Runs this many calls with this concurrency. */
export async function concurrently(calls, width, work) {
  let begun = 0;
  const one = async () => {
    while (begun < calls) {
      begun += 1;
      await work(begun);
    }
  };
  await Promise.all(Array.from({ length: width }, one));
}

/** Prints the one line of results. */
export function report(values) {
  process.stdout.write(`${JSON.stringify(values)}\n`);
}

/** A variable that must be set. */
export function variable(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
