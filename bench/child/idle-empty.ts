/** A runtime that waits for its standard input and does nothing else. */
process.stdin.resume();
console.log("ready");
