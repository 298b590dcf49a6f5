/** Keeps a processor from going to sleep, and leaves it to anybody else who wants it. Ends with the process that started it. */
import { setPriority } from "node:os";
import process from "node:process";

setPriority(19);
const { ppid } = process;
while (process.ppid === ppid) {
  const end = performance.now() + 100;
  while (performance.now() < end);
}
