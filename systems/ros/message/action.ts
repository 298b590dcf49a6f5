/** The messages that an action is made of. */

const parts = ["Goal", "Result", "Feedback"] as const;
const heads = {
  Goal: "Header header\nactionlib_msgs/GoalID goal_id\n",
  Result: "Header header\nactionlib_msgs/GoalStatus status\n",
  Feedback: "Header header\nactionlib_msgs/GoalStatus status\n",
} as const;

/**
 * The definition of a message that is made of an action's.
 *
 * @param base the message's name without its package: that of the action, with `Goal`, `ActionGoal` and so on behind it
 * @param textOf the definition of an action of the same package: goal, result and feedback, with `---` between
 * @returns undefined where it is none of an action that is known
 */
export function actionMessage(base: string, textOf: (action: string) => string | undefined): string | undefined {
  const whole = /^(.+)Action$/.exec(base)?.[1];
  if (whole !== undefined && textOf(whole) !== undefined) {
    return parts.map((part) => `${whole}Action${part} action_${part.toLowerCase()}\n`).join("");
  }
  const [, around, wrapped] = /^(.+)Action(Goal|Result|Feedback)$/.exec(base) as [string, string, keyof typeof heads] | null ?? [];
  if (around !== undefined && textOf(around) !== undefined) {
    return `${heads[wrapped!]}${around}${wrapped} ${wrapped!.toLowerCase()}\n`;
  }
  const [, name, part] = /^(.+)(Goal|Result|Feedback)$/.exec(base) as [string, string, keyof typeof heads] | null ?? [];
  const text = name === undefined ? undefined : textOf(name);
  return text?.split(/^---[ \t]*\r?$/m)[parts.indexOf(part!)] ?? (text === undefined ? undefined : "");
}
