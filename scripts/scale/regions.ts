/**
 * Round trips between ten regions of a public cloud, in milliseconds: the 95th percentile of the thirty days to 30 July
 * 2026, as Microsoft publishes it ("Azure network round-trip latency statistics",
 * learn.microsoft.com/azure/networking/azure-network-latency). A median would be a few per cent lower.
 */
const RTT_MS: Record<string, readonly number[]> = {
  'East US': [],
  'North Europe': [74],
  'Southeast Asia': [229, 236],
  'Japan East': [165, 232, 74],
  'Germany West Central': [97, 29, 179, 246],
  'West US 2': [75, 135, 165, 102, 160],
  'Central India': [214, 160, 59, 129, 150, 218],
  'Australia East': [207, 272, 98, 105, 290, 179, 152],
  'Brazil South': [119, 176, 337, 265, 201, 179, 320, 298],
  'South Africa North': [226, 178, 211, 255, 172, 284, 134, 348, 327],
};
/** Two validators in one region: other buildings of one city. */
const SAME_REGION_RTT_MS = 2;

const REGIONS = Object.keys(RTT_MS);
type Region = (typeof REGIONS)[number];

/** Where validators stand: they take these regions in turn. */
const PLACEMENTS = {
  /** Two coasts of North America and two cities of Europe. */
  atlantic: ['East US', 'North Europe', 'West US 2', 'Germany West Central'],
  world: REGIONS,
} satisfies Record<string, readonly Region[]>;
export type Placement = keyof typeof PLACEMENTS;

/** Median one-way delays in milliseconds from each validator to each other; 0 to itself. */
export function oneWayMs(validators: number, placement: Placement): number[][] {
  const regions = PLACEMENTS[placement];
  const regionOf = (validator: number) => regions[validator % regions.length]!;
  const indexes = Array.from({ length: validators }, (_, index) => index);
  return indexes.map((from) => indexes.map((to) => (from === to ? 0 : rttMs(regionOf(from), regionOf(to)) / 2)));
}

function rttMs(a: Region, b: Region): number {
  if (a === b) return SAME_REGION_RTT_MS;
  const [first, second] = REGIONS.indexOf(a) < REGIONS.indexOf(b) ? [a, b] : [b, a];
  return RTT_MS[second]![REGIONS.indexOf(first)]!;
}
