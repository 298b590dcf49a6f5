/** The least a program can do: what starting the runtime costs. */
process.exitCode = 0;
