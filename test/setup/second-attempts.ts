/**
 * In CI, a test that fails is tried once more: there, machines are shared, and what fails for want of time should not hide the
 * result of everything else. This names each of them at the end of the run, so that none goes unseen.
 */
import type { Reporter, TestModule } from "vitest/node";

export default class SecondAttempts implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        if (test.diagnostic()?.flaky !== true) continue;
        const [reason = ""] = (test.result().errors ?? []).map(({ message }) => message.split("\n")[0]);
        console.log(`second attempt: ${module.relativeModuleId} > ${test.fullName}: ${reason}`);
      }
    }
  }
}
