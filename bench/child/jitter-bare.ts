/** A timer loop that corrects its drift; prints when each frame began, in ms. Arguments: rate in Hz, frames. */
const [rate, frames] = process.argv.slice(2).map(Number);
const period = 1000 / rate;
const began: [number, number][] = [];
const origin = performance.now();

function frame(): void {
  began.push([began.length, performance.now()]);
  if (began.length === frames) console.log(JSON.stringify(began));
  else {
    setTimeout(frame, Math.max(0, origin + began.length * period - performance.now()));
  }
}

frame();
