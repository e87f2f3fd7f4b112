/**
 * A small set written for this purpose: what a mentor would hand to whom. Small and authored, so it shows that the ranking
 * does what it is meant to do, not how well it does with real people.
 */
export interface Learner {
  name: string;
  /** Skill, level, approved, confidence, age in days. */
  history: [skill: string, level: number, approved: boolean, confidence: number, ageDays: number][];
  /** Skill, level, and how good a next task it is: 3 the best, 2 good, 1 possible, 0 a waste or a wall. */
  open: [skill: string, level: number, gain: 0 | 1 | 2 | 3][];
}

export const LEARNERS: readonly Learner[] = [
  {
    name: 'steady climber',
    history: [
      ['SQL', 1, true, 0.95, 90],
      ['SQL', 2, true, 0.92, 60],
      ['SQL', 3, true, 0.9, 10],
    ],
    open: [
      ['SQL', 1, 0],
      ['SQL', 3, 2],
      ['SQL', 4, 3],
      ['SQL', 5, 1],
      ['SQL', 6, 0],
      ['Rust', 5, 0],
    ],
  },
  {
    name: 'hit a wall',
    history: [
      ['Rust', 2, true, 0.9, 30],
      ['Rust', 4, false, 0.93, 12],
      ['Rust', 4, false, 0.9, 3],
    ],
    open: [
      ['Rust', 1, 0],
      ['Rust', 2, 2],
      ['Rust', 3, 3],
      ['Rust', 4, 1],
      ['Rust', 5, 0],
      ['Rust', 6, 0],
    ],
  },
  {
    name: 'nobody knows them',
    history: [],
    open: [
      ['Python', 1, 3],
      ['Python', 2, 2],
      ['Python', 4, 0],
      ['Python', 5, 0],
      ['Go', 3, 0],
      ['Go', 1, 3],
    ],
  },
  {
    name: 'neighbour of the skill',
    history: [
      ['PostgreSQL query tuning', 3, true, 0.94, 20],
      ['PostgreSQL query tuning', 4, true, 0.88, 8],
    ],
    open: [
      ['MySQL query tuning', 1, 0],
      ['MySQL query tuning', 3, 3],
      ['MySQL query tuning', 4, 2],
      ['MySQL query tuning', 6, 0],
      ['Pottery', 4, 0],
      ['Pottery', 6, 0],
    ],
  },
  {
    name: 'was good long ago',
    history: [
      ['Go', 5, true, 0.9, 1500],
      ['Go', 2, true, 0.95, 15],
    ],
    open: [
      ['Go', 1, 0],
      ['Go', 2, 1],
      ['Go', 3, 3],
      ['Go', 4, 2],
      ['Go', 6, 0],
    ],
  },
  {
    name: 'doubtful verdicts',
    history: [
      ['Testing', 4, true, 0.81, 20],
      ['Testing', 2, true, 0.97, 15],
      ['Testing', 4, false, 0.82, 5],
    ],
    open: [
      ['Testing', 1, 0],
      ['Testing', 2, 1],
      ['Testing', 3, 3],
      ['Testing', 4, 2],
      ['Testing', 5, 0],
    ],
  },
  {
    name: 'beginner who failed the first task',
    history: [['JavaScript', 2, false, 0.92, 4]],
    open: [
      ['JavaScript', 1, 3],
      ['JavaScript', 2, 2],
      ['JavaScript', 3, 0],
      ['JavaScript', 4, 0],
      ['JavaScript', 5, 0],
    ],
  },
  {
    name: 'master of one trade',
    history: [
      ['Networking', 5, true, 0.96, 50],
      ['Networking', 5, true, 0.95, 10],
      ['Networking', 6, true, 0.85, 6],
    ],
    open: [
      ['Networking', 1, 0],
      ['Networking', 3, 0],
      ['Networking', 5, 1],
      ['Networking', 6, 2],
      ['Networking', 7, 3],
      ['Sewing', 6, 0],
    ],
  },
  {
    name: 'two trades',
    history: [
      ['Writing', 4, true, 0.9, 30],
      ['Statistics', 1, true, 0.92, 20],
      ['Statistics', 3, false, 0.9, 10],
    ],
    open: [
      ['Writing', 1, 0],
      ['Writing', 4, 2],
      ['Writing', 5, 3],
      ['Statistics', 1, 1],
      ['Statistics', 2, 3],
      ['Statistics', 5, 0],
    ],
  },
  {
    name: 'wide scale of levels',
    history: [
      ['Chess', 20, true, 0.95, 30],
      ['Chess', 40, true, 0.9, 20],
      ['Chess', 80, false, 0.95, 10],
    ],
    open: [
      ['Chess', 10, 0],
      ['Chess', 40, 2],
      ['Chess', 55, 3],
      ['Chess', 70, 1],
      ['Chess', 95, 0],
    ],
  },
  {
    name: 'overreached once',
    history: [
      ['Docker', 1, true, 0.95, 50],
      ['Docker', 6, false, 0.97, 40],
      ['Docker', 2, true, 0.93, 20],
    ],
    open: [
      ['Docker', 1, 0],
      ['Docker', 2, 2],
      ['Docker', 3, 3],
      ['Docker', 5, 0],
      ['Docker', 6, 0],
    ],
  },
  {
    name: 'shown in a related skill only, at a low level',
    history: [['React components', 1, true, 0.94, 12]],
    open: [
      ['React testing', 1, 3],
      ['React testing', 2, 2],
      ['React testing', 4, 0],
      ['Plumbing', 4, 0],
      ['Plumbing', 2, 0],
    ],
  },
];
