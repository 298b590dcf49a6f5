/** A small object. */
export interface Point {
  x: number;
  y: number;
  z: number;
}

export const point = (): Point => ({ x: 1.5, y: -2.25, z: 1e-3 });

/** The copy that one would write for exactly this shape. */
export const copyPoint = ({ x, y, z }: Point): Point => ({ x, y, z });

interface Joint {
  name: string;
  position: number;
  velocity: number;
  effort: number;
}

/** What a robot arm would publish: objects, strings, an array of numbers and one of objects; 1 kB as JSON. */
export interface Report {
  header: { seq: number; stamp: number; frame: string };
  pose: { position: Point; orientation: Point & { w: number } };
  covariance: number[];
  joints: Joint[];
  status: { mode: string; enabled: boolean; error: string | null };
}

export const report = (): Report => ({
  header: { seq: 12_345, stamp: 1_700_000_000.123, frame: "base_link" },
  pose: {
    position: point(),
    orientation: { x: 0.1, y: 0.2, z: 0.3, w: 0.927 },
  },
  covariance: Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 0.25 + i / 64 : 0)),
  joints: Array.from({ length: 8 }, (_, i) => ({
    name: `joint_${i}`,
    position: i * 0.125,
    velocity: -i * 0.25,
    effort: 10.5 + i,
  })),
  status: { mode: "tracking", enabled: true, error: null },
});

const copyJoint = ({ name, position, velocity, effort }: Joint): Joint => ({
  name,
  position,
  velocity,
  effort,
});

/** The copy that one would write for exactly this shape. */
export function copyReport({ header, pose: { position, orientation }, covariance, joints, status }: Report): Report {
  return {
    header: { seq: header.seq, stamp: header.stamp, frame: header.frame },
    pose: {
      position: copyPoint(position),
      orientation: {
        x: orientation.x,
        y: orientation.y,
        z: orientation.z,
        w: orientation.w,
      },
    },
    covariance: covariance.slice(),
    joints: joints.map(copyJoint),
    status: { mode: status.mode, enabled: status.enabled, error: status.error },
  };
}
