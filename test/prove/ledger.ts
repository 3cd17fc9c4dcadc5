/** What a proof says as it goes on, with the seconds since its start, and what did not hold. */
export const ledger = () => {
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  const failures: string[] = [];
  const print = (line: string) => console.log(`${seconds().toFixed(1).padStart(6)} s  ${line}`);
  return {
    seconds,
    failures,
    print,
    expect: (holds: boolean, what: string) => {
      print(`${holds ? 'ok  ' : 'FAIL'} ${what}`);
      if (!holds) failures.push(what);
    },
  };
};
