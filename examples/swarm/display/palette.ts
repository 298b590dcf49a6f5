import process from "node:process";

/** How many colours a terminal shows: none, 256, or all. */
export type Depth = "none" | "256" | "full";

/** How many hues there are for the directions in which bodies move. */
export const hues = 24;

/** How many steps of brightness there are for how crowded a place is. */
export const levels = 8;

/** What the style of text in the picture can be. */
export const styles = ["plain", "dim", "faint", "bold", "title", "good", "bad", "goal", "stop", "predator", "chosen"] as const;

/** One of the styles. */
export type Style = (typeof styles)[number];

/** The number of the first style of the map: one for each hue and level. */
export const mapStyles: number = styles.length;

/** What the environment says about the colours of the terminal. */
export function depthOf(env: Readonly<Record<string, string | undefined>> = process.env): Depth {
  if (env.NO_COLOR) return "none";
  if (/truecolor|24bit/.test(env.COLORTERM ?? "")) return "full";
  return /256|direct/.test(env.TERM ?? "") ? "256" : "none";
}

type Rgb = readonly [number, number, number];

const colours: Record<Style, { rgb?: Rgb; bold?: boolean; back?: Rgb; mono?: string }> = {
  plain: { rgb: [206, 212, 224] },
  dim: { rgb: [132, 140, 160] },
  faint: { rgb: [84, 91, 110], mono: "\x1b[2m" },
  bold: { rgb: [240, 244, 252], bold: true },
  title: { rgb: [14, 17, 26], back: [122, 215, 240], bold: true, mono: "\x1b[7m" },
  good: { rgb: [126, 220, 160] },
  bad: { rgb: [255, 120, 110], bold: true },
  goal: { rgb: [255, 255, 255], bold: true },
  stop: { rgb: [226, 206, 140] },
  predator: { rgb: [255, 96, 80], bold: true },
  chosen: { rgb: [14, 17, 26], back: [226, 206, 140], mono: "\x1b[7m" },
};

/**
 * The escape codes of all styles, by their number.
 *
 * @param depth how many colours there are
 */
export function palette(depth: Depth): string[] {
  const codes = styles.map((style) => {
    const { rgb, back, bold, mono = "" } = colours[style];
    if (depth === "none") return `\x1b[0m${mono}${bold === true ? "\x1b[1m" : ""}`;
    return `\x1b[0${bold === true ? ";1" : ""}${rgb === undefined ? "" : `;38;${code(rgb, depth)}`}${
      back === undefined ? "" : `;48;${code(back, depth)}`
    }m`;
  });
  for (let hue = 0; hue < hues; hue++) {
    for (let level = 0; level < levels; level++) {
      const t = level / (levels - 1);
      const rgb = oklch(0.5 + 0.42 * t, 0.15 * (1 - 0.62 * t * t), 2 * Math.PI * (hue / hues + 0.62));
      codes.push(depth === "none" ? "\x1b[0m" : `\x1b[0;38;${code(rgb, depth)}m`);
    }
  }
  return codes;
}

function code(rgb: Rgb, depth: Depth): string {
  if (depth === "full") return `2;${rgb.join(";")}`;
  const [r, g, b] = rgb.map((value) => Math.round((value / 255) * 5)) as [number, number, number];
  return `5;${16 + 36 * r + 6 * g + b}`;
}

/** From the OKLCH colour space, where equal steps look equal, to sRGB. */
function oklch(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos(hue);
  const b = chroma * Math.sin(hue);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((value) => {
    const v = Math.max(0, Math.min(1, value));
    return Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
  }) as unknown as Rgb;
}
